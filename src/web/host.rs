//! Host names of the console. Another site can point its own name to us (DNS rebinding) and then read our pages as its own, so
//! requests for unknown names are refused.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::config::settings::ConsoleSettings;
use crate::web::AppState;
use crate::web::server::PeerAddr;

/// Characters shown of an unknown name.
const MAX_SHOWN: usize = 100;

/// Passes on requests for our own names.
pub(super) async fn check(State(console): State<AppState>, request: Request, next: Next) -> Response {
    let to = request.extensions().get::<PeerAddr>().and_then(|p| p.to);
    // every browser sends this header
    let asked = request.headers().get_all(header::HOST).iter().map(|v| v.to_str().unwrap_or_default());
    let mut asked = asked.chain(request.uri().authority().map(Authority::as_str));
    if let Some(foreign) = asked.find(|name| !is_ours(name, &console.settings, to)) {
        return refused(foreign);
    }
    next.run(request).await
}

fn is_ours(asked: &str, settings: &ConsoleSettings, to: Option<IpAddr>) -> bool {
    let Ok(authority) = asked.parse::<Authority>() else { return false };
    let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
    match name.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || to == Some(ip) || settings.listen.is_some_and(|l| l.ip() == ip) || settings.hosts.contains(&name),
        Err(_) => name == "localhost" || name.ends_with(".localhost") || settings.hosts.contains(&name),
    }
}

fn refused(foreign: &str) -> Response {
    let name: String = foreign.chars().filter(char::is_ascii_graphic).take(MAX_SHOWN).collect();
    let words = format!(
        "“{name}”不是这个控制台的网址，请求没有处理。\n如果确实要用这个网址，请管理员在 qingbao.toml 的 [console] 里写 public_url = \"https://主机名\"（或者 hosts = [\"主机名\"]），再重新启动服务。\n"
    );
    (StatusCode::MISDIRECTED_REQUEST, words).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_answers_to_its_own_names_alone() {
        let settings = ConsoleSettings {
            listen: Some("0.0.0.0:8320".parse().unwrap()),
            hosts: vec!["qingbao.example.cn".to_owned()],
            ..ConsoleSettings::default()
        };
        let to = Some("192.0.2.7".parse().unwrap());
        for ours in [
            "localhost",
            "LOCALHOST:8320",
            "a.localhost",
            "127.0.0.1:1",
            "[::1]:8320",
            "192.0.2.7:8320",
            "qingbao.example.cn",
            "Qingbao.Example.cn.:443",
        ] {
            assert!(is_ours(ours, &settings, to), "{ours}");
        }
        for foreign in
            ["", "evil.example", "localhost.evil.example", "192.0.2.8", "qingbao.example.cn.evil.example", "[::2]", "a b", "user@evil.example"]
        {
            assert!(!is_ours(foreign, &settings, to), "{foreign}");
        }
    }
}
