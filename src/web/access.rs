//! Authentication and authorisation: the session of a request, and the role that a page requires.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;

use crate::schedule::poll_interval::to_time_delta;
use crate::store::{Role, Session};
use crate::web::server::PeerAddr;
use crate::web::{AppState, password, publication_access, response};

/// Cookie name.
pub(super) const COOKIE: &str = "qingbao";

/// Maximum number of renewals during a session's lifetime.
const RENEWALS: i32 = 12;

/// A signed-in account.
pub(super) struct Editor(pub(super) Session);

/// A signed-in account whose page polls; does not extend the session.
pub(super) struct Watcher(pub(super) Session);

/// A signed-in admin.
pub(super) struct Admin(pub(super) Session);

impl FromRequestParts<AppState> for Editor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        let (mut session, token) = signed_in(parts, console).await?;
        // activity extends the session; written now and then, not with every request
        let (now, lasts) = (Utc::now(), to_time_delta(console.settings.session));
        if session.expires - now < lasts - lasts / RENEWALS {
            session.expires = now + lasts;
            let expires = session.expires;
            response::stored(console.store.run(move |s| s.renew_session(&token, expires, now)).await)?;
        }
        Ok(Self(session))
    }
}

impl FromRequestParts<AppState> for Watcher {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        Ok(Self(signed_in(parts, console).await?.0))
    }
}

/// Returns the session of a request with the digest of its token, else a redirect to the login page, or the refusal of a publication that
/// the account is kept from.
async fn signed_in(parts: &mut Parts, console: &AppState) -> Result<(Session, Vec<u8>), Response> {
    let here = parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |u| u.0.clone());
    let to_login = || {
        let back = here.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
        let next: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
        Redirect::to(&format!("{}?next={next}", console.path("/login"))).into_response()
    };
    let Some(token) = cookie(&parts.headers) else { return Err(to_login()) };
    let digest = password::digest(&token);
    let asked = digest.clone();
    match console.store.run(move |s| s.session(&asked, Utc::now())).await {
        Ok(Some(session)) => {
            publication_access::check(parts, console, &session).await?;
            Ok((session, digest))
        }
        Ok(None) => Err(to_login()),
        Err(e) => Err(response::broken(&e)),
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        let Editor(session) = Editor::from_request_parts(parts, console).await?;
        if session.role < Role::Admin {
            return Err(response::refused(console, &session, StatusCode::FORBIDDEN, "这个页面只对管理员开放"));
        }
        Ok(Self(session))
    }
}

/// Returns the session token in the cookie.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let pairs = all.flat_map(|v| v.split(';')).filter_map(|p| p.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned()).next()
}

/// Returns the client's address. Only a proxy on this machine is trusted to name another one.
pub(super) fn address(parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<PeerAddr>()?.from;
    let claimed = parts.headers.get("x-forwarded-for").and_then(|v| v.to_str().ok()).and_then(|v| v.rsplit(',').next()?.trim().parse().ok());
    if peer.is_loopback() { claimed.or(Some(peer)) } else { Some(peer) }
}

/// Whether this machine itself sent the request, and not through a proxy.
pub(super) fn is_local(parts: &Parts) -> bool {
    const BY_PROXY: [&str; 5] = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"];
    let proxied = BY_PROXY.iter().any(|name| parts.headers.contains_key(*name));
    !proxied && parts.extensions.get::<PeerAddr>().is_some_and(|p| p.from.is_loopback())
}
