//! Our page tree beside html5ever's: the text that a reader sees and the links are the same.

use std::collections::BTreeSet;

use qingbao::extract::visible_lines;
use qingbao::fetch::charset;
use qingbao::html::{Attr, Edge, Tag, Tree};
use qingbao::text::normalize::is_noise;
use scraper::{Html, Node};

/// Elements that no reader sees, in a browser.
const NEVER_SEEN: [&str; 23] = [
    "title", "script", "style", "noscript", "noframes", "template", "iframe", "object", "embed", "svg", "math", "canvas", "video", "audio", "select",
    "option", "button", "input", "textarea", "head", "map", "datalist", "frameset",
];

fn is_hidden<'a>(name: &str, attr: impl Fn(&str) -> Option<&'a str>) -> bool {
    let style: String = attr("style").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    NEVER_SEEN.contains(&name)
        || attr("hidden").is_some()
        || attr("aria-hidden") == Some("true") && !attr("class").unwrap_or_default().contains("fallback")
        || style.contains("display:none")
        || style.contains("visibility:hidden") && !style.contains("opacity:0")
}

/// The letters of a page that html5ever shows, and where the links lead that it shows (a browser makes two links of one that is misnested).
fn of_html5ever(page: &str) -> (String, BTreeSet<String>) {
    let html = Html::parse_document(page);
    let (mut shown, mut links) = (String::new(), BTreeSet::new());
    let mut todo = vec![*html.root_element()];
    while let Some(node) = todo.pop() {
        match node.value() {
            Node::Text(text) => shown.extend(text.chars().filter(|c| !c.is_whitespace() && !is_noise(*c))),
            Node::Element(e) if is_hidden(e.name(), |name| e.attr(name)) => {}
            Node::Element(e) => {
                links.extend(e.attr("href").filter(|_| e.name() == "a").map(one_line));
                todo.extend(node.children().rev());
            }
            _ => {}
        }
    }
    (shown, links)
}

fn of_ours(page: &str) -> (String, BTreeSet<String>) {
    let tree = Tree::parse(page);
    let shown = visible_lines(&tree).concat().chars().filter(|c| !c.is_whitespace()).collect();
    let (mut walk, mut links) = (tree.root().walk(), BTreeSet::new());
    while let Some(edge) = walk.next() {
        match edge {
            Edge::Open(e, tag) if is_hidden(tag.name(), |name| e.attr(Attr::of(name))) => walk.skip_subtree(),
            Edge::Open(e, Tag::A) => links.extend(e.attr(Attr::Href).map(one_line)),
            _ => {}
        }
    }
    (shown, links)
}

/// Line ends are not compared: html5ever makes one of `\r\n`.
fn one_line(address: &str) -> String {
    address.replace(['\r', '\n'], "")
}

#[test]
fn pages_as_they_are_written_show_the_same_text() {
    let pages = [
        "<!DOCTYPE html><title>题 &amp; 目</title><meta charset=utf-8><p>一<p>二<br>三&nbsp;四&hellip;<div>五</p>六</div>",
        "<p><b>一<p>二</b>三<i>四<b>五</i>六</b>",
        "<table><tr><td>一<td>二<tr><th>三<table><tr><td>四</table></table>五",
        "<table><tbody><tr><td>一</td></tr></tbody><caption>题</caption></table>",
        "<ul><li>一<ul><li>二<li>三</ul><li>四</ul><dl><dt>五<dd>六<dt>七</dl>",
        "<a href=1>一<a href=2>二</a>三<div><a href='/x?a=1&amp;b=2&copy=3'>四</div>五</a>",
        "<select><option>一<option>二</select>三<button>四<button>五</button>六",
        "<script>document.write('<p>一</p>')</script>二<style>p{}</style><noscript><p>三</p></noscript>四",
        "<!-- 一 -->二<!-->三<!--四--!>五<![CDATA[六]]><?xml 七?>八</ 九>十",
        "<svg><title>一</title><path d=x /></svg>二<math><mi>三</mi></math>四<svg><g><p>五</svg>六",
        "<svg><desc><p>一</p></desc><path></svg>二<svg><title>三</title><p>四",
        "<a href=1><svg><svg><path></svg></a><a href=2>一</a><svg></svg>二",
        "<form><div></form><form hidden><p>一</form>二</div>三",
        "<h1>一<h2>二</h1>三<form>四<form>五</form>六</form>七",
        "<p hidden>一</p><p style='Display: NONE'>二</p><p aria-hidden=true>三</p><p>四</p>",
        "一</body>二</html>三<body class=x>四",
        "<div><span>一</div>二</span><center>三<p>四</center>五</p>六",
        "1 < 2 && 3 > 2 &lt;p&gt; &#20013;&#x6587; &notin; &ampx; &unknown; &",
        "<textarea><p>一</textarea>二<title>三</title><xmp><b>四</xmp>五<plaintext>六</b>",
        "<object><p>一</object>二<applet>三</p></applet>四<marquee>五</p>六</marquee>",
        "<p>一</br>二<image src=x>三<hr>四<wbr>五<nobr>六<nobr>七",
    ];
    for page in pages {
        assert_eq!(of_ours(page), of_html5ever(page), "{page}");
    }
}

/// Differences that are known and cost nothing to a reader.
#[test]
fn what_differs_is_known() {
    // a browser shows what stands in a table outside its cells before the table; we leave it where it is
    assert_eq!(of_ours("<table>一<tr><td>二</td></tr>三</table>").0, "一二三");
    assert_eq!(of_html5ever("<table>一<tr><td>二</td></tr>三</table>").0, "一三二");
}

/// The pages of `tests/data/layouts`, or of another folder: `PAGES=folder cargo test --test html_tree`.
#[test]
fn pages_of_a_folder_show_the_same_text() {
    let folder = std::env::var("PAGES").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/layouts").to_owned());
    let (mut same, mut differ) = (0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|f| f.path()).filter(|p| p.is_file()).collect();
    files.sort();
    for file in files {
        let page = charset::decode(&std::fs::read(&file).unwrap(), None, None).text;
        let (ours, theirs) = (of_ours(&page), of_html5ever(&page));
        if ours == theirs {
            same += 1;
            continue;
        }
        let at = ours.0.chars().zip(theirs.0.chars()).take_while(|(a, b)| a == b).count();
        let from = |text: &str| text.chars().skip(at.saturating_sub(10)).take(40).collect::<String>();
        let links: Vec<_> = ours.1.symmetric_difference(&theirs.1).take(3).collect();
        differ.push(format!("{}\n  ours   {}\n  theirs {}\n  links {links:?}", file.display(), from(&ours.0), from(&theirs.0)));
    }
    assert!(differ.is_empty() && same > 0, "{same} pages show the same, {} do not:\n{}", differ.len(), differ.join("\n"));
}
