//! What a host name tells: its registrable domain, or that it is an address.

use std::net::IpAddr;

/// Returns the address a host literal stands for.
pub(super) fn parse_ip_literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Returns the registrable domain by the public suffix list: the suffix below which names are given to anybody, and one label
/// more. An address literal, a single label and a public suffix are their own.
pub(super) fn registrable_domain(host: &str) -> &str {
    if parse_ip_literal(host).is_some() { host } else { psl::domain_str(host).unwrap_or(host) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WebUrl;

    #[test]
    fn strangers_below_a_public_suffix_share_no_domain() {
        let table = [
            ("www.xuchang.gov.cn", "xuchang.gov.cn"),
            ("www.kjt.henan.gov.cn", "henan.gov.cn"),
            ("oa.zhengzhou.ha.cn", "zhengzhou.ha.cn"),
            ("a.b.bj.cn", "b.bj.cn"),
            ("news.abc.com.cn", "abc.com.cn"),
            ("a.b.21xc.com", "21xc.com"),
            ("www.who.github.io", "who.github.io"),
            ("www.bbc.co.uk", "bbc.co.uk"),
            // a public suffix belongs to no site, so it is not shared with the names below
            ("github.io", "github.io"),
            ("gov.cn", "gov.cn"),
            ("ha.cn", "ha.cn"),
            ("cn", "cn"),
            // addresses and names within a house
            ("127.0.0.1", "127.0.0.1"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("localhost", "localhost"),
            ("www.oa.intern", "oa.intern"),
            // other ways to write a name
            ("WWW.XUCHANG.GOV.CN", "xuchang.gov.cn"),
            ("www.xuchang.gov.cn.", "xuchang.gov.cn"),
            ("www.许昌.公司.cn", "xn--0hvn25f.xn--55qx5d.cn"),
            ("www.许昌.中国", "xn--0hvn25f.xn--fiqs8s"),
            ("中国", "xn--fiqs8s"),
        ];
        for (host, expected) in table {
            let url = WebUrl::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(registrable_domain(url.host()), expected, "{host}");
        }
    }
}
