//! Response headers: how long to wait, how long an answer is fresh, where a redirect leads.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, percent_encode};
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AGE, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, LOCATION, REFRESH, RETRY_AFTER,
};

use crate::fetch::error::FetchError;
use crate::fetch::redirect::refresh_address;
use crate::model::WebUrl;

/// Longest `Retry-After` that we obey.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
/// Delay if the site asks for one without a length.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_mins(1);
/// Longer freshness says nothing about news.
const MAX_MAX_AGE: Duration = Duration::from_hours(24);

/// Escapes only bytes outside ASCII; control characters are refused later.
const NOT_ASCII: AsciiSet = AsciiSet::EMPTY;

/// Sent with every request.
pub(super) fn default_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/json;q=0.9,application/xml;q=0.9,*/*;q=0.5";
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd"));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9,en;q=0.5"));
    headers
}

/// Returns the value of a header, if it is visible ASCII.
pub(super) fn header_text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the delay of 429, or of 503 with `Retry-After` (RFC 9110 §10.2.3: seconds, or a date in one of the three forms of
/// §5.6.7).
pub fn retry_after(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = header_text(headers, RETRY_AFTER);
    match (status, value) {
        (StatusCode::TOO_MANY_REQUESTS, None) => Some(DEFAULT_RETRY_AFTER),
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(v)) => Some(read_retry_after(v.trim(), now)),
        _ => None,
    }
}

fn read_retry_after(value: &str, now: SystemTime) -> Duration {
    let wait = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else if let Ok(date) = httpdate::parse_http_date(value) {
        date.duration_since(now).unwrap_or_default()
    } else if let Ok(date) = DateTime::parse_from_rfc2822(value) {
        (date.with_timezone(&Utc) - DateTime::<Utc>::from(now)).to_std().unwrap_or_default()
    } else {
        DEFAULT_RETRY_AFTER
    };
    wait.min(MAX_RETRY_AFTER)
}

/// Returns how much longer the answer is fresh (RFC 9111 §4.2: `max-age` minus `Age`; §5.2: never with `no-cache` or `no-store`).
/// The smallest of several values counts; values that are not numbers are ignored.
pub(super) fn freshness(headers: &HeaderMap) -> Option<Duration> {
    let mut smallest: Option<u64> = None;
    for value in headers.get_all(CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok()) {
        for directive in value.split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" | "no-store" => Some(0),
                "max-age" => argument.trim().trim_matches('"').parse().ok(),
                _ => None,
            };
            smallest = match (smallest, seconds) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    let age = header_text(headers, AGE).and_then(|v| v.trim().parse::<u64>().ok()).unwrap_or(0);
    smallest.map(|s| Duration::from_secs(s.saturating_sub(age)).min(MAX_MAX_AGE))
}

/// Returns the target of a redirect.
pub(super) fn redirect_target(from: &WebUrl, headers: &HeaderMap) -> Result<WebUrl, FetchError> {
    let raw = headers.get(LOCATION).ok_or_else(|| FetchError::BadRedirect("no Location header".to_owned()))?;
    // Chinese sites send raw UTF-8 or GBK here: escape the bytes as they are, like browsers
    let text = match std::str::from_utf8(raw.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(percent_encode(raw.as_bytes(), &NOT_ASCII).to_string()),
    };
    if text.chars().any(char::is_control) {
        return Err(FetchError::BadRedirect("Location holds control characters".to_owned()));
    }
    from.join(&text).map_err(|e| FetchError::BadRedirect(e.to_string()))
}

/// Returns the target of a `Refresh` header: `0; url=/list.html`.
pub(super) fn refresh_target(from: &WebUrl, headers: &HeaderMap) -> Option<WebUrl> {
    refresh_address(header_text(headers, REFRESH)?, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_or_date_and_capped() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(498_744); // 2026-11-24T00:00:00Z
        let table = [
            ("120", 120),
            ("99999999999999999999999", 86_400),
            ("99999999999", 86_400),
            ("Tue, 24 Nov 2026 00:01:00 GMT", 60),
            ("Tuesday, 24-Nov-26 00:02:00 GMT", 120),
            ("Tue Nov 24 00:03:00 2026", 180),
            ("Tue, 24 Nov 2026 08:01:00 +0800", 60),
            ("Mon, 23 Nov 2026 00:00:00 GMT", 0),
            ("-5", 60),
            ("soon", 60),
            ("", 60),
        ];
        for (value, seconds) in table {
            assert_eq!(read_retry_after(value, now).as_secs(), seconds, "{value}");
        }
    }

    #[test]
    fn freshness_follows_rfc_9111_and_never_outlasts_a_day() {
        let of = |values: &[&str], age: Option<&str>| {
            let mut h = HeaderMap::new();
            for v in values {
                h.append(CACHE_CONTROL, HeaderValue::from_str(v).unwrap());
            }
            age.map(|a| h.insert(AGE, HeaderValue::from_str(a).unwrap()));
            freshness(&h).map(|d| d.as_secs())
        };
        let table: [(&[&str], Option<&str>, Option<u64>); 10] = [
            (&["max-age=600"], None, Some(600)),
            (&["public, Max-Age=\"600\""], None, Some(600)),
            (&["max-age=600"], Some("100"), Some(500)),
            (&["max-age=600"], Some("900"), Some(0)),
            (&["max-age=-1"], None, None),
            (&["max-age=1e99"], None, None),
            (&["max-age=600", "max-age=60"], None, Some(60)),
            (&["max-age=99999999999"], None, Some(86_400)),
            (&["max-age=600, no-cache"], None, Some(0)),
            (&["private"], None, None),
        ];
        for (values, age, expected) in table {
            assert_eq!(of(values, age), expected, "{values:?} {age:?}");
        }
    }

    #[test]
    fn redirects_are_resolved_or_refused() {
        let from = WebUrl::parse("http://a.cn/x/y").unwrap();
        let to = |location: &[u8]| {
            let mut h = HeaderMap::new();
            h.insert(LOCATION, HeaderValue::from_bytes(location).unwrap());
            redirect_target(&from, &h).map(|u| u.to_string()).map_err(|e| e.code())
        };
        assert_eq!(to(b"../z"), Ok("http://a.cn/z".to_owned()));
        assert_eq!(to(b"//b.cn/"), Ok("http://b.cn/".to_owned()));
        assert_eq!(to(b"/gbk/\xd0\xc2\xce\xc5.xml"), Ok("http://a.cn/gbk/%D0%C2%CE%C5.xml".to_owned()));
        assert_eq!(to("/新闻".as_bytes()), Ok("http://a.cn/%E6%96%B0%E9%97%BB".to_owned()));
        for bad in [&b"file:///etc/passwd"[..], b"ftp://a.cn/", b"javascript:alert(1)", b"data:,x", b"http://u:p@b.cn/"] {
            assert_eq!(to(bad), Err("bad-redirect"), "{bad:?}");
        }
        assert!(redirect_target(&from, &HeaderMap::new()).is_err());
        assert!(HeaderValue::from_bytes(b"/x\r\nSet-Cookie: a=b").is_err(), "header splitting dies in the parser");
    }
}
