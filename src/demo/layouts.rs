//! Article pages of the sample world, with the navigation, share bars, related links and footers of real sites.

use crate::demo::world::{DemoWorld, Layout, Site, Story};

/// Returns the page of an article.
pub(super) fn page(world: &DemoWorld, site: &Site, story: &Story) -> String {
    let related: String = world
        .of(site.id)
        .iter()
        .filter(|s| s.slug != story.slug)
        .take(5)
        .map(|s| format!("<li><a href=\"/{}/{}.html\">{}</a></li>", site.id, s.slug, s.title))
        .collect();
    match site.layout {
        Layout::Modern => modern(site, story, &related),
        Layout::Government => government(site, story, &related),
        Layout::OldTable => old_table(site, story, &related),
    }
}

fn paragraphs(story: &Story, open: &str, close: &str) -> String {
    story.paragraphs.iter().map(|p| format!("{open}{p}{close}\n")).collect()
}

fn modern(site: &Site, s: &Story, related: &str) -> String {
    let (charset, name, title, publisher) = (charset(site), site.name, &s.title, &s.publisher);
    let (iso, shown) = (s.published.to_rfc3339(), s.published.format("%Y-%m-%d %H:%M"));
    format!(
        r#"<!DOCTYPE html><html lang="zh-CN"><head><meta charset="{charset}"><title>{title}_{name}</title>
<meta property="og:title" content="{title}"><meta property="article:published_time" content="{iso}"></head><body>
<header class="site-header"><nav><a href="/{id}/">首页</a><a href="/{id}/kj">科技</a><a href="/{id}/cj">财经</a><a href="/{id}/gy">工业</a></nav></header>
<div class="crumbs">当前位置：<a href="/{id}/">{name}</a> &gt; 正文</div>
<main><h1 class="article-title">{title}</h1><div class="article-info"><span>{shown}</span> <span class="source">来源：{publisher}</span> <span>作者：示例记者</span></div>
<div class="article-content">{body}<p class="editor">（责任编辑：示例）</p></div>
<div class="share-box">分享到：<a href="javascript:;">微信</a><a href="javascript:;">微博</a></div>
<div class="related-news"><h3>相关阅读</h3><ul>{related}</ul></div></main>
<aside class="hot-rank"><h3>热门排行</h3><ol>{related}</ol></aside>
<footer>版权所有 {name}　未经授权禁止转载　<a href="/{id}/about">关于我们</a></footer><script>var a = "</div>";</script></body></html>"#,
        id = site.id,
        body = paragraphs(s, "<p>", "</p>"),
    )
}

fn government(site: &Site, s: &Story, related: &str) -> String {
    let (charset, name, title, publisher) = (charset(site), site.name, &s.title, &s.publisher);
    let shown = s.published.format("%Y-%m-%d %H:%M");
    format!(
        r#"<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>{title}-{name}</title>
<meta name="SiteName" content="{name}"><meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="{shown}"><meta name="ContentSource" content="{publisher}"></head>
<body><div class="top"><div class="nav"><ul><li><a href="/{id}/">首页</a></li><li><a href="/{id}/zwgk">政务公开</a></li><li><a href="/{id}/bsfw">办事服务</a></li></ul></div></div>
<div class="position">您当前的位置：首页 &gt; 工作动态</div>
<div class="detail"><div class="title">{title}</div><div class="xxgk-info">发布时间：{shown}　来源：{publisher}　【字体：大 中 小】　【打印】【关闭】</div>
<div class="TRS_Editor">{body}</div><div class="xgxw"><h4>相关链接</h4><ul>{related}</ul></div></div>
<div class="footer">主办：{name}　网站地图　联系我们</div></body></html>"#,
        id = site.id,
        body = paragraphs(s, "<p style=\"text-indent:2em\">", "</p>"),
    )
}

fn old_table(site: &Site, s: &Story, related: &str) -> String {
    let (charset, name, title, publisher) = (charset(site), site.name, &s.title, &s.publisher);
    let shown = s.published.format("%Y年%m月%d日 %H:%M");
    format!(
        r#"<HTML><HEAD><TITLE>{title} - {name}</TITLE><META http-equiv=Content-Type content="text/html; charset={charset}"></HEAD><BODY>
<TABLE width=980><TR><TD><A href="/{id}/">首页</A> | <A href="/{id}/xw">新闻</A> | <A href="/{id}/sq">社区</A></TD></TR></TABLE>
<TABLE width=980><TR><TD width=700 valign=top><TABLE><TR><TD align=center><FONT size=5><B>{title}</B></FONT></TD></TR>
<TR><TD align=center>{shown}　来源：{publisher}　编辑：示例</TD></TR><TR><TD class=zw>{body}</TD></TR></TABLE></TD>
<TD width=280 valign=top><TABLE><TR><TD>热点新闻</TD></TR><TR><TD><UL>{related}</UL></TD></TR></TABLE></TD></TR></TABLE>
<CENTER>Copyright {name} All Rights Reserved</CENTER></BODY></HTML>"#,
        id = site.id,
        body = paragraphs(s, "　　", "<br><br>"),
    )
}

pub(super) fn charset(site: &Site) -> &'static str {
    if site.gb18030 { "gb2312" } else { "utf-8" }
}
