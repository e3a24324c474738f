//! Reads a response: a page within its limits, a redirect, or the reason why there is no page.

use std::time::SystemTime;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use reqwest::{Response, StatusCode};

use crate::fetch::body::Body;
use crate::fetch::charset;
use crate::fetch::client::{DocumentKind, Fetched, Fetcher, HopResult, Page, Request, RequestStats, Validators};
use crate::fetch::error::FetchError;
use crate::fetch::headers::{freshness, header_text, refresh_target, retry_after};
use crate::fetch::redirect::page_redirect;
use crate::fetch::reqwest_error::explain;
use crate::model::WebUrl;
use crate::wall::Wall;

/// Bytes read from an error page.
const MAX_REFUSAL: usize = 256 << 10;
/// Media types that contain no text.
const MEDIA: [&str; 4] = ["image/", "video/", "audio/", "font/"];

impl Fetcher {
    /// Judges a response by its status and headers, and reads its body.
    pub(super) async fn receive(
        &self,
        response: Response,
        url: &WebUrl,
        request: &Request<'_>,
        visit: &mut RequestStats,
    ) -> Result<HopResult, FetchError> {
        let status = response.status();
        let fresh = freshness(response.headers());
        if status == StatusCode::NOT_MODIFIED {
            let asked = !request.validators.is_empty();
            return if asked {
                Ok(HopResult::Done(Fetched::NotModified { permanent_redirect: None, fresh_for: fresh }))
            } else {
                Err(FetchError::UnaskedNotModified)
            };
        }
        if let Some(after) = retry_after(status, response.headers(), SystemTime::now()) {
            return Err(FetchError::Busy { status: status.as_u16(), after });
        }
        if !matches!(status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION) {
            return Err(self.refusal(response, url, visit).await);
        }
        let text = |name| header_text(response.headers(), name).map(str::to_owned);
        let content_type = text(CONTENT_TYPE);
        if let Some(to) = refresh_target(url, response.headers()) {
            return Ok(HopResult::Redirect { to, permanent: false });
        }
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let max = match request.kind {
            DocumentKind::Listing => self.settings.max_feed_bytes,
            DocumentKind::File => self.settings.max_pdf_bytes,
            DocumentKind::Page if content_type.as_deref().is_some_and(is_file) => self.settings.max_pdf_bytes,
            DocumentKind::Page => self.settings.max_page_bytes,
        };
        let (body, cut_short) = self.read_body(response, url, (request.kind, max), visit).await?;
        if let Some(to) = page_redirect(&body, url) {
            return Ok(HopResult::Redirect { to, permanent: false });
        }
        Ok(HopResult::Done(Fetched::Page(Box::new(Page {
            url: url.clone(),
            content_type,
            validators,
            body,
            permanent_redirect: None,
            fresh_for: fresh,
            cut_short,
        }))))
    }

    /// Returns the error for an error status; some of these pages are captchas and the like.
    async fn refusal(&self, mut response: Response, url: &WebUrl, visit: &mut RequestStats) -> FetchError {
        let header = |name| header_text(response.headers(), name).unwrap_or_default().to_owned();
        let (status, content_type, coding) = (response.status().as_u16(), header(CONTENT_TYPE), header(CONTENT_ENCODING));
        let Ok(mut body) = Body::new(&coding, MAX_REFUSAL) else { return FetchError::Status(status) };
        // the beginning is enough, however it ends
        let _ = self.stream(&mut response, url, &mut body, None, visit).await;
        let page = charset::decode(&body.prefix(), Some(&content_type), None).text;
        Wall::of_error(status, &page).map_or(FetchError::Status(status), FetchError::Wall)
    }

    /// Returns the body, and whether its transfer ended early.
    async fn read_body(
        &self,
        mut response: Response,
        url: &WebUrl,
        (kind, max): (DocumentKind, usize),
        visit: &mut RequestStats,
    ) -> Result<(Vec<u8>, bool), FetchError> {
        let coding = header_text(response.headers(), CONTENT_ENCODING).unwrap_or_default().to_owned();
        if response.content_length().is_some_and(|n| n > max as u64) {
            return Err(FetchError::TooLarge(max));
        }
        // some feeds are labelled as pictures
        let media = header_text(response.headers(), CONTENT_TYPE).filter(|t| MEDIA.iter().any(|m| t.starts_with(m)));
        let media = media.filter(|_| kind != DocumentKind::File).map(str::to_owned);
        let mut body = Body::new(&coding, max)?;
        let result = self.stream(&mut response, url, &mut body, media.as_deref(), visit).await;
        let cut_short = match result {
            // the transfer is incomplete, the document is not
            Err(FetchError::Incomplete(cause)) if body.looks_whole() => {
                tracing::warn!(%url, cause, "body ended early, but its document is whole");
                true
            }
            other => other.map(|()| false)?,
        };
        let bytes = body.finish()?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(FetchError::Empty);
        }
        Ok((bytes, cut_short))
    }

    /// Reads a body. One that is labelled as media must begin like text.
    pub(super) async fn stream(
        &self,
        response: &mut Response,
        url: &WebUrl,
        body: &mut Body,
        media: Option<&str>,
        visit: &mut RequestStats,
    ) -> Result<(), FetchError> {
        while let Some(chunk) = response.chunk().await.map_err(|e| explain(&e, url, &self.settings))? {
            visit.bytes_received += chunk.len() as u64;
            body.push(&chunk)?;
            if let Some(media) = media.filter(|_| body.begins_as_text() == Some(false)) {
                return Err(FetchError::NotText(media.to_owned()));
            }
        }
        Ok(())
    }
}

/// Whether a content type is that of a PDF or an office document, which may be larger than a page.
fn is_file(content_type: &str) -> bool {
    const FILES: [&str; 6] =
        ["application/pdf", "application/msword", "application/vnd.", "application/octet-stream", "application/wps", "application/kswps"];
    FILES.iter().any(|t| content_type.starts_with(t))
}
