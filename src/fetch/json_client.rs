//! JSON requests to a service of the operator, such as a language model. It is not a source: no robots.txt, no delays, no address
//! filter.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, StatusCode, redirect};

use super::ClientError;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// No connection, or it broke.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// An error status.
    #[error("{0}")]
    Status(StatusCode),
    /// Longer than the caller accepts.
    #[error("the answer is too long")]
    TooLong,
}

/// A client for one service.
pub struct JsonClient(Client);

impl JsonClient {
    /// Creates a client with this timeout that follows no redirects.
    ///
    /// # Errors
    /// TLS cannot be initialised.
    pub fn new(timeout: Duration) -> Result<Self, ClientError> {
        Ok(Self(Client::builder().timeout(timeout).redirect(redirect::Policy::none()).build()?))
    }

    /// Posts a JSON body and returns the answer's body, at most `max` bytes; `key` is sent as bearer token.
    pub async fn post(&self, url: &str, key: Option<&str>, body: String, max: usize) -> Result<Vec<u8>, JsonError> {
        let mut request = self.0.post(url).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        let mut answer = request.send().await?;
        if !answer.status().is_success() {
            return Err(JsonError::Status(answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if bytes.len() + chunk.len() > max {
                return Err(JsonError::TooLong);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}
