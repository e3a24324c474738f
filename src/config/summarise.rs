//! `[summarise]`: length of summaries, and who may rewrite them.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::localized::localized;
use crate::config::reader::Section;

/// Settings of summaries.
#[derive(Debug, Clone)]
pub struct SummariseSettings {
    /// In characters.
    pub length: usize,
    /// A language model that rewrites them; none by default.
    pub rewriter: Option<RewriterSettings>,
}

/// A server with `OpenAI`'s chat protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewriterSettings {
    /// Address up to and including the version: `http://127.0.0.1:11434/v1`.
    pub endpoint: url::Url,
    pub model: String,
    /// File with the key, if the server needs one.
    pub key_file: Option<PathBuf>,
    /// Per summary.
    pub timeout: Duration,
}

impl Default for SummariseSettings {
    fn default() -> Self {
        Self { length: 230, rewriter: None }
    }
}

pub(super) fn read(s: &Section<'_>, settings: &mut SummariseSettings) {
    s.deny_unknown_keys(&["length", "endpoint", "model", "key_file", "timeout"]);
    if let Some(n) = s.integer("length", 40..1001).and_then(|n| usize::try_from(n).ok()) {
        settings.length = n;
    }
    let model = s.string("model");
    let timeout = s.duration("timeout", Duration::from_secs(1)..Duration::from_mins(10)).unwrap_or(Duration::from_secs(30));
    let key_file = s.string("key_file").map(PathBuf::from);
    let Some(t) = s.text("endpoint") else {
        if model.is_some() || key_file.is_some() {
            let chinese = "没有 endpoint = \"http://…/v1\"，model 与 key_file 不起作用";
            s.error(None, localized("model and key_file mean nothing without endpoint = \"http://…/v1\"", chinese));
        }
        return;
    };
    match (url::Url::parse(t.value), model) {
        (Ok(endpoint), Some(model)) if matches!(endpoint.scheme(), "http" | "https") && endpoint.has_host() => {
            settings.rewriter = Some(RewriterSettings { endpoint, model, key_file, timeout });
        }
        (Ok(_), None) => s.error(None, localized("an endpoint needs a model = \"…\"", "写了 endpoint 还要写 model = \"…\"")),
        _ => {
            let chinese = format!("“{}”不是地址，请写 \"http://host/v1\" 这样的", t.value);
            s.error(t.span, localized(format!("{:?} is no address; write \"http://host/v1\"", t.value), chinese));
        }
    }
}
