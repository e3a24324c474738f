//! Request data: forms with their CSRF token, and queries.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use subtle::ConstantTimeEq as _;

use crate::store::{Role, Session};
use crate::text::normalize::truncate;
use crate::web::access::Editor;
use crate::web::connection_limit::Place;
use crate::web::{AppState, publication_access, response};

/// Maximum size of a form, in bytes, and number of its fields.
const MAX_FORM_BYTES: usize = 2 << 20;
const MAX_FORM_FIELDS: usize = 2_000;
/// Maximum size of a form with a file, in bytes.
const MAX_UPLOAD_BYTES: usize = 12 << 20;
/// Maximum characters shown of an unknown action.
const MAX_WORD_CHARS: usize = 20;
/// Maximum wait for a complete form, however slowly it arrives.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// Fields of a form or query; the last one of each name.
#[derive(Debug, Default)]
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).take(MAX_FORM_FIELDS).map(|(k, v)| (k.into_owned(), with_line_feeds(&v))).collect())
    }

    /// Returns a field as sent; `None` if it is missing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a field, trimmed; empty if it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |v| v.trim())
    }

    /// Returns the ticked boxes `industry-0`, `industry-1` …, limited to known names, in their order.
    pub(super) fn industries(&self, known: &[String]) -> Vec<String> {
        let ticked: Vec<&str> = (0..known.len()).map(|i| self.text(&format!("industry-{i}"))).collect();
        known.iter().filter(|name| ticked.contains(&name.as_str())).cloned().collect()
    }

    /// Returns the fields whose names have this prefix, trimmed, without empty ones.
    pub(super) fn starting_with(&self, start: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name.starts_with(start)).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }

    /// Returns the action that the field `do` names, or a message with the unknown word.
    pub(super) fn action<A: Action>(&self) -> Result<A, String> {
        A::parse(self.text("do"))
    }
}

/// Returns a text whose lines end in a line feed alone, as pages show it. Browsers send CR LF, but count one character for
/// `maxlength`.
fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The actions of one page, and their words in its forms and scripts.
pub(super) trait Action: Copy + 'static {
    const WORDS: &'static [(&'static str, Self)];

    /// Returns the action of a word, or a message with the unknown word.
    fn parse(word: &str) -> Result<Self, String> {
        let action = Self::WORDS.iter().find(|w| w.0 == word).map(|w| w.1);
        action.ok_or_else(|| format!("不认识的操作“{}”", truncate(word, MAX_WORD_CHARS)))
    }
}

/// Declares the actions of a page with their words.
macro_rules! actions {
    ($(#[$doc:meta])* $name:ident { $($action:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            $($action),+
        }

        impl $crate::web::form::Action for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$action)),+];
        }
    };
}
pub(super) use actions;

/// A form from a signed-in account, with its session's CSRF token.
pub(super) struct Form {
    pub(super) session: Session,
    pub(super) fields: Fields,
    /// Sent by our own script, which expects a short response.
    pub(super) by_script: bool,
}

/// A form from an admin.
pub(super) struct AdminForm(pub(super) Form);

impl FromRequest<AppState> for AdminForm {
    type Rejection = Response;

    async fn from_request(request: Request, console: &AppState) -> Result<Self, Response> {
        let form = Form::from_request(request, console).await?;
        if form.session.role < Role::Admin {
            return Err(response::refused(console, &form.session, StatusCode::FORBIDDEN, "这项操作只有管理员可以做"));
        }
        Ok(Self(form))
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, console: &AppState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Editor(session) = Editor::from_request_parts(&mut parts, console).await?;
        let refused = |(code, why)| response::refused(console, &session, code, why);
        let fields = read(&parts, body, MAX_FORM_BYTES).await.map_err(refused)?;
        Self::checked(session, fields, &parts, console)
    }
}

impl Form {
    /// Returns the form, or the page that refuses it.
    fn checked(session: Session, fields: Fields, parts: &Parts, console: &AppState) -> Result<Self, Response> {
        let form = Self::new(session, fields, parts).map_err(|session| expired(console, &session))?;
        publication_access::check_named(console, &form.session, form.fields.text(publication_access::FIELD))?;
        Ok(form)
    }

    /// Returns the session as the error if the token does not match.
    fn new(session: Session, fields: Fields, parts: &Parts) -> Result<Self, Session> {
        // constant time, whatever the common prefix
        if !bool::from(fields.text("csrf").as_bytes().ct_eq(session.csrf.as_bytes())) {
            return Err(session);
        }
        let by_script = parts.headers.get("x-requested-by").is_some_and(|v| v == "console");
        Ok(Self { session, fields, by_script })
    }

    /// Returns the action of the form, or a page that refuses an unknown one.
    pub(super) fn action<A: Action>(&self, console: &AppState) -> Result<A, Response> {
        self.fields.action().map_err(|words| response::refused(console, &self.session, StatusCode::UNPROCESSABLE_ENTITY, &words))
    }
}

fn expired(console: &AppState, session: &Session) -> Response {
    response::refused(console, session, StatusCode::FORBIDDEN, "页面已过期，请返回刷新后再试")
}

/// A form with a file (RFC 7578).
pub(super) struct UploadForm {
    pub(super) form: Form,
    /// Name and bytes of the file.
    pub(super) file: (String, Vec<u8>),
}

impl FromRequest<AppState> for UploadForm {
    type Rejection = Response;

    async fn from_request(request: Request, console: &AppState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Editor(session) = Editor::from_request_parts(&mut parts, console).await?;
        let refused = |(code, why)| response::refused(console, &session, code, why);
        let boundary = multer::parse_boundary(header_text(&parts, header::CONTENT_TYPE.as_str()));
        let boundary = boundary.map_err(|_| refused((StatusCode::UNSUPPORTED_MEDIA_TYPE, "只接受带文件的网页表单")))?;
        let bytes = receive(&parts, body, MAX_UPLOAD_BYTES).await.map_err(refused)?;
        let parted = parts_of(bytes, boundary).await;
        let (fields, file) = parted.map_err(|_| refused((StatusCode::BAD_REQUEST, "表单没有传完整，请再试一次")))?;
        let form = Form::checked(session, fields, &parts, console)?;
        Ok(Self { form, file })
    }
}

/// Returns the fields of a multipart form, and the name and bytes of its file.
async fn parts_of(bytes: Bytes, boundary: String) -> multer::Result<(Fields, (String, Vec<u8>))> {
    let whole = futures_util::stream::once(std::future::ready(Ok::<_, std::convert::Infallible>(bytes)));
    let mut multipart = multer::Multipart::new(whole, boundary);
    let (mut fields, mut file) = (HashMap::new(), (String::new(), Vec::new()));
    while let Some(part) = multipart.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(file_name) => file = (file_name, part.bytes().await?.to_vec()),
            None if fields.len() < MAX_FORM_FIELDS => {
                fields.insert(name, with_line_feeds(&part.text().await?));
            }
            None => {}
        }
    }
    Ok((Fields(fields), file))
}

fn header_text<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// Reads a form sent from our own pages.
pub(super) async fn read(parts: &Parts, body: axum::body::Body, most: usize) -> Result<Fields, (StatusCode, &'static str)> {
    if !header_text(parts, header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "只接受网页表单"));
    }
    Ok(Fields::parse(&receive(parts, body, most).await?))
}

/// Reads the body of a form sent from our own pages.
async fn receive(parts: &Parts, body: axum::body::Body, most: usize) -> Result<Bytes, (StatusCode, &'static str)> {
    if !matches!(header_text(parts, "sec-fetch-site"), "" | "same-origin" | "none") {
        return Err((StatusCode::FORBIDDEN, "请求来自别的网站"));
    }
    let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, most)).await;
    let bytes = bytes.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "内容传得太慢"))?.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "内容太长"))?;
    if let Some(place) = parts.extensions.get::<Place>() {
        place.busy();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Action, Fields};
    use crate::web::issue_changes::IssueAction;
    use crate::web::{accounts, article, cluster, operations, settings, signing, source_list, source_page, subscribers, taxonomy, taxonomy_topic};

    fn words<A: Action>() -> Vec<&'static str> {
        A::WORDS.iter().map(|w| w.0).collect()
    }

    #[test]
    fn the_buttons_of_each_page_are_actions_of_its_handler() {
        let article = [words::<article::ArticleAction>(), words::<IssueAction>()].concat();
        for (page, words) in [
            (include_str!("pages/accounts.html"), words::<accounts::AccountAction>()),
            (include_str!("pages/article.html"), article),
            (include_str!("pages/cluster.html"), words::<cluster::ClusterAction>()),
            (include_str!("pages/desk.html"), [words::<IssueAction>(), words::<signing::SigningRequest>()].concat()),
            (include_str!("pages/pool.html"), words::<IssueAction>()),
            (include_str!("pages/operation.html"), words::<operations::MessageAction>()),
            (include_str!("pages/signing.html"), words::<signing::SigningRequest>()),
            (include_str!("pages/settings.html"), words::<settings::SettingsAction>()),
            (include_str!("pages/sources.html"), words::<source_list::SourceListAction>()),
            (include_str!("pages/found.html"), words::<source_list::SourceListAction>()),
            (include_str!("pages/source.html"), words::<source_page::SourceAction>()),
            (include_str!("pages/source_remove.html"), words::<source_page::SourceAction>()),
            (include_str!("pages/subscribers.html"), words::<subscribers::SubscriberAction>()),
            (include_str!("pages/subscriber.html"), words::<subscribers::SubscriberAction>()),
            (include_str!("pages/taxonomy.html"), words::<taxonomy::TaxonomyAction>()),
            (include_str!("pages/taxonomy_topic.html"), words::<taxonomy_topic::TopicAction>()),
        ] {
            let buttons: Vec<&str> = page.split("name=\"do\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(!buttons.is_empty() && buttons.iter().all(|b| words.contains(b)), "{buttons:?} {words:?}");
        }
    }

    #[test]
    fn lines_end_in_a_line_feed_however_a_browser_sends_them() {
        let fields = Fields::parse(b"text=a%0D%0Ab%0Ac%0Dd%0D%0A%0D%0Ae");
        assert_eq!(fields.text("text"), "a\nb\nc\nd\n\ne");
    }

    #[test]
    fn an_unknown_action_is_refused_by_its_name() {
        let action = |form: &str| Fields::parse(form.as_bytes()).action::<IssueAction>();
        assert!(action("do=undo").is_ok_and(|a| a == IssueAction::Undo));
        assert_eq!(action("do=explode").err().as_deref(), Some("不认识的操作“explode”"));
        assert!(action("").is_err());
    }
}
