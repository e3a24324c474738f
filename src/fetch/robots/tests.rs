//! RFC 9309, case by case. The groups follow those of Google's published matcher test; the cases are our own.

use crate::fetch::robots::*;

/// A file, a crawler, and for each path whether it is allowed.
type Case = (&'static str, &'static str, &'static [(&'static str, bool)]);

const GROUPS: &str = "allow: /foo/bar/\n\nuser-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\nallow: /y/\n\n\n\
    allow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n";
const SPECIFIC: &str = "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\nuser-agent: BazBot\ndisallow: /\n";

#[rustfmt::skip]
const RFC: &[Case] = &[
    // line syntax
    ("user-agent: FooBot\ndisallow: /\n", "FooBot", &[("/x/y", false)]),
    ("foo: FooBot\nbar: /\n", "FooBot", &[("/x/y", true)]),
    ("user-agent FooBot\ndisallow /\n", "FooBot", &[("/x/y", false)]),
    // groups: rules before any group belong to nobody, groups of one agent add up, consecutive agents share
    (GROUPS, "FooBot", &[("/x/b", true), ("/z/d", true), ("/y/c", false), ("/foo/bar/", false)]),
    (GROUPS, "BarBot", &[("/y/c", true), ("/w/a", true), ("/z/d", false), ("/foo/bar/", false)]),
    (GROUPS, "BazBot", &[("/z/d", true), ("/foo/bar/", false)]),
    // records that are not rules do not end a group
    ("User-agent: BarBot\nSitemap: https://foo.bar/sitemap\nUser-agent: *\nDisallow: /\n", "FooBot", &[("/", false)]),
    ("User-agent: BarBot\nSitemap: https://foo.bar/sitemap\nUser-agent: *\nDisallow: /\n", "BarBot", &[("/", false)]),
    ("User-agent: FooBot\nInvalid-Unknown-Line: unknown\nUser-agent: *\nDisallow: /\n", "FooBot", &[("/", false)]),
    ("User-agent: FooBot\nInvalid-Unknown-Line: unknown\nUser-agent: *\nDisallow: /\n", "BarBot", &[("/", false)]),
    ("User-agent: FooBot\nCrawl-delay: 5\nUser-agent: *\nDisallow: /\n", "FooBot", &[("/", false)]),
    // names of records in any case
    ("USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n", "FooBot", &[("/x/y", true), ("/a/b", false)]),
    ("user-agent: FooBot\nallow: /x/\ndisallow: /\n", "FooBot", &[("/x/y", true), ("/a/b", false)]),
    ("uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /\n", "FooBot", &[("/x/y", true), ("/a/b", false)]),
    // product tokens in any case
    ("User-Agent: FOO BAR\nAllow: /x/\nDisallow: /\n", "Foo", &[("/x/y", true), ("/a/b", false)]),
    ("User-Agent: foo bar\nAllow: /x/\nDisallow: /\n", "Foo", &[("/x/y", true), ("/a/b", false)]),
    ("User-Agent: FoO bAr\nAllow: /x/\nDisallow: /\n", "Foo", &[("/x/y", true), ("/a/b", false)]),
    ("User-Agent: FOO BAR\nAllow: /x/\nDisallow: /\n", "foo", &[("/x/y", true), ("/a/b", false)]),
    ("User-Agent: foo bar\nAllow: /x/\nDisallow: /\n", "foo", &[("/x/y", true), ("/a/b", false)]),
    ("User-Agent: FoO bAr\nAllow: /x/\nDisallow: /\n", "foo", &[("/x/y", true), ("/a/b", false)]),
    // the group for all others
    ("", "FooBot", &[("/x/y", true)]),
    ("user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n", "FooBot", &[("/x/y", false)]),
    ("user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n", "BarBot", &[("/x/y", true)]),
    (SPECIFIC, "QuxBot", &[("/x/y", true)]),
    // paths in their own case
    ("user-agent: FooBot\ndisallow: /x/\n", "FooBot", &[("/x/y", false)]),
    ("user-agent: FooBot\ndisallow: /X/\n", "FooBot", &[("/x/y", true)]),
    // the longest match wins, allow before disallow if both are as long, order does not matter
    ("user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/\n", "FooBot", &[("/x/page.html", false), ("/x/", true)]),
    ("user-agent: FooBot\nallow: /x/page.html\ndisallow: /x/\n", "FooBot", &[("/x/page.html", true), ("/x/", false)]),
    ("user-agent: FooBot\ndisallow: \nallow: \n", "FooBot", &[("/x/page.html", true)]),
    ("user-agent: FooBot\ndisallow: /\nallow: /\n", "FooBot", &[("/x/page.html", true)]),
    ("user-agent: FooBot\ndisallow: /x\nallow: /x/\n", "FooBot", &[("/x", false), ("/x/", true)]),
    ("user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/page.html\n", "FooBot", &[("/x/page.html", true)]),
    ("user-agent: FooBot\nallow: /page\ndisallow: /*.html\n", "FooBot", &[("/page.html", false), ("/page", true)]),
    ("user-agent: FooBot\nallow: /x/page.\ndisallow: /*.html\n", "FooBot", &[("/x/page.html", true), ("/x/y.html", false)]),
    ("User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n", "FooBot", &[("/x/page", true), ("/y/page", false)]),
    // encoding: octets outside ASCII and their %-form are one, in either case of the digits
    ("User-agent: FooBot\nDisallow: /\nAllow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n", "FooBot", &[("/foo/bar?qux=taz&baz=http://foo.bar?tar&par", true)]),
    ("User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/ツ\n", "FooBot", &[("/foo/bar/%E3%83%84", true), ("/foo/bar/ツ", true)]),
    ("User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%E3%83%84\n", "FooBot", &[("/foo/bar/%E3%83%84", true), ("/foo/bar/ツ", true)]),
    ("User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%e3%83%84\n", "FooBot", &[("/foo/bar/%E3%83%84", true)]),
    // RFC 9309 §2.2.2, last row of its table: an encoded unreserved octet equals the octet itself. (Google's matcher
    // compares the strings and says no for the first path; its test calls the case illegal.)
    ("User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%62%61%7A\n", "FooBot", &[("/foo/bar/baz", true), ("/foo/bar/%62%61%7A", true)]),
    // special characters
    ("User-agent: FooBot\nDisallow: /foo/bar/quz\nAllow: /foo/*/qux\n", "FooBot",
        &[("/foo/bar/quz", false), ("/foo/quz", true), ("/foo//quz", true), ("/foo/bax/quz", true)]),
    ("User-agent: FooBot\nDisallow: /foo/bar$\nAllow: /foo/bar/qux\n", "FooBot",
        &[("/foo/bar", false), ("/foo/bar/qux", true), ("/foo/bar/", true), ("/foo/bar/baz", true)]),
    ("User-agent: FooBot\n# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n", "FooBot", &[("/foo/bar", true), ("/foo/quz", false)]),
];

#[rustfmt::skip]
const DOCUMENTED: &[Case] = &[
    // prefixes, wildcards and anchors, after the tables of the public documentation
    ("user-agent: FooBot\ndisallow: /\nallow: /fish\n", "FooBot",
        &[("/bar", false), ("/fish", true), ("/fish.html", true), ("/fish/salmon.html", true), ("/fishheads", true), ("/fishheads/yummy.html", true),
          ("/fish.html?id=anything", true), ("/Fish.asp", false), ("/catfish", false), ("/?id=fish", false)]),
    ("user-agent: FooBot\ndisallow: /\nallow: /fish*\n", "FooBot",
        &[("/bar", false), ("/fish", true), ("/fish.html", true), ("/fish/salmon.html", true), ("/fishheads", true), ("/Fish.bar", false), ("/catfish", false)]),
    ("user-agent: FooBot\ndisallow: /\nallow: /fish/\n", "FooBot",
        &[("/bar", false), ("/fish/", true), ("/fish/salmon", true), ("/fish/?salmon", true), ("/fish/salmon.html", true), ("/fish", false), ("/fish.html", false)]),
    ("user-agent: FooBot\ndisallow: /\nallow: /*.php\n", "FooBot",
        &[("/bar", false), ("/filename.php", true), ("/folder/filename.php", true), ("/folder/filename.php?parameters", true),
          ("//folder/any.php.file.html", true), ("/filename.php/", true), ("/index?f=filename.php/", true), ("/php/", false), ("/windows.PHP", false)]),
    ("user-agent: FooBot\ndisallow: /\nallow: /*.php$\n", "FooBot",
        &[("/bar", false), ("/filename.php", true), ("/folder/filename.php", true), ("/filename.php?parameters", false), ("/filename.php/", false),
          ("/filename.php5", false), ("/php/", false)]),
    ("user-agent: FooBot\ndisallow: /\nallow: /fish*.php\n", "FooBot",
        &[("/bar", false), ("/fish.php", true), ("/fishheads/catfish.php?parameters", true), ("/Fish.PHP", false)]),
    ("user-agent: FooBot\nallow: /p\ndisallow: /\n", "FooBot", &[("/page", true)]),
    ("user-agent: FooBot\nallow: /folder\ndisallow: /folder\n", "FooBot", &[("/folder/page", true)]),
    ("user-agent: FooBot\nallow: /page\ndisallow: /*.htm\n", "FooBot", &[("/page.htm", false)]),
    ("user-agent: FooBot\nallow: /$\ndisallow: /\n", "FooBot", &[("/", true), ("/page.html", false)]),
    // files found in the wild
    ("\u{feff}User-agent: FooBot\nDisallow: /x\n", "FooBot", &[("/x", false)]),
    ("User-agent: FooBot\rDisallow: /x\r", "FooBot", &[("/x", false), ("/y", true)]),
    ("User-agent: FooBot\0Disallow: /x\0", "FooBot", &[("/x", false)]),
    ("User-agent: FooBot/2.1\nDisallow: /x\n", "FooBot", &[("/x", false)]),
    ("User-agent: * # all\nDisallow: /x # this\n", "FooBot", &[("/x", false), ("/x#y", false)]),
    ("<!DOCTYPE html><html><head><title>404</title></head><body>Disallow: no</body></html>", "FooBot", &[("/", true)]),
    ("User-agent: foo\nDisallow: /\n", "FooBot", &[("/", true)]),
    ("User-agent: FooBotNews\nDisallow: /\n", "FooBot", &[("/", true)]),
    ("User-agent: *\nDisallow: /新闻\n", "FooBot", &[("/%E6%96%B0%E9%97%BB/1.html", false), ("/%e6%96%b0%e9%97%bb/1.html", false), ("/新闻", false)]),
    ("User-agent: *\nDisallow: /\n", "FooBot", &[("/robots.txt", true), ("/a", false)]),
    ("User-agent: *\nDissalow: /x\n", "FooBot", &[("/x", false)]),
];

fn failures(cases: &[Case]) -> (usize, Vec<String>) {
    let mut checks = 0;
    let mut wrong = Vec::new();
    for (file, agent, paths) in cases {
        let robots = Robots::parse_for(file.as_bytes(), agent);
        for (path, allowed) in *paths {
            checks += 1;
            let url = WebUrl::parse(&format!("https://foo.bar{path}")).unwrap();
            if robots.allows(&url) != *allowed {
                wrong.push(format!("{agent} {path} should be {allowed} by {file:?}"));
            }
        }
    }
    (checks, wrong)
}

#[test]
fn every_case_of_the_rfc_is_read_as_it_says() {
    let (checks, wrong) = failures(RFC);
    assert!(wrong.is_empty(), "{} of {checks} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(checks, 75);
}

#[test]
fn documented_patterns_and_files_from_the_wild_are_read() {
    let (checks, wrong) = failures(DOCUMENTED);
    assert!(wrong.is_empty(), "{} of {checks} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(checks, 65);
}

#[test]
fn our_own_name_is_a_product_token() {
    for file in ["User-agent: QingBao\nDisallow: /", "User-agent: qingbao/0.1 (x)\nDisallow: /"] {
        assert!(!Robots::parse(file.as_bytes()).allows(&WebUrl::parse("https://a.cn/").unwrap()), "{file}");
    }
}

#[test]
fn crawl_delays_are_read_where_they_make_sense() {
    let table = [("0.5", Some(500)), ("10", Some(10_000)), ("-1", None), ("abc", None), ("1e99", None), ("NaN", None)];
    for (value, expected) in table {
        let file = format!("User-agent: *\nCrawl-delay: {value}\nDisallow: /x\n");
        assert_eq!(Robots::parse(file.as_bytes()).crawl_delay().map(|d| d.as_millis()), expected, "{value}");
    }
}

#[test]
fn no_rule_and_no_file_costs_much() {
    let path = format!("/{}", "a".repeat(4000));
    let url = WebUrl::parse(&format!("https://a.cn{path}")).unwrap();
    let rule = |stars: usize| format!("Disallow: /{}b\n", "a*".repeat(stars));
    let files = [
        format!("User-agent: *\n{}", rule(20)),
        format!("User-agent: *\n{}", rule(500)),
        format!("User-agent: *\n{}", "Disallow: /*a*a*a*a*b\n".repeat(20_000)),
        "User-agent: *\n".repeat(50_000),
        format!("User-agent: *\nDisallow: /{}", "x".repeat(600 << 10)),
    ];
    // the limit is on work, not on time: each comparison is linear in the path, so a rule of 500 wildcards costs no more than one
    // of five; exponential matchers would never finish
    for file in &files {
        let _ = Robots::parse(file.as_bytes()).allows(&url);
    }
}

#[test]
fn more_than_500_kib_is_not_read_and_a_cut_rule_never_holds() {
    let mut file = b"User-agent: *\nDisallow: /early\n".to_vec();
    file.extend(b"# filler\n".repeat(70_000));
    file.extend_from_slice(b"Disallow: /late\n");
    let robots = Robots::parse(&file);
    let allows = |p: &str| robots.allows(&WebUrl::parse(&format!("https://a.cn{p}")).unwrap());
    assert!(!allows("/early") && allows("/late"));
}

#[test]
fn a_file_that_cannot_be_had_closes_the_site_unless_a_recent_copy_speaks() {
    let t0: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
    let hours = TimeDelta::hours;
    let url = WebUrl::parse("https://a.cn/x").unwrap();
    let good = RobotsRecord::good(Some(b"User-agent: *\nDisallow: /x".to_vec()), t0);
    let says = |r: &RobotsRecord, at| match r.state(at) {
        RobotsState::Rules(r) => {
            if r.allows(&url) {
                "yes"
            } else {
                "no"
            }
        }
        RobotsState::Closed { .. } => "closed",
        RobotsState::TaskKind => "ask",
    };
    assert_eq!((says(&good, t0), says(&good, t0 + hours(24))), ("no", "ask"));
    let failed = RobotsRecord::failed(Some(good.clone()), "status 503".into(), t0 + hours(25));
    assert_eq!(says(&failed, t0 + hours(25)), "no", "the copy of yesterday still speaks");
    let later = RobotsRecord::failed(Some(failed.clone()), "status 503".into(), t0 + hours(50));
    assert_eq!(says(&later, t0 + hours(50)), "closed");
    assert!(later.expires > t0 + hours(50) && later.expires <= t0 + hours(56));
    let never = RobotsRecord::failed(None, "status 500".into(), t0);
    assert_eq!((says(&never, t0), says(&never, t0 + hours(1))), ("closed", "ask"));
    let mut long = never;
    for day in 0..32 {
        long = RobotsRecord::failed(Some(long), "status 500".into(), t0 + TimeDelta::days(day));
    }
    assert_eq!(says(&long, t0 + TimeDelta::days(31)), "yes", "after a month there is none");
    assert_eq!(says(&RobotsRecord::good(None, t0), t0), "yes");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let _ = Robots::parse(&bytes).allows(&WebUrl::parse("https://a.cn/x?y").unwrap());
    }

    #[test]
    fn what_is_mended_twice_is_what_is_mended_once(text in "((user-agent|allow|disallow|crawl-delay|x):[ a-z/*$0-9]{0,8}[\n\r#]){0,12}") {
        let once = normalize_robots(text.as_bytes());
        proptest::prop_assert_eq!(normalize_robots(&once), once);
    }
}
