//! Asks a language model to rewrite the summaries of an edition; implausible answers are discarded.

use std::time::Duration;

use crate::config::settings::{AllowedHost, RewriterSettings, SummariseSettings};
use crate::fetch::{OutgoingClient, OutgoingRequest};
use crate::issue::rewrite;
use crate::model::{Edition, Item, WebUrl};

/// In bytes.
const MAX_ANSWER: usize = 256 << 10;
/// After this many failures in a row, stop asking.
const MAX_FAILURES: usize = 3;
/// For a whole edition: a draft must not wait for a slow model.
const TIME_BUDGET: Duration = Duration::from_mins(10);
const REASON: &str = "摘要由模型改写，已核对数字和名称";

/// Rewrites as many summaries as the time allows.
pub(crate) async fn rewrite_summaries(edition: &mut Edition, settings: &SummariseSettings) {
    let Some(server) = &settings.rewriter else { return };
    let address = format!("{}/chat/completions", server.endpoint.as_str().trim_end_matches('/'));
    let url = match WebUrl::parse(&address) {
        Ok(url) => url,
        Err(e) => return tracing::warn!("summaries stay as they are: summarise.endpoint: {e}"),
    };
    // the operator named this host, which is often his own machine
    let client = match OutgoingClient::new(server.timeout, MAX_ANSWER, &[AllowedHost::of(&url)]) {
        Ok(client) => client,
        Err(e) => return tracing::warn!("summaries stay as they are: {e}"),
    };
    let (mut failures, end) = (0, tokio::time::Instant::now() + TIME_BUDGET);
    for item in edition.columns.iter_mut().flat_map(|c| &mut c.items) {
        if failures == MAX_FAILURES || tokio::time::Instant::now() > end {
            tracing::warn!("the model at {} is left alone for this edition; the other summaries are the articles' own sentences", server.endpoint);
            return;
        }
        match rewritten(&client, &url, server, item, settings.length).await {
            Ok(text) => {
                failures = 0;
                item.summary = text;
                item.reasons.insert(0, REASON.to_owned());
            }
            Err(Problem::RewriteRejected(e)) => tracing::info!(title = %item.title, "rewrite refused: {e}"),
            Err(Problem::Server(e)) => {
                failures += 1;
                tracing::warn!("{}: {e}; check summarise.endpoint, model and key_file", server.endpoint);
            }
        }
    }
}

enum Problem {
    RewriteRejected(rewrite::RewriteRejected),
    Server(String),
}

async fn rewritten(client: &OutgoingClient, url: &WebUrl, server: &RewriterSettings, item: &Item, longest: usize) -> Result<String, Problem> {
    let failed = |e: &dyn std::fmt::Display| Problem::Server(e.to_string());
    let body = rewrite::request(&server.model, &item.title, &item.text, longest).to_string();
    let key = match &server.key_file {
        Some(path) => Some(tokio::fs::read_to_string(path).await.map_err(|e| failed(&format!("{}: {e}", path.display())))?),
        None => None,
    };
    let headers = key.map(|k| ("Authorization", format!("Bearer {}", k.trim()))).into_iter().collect();
    let answer = client.post(OutgoingRequest { url: url.clone(), headers, body }).await.map_err(|e| failed(&e))?;
    if !(200..300).contains(&answer.status) {
        return Err(failed(&format!("status {}", answer.status)));
    }
    if !answer.is_complete {
        return Err(failed(&"the answer is too long or was cut off"));
    }
    let text = rewrite::answer(&answer.body).ok_or_else(|| failed(&"the answer holds no text"))?;
    rewrite::check(&text, &item.title, &item.text, longest).map_err(Problem::RewriteRejected)?;
    Ok(text)
}
