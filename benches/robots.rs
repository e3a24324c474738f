//! What the worst rules of a hostile robots.txt cost: reading the file, and one question to it.
//!
//! `cargo bench --bench robots`

use std::fmt;

use qingbao::fetch::robots::Robots;
use qingbao::model::WebUrl;

fn main() {
    divan::main();
}

struct Case {
    name: &'static str,
    file: String,
    path: String,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn cases() -> Vec<Case> {
    let case = |name, rules: String, path: String| Case { name, file: format!("User-agent: *\n{rules}"), path };
    let rule = |pattern: &str| format!("Disallow: /{pattern}\n");
    vec![
        case("ordinary", (0..50).map(|i| rule(&format!("dir{i}/*.php$"))).collect(), "dir49/a.html".into()),
        case("20 wildcards", rule(&format!("{}b", "a*".repeat(20))), "a".repeat(2000)),
        case("1,000 wildcards", rule(&format!("{}b", "*a".repeat(1000))), "a".repeat(2000)),
        case("stars only", rule(&format!("{}$", "*".repeat(2000))), "a".repeat(2000)),
        case("20,000 rules", (0..20_000).map(|i| rule(&format!("*{i}*x"))).collect(), "a".repeat(2000)),
        case("one rule of 400 KB", rule(&"a*".repeat(200_000)), "a".repeat(2000)),
        case("escapes", rule(&"%E4%B8%AD*".repeat(500)), "%E4%B8%AD".repeat(220)),
    ]
}

#[divan::bench(args = cases())]
fn read(case: &Case) -> Robots {
    Robots::parse(case.file.as_bytes())
}

#[divan::bench(args = cases())]
fn ask(bencher: divan::Bencher<'_, '_>, case: &Case) {
    let robots = Robots::parse(case.file.as_bytes());
    let Ok(url) = WebUrl::parse(&format!("https://a.example/{}", case.path)) else { return };
    bencher.bench(|| robots.allows(&url));
}
