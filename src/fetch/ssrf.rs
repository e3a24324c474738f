//! The address filter: no source may lead us into private networks.
//!
//! It checks host names after resolution, on the very addresses that will be used, so a name that changes its answer in between
//! gains nothing. It checks address literals and ports before each hop. `allow_private = true` opens only the source's own host
//! and registrable domain.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::fetch::error::FetchError;
use crate::fetch::host::{parse_ip_literal, registrable_domain};
use crate::model::{Source, WebUrl};

/// For the system's resolver.
const DNS_TIMEOUT: Duration = Duration::from_secs(5);
/// Concurrent look-ups. The system's resolver blocks a thread for each, and a dead one must not block them all.
const MAX_DNS_LOOKUPS: usize = 8;

/// Whether an address belongs to the public internet (IANA special-purpose registries).
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // CGNAT, RFC 6598; Aliyun metadata lies here
        || (a == 192 && b == 0 && c == 0) // IETF protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, deprecated
        || (a == 198 && (b == 18 || b == 19))) // benchmarking, RFC 2544
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    if let Some(v4) = embedded_v4(ip) {
        return is_public_v4(v4);
    }
    !(ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_multicast()
        || (s[0] & 0xfe00) == 0xfc00 // unique local
        || (s[0] & 0xffc0) == 0xfe80 // link local
        || (s[0] & 0xffc0) == 0xfec0 // site local, deprecated
        || (s[0] == 0x2001 && s[1] < 0x200) // IETF protocol assignments; Teredo hides an IPv4 address
        || (s[0] == 0x64 && s[1] == 0xff9b) // NAT64 for local use; the public prefix was judged above
        || (s[0] == 0x100 && s[1] == 0 && s[2] == 0 && s[3] == 0) // discard
        || (s[0] == 0x3fff && s[1] < 0x1000) // documentation
        || (s[0] == 0x2001 && s[1] == 0xdb8)) // documentation
}

/// Returns the IPv4 address inside a mapped, compatible, NAT64 or 6to4 address.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    let v4 = |hi: u16, lo: u16| {
        let ([a, b], [c, d]) = (hi.to_be_bytes(), lo.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, hi, lo] | [0x64, 0xff9b, 0, 0, 0, 0, hi, lo] => Some(v4(hi, lo)),
        [0, 0, 0, 0, 0, 0, hi, lo] if hi != 0 => Some(v4(hi, lo)),
        [0x2002, hi, lo, ..] => Some(v4(hi, lo)),
        _ => None,
    }
}

/// The name has no public address.
#[derive(Debug, thiserror::Error)]
#[error("resolves to a private address only")]
pub(super) struct NoPublicAddress;

/// The resolver took too long.
#[derive(Debug, thiserror::Error)]
#[error("the resolver did not answer within {DNS_TIMEOUT:?}")]
pub(super) struct DnsTimeout;

/// The system's resolver with limits of time and number. With the filter it returns only public addresses.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    guarded: bool,
    lookups: Arc<Semaphore>,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self { guarded: true, lookups: Arc::new(Semaphore::new(MAX_DNS_LOOKUPS)) }
    }

    /// Returns the same resolver without the filter.
    pub(super) fn open(&self) -> Self {
        Self { guarded: false, lookups: Arc::clone(&self.lookups) }
    }

    /// Returns the permitted addresses of a name.
    pub(super) async fn lookup(&self, name: &str) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let permit = Arc::clone(&self.lookups).acquire_owned().await?;
        let name = name.to_owned();
        let task = tokio::spawn(async move {
            // keep the permit until the look-up ends, even if nobody waits for it
            let _permit = permit;
            tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect::<Vec<_>>)
        });
        let found = tokio::time::timeout(DNS_TIMEOUT, task).await.map_err(|_| DnsTimeout)???;
        Ok(filter_public(found, self.guarded)?)
    }
}

/// Returns the permitted addresses of an answer.
fn filter_public(found: Vec<SocketAddr>, guarded: bool) -> Result<Vec<SocketAddr>, NoPublicAddress> {
    if !guarded {
        return Ok(found);
    }
    let public: Vec<SocketAddr> = found.into_iter().filter(|a| is_public(a.ip())).collect();
    if public.is_empty() { Err(NoPublicAddress) } else { Ok(public) }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move { Ok(Box::new(this.lookup(name.as_str()).await?.into_iter()) as Addrs) })
    }
}

/// Whether a source may reach this host on a private address.
pub(super) fn may_be_private(url: &WebUrl, source: &Source) -> bool {
    source.allow_private && (url.host() == source.url.host() || registrable_domain(url.host()) == registrable_domain(source.url.host()))
}

/// Checks the address of one hop: port, address literals, names that always mean this machine.
pub(super) fn check_address(url: &WebUrl, source: &Source) -> Result<(), FetchError> {
    if url.is_stand_in() {
        return Err(FetchError::Private(url.host().to_owned()));
    }
    let port = url.as_url().port_or_known_default().unwrap_or(0);
    let written = source.url.as_url().port_or_known_default();
    let listed = source.ports.contains(&port) && url.host() == source.url.host();
    if port == 0 || (!matches!(port, 80 | 443) && Some(port) != written && !listed) {
        return Err(FetchError::Port(port));
    }
    if is_private_host(url.host()) && !may_be_private(url, source) {
        return Err(FetchError::Private(url.host().to_owned()));
    }
    Ok(())
}

/// Whether a host, as written, is a private address or a name of this machine. Other names are checked when they are resolved.
pub(super) fn is_private_host(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    parse_ip_literal(host).is_some_and(|ip| !is_public(ip)) || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_of_every_class_are_told() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
            "2001:0:7f00:1::1",
            "64:ff9b:1::7f00:1",
            "100::1",
            "3fff::1",
            "192.88.99.1",
            "169.254.0.1",
            "::127.0.0.1",
            "fec0::1",
        ];
        for ip in private {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for ip in ["1.2.3.4", "123.125.81.1", "2400:da00::1", "64:ff9b::102:304", "172.32.0.1", "100.128.0.1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    fn source(url: &str, allow_private: bool) -> Source {
        Source { allow_private, ..Source::plain(crate::model::SourceId::parse("a").unwrap(), "a".into(), WebUrl::parse(url).unwrap()) }
    }

    fn checked(url: &str, source: &Source) -> &'static str {
        match WebUrl::parse(url) {
            Err(_) => "invalid",
            Ok(u) => check_address(&u, source).map_or_else(|e| e.code(), |()| "ok"),
        }
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        let s = source("https://news.example.cn/", false);
        for host in [
            "127.0.0.1",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "a.localhost",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "127.1",
            "①②⑦.⓪.⓪.①",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "[fd00::1]",
            "[2002:7f00:1::]",
            "10.0.0.1",
            "100.100.100.200",
            "169.254.169.254",
            "0.0.0.0",
        ] {
            assert_eq!(checked(&format!("http://{host}/"), &s), "private-address", "{host}");
        }
        for url in ["http://a@127.0.0.1/", "file:///etc/passwd", "gopher://a.cn/", "data:text/html,x", "javascript:alert(1)", "http://a.cn:99999/"] {
            assert_eq!(checked(url, &s), "invalid", "{url}");
        }
        assert_eq!(checked("http://127.0.0.1\\@example.com/", &s), "private-address", "the parser's host counts");
        for port in [22, 25, 6379, 8080] {
            assert_eq!(checked(&format!("http://example.cn:{port}/"), &s), "port", "{port}");
        }
        assert_eq!(checked("http://example.cn:0/", &s), "port");
        assert_eq!(checked("https://example.cn/", &s), "ok");
        assert_eq!(checked("http://news.example.cn:8080/x", &source("http://news.example.cn:8080/", false)), "ok");
    }

    #[test]
    fn allow_private_opens_the_sources_own_host_only() {
        let s = source("http://10.0.0.5:8080/news", true);
        assert_eq!(checked("http://10.0.0.5:8080/1.html", &s), "ok");
        assert_eq!(checked("http://10.0.0.5/1.html", &s), "ok");
        for url in ["http://10.0.0.6:8080/", "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://localhost/"] {
            assert_eq!(checked(url, &s), "private-address", "{url}");
        }
        let s = source("http://oa.xuchang.gov.cn/news", true);
        let within = |u: &str| may_be_private(&WebUrl::parse(u).unwrap(), &s);
        assert!(within("http://kjj.xuchang.gov.cn/1.html") && !within("http://oa.zhengzhou.gov.cn/"));
    }

    #[test]
    fn of_a_mixed_answer_only_the_public_addresses_are_dialled() {
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 0);
        let mixed = vec![at("127.0.0.1"), at("1.2.3.4"), at("::1")];
        assert_eq!(filter_public(mixed.clone(), true).unwrap(), [at("1.2.3.4")]);
        assert_eq!(filter_public(mixed, false).unwrap().len(), 3);
        // public when checked, private when connected
        assert!(filter_public(vec![at("127.0.0.1"), at("10.0.0.1")], true).is_err());
    }

    #[tokio::test]
    async fn names_of_this_machine_resolve_to_nothing_that_may_be_dialled() {
        // an address is its own name, also where there is no /etc/hosts
        let e = Resolver::new().lookup("127.0.0.1").await.unwrap_err();
        assert!(e.is::<NoPublicAddress>(), "{e}");
        assert!(!Resolver::new().open().lookup("127.0.0.1").await.unwrap().is_empty());
        assert!(Resolver::new().lookup("localhost").await.is_err());
    }
}
