//! Turns errors of the HTTP library into ones that say what to do.

use std::error::Error as _;
use std::time::Duration;

use crate::config::settings::FetchSettings;
use crate::fetch::error::FetchError;
use crate::fetch::ssrf::{DnsTimeout, NoPublicAddress};
use crate::model::WebUrl;

/// rustls's words for an untrusted certificate.
const CERT_ERROR_MARKERS: [&str; 3] = ["invalid peer certificate", "certificate not trusted", "certificate verify failed"];
/// rustls's words, and what they mean for people.
const CERT_ERRORS: [(&str, &str); 6] = [
    ("UnknownIssuer", "its issuer is unknown: self-signed, or the server sends an incomplete chain"),
    ("Expired", "it has expired"),
    ("expired", "it has expired"),
    ("NotValidYet", "it is not valid yet; check this machine's clock"),
    ("NotValidForName", "it was issued for another name"),
    ("not valid for name", "it was issued for another name"),
];

/// Returns the cause of a failed request.
pub(super) fn explain(e: &reqwest::Error, url: &WebUrl, settings: &FetchSettings) -> FetchError {
    let mut causes = Vec::new();
    let mut source = e.source();
    while let Some(s) = source {
        if s.is::<NoPublicAddress>() {
            return FetchError::Private(url.host().to_owned());
        }
        if s.is::<DnsTimeout>() {
            return FetchError::Dns { host: url.host().to_owned(), cause: s.to_string(), temporary: true };
        }
        causes.push(s.to_string());
        source = s.source();
    }
    let host = url.authority();
    let all = causes.join(": ");
    let cause = causes.pop().unwrap_or_else(|| e.to_string());
    if all.contains("dns error") || all.contains("failed to lookup") {
        let unknown = ["not known", "No address associated", "no record"].iter().any(|w| all.contains(w));
        return FetchError::Dns { host: url.host().to_owned(), cause: last_part(&cause), temporary: !unknown };
    }
    if e.is_timeout() {
        return if e.is_connect() {
            FetchError::Connect { host, cause: format!("no answer within {}", seconds(settings.connect_timeout)) }
        } else {
            FetchError::Idle(settings.idle_timeout)
        };
    }
    if CERT_ERROR_MARKERS.iter().any(|w| all.contains(w)) {
        let known = CERT_ERRORS.iter().find(|(sign, _)| all.contains(sign)).map(|(_, words)| (*words).to_owned());
        return FetchError::Certificate { host, cause: known.unwrap_or(cause) };
    }
    if e.is_connect() {
        let is_tls = ["tls", "TLS", "handshake", "fatal alert", "corrupt message", "peer "].iter().any(|w| all.contains(w));
        let is_tls = is_tls || (url.as_url().scheme() == "https" && (all.contains("eof") || all.contains("InvalidData")));
        return if is_tls { FetchError::Tls { host, cause } } else { FetchError::Connect { host, cause } };
    }
    if ["head is too large", "invalid HTTP", "invalid header", "invalid content-length", "too many headers"].iter().any(|w| all.contains(w)) {
        return FetchError::BadAnswer(cause);
    }
    FetchError::Incomplete(cause)
}

fn last_part(cause: &str) -> String {
    cause.rsplit(": ").next().unwrap_or(cause).to_owned()
}

fn seconds(d: Duration) -> String {
    format!("{} s", d.as_secs_f64())
}
