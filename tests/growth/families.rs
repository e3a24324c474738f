//! Families of hostile input: a beginning, a piece that is repeated (`#` stands for its number), an end.

/// What reads the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Extraction of an article.
    Page,
    /// The same without the ordinary article in front.
    BarePage,
    /// Extraction by the source's selectors.
    SelectedPage,
    List,
    /// A list by the source's selectors.
    SelectedList,
    /// Items of an RSS feed.
    Feed,
    Atom,
    JsonFeed,
    Json,
    Sitemap,
    Opml,
    Robots,
    /// sources.toml
    Toml,
    Classify,
    /// One article per line.
    Cluster,
    Summarise,
    Pdf,
    /// Figures over time.
    Series,
}

pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    begin: &'static str,
    piece: &'static str,
    end: &'static str,
}

impl Family {
    /// Of a piece of markup.
    pub const fn markup(kind: Kind, name: &'static str, begin: &'static str, piece: &'static str) -> Self {
        family(kind, name, begin, piece, "")
    }

    /// The input with so many bytes of pieces.
    pub fn input(&self, bytes: usize) -> String {
        let mut pieces = String::with_capacity(bytes + self.piece.len());
        for n in 0.. {
            if pieces.len() >= bytes {
                break;
            }
            pieces.push_str(&self.piece.replace('#', &n.to_string()));
        }
        let (before, after) = frame(self.kind);
        format!("{before}{}{pieces}{}{after}", self.begin, self.end)
    }
}

fn frame(kind: Kind) -> (String, &'static str) {
    let text = "鄢陵花木企业今年新建温室，产品销往十多个省份，比去年增加两成。".repeat(12);
    match kind {
        Kind::Page | Kind::SelectedPage => {
            let head = "<!doctype html><html><head><title>花木企业新建温室</title></head><body><h1>花木企业新建温室</h1>";
            (format!("{head}<p>{text}</p>"), "</body></html>")
        }
        Kind::Feed => ("<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>".to_owned(), "</channel></rss>"),
        Kind::Atom => ("<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>".to_owned(), "</feed>"),
        Kind::JsonFeed => ("{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[".to_owned(), "]}"),
        Kind::Sitemap => ("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>".to_owned(), "</urlset>"),
        Kind::Opml => ("<opml version='2.0'><body>".to_owned(), "</body></opml>"),
        Kind::Robots => ("User-agent: *\n".to_owned(), "\n"),
        Kind::Toml => ("schema = 1\n".to_owned(), "\n"),
        Kind::Series | Kind::Classify | Kind::Cluster | Kind::Summarise | Kind::List | Kind::SelectedList | Kind::BarePage | Kind::Json => {
            (String::new(), "")
        }
        Kind::Pdf => ("%PDF-1.4\n".to_owned(), "\ntrailer<</Root 1 0 R>>\n%%EOF"),
    }
}

const fn family(kind: Kind, name: &'static str, begin: &'static str, piece: &'static str, end: &'static str) -> Family {
    Family { name, kind, begin, piece, end }
}

/// Pieces of markup that are hard to parse; each is read as a page and as a list.
pub const MARKUP: [(&str, &str, &str); 50] = [
    ("nested", "", "<div>"),
    ("nested behind an odd end tag", "</p =\">", "<div>"),
    ("nested in a title of a picture", "<svg><title>", "<div>"),
    ("nested behind short comments", "<!-->", "<div>"),
    ("nested behind odd comments", "<!-- x --!>", "<div>"),
    ("nested inline", "", "<span>"),
    ("nested unknown", "", "<x-y>"),
    ("objects", "", "<div><object></div></object>"),
    ("misnested formatting", "", "<b id=i><table><tr><td></b></table>"),
    ("misnested links", "", "<a href=/#><div></a>"),
    ("open formatting", "", "<b>x"),
    ("open fonts", "", "<p><font size=#>x"),
    ("open paragraphs", "", "<p>"),
    ("open lists", "", "<ul><li>"),
    ("open tables", "", "<table><tr><td>"),
    ("text in tables", "<table>", "x<tr>"),
    ("stray tables", "", "<table>x"),
    ("no-break spaces", "<p>", "®&nbsp;"),
    ("rows without tables", "", "<tr><td>x"),
    ("captions", "<table>", "<caption>x"),
    ("open selections", "", "<select><option>"),
    ("forms", "", "<form><p></form>"),
    ("buttons", "", "<button>x"),
    ("headings", "", "<h1><h2>"),
    ("equal headlines", "", "<h1>花木企业新建温室</h1>"),
    ("references", "<p>", "&amp;"),
    ("odd references", "<p>", "&nbsp;x&unknown;&#0;"),
    ("long references", "<p>&#", "0"),
    ("ampersands", "<p>", "&"),
    ("brackets", "<p>", "< "),
    ("bodies", "", "<body a#>"),
    ("documents", "", "<html a#>"),
    ("templates", "", "<template>"),
    ("attributes", "<div ", "a#=1 "),
    ("known attributes", "<div ", "class=a# id=b# "),
    ("one long class", "<div class='", "a# "),
    ("open quote", "<a href=\"", "<p>x"),
    ("open comment", "<!--", "<p>x"),
    ("open script", "<script>", "<!--<script>"),
    ("scripts", "", "<script>a<b</script>"),
    ("open title", "<title>", "</titl"),
    ("ends", "", "</div></p></table></b>"),
    ("commented ends", "", "<!-- --"),
    ("pictures", "", "<svg><g><path d=M0/></svg>"),
    ("declarations", "", "<!x><?y>"),
    ("one long word", "<p>", "字"),
    ("white space", "<p>", "x \n\t"),
    ("hidden", "", "<p style='display : none'>x</p>"),
    ("formulas", "", "<math><mi>"),
    ("plain text", "<plaintext>", "<p>"),
];

/// All others.
pub const FAMILIES: [Family; 113] = [
    family(Kind::Page, "related headings", "<div>", "<h3>相关阅读</h3><p>花木企业今年新建了温室，产品也更多了，销路很好。</p>", "</div>"),
    family(Kind::Page, "stamps", "<div>", "<p>2026-11-20 10:00</p>", "</div>"),
    family(Kind::Page, "posts", "<div>", "<div>读者 2026-11-20 10:00</div><div>说得很好，希望多建一些。</div>", "</div>"),
    family(Kind::Page, "bylines", "", "来源：甲报 作者：张三 2026-11-20<br>", ""),
    family(Kind::Page, "dates in one line", "<p>", "2026-11-20 ", "</p>"),
    family(Kind::Page, "figures in one line", "<p>", "2026年", "</p>"),
    family(Kind::Page, "digits", "<p>", "1", "</p>"),
    family(Kind::Page, "time elements", "", "<time>2026年</time>", ""),
    family(Kind::Page, "elements for a source", "", "<i class=source id=author rel=author>来源</i>", ""),
    family(Kind::Page, "titles with separators", "<title>", "甲_乙-丙|", "</title>"),
    family(Kind::Page, "metas", "", "<meta name=n# content=x>", ""),
    family(Kind::Page, "linked data", "", "<script type='application/ld+json'>{\"author\":[{\"name\":\"a\"}]}</script>", ""),
    family(Kind::Page, "nested linked data", "<script type='application/ld+json'>", "{\"a\":", "</script>"),
    family(Kind::Page, "images", "", "<img src=/#.jpg>", ""),
    family(Kind::Page, "attachments", "", "<a href=/#.pdf>附件#</a>", ""),
    family(Kind::Page, "pages that go on", "", "<a href=/y_#.html>下一页</a>", ""),
    family(Kind::Page, "paragraphs", "", "<p>许昌市今年前十个月，发制品出口增长一成，企业订单饱满。</p>", ""),
    family(Kind::Page, "lines", "<p>", "许昌市今年前十个月，发制品出口增长一成，企业订单饱满。<br>", "</p>"),
    family(Kind::Page, "long divisions", "<div>", "<div class=c#>许昌市今年前十个月，发制品出口增长一成。</div>", "</div>"),
    family(Kind::Page, "signed lines", "", "<p>（记者 张三）</p>", ""),
    family(Kind::Page, "brackets of bylines", "<p>", "（记者", "</p>"),
    family(Kind::BarePage, "data of a script", "<script>a=", "{\"content\":[", "</script>"),
    family(Kind::BarePage, "assignments", "<script>", "a={", "</script>"),
    family(Kind::BarePage, "texts of a script", "<script>a={", "\"content#\":\"花木企业今年新建温室，产品销往十多个省份。\",", "\"b\":1}</script>"),
    family(Kind::SelectedPage, "selected paragraphs", "<div class=x>", "<p class=y>许昌市今年前十个月，发制品出口增长一成。</p>", "</div>"),
    family(Kind::SelectedPage, "selected nested", "", "<div class=x>", ""),
    family(Kind::SelectedPage, "selected references", "<div class=x>", "&amp;", ""),
    family(Kind::List, "rows", "<ul>", "<li><a href=/x/#.html>许昌市召开第#次大会</a><span>2026-11-20</span></li>", "</ul>"),
    family(Kind::List, "rows of one address", "<ul>", "<li><a href=/x/1.html>许昌市召开第#次大会</a><span>2026-11-20</span></li>", "</ul>"),
    family(Kind::List, "rows in one row", "", "<div><a href=/x/#.html>许昌市召开第#次大会</a>", ""),
    family(
        Kind::List,
        "cells",
        "<table><tr><th>发布日期</th></tr><tr>",
        "<td><a href=/x/#.html>许昌市召开第#次大会</a></td><td>2026-11-20</td>",
        "</table>",
    ),
    family(
        Kind::List,
        "captions between rows",
        "<table>",
        "<caption>x</caption><tr><td><a href=/x/#.html>许昌市召开第#次大会</a></td><td>2026-11-20</td><td>2026-11-21</td></tr>",
        "</table>",
    ),
    family(Kind::List, "texts between rows", "", "<a href=/x/#.html>许昌市召开第#次大会</a>x<!-- -->y<!-- -->z", ""),
    family(Kind::List, "a link with many pieces", "<a href=/x/1.html>", "<div class=title>许昌</div>", "</a>"),
    family(Kind::List, "layouts", "", "<div class=c#><a href=/x/#.html>许昌市召开第#次大会</a></div>", ""),
    family(Kind::List, "records", "<datastore>", "<record><![CDATA[<li><a href=/x/#.html>许昌市召开第#次大会</a></li>]]></record>", "</datastore>"),
    family(Kind::List, "open records", "<datastore>", "<![CDATA[ href", ""),
    family(Kind::List, "written rows", "<script>", "document.write(\"<li><a href=/x/#.html>许昌市召开第#次大会</a></li>\");", "</script>"),
    family(Kind::List, "open writing", "<script>", "document.write(\"", "</script>"),
    family(Kind::List, "opened addresses", "", "<a href='#' onclick=\"go('a/b')\">许昌市召开大会</a>", ""),
    family(
        Kind::List,
        "rows of many links",
        "<ul>",
        "<li><a href=/x/#.html>许昌市召开第#次大会</a><p><a href=/y/#.html>专家解读第#次大会</a><a href=/t/#/>标签词语</a></p><i>2026-11-20</i></li>",
        "</ul>",
    ),
    family(
        Kind::List,
        "one row of many links",
        "<ul><li><i>2026-11-20</i></li><li><i>2026-11-20</i>",
        "<p><a href=/x/#.html>许昌市召开第#次大会</a></p>",
        "</li></ul>",
    ),
    family(Kind::List, "days above rows", "<div>", "<h4>2026年11月20日</h4><ul><li><a href=/x/#.html>许昌市召开第#次大会</a></li></ul>", "</div>"),
    family(Kind::List, "days and no rows", "<div>", "<b>2026-11-20</b>", "<a href=/x/1.html>许昌市召开第一次大会</a></div>"),
    family(
        Kind::List,
        "boxes with headings",
        "",
        "<div><h3>通知公告<a href=/m/>更多</a></h3><ul><li><a href=/x/#.html>许昌市召开第#次大会</a></li></ul></div>",
        "",
    ),
    family(Kind::List, "lists beside a pager", "", "<ul><li><a href=/x/#.html>许昌市召开第#次大会</a></li></ul><div>下一页</div>", ""),
    family(
        Kind::List,
        "stores",
        "",
        "<script type=text/xml><datastore><record><![CDATA[<li><a href=/x/#.html>许昌市召开第#次大会</a></li>]]></record></datastore></script>",
        "",
    ),
    family(Kind::List, "open stores", "", "<script><datastore>", ""),
    family(Kind::List, "strings", "<script>", "a('<li><a href=/x/#.html>许昌市召开第#次大会</a></li>');", "</script>"),
    family(Kind::List, "open strings", "<script>document.write(</a>", "'\\'\n", "</script>"),
    family(Kind::List, "values", "<script>var list=[", "{title:'许昌市召开第#次大会',url:'/x/#.html',date:'2026-11-20'},", "]</script>"),
    family(Kind::List, "open values", "<script>", "=[{", "</script>"),
    family(Kind::List, "values with code", "<script>", "x=[{a:f()}];", "</script>"),
    family(Kind::List, "columns of values", "<script>", "u[#]='/x/#.html';t[#]='许昌市召开第#次大会';", "</script>"),
    family(Kind::List, "named writing", "<script>", "t#='许昌市召开第#次大会';document.write('<a href=/x/#.html>'+t#+'</a>');", "</script>"),
    family(Kind::List, "comments in scripts", "<script>href</a>", "/*x*/ //y\n", "</script>"),
    family(Kind::List, "frames", "", "<iframe src=/x/#.html></iframe>", ""),
    family(Kind::List, "clickable elements", "", "<div onclick=\"location.href='/x/#.html'\">许昌市召开第#次大会", ""),
    family(Kind::Json, "objects", "{\"list\":[", "{\"aT\":\"许昌市召开第#次大会\",\"aU\":\"/x/#.html\",\"aD\":\"2026-11-20\"},", "{}]}"),
    family(Kind::Json, "lists in lists", "[", "[{\"title\":\"题\",\"url\":\"/x/#\"}],", "[]]"),
    family(Kind::Json, "keys", "[{", "\"k#\":\"许昌市召开第#次大会\",", "\"z\":1},{},{}]"),
    family(Kind::List, "escaped quotes", "<script>[</a>'", "\\'", "</script>"),
    family(Kind::List, "escaped backticks", "<script>[</a>`", "\\`", "</script>"),
    family(Kind::Json, "lists under many keys", "{", "\"k#\":[{\"title\":\"许昌市召开第#次大会\",\"url\":\"/x/#.html\"}],", "\"z\":0}"),
    family(Kind::Json, "strings of markup", "{\"a\":\"", "<li><a href=/x/#.html>许昌市召开第#次大会</a></li>", "\"}"),
    family(Kind::Json, "calls", "cb([", "{\"title\":\"许昌市召开第#次大会\",\"url\":\"/x/#.html\",\"n\":null},", "{}])"),
    family(Kind::Feed, "markup in a title", "<item><link>https://a.example/1</link><title>", "<em>许</em>", "</title></item>"),
    family(
        Kind::Feed,
        "items that lack something",
        "",
        "<item><link/>https://a.example/#<published>2026-11-20</published><description>许昌。</description></item>",
        "",
    ),
    family(Kind::Sitemap, "nested addresses", "", "<url><image><loc>https://a.example/#</loc>", ""),
    family(Kind::SelectedList, "selected rows", "", "<div class=row><a href=/x/#.html>许昌市召开第#次大会</a><i>2026-11-20</i></div>", ""),
    family(Kind::SelectedList, "selected nested rows", "", "<div class=row>", "<a href=/x>许昌市召开大会</a>"),
    family(Kind::Feed, "items", "", "<item><title>消息第#条</title><link>https://a.example/#</link></item>", ""),
    family(Kind::Feed, "open items", "", "<item><title>消息第#条</title>", ""),
    family(Kind::Feed, "unfinished items", "", "<item", ""),
    family(
        Kind::Feed,
        "sections",
        "<item><title>消息</title><link>https://a.example/1</link><description>",
        "<![CDATA[x]]>",
        "</description></item>",
    ),
    family(
        Kind::Feed,
        "open sections",
        "<item><title>消息</title><link>https://a.example/1</link><description>",
        "<![CDATA[",
        "</description></item>",
    ),
    family(Kind::Feed, "bare ampersands", "<item><title>消息</title><link>https://a.example/1</link><description>", "& ", "</description></item>"),
    family(
        Kind::Feed,
        "references in a text",
        "<item><title>消息</title><link>https://a.example/1</link><description>",
        "&amp;x",
        "</description></item>",
    ),
    family(Kind::Feed, "brackets in a text", "<item><title>消息</title><link>https://a.example/1</link><description>", "< ", "</description></item>"),
    family(
        Kind::Feed,
        "markup in a text",
        "<item><title>消息</title><link>https://a.example/1</link><description>",
        "&lt;div&gt;",
        "</description></item>",
    ),
    family(
        Kind::Feed,
        "pictures in a text",
        "<item><title>消息</title><link>https://a.example/1</link><description>&lt;svg&gt;&lt;title&gt;",
        "&lt;div&gt;",
        "</description></item>",
    ),
    family(
        Kind::Feed,
        "an item named in the last section",
        "",
        "<item><title>消息第#条</title><link>https://a.example/#</link></item>",
        "<item><title><![CDATA[<entry>]]></title></item>",
    ),
    family(Kind::Feed, "nested elements", "<item><title>消息</title><link>https://a.example/1</link>", "<x>", "</item>"),
    family(Kind::Feed, "attributes of an item", "<item ", "a#='1' ", "><title>消息</title><link>https://a.example/1</link></item>"),
    family(Kind::Feed, "categories", "<item><title>消息</title><link>https://a.example/1</link>", "<category>c#</category>", "</item>"),
    family(
        Kind::Feed,
        "days to skip",
        "<skipDays>",
        "<day>Monday</day>",
        "</skipDays><item><title>消息</title><link>https://a.example/1</link></item>",
    ),
    family(Kind::Atom, "entries", "", "<entry><id>#</id><title>消息第#条</title><link href='https://a.example/#'/></entry>", ""),
    family(Kind::Atom, "links of an entry", "<entry><id>1</id><title>消息</title>", "<link href='https://a.example/#'/>", "</entry>"),
    family(Kind::JsonFeed, "items of JSON", "", "{\"id\":\"#\",\"url\":\"https://a.example/#\",\"title\":\"消息第#条\"},", "{\"id\":\"z\"}"),
    family(Kind::JsonFeed, "nested JSON", "", "[", ""),
    family(Kind::Sitemap, "addresses", "", "<url><loc>https://a.example/#.html</loc><lastmod>2026-11-20</lastmod></url>", ""),
    family(Kind::Sitemap, "open addresses", "", "<url><loc>https://a.example/#", ""),
    family(Kind::Opml, "outlines", "", "<outline text='a#' xmlUrl='https://a#.example/f'/>", ""),
    family(Kind::Opml, "attributes of an outline", "<outline ", "a#='1' ", "xmlUrl='https://a.example/f'/>"),
    family(Kind::Robots, "rules", "", "Disallow: /a#*b$\n", ""),
    family(Kind::Robots, "stars", "Disallow: /", "*a", "$"),
    family(Kind::Toml, "sources", "", "[[source]]\nid = \"s#\"\nname = \"源#\"\nurl = \"https://s#.example/\"\n", ""),
    family(Kind::Toml, "mistakes", "", "[[source]]\nid = \"s#\"\nnamé = 1\n", ""),
    family(Kind::Toml, "nested arrays", "a = ", "[", ""),
    family(Kind::Classify, "keywords", "", "许昌发制品企业投资", ""),
    family(Kind::Classify, "organisations", "", "许昌市某某有限公司研究院", ""),
    family(Kind::Cluster, "equal articles", "", "长葛市再生金属产业园今年前十个月实现产值四百二十亿元，园区企业转向精深加工。\n", ""),
    family(
        Kind::Pdf,
        "objects",
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n",
        "# 0 obj<</A[1 2 3]>>endobj\n",
        "",
    ),
    family(Kind::Pdf, "streams", "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n", "# 0 obj<</Length 3>>stream\nabc\nendstream endobj\n", ""),
    family(Kind::Series, "rows of CSV", "月份,产值(亿元)\n", "2026年#月,#\n", ""),
    family(Kind::Series, "columns of CSV", "月份", ",2026年#月", "\n甲,1\n"),
    family(Kind::Series, "objects of JSON", "[", "{\"t\":\"2026-10-01\",\"v\":#},", "{\"t\":\"2026-10\",\"v\":1}]"),
    family(Kind::Series, "keys of JSON", "[{\"t\":\"2026-10\"", ",\"k#\":#", "}]"),
    family(Kind::Series, "arrays of JSON", "{\"a\":[[1,2]]", ",\"k#\":[[\"2026-10\",1]]", "}"),
    family(Kind::Series, "rows of a page", "<table><tr><th>月份<th>产值</tr>", "<tr><td>10月<td>#</tr>", "</table>"),
    family(Kind::Series, "spans of a page", "<table>", "<tr><td rowspan=60 colspan=60>2026年</tr>", "</table>"),
    family(Kind::Series, "tables in tables", "", "<table><tr><td>", "2026年10月<td>1"),
    family(Kind::Summarise, "sentences", "", "许昌市第#个项目今天开工，总投资十二亿元。", ""),
];
