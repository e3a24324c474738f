//! The console for editors and admins. Server-rendered, without a build step or foreign hosts; everything works without scripts,
//! which add keyboard shortcuts, dragging and automatic saving.
//!
//! `access.rs` checks permissions before a page is reached; a form without its session's token changes nothing. `issue::edit`
//! applies the changes to an issue; this module only passes them on.

#![allow(clippy::result_large_err)] // a refused request's answer is its error

mod access;
mod account;
mod accounts;
mod alert_form;
mod alerts;
mod api;
mod archive;
mod article;
mod article_grade;
mod audit_words;
mod cache;
mod candidates;
mod cluster;
mod connection_limit;
mod desk_state;
mod dropped;
mod event;
mod event_export;
mod evidence;
mod feedback;
mod filter_values;
mod first_start;
mod flash;
mod form;
mod host;
mod issue_changes;
mod issue_editor;
mod issue_output;
mod login;
mod new_publication;
mod operations;
mod organisation;
mod organisation_export;
mod organisations;
mod overview;
mod page_versions;
mod password;
mod password_policy;
mod path;
mod probes;
mod publication_access;
mod publication_choice;
mod response;
mod review;
mod rule_form;
mod rule_offers;
mod rule_warnings;
mod rules;
mod series;
mod server;
mod settings;
mod settings_values;
mod settings_view;
mod signing;
mod signing_view;
mod source_changes;
mod source_list;
mod source_page;
mod source_preview;
mod source_values;
mod subscriber_page;
mod subscriber_values;
mod subscribers;
mod taxonomy;
mod taxonomy_topic;
mod taxonomy_uses;
mod throttle;
mod topic_changes;
mod topic_form;
mod topic_page;
mod topic_values;
mod topics;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};

use crate::config::settings::ConsoleSettings;
use crate::config::source_list::Vocabulary;
use crate::pipeline::ConfigHandle;
use crate::pipeline::Pipeline;
use crate::review::Review;
use crate::store::{Overview, Store};
use tokio::net::TcpListener;

use cache::SwrCache;
use flash::FlashStore;
pub(crate) use organisation::Dossier;
pub(crate) use organisation_export::{article_table, csv_bytes, dossier_json, list_table, row_json};
use password::PasswordChecks;
pub use password::{digest as token_hash, fresh as fresh_password, hash as hash_password, token as fresh_token};
pub use password_policy::{WeakPassword, check_password};
use throttle::Throttle;

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const DESK_SCRIPT: &str = include_str!("assets/desk.js");
const KEEP_SCRIPT: &str = include_str!("assets/desk_keep.js");
const POOL_SCRIPT: &str = include_str!("assets/desk_pool.js");

/// Why a demo saves no settings and no words.
const NOT_IN_DEMO: &str = "这是演示，设置和词表改不了；正式安装以后可以";

/// State shared by all pages.
struct Console {
    live: Arc<ConfigHandle>,
    store: Store,
    /// Settings at start-up: the listening address changes only at a restart.
    settings: ConsoleSettings,
    throttle: Throttle,
    /// For forged links of readers.
    feedback_throttle: Throttle,
    password_checks: PasswordChecks,
    counted: SwrCache<(), Overview>,
    reviews: SwrCache<review::ReviewKey, Option<Review>>,
    ranking: SwrCache<candidates::RankingKey, candidates::Ranks>,
    presence: desk_state::Presence,
    evidence: evidence::EvidenceCache,
    flashes: FlashStore,
    first_start: first_start::FirstStart,
}

type AppState = Arc<Console>;

impl Console {
    /// Returns the path of a page, with the proxy's prefix.
    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.settings.base_path)
    }

    fn zone(&self) -> chrono_tz::Tz {
        self.pipeline().settings().publication.calendar.zone
    }

    /// Returns the stages with the current settings.
    fn pipeline(&self) -> Arc<Pipeline> {
        self.live.pipeline()
    }

    fn vocabulary(&self) -> Arc<Vocabulary> {
        self.live.vocabulary()
    }
}

/// Opens the console's address; `None` if the console is off.
///
/// # Errors
/// If the address cannot be bound.
pub async fn listen(settings: &ConsoleSettings) -> std::io::Result<Option<TcpListener>> {
    let Some(address) = settings.listen else { return Ok(None) };
    let listener = TcpListener::bind(address).await?;
    tracing::info!("console on http://{}{}/", listener.local_addr()?, settings.base_path);
    Ok(Some(listener))
}

/// Serves the console until `stopped` resolves.
pub async fn serve(live: Arc<ConfigHandle>, listener: TcpListener, stopped: impl Future<Output = ()> + Send + 'static) {
    let pipeline = live.pipeline();
    let (store, settings) = (pipeline.store().clone(), pipeline.settings().console.clone());
    let has_accounts = store.run(Store::accounts).await.is_ok_and(|a| !a.is_empty());
    let address = listener.local_addr().map(|a| format!("{a}{}", settings.base_path)).unwrap_or_default();
    let first_start = first_start::FirstStart::new(&live, has_accounts, &address);
    let (throttle, password_checks) = (Throttle::default(), PasswordChecks::default());
    let console = Arc::new(Console {
        live,
        store,
        settings,
        throttle,
        feedback_throttle: Throttle::default(),
        password_checks,
        counted: SwrCache::default(),
        reviews: SwrCache::default(),
        ranking: SwrCache::default(),
        presence: desk_state::Presence::default(),
        evidence: evidence::EvidenceCache::default(),
        flashes: FlashStore::default(),
        first_start,
    });
    // computed early, so that the first requests for 概览, 来源 and 候选 need not wait
    let early = Arc::clone(&console);
    topics::search_archive(&console);
    tokio::spawn(async move {
        let _ = overview::counted(&early).await;
        if let Ok(Some(newest)) = early.store.run(|s| s.editions(1)?.first().map(|e| s.edition(e.id)).transpose().map(Option::flatten)).await {
            let _ = candidates::ranking(&early, &newest).await;
        }
    });
    server::serve(listener, router(console), stopped).await;
}

fn router(console: AppState) -> Router {
    let base = console.settings.base_path.clone();
    let pages = Router::new()
        .route("/", get(home))
        .route("/setup", get(first_start::page).post(first_start::save))
        .route("/login", get(login::form).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/session", get(account::session).post(account::renew))
        .route("/account", get(account::page).post(account::change))
        .route("/publication", post(publication_choice::choose))
        .route("/accounts", get(accounts::page).post(accounts::change))
        .route("/draft", get(issue_editor::newest).post(signing::start))
        .route("/draft/{id}", get(issue_editor::page).post(issue_editor::change))
        .route("/draft/{id}/signing", post(signing::change))
        .route("/draft/{id}/state", get(desk_state::get))
        .route("/draft/{id}/pool", get(candidates::page))
        .route("/draft/{id}/mail", get(issue_output::preview))
        .route("/draft/{id}/docx", get(issue_output::document))
        .route("/draft/{id}/pdf", get(issue_output::pdf))
        .route("/draft/{id}/files", post(upload::upload))
        .route("/draft/{id}/files/{file}", get(issue_output::file))
        .route("/articles", get(archive::search))
        .route("/articles/{id}", get(article::page).post(article::change))
        .route("/events", get(event::list))
        .route("/events/{id}", get(event::page).post(event::change))
        .route("/topics", get(topics::page))
        .route("/topics/new", get(topic_form::new).post(topic_form::add))
        .route("/topics/{id}", get(topic_page::page).post(topic_changes::change))
        .route("/topics/{id}/edit", get(topic_form::edit).post(topic_form::save))
        .route("/alerts", get(alerts::list).post(alerts::change_delivery))
        .route("/alerts/new", get(alert_form::new).post(alert_form::add))
        .route("/alerts/{id}", get(alerts::page).post(alerts::change))
        .route("/alerts/{id}/edit", get(alert_form::edit).post(alert_form::save))
        .route("/rules", get(rules::list))
        .route("/rules/new", get(rule_form::new).post(rule_form::add))
        .route("/rules/{id}/edit", get(rule_form::edit).post(rule_form::save))
        .route("/rules/{id}", get(rules::page).post(rules::change))
        .route("/organisations", get(organisations::page))
        .route("/organisations.csv", get(organisation_export::list_csv))
        .route("/organisations/{id}", get(organisation::page).post(organisation::change))
        .route("/organisations/{id}/csv", get(organisation_export::csv_file))
        .route("/overview", get(overview::page))
        .route("/week", get(review::this_week))
        .route("/week/{period}", get(review::page))
        .route("/week/{period}/docx", get(review::document))
        .route("/month/{period}", get(review::page))
        .route("/month/{period}/docx", get(review::document))
        .route("/sources", get(source_list::list).post(source_list::change))
        .route("/sources/{id}/series", get(series::page))
        .route("/sources/{id}/series.csv", get(series::csv_file))
        .route("/sources/{id}/versions", get(page_versions::page))
        .route("/sources/{id}", get(source_page::page).post(source_page::change))
        .route("/sources.opml", get(source_list::opml))
        .route("/subscribers", get(subscribers::list).post(subscribers::change))
        .route("/subscribers/{id}", get(subscriber_page::page).post(subscriber_page::save))
        .route("/taxonomy", get(taxonomy::list).post(taxonomy::change))
        .route("/taxonomy/new", get(taxonomy_topic::new).post(taxonomy_topic::add))
        .route("/taxonomy/{group}/{name}", get(taxonomy_topic::page).post(taxonomy_topic::change))
        .route("/feedback/{token}", get(feedback::show).post(feedback::record))
        .route("/settings", get(settings::first))
        .route("/settings/{group}", get(settings::page).post(settings::change))
        .route("/operation", get(operations::page).post(operations::change))
        .route("/operation/cluster", post(cluster::change))
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .route("/feeds/issue.atom", get(api::issue_feed))
        .route("/feeds/industry/{name}", get(api::industry_feed))
        .route("/feeds/topic/{id}", get(api::topic_feed))
        .route("/api/v1/topics", get(api::topics))
        .route("/api/v1/topics/{id}", get(api::topic))
        .route("/api/v1/events", get(event_export::list))
        .route("/api/v1/events/{id}", get(event_export::one))
        .route("/api/v1/rules", get(api::rules))
        .route("/api/v1/openapi.json", get(api::description))
        .route("/api/v1/industries", get(api::industries))
        .route("/api/v1/issues", get(api::issues))
        .route("/api/v1/issues/{id}", get(api::issue))
        .route("/api/v1/articles", get(api::articles))
        .route("/api/v1/articles/{id}", get(api::article))
        .route("/api/v1/organisations", get(organisation_export::list))
        .route("/api/v1/organisations/{id}", get(organisation_export::one))
        .route("/console.css", get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route("/console.js", get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/desk.js", get(|| async { asset("text/javascript; charset=utf-8", DESK_SCRIPT) }))
        .route("/desk_keep.js", get(|| async { asset("text/javascript; charset=utf-8", KEEP_SCRIPT) }))
        .route("/desk_pool.js", get(|| async { asset("text/javascript; charset=utf-8", POOL_SCRIPT) }))
        .with_state(Arc::clone(&console));
    let app = if base.is_empty() { pages } else { Router::new().nest(&base, pages) };
    app.route("/favicon.ico", get(|| async { (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "max-age=86400")]) }))
        .fallback(any(path::missing).with_state(Arc::clone(&console)))
        .layer(middleware::from_fn_with_state(console, host::check))
        .layer(middleware::from_fn(guarded))
}

async fn home(axum::extract::State(console): axum::extract::State<AppState>) -> Redirect {
    Redirect::to(&console.path("/draft"))
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], text)
}

/// Adds security headers to every response; keeps those that a page sets itself.
async fn guarded(request: Request, next: Next) -> Response {
    const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; \
                       form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, CSP);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(header::REFERRER_POLICY, "same-origin");
    put(header::CACHE_CONTROL, "no-store");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    answer
}
