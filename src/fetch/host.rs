//! Host names: the registrable domain, good enough for rate limits and the address filter, and address literals.

use std::net::IpAddr;

/// Returns the IP address of a host literal.
pub(super) fn parse_ip_literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Returns the registrable domain: two labels, or three below the public second-level domains of .cn and other two-letter
/// domains. An address literal is its own domain.
pub(super) fn registrable_domain(host: &str) -> &str {
    const SECOND_LEVEL_LABELS: [&str; 8] = ["com", "gov", "org", "net", "edu", "ac", "co", "mil"];
    if parse_ip_literal(host).is_some() {
        return host;
    }
    let labels: Vec<&str> = host.rsplit('.').take(3).collect();
    let keep = match labels.as_slice() {
        [top, second, _] if top.len() == 2 && SECOND_LEVEL_LABELS.contains(second) => 3,
        _ => 2,
    };
    let bytes = labels.iter().take(keep).map(|l| l.len() + 1).sum::<usize>().saturating_sub(1);
    host.get(host.len().saturating_sub(bytes)..).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrable_domains_know_the_second_levels_of_cn() {
        let table = [("www.kjt.henan.gov.cn", "henan.gov.cn"), ("a.b.21xc.com", "21xc.com"), ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")];
        for (host, expected) in table {
            assert_eq!(registrable_domain(host), expected);
        }
    }
}
