//! Lists of articles on the sample sites.

use serde_json::json;

use crate::demo::layouts::charset;
use crate::demo::world::{DemoWorld, Listing, Site, Story};

/// Returns a listing's text and content type.
pub(super) fn listing(world: &DemoWorld, site: &Site, base: &str) -> (String, &'static str) {
    let stories = world.of(site.id);
    let rows = |f: &dyn Fn(&Story) -> String| stories.iter().map(|s| f(s)).collect::<String>();
    let url = |s: &Story| format!("{base}/{}/{}.html", site.id, s.slug);
    match site.listing {
        Listing::Rss => (rss(site, "utf-8", &rows(&|s| rss_item(s, &url(s), ""))), "application/rss+xml"),
        // realistic errors: wrong encoding declaration, bare ampersands, an HTML entity
        Listing::DirtyRss => (rss(site, "utf-8", &rows(&|s| rss_item(s, &format!("{}?a=1&b=2", url(s)), "&nbsp;& 更多"))), "text/xml"),
        Listing::Atom => (
            atom(
                site,
                &rows(&|s| {
                    format!(
                        "<entry><id>{0}</id><title>{1}</title><link href=\"{0}\"/><updated>{2}</updated></entry>",
                        url(s),
                        s.title,
                        s.published.to_rfc3339()
                    )
                }),
            ),
            "application/atom+xml",
        ),
        Listing::Json => {
            let list: Vec<_> = stories.iter().map(|s| json!({"docTitle": s.title, "docUrl": null, "linkUrl": format!("/{}/{}.html", site.id, s.slug), "pubTime": s.published.timestamp_millis()})).collect();
            (json!({"code": 0, "data": {"total": list.len(), "rows": list}}).to_string(), "application/json")
        }
        Listing::Sitemap => (
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>",
                rows(&|s| format!("<url><loc>{}</loc><lastmod>{}</lastmod></url>", url(s), s.published.to_rfc3339()))
            ),
            "application/xml",
        ),
        Listing::SpanList => (
            frame(
                site,
                &format!(
                    "<ul class=\"newslist\">{}</ul>",
                    rows(&|s| format!(
                        "<li><a href=\"./{}.html\" title=\"{}\">{}…</a><span>[{}]</span></li>",
                        s.slug,
                        s.title,
                        cut(&s.title),
                        s.published.format("%Y-%m-%d")
                    ))
                ),
            ),
            "text/html",
        ),
        Listing::TableList => (
            frame(
                site,
                &format!(
                    "<table width=700>{}</table>",
                    rows(&|s| format!("<tr><td>·<a href=\"{}.html\">{}</a></td><td>{}</td></tr>", s.slug, s.title, s.published.format("%Y-%m-%d")))
                ),
            ),
            "text/html",
        ),
        Listing::DateList => (
            frame(
                site,
                &format!(
                    "<dl class=\"list\">{}</dl>",
                    rows(&|s| format!("<dd><em>{}</em><a href=\"{}.html\">{}</a></dd>", s.published.format("%m-%d"), s.slug, s.title))
                ),
            ),
            "text/html",
        ),
        Listing::Cards => (
            frame(
                site,
                &rows(&|s| {
                    format!(
                        "<div class=\"item\"><a href=\"{0}.html\"><img src=\"{0}.jpg\"></a><h3><a href=\"{0}.html\">{1}</a></h3><p>{2}</p><span class=\"time\">{3}</span></div>",
                        s.slug,
                        s.title,
                        s.paragraphs.first().map(|p| cut(p)).unwrap_or_default(),
                        s.published.format("%Y年%m月%d日")
                    )
                }),
            ),
            "text/html",
        ),
        Listing::Broken => (
            "<html><head><title>请开启JavaScript并刷新该页</title></head><body><script>location.reload()</script></body></html>".to_owned(),
            "text/html",
        ),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(14).collect()
}

fn rss(site: &Site, encoding: &str, items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?><rss version=\"2.0\"><channel><title>{}</title><link>http://example.invalid/{}/</link><description>{}</description>{items}</channel></rss>",
        site.name, site.id, site.name
    )
}

fn rss_item(s: &Story, url: &str, tail: &str) -> String {
    format!(
        "<item><title>{}{tail}</title><link>{url}</link><guid>{}-{}</guid><pubDate>{}</pubDate></item>",
        s.title,
        s.site,
        s.slug,
        s.published.format("%a, %d %b %Y %H:%M:%S %z")
    )
}

fn atom(site: &Site, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:{}</id><title>{}</title><updated>2026-01-01T00:00:00Z</updated>{entries}</feed>",
        site.id, site.name
    )
}

/// Returns a page around a list, with the other parts of a real one.
fn frame(site: &Site, list: &str) -> String {
    let (name, id, charset) = (site.name, site.id, charset(site));
    format!(
        r#"<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>{name}_新闻列表</title></head><body>
<div class="nav"><ul><li><a href="/{id}/zwgk/">政务公开专栏</a></li><li><a href="/{id}/hdjl/">互动交流专栏</a></li><li><a href="/{id}/bsfw/">办事服务专栏</a></li></ul></div>
<div class="position">首页 &gt; 新闻</div><div class="main">{list}</div><div class="page"><a href="index_2.html">下一页</a></div>
<div class="footer"><a href="/{id}/about.html">关于我们网站</a><a href="/{id}/law.html">法律声明页面</a></div></body></html>"#
    )
}
