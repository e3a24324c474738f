//! What Chinese and other sites put around an article. Knowledge is data here: patterns in tables, one reader.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use crate::text::normalize::normalized_key;

/// Classes and ids of elements that are not the article.
static UNLIKELY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix-u)
        (?:^|[\s_-]) (?: nav|navbar|navigation|menu|submenu|topbar|crumbs?|breadcrumbs?|position|location|sidebar|side|aside|footer|foot|
          copyright|share|sharing|sharedaddy|sharethis|addtoany\w*|bdshare\w*|jiathis\w*|social|comments?|pinglun|replys?|respond|discuss|related?|relevant|recommend\w*|tuijian|
          hot|hotnews|rank\w*|paihang|ads?|adv|advert\w*|banner|sponsor\w*|promo\w*|toolbar|tools?|pager|pagination|pages|pagebar|
          disclaimer|statement|shengming|mianze|qrcode|\w*qr|erweima|ewm|login|popup|modal|dialog|subscribe|newsletter|tags?|keywords|
          caption|credit|byline|trending|outbrain|taboola|zebian|zrbj|bianji|print|correct|jiucuo|feedback|weixin|app-?down\w*|open-?app|more|prev-?next|shang(?:yi)?pian|xgxw|xgyd) (?:$|[\s_-])
        | (?:^|\s)editor(?:$|\s)
        | (?: sidebar|footer|breadcrumb|bdshare|sharebar|share-?box|sharewrap|comment-?(?:list|box|area|wrap)|related-?(?:news|read|post|article)|
          hot-?(?:news|list|word)|recommend|copyright|advert|qrcode|page-?nav|image-?caption|photo-?credit|caption-?text|slide-?show|photo-?gallery|most-?(?:read|popular|viewed)|
          read-?(?:more|next)|also-?like|author-?(?:bio|box|card)|art-?tools|art-?edit|post-?tools|news-?tags)",
    )
    .ok()
});

/// Classes and ids of elements that often are.
static LIKELY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)article|content|(?:^|[\s_-])(?:text|body|main|post|entry|detail|story|zoom|zw|rm_txt_con|TRS_(?:Editor|UEDITOR)|artibody|endText|Cnt-Main-Article-QQ|js_content|UCAP-CONTENT)(?:$|[\s_-])",
    )
    .ok()
});

/// What lines begin with that are not part of a body, and the longest such line in characters. The length stands beside the
/// pattern, not in it (`.{0,40}$`): counted repetitions behind alternatives make an automaton that outgrows its cache.
type LinePattern = (usize, &'static str);
/// No bound of the rule's own.
const UNBOUNDED: usize = usize::MAX;

/// Lines that are never part of a body, wherever they stand.
const ANYWHERE: &[LinePattern] = &[
    (
        56,
        r"^[\[【（(]?(?:责任编辑|责编|编辑|本文编辑|网络编辑|值班编辑|实习编辑|主编|审核|校对|初审|复审|终审|编审|监制|制作|统筹|责任编校|执行编辑|新闻编辑)[\s:：/|丨]",
    ),
    (46, r"^[\[【（(](?:责任编辑|责编|编辑|纠错|打印|关闭|字体|大 ?中 ?小|返回)"),
    (96, r"^[（(【\[]?(?:原标题|原题|本文原标题|转自|文章来源|稿件来源|信息来源|新闻来源|本文来源|稿源)[\s:：]"),
    (UNBOUNDED, r"^[（(【\[](?:原标题|原题|标题)[:：].{0,100}[)）】\]]$"),
    (120, r"下载(?:新闻|手机)?客户端"),
    (46, r"^(?:自动播放|视频加载中|播放中|点击查看大图|点击图片进入)"),
    (UNBOUNDED, r"^[（(]?本文(?:发表于|共被|已被).{0,30}(?:阅读|浏览).{0,10}[)）]?$"),
    (136, r"^.{0,20}(?:Trackback|TrackBack|引用地址|通告引用|固定链接)"),
    (
        UNBOUNDED,
        r"^(?:分享到|分享至|一键分享|分享|转发|收藏|点赞|打印本页|关闭窗口|打印|关闭|纠错|字号|字体|评论|举报|返回顶部|回到顶部|点击进入专题|查看更多|展开全文|阅读全文|下一页|上一页|下页|上页|末页|首页)(?:[\s:：]*[大中小]*)*$",
    ),
    (76, r"^(?:扫一扫|扫描二维码|扫码|长按二维码|微信扫|关注微信|关注公众号|打开微信|用微信扫描|打开APP|下载APP|下载客户端|手机看新闻)"),
    (40, r"^(?:打开|安装|下载|前往|进入)\S+(?i:客户端|app)(?:[，,]|查看|阅读|看|体验|$)"),
    (40, r"蓝字.*(?:关注|订阅)"),
    (
        26,
        r"^(?:相关阅读|相关新闻|相关链接|相关报道|相关推荐|延伸阅读|推荐阅读|热门推荐|热点推荐|猜你喜欢|更多精彩|今日热点|热门文章|相关文章|精彩推荐|更多阅读|相关专题)[\s:：]*",
    ),
    (UNBOUNDED, r"^[（(【\[]?(?:特别声明|免责声明|版权声明|声明|郑重声明|风险提示|免责条款)[\s:：]"),
    (UNBOUNDED, r"^(?:上一篇|下一篇|上一条|下一条|前一篇|后一篇)[\s:：]"),
    (UNBOUNDED, r"^(?:本文|文章|以上内容)?(?:不代表|仅代表作者).{0,40}(?:观点|立场|态度)"),
    (96, r"^(?:此内容|本内容|以上内容|本文|本作品|本稿件|本刊|本站)\S*(?:著作权|版权)归\S+所有"),
    (200, r"ICP[备证]|公网安备|网站标识码|视听节目许可证|新闻信息服务许可证|(?i:copyright)\s*©|(?i:©|\(c\)|copyright)\s*(?:19|20)\d\d|版权所有"),
    (120, r"建议使用.*(?:分辨率|浏览器)"),
    (
        160,
        r"^(?:本网站由\S+(?:维护|管理|主办|承办)|除非另有说明|网站声明[:：]|您即将离开|您的浏览器版本过低|浏览器版本过低|如涉及(?:版权|侵权)|如有版权问题)",
    ),
    (60, r"广告合作[，,：:\s]*请?(?:点击|联系|致电|电话)"),
    (96, r"不构成(?:任何|实质性)?投资建议"),
    (96, r"^.{0,20}(?:如有侵权|侵权请|侵权必究|请联系.{0,10}删除|版权归原作者|未经授权|未经许可|禁止转载|转载请注明|转载自)"),
    (UNBOUNDED, r"^(?:更多猛料|更多新闻|海量资讯|新浪财经公众号|24小时滚动播报)"),
    (UNBOUNDED, r"^(?:返回搜狐|查看网易地图|本文经授权)"),
    (36, r"^.{0,6}(?:我有话说|发表评论|我来说两句|网友评论|已有\s?\d*\s?人参与|\d+\s?人参与|跟贴|最新评论)"),
    (96, r"^(?i:share (?:this|on)|follow us|read more|related (?:stories|articles)|sign up for|subscribe|click here to|all rights reserved|©)"),
    (
        UNBOUNDED,
        r"^(?i:advertise?ments?|advert|caption|close|loading\.*|back to gallery|tags|comments?|play video|view comments|this slideshow requires javascript\.?|like this story\?.{0,40})$",
    ),
    (76, r"^(?i:photo|image|picture|credit|source|photograph|video)s?(?: credit)?(?: by)?: ?"),
    (
        136,
        r"^(?i:get the latest .{0,60}(?:inbox|newsletter)|have a (?:news )?tip\?|see more:|read (?:also|next):|also read:|watch:|related:|more on this|don.t miss:?)",
    ),
];

/// Lines that are not part of a body where they stand before it.
const HEAD: &[LinePattern] = &[
    (
        76,
        r"^(?:来源|时间|发布人|发布者|上传者|录入|发布时间|发布日期|发表时间|日期|作者|记者|浏览次数|浏览量|阅读量|点击数|点击|阅读|访问量|字体|字号|信息来源|文/?)[\s:：丨|]",
    ),
    // the index of an official document
    (120, r"^(?:索\s*引\s*号|信息分类|主题分类|主题词|公开方式|发布机构|发文机关|发文字号|文\s*号|成文日期|有\s*效\s*性|标\s*题)\s*[:：]"),
    (76, r"^\S*(?:记者|作者|编辑)[丨|｜/]"),
    (62, r"^(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\sT]*\d{1,2}[:：时]\d{1,2}"),
    (35, r"^(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?"),
    (72, r"^.{0,24}(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}:\d{1,2}"),
    (96, r"^(?:您?当前位置|当前位置|您的位置|位置|首页\s*[>＞»])"),
    (UNBOUNDED, r"^(?:摘要|核心提示|内容提要|导读|关键词|标签)[\s:：]$"),
    (UNBOUNDED, r"^\d{1,6}\s*(?:次|人)?(?:阅读|浏览|评论|参与)?$"),
    (96, r"^(?i:published|updated|posted|last (?:updated|modified)|first published)"),
    (76, r"^(?i:by )[A-Z]"),
];

/// Lines that are not part of a body where they stand behind it.
const TAIL: &[LinePattern] = &[
    (
        76,
        r"^[（(]?(?:来源|作者|记者|文|图|摄影|供稿|供图|供稿单位|报送单位|一审|二审|三审|签发|核稿|责校|通讯员|撰稿|文字|图片|视频|美编|编辑|整理|标签|关键词|责任编辑)[\s:：/|丨]",
    ),
    (UNBOUNDED, r"^[（(](?:来源|完|记者|作者|文/|图/|编辑|责编|原标题|据).{0,60}[)）]$"),
    (UNBOUNDED, r"^(?:\d+\s*)?(?:赞|踩|喜欢|顶|收藏|分享|评论|阅读原文|投诉|举报)[\s(（\d)）]*$"),
    (UNBOUNDED, r"^(?:本报|本网|新华社|中新网).{0,12}(?:摄|供图)$"),
    (96, r"^(?:长按|点击|关注|欢迎|扫描|识别).{0,50}(?:关注|订阅|二维码|公众号|原文|下载|投稿)"),
    (UNBOUNDED, r"^(?:END|end|-END-|—END—|THE END|完)$"),
    (96, r"^[（(]?(?:发表于|发布于|张贴于|posted (?:on|at|by))"),
    (76, r"^(?:微信号?|公众号|QQ|电话|热线|邮箱|投稿|新闻热线)[\s:：]"),
];

/// Headings behind which only links to other articles come.
const RELATED: &[LinePattern] = &[
    (
        UNBOUNDED,
        r"^(?:[■◆●▼▶>【\[\s]*)(?:相关阅读|相关新闻|相关链接|相关报道|相关推荐|延伸阅读|推荐阅读|热门推荐|热点推荐|猜你喜欢|更多新闻|今日热点|热门文章|相关文章|精彩推荐|相关专题|往期回顾|往期推荐|网友评论|最新评论|为您推荐)",
    ),
    (
        UNBOUNDED,
        r"^(?i:(?:you (?:may|might) (?:also )?like|more great .{0,20} stories|most (?:read|popular|viewed)|don.t miss|recommended|read next|related (?:stories|articles|news|content|posts|topics)|more (?:from|stories|news)|trending|popular (?:now|stories)|top stories|editors?.? picks)(?-u:\b))",
    ),
];

/// Headings behind which readers speak.
const COMMENTS: &[LinePattern] = &[
    (
        UNBOUNDED,
        r"^(?:[■◆●▼▶>【\[\s]*)(?:发表评论|网友评论|我要评论|评论列表|最新评论|全部评论|热门评论|最热评论|精彩评论|读者评论|\d+\s*条?评论|评论\s*[(（]\d+[)）])",
    ),
    (
        UNBOUNDED,
        r"^(?i:\d+ (?:comments?|responses?|thoughts?|replies)(?-u:\b)|comments?(?: \(\d+\))?$|leave a (?:reply|comment)|post a comment|join the (?:conversation|discussion))",
    ),
];

/// A table of rules, ready to be asked.
struct PatternSet {
    /// Rules of how a line begins: most lines are told by their first letters.
    beginnings: Option<Patterns>,
    /// All others.
    anywhere: Option<Patterns>,
}

struct Patterns {
    set: RegexSet,
    longest: Vec<usize>,
}

impl PatternSet {
    fn new(rules: &'static [LinePattern]) -> Self {
        let of = |anchored: bool| {
            let rules = rules.iter().filter(|(_, pattern)| pattern.starts_with('^') == anchored);
            Some(Patterns { set: RegexSet::new(rules.clone().map(|(_, p)| p)).ok()?, longest: rules.map(|(longest, _)| *longest).collect() })
        };
        Self { beginnings: of(true), anywhere: of(false) }
    }

    fn is_match(&self, line: &str) -> bool {
        if line.len() > MAX_LINE && !DISCLAIMERS.iter().any(|d| line.starts_with(d)) {
            return false;
        }
        [&self.beginnings, &self.anywhere].into_iter().flatten().any(|p| p.is_match(line))
    }
}

impl Patterns {
    fn is_match(&self, line: &str) -> bool {
        // most lines are no rule's: that is told sooner than whose they are
        self.set.is_match(line) && {
            let length = line.chars().count();
            self.set.matches(line).iter().any(|i| self.longest.get(i).is_some_and(|longest| length <= *longest))
        }
    }
}

static ANYWHERE_TABLE: LazyLock<PatternSet> = LazyLock::new(|| PatternSet::new(ANYWHERE));
static HEAD_TABLE: LazyLock<PatternSet> = LazyLock::new(|| PatternSet::new(HEAD));
static TAIL_TABLE: LazyLock<PatternSet> = LazyLock::new(|| PatternSet::new(TAIL));
static COMMENTS_TABLE: LazyLock<PatternSet> = LazyLock::new(|| PatternSet::new(COMMENTS));
static RELATED_TABLE: LazyLock<PatternSet> = LazyLock::new(|| PatternSet::new(RELATED));

/// How many lines at either end are held against the tables of that end.
const HEAD_LINES: usize = 10;
const TAIL_LINES: usize = 8;
/// How far down a pane beside the article may reach, where it was taken for a part of it.
const PANE_LINES: usize = 40;

/// Whether class and id say an element is something else than the article.
pub(super) fn is_unlikely(class_and_id: &str) -> bool {
    // what is quoted from a social network belongs to the article; WordPress names a post's tags in its class
    !class_and_id.contains("embed") && !class_and_id.contains("hentry") && UNLIKELY.as_ref().is_some_and(|r| r.is_match(class_and_id))
}

/// Whether class and id say an element is the article.
pub(super) fn is_likely(class_and_id: &str) -> bool {
    LIKELY.as_ref().is_some_and(|r| r.is_match(class_and_id))
}

/// Whether a line never belongs to a body.
pub(super) fn is_never_body(line: &str) -> bool {
    ANYWHERE_TABLE.is_match(line) || is_licence(line)
}

/// Whether a line belongs before a body, belongs behind one, or announces links or comments.
pub(super) fn kinds(line: &str) -> [bool; 3] {
    [HEAD_TABLE.is_match(line), TAIL_TABLE.is_match(line), is_related_heading(line) || opens_comments(line)]
}

/// Longest paragraph of licences, in bytes.
const LONGEST_LICENCE: usize = 1_500;
/// What sites say of their licences: two of them make a footer, however long it is.
const LICENCES: [&str; 10] = ["ICP备", "ICP证", "网安备", "网站标识码", "许可证号", "许可证编号", "服务许可证", "版权所有", "建立镜像", "技术支持："];

fn is_licence(line: &str) -> bool {
    line.len() <= LONGEST_LICENCE && LICENCES.iter().filter(|l| line.contains(**l)).nth(1).is_some()
}

/// Whether a line announces links to other articles.
pub(super) fn is_related_heading(text: &str) -> bool {
    text.chars().count() <= 30 && RELATED_TABLE.is_match(text)
}

/// Whether a line announces what readers say.
pub(super) fn opens_comments(text: &str) -> bool {
    text.chars().count() <= 30 && COMMENTS_TABLE.is_match(text)
}

/// Whether a short text shows a date with a time of day.
pub(super) fn has_stamp(text: &str) -> bool {
    static STAMP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}:\d\d").ok());
    // a paragraph that begins with a date is no head of a post
    text.len() < 120 && text.contains(':') && !text.contains(['。', '；']) && STAMP.as_ref().is_some_and(|r| r.is_match(text))
}

/// Longest line that the tables speak of, in bytes; only disclaimers may be longer, and they say at once what they are.
const MAX_LINE: usize = 330;
const DISCLAIMERS: [&str; 10] =
    ["特别声明", "免责声明", "版权声明", "声明", "郑重声明", "风险提示", "免责条款", "本文不代表", "文章不代表", "以上内容不代表"];

/// Body lines without boilerplate; `title` drops a headline repeated in front.
pub(super) fn remove_boilerplate(lines: Vec<String>, title: Option<&str>) -> Vec<String> {
    let mut kept: Vec<String> = lines.into_iter().filter(|l| !l.is_empty() && !is_never_body(l)).collect();
    let range = body_range(&kept, title);
    kept.truncate(range.end);
    kept.drain(..range.start);
    if let Some(last) = kept.last_mut() {
        *last = trim_credit(last).to_owned();
    }
    kept
}

/// The range of lines that is the body, without bylines before and credits behind it.
pub(super) fn body_range<L: AsRef<str>>(lines: &[L], title: Option<&str>) -> Range<usize> {
    let title = title.map(normalized_key).filter(|t| !t.is_empty());
    let first = title.as_deref().and_then(|t| find_headline(lines, t)).unwrap_or(0);
    let mut start = first;
    for (i, l) in lines.iter().enumerate().skip(first).take(HEAD_LINES) {
        let repeats_title = title.as_ref().is_some_and(|t| *t == normalized_key(l.as_ref()));
        if repeats_title || HEAD_TABLE.is_match(l.as_ref()) {
            start = i + 1;
        }
    }
    // whatever stands above the last line of the byline belongs to it, unless it reads like prose
    let prose = lines.iter().take(start).skip(first).position(|l| reads_like_prose(l.as_ref()));
    let start = prose.map_or(start, |p| first + p);
    let tail = lines.iter().skip(start + 1).rev().take(TAIL_LINES).take_while(|l| TAIL_TABLE.is_match(l.as_ref())).count();
    start..lines.len() - tail
}

/// Where the headline stands among the first lines, with nearly all of the text behind it: what stands above is a pane beside the article.
fn find_headline<L: AsRef<str>>(lines: &[L], title: &str) -> Option<usize> {
    let at = lines.iter().take(PANE_LINES).position(|l| normalized_key(l.as_ref()) == title)?;
    let (above, below) = lines.split_at_checked(at)?;
    let letters = |lines: &[L]| lines.iter().map(|l| l.as_ref().chars().count()).sum::<usize>();
    // a text may repeat its headline over a part of it
    let prose = above.iter().filter(|l| reads_like_prose(l.as_ref())).count();
    (prose < 2 && letters(above) * 3 < letters(below)).then_some(at)
}

fn reads_like_prose(text: &str) -> bool {
    let n = text.chars().count();
    n > 60 || (n > 24 && (text.contains('。') || text.ends_with(['！', '？', '”'])))
}

/// A last paragraph without the credit in brackets behind its full stop: `…发展。（记者 张三）`.
fn trim_credit(text: &str) -> &str {
    static CREDIT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[\[【（(](?:责任编辑|责编|编辑|本文来源)[^）)】\]]{0,40}[\]】）)]\s*$").ok());
    match CREDIT.as_ref().and_then(|r| r.find(text)) {
        Some(m) if m.start() > 0 => text[..m.start()].trim_end(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!(UNLIKELY.is_some() && LIKELY.is_some());
        assert!(
            [&ANYWHERE_TABLE, &HEAD_TABLE, &TAIL_TABLE, &RELATED_TABLE, &COMMENTS_TABLE]
                .iter()
                .all(|t| t.beginnings.is_some() && t.anywhere.is_some())
        );
    }

    #[test]
    fn bylines_and_trailers_go_and_the_body_stays() {
        let body = "许昌市科技局11月24日发布消息，全市高新技术企业突破四百家。";
        for (lines, expected) in [
            (vec!["来源：许昌日报", "2026-11-24 08:00", body], vec![body]),
            (vec!["许昌高新技术企业破四百家", body, "（责任编辑：李四）", "【纠错】"], vec![body]),
            (vec![body, "分享到：", "相关阅读", "免责声明：本站内容仅供参考"], vec![body]),
            (vec!["（原标题：甲乙丙）", body, "Photo: A. Person, AP", "Advertisement"], vec![body]),
            (vec!["原标题：甲", body, "编辑/王五", "END"], vec![body]),
            (vec!["点击蓝字 关注我们", body, "（文章来源：某时报网）"], vec![body]),
            (vec!["打开某某新闻客户端，体验更流畅", body], vec![body]),
            (vec!["发布人：管理员 发布时间：2026年11月20日 已阅：56 次", body], vec![body]),
            (
                vec!["某报记者|张三　某报编辑|李四", body, "（声明：内容仅供参考，不构成投资建议。）", "此内容为某刊原创，著作权归某刊所有。"],
                vec![body],
            ),
            (vec![body, "一审：李一　二审：李二　三审：李三", "供稿单位：某局"], vec![body]),
            (vec!["联系我们", "电话：0374-1234567", "许昌高新技术企业破四百家", body, body, body], vec![body; 3]),
            (vec!["打开车间大门，一股热浪扑面而来。", body], vec!["打开车间大门，一股热浪扑面而来。", body]),
            (vec!["编辑部的故事还在继续，记者走进了车间。", body], vec!["编辑部的故事还在继续，记者走进了车间。", body]),
        ] {
            let got = remove_boilerplate(lines.into_iter().map(str::to_owned).collect(), Some("许昌高新技术企业破四百家"));
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn names_tell_articles_from_the_rest() {
        for name in ["share-box", "news_related", "footer", "crumbs clearfix", "bdsharebuttonbox", "page_tool"] {
            assert!(is_unlikely(name), "{name}");
        }
        assert!(!is_unlikely("post-787 post type-post hentry category-news tag-jiance"));
        for name in ["article-content", "TRS_Editor", "zoom", "main_text", "UCAP-CONTENT"] {
            assert!(is_likely(name) && !is_unlikely(name), "{name}");
        }
    }
}
