//! Sites and articles of the sample world, from `articles.txt`.

use chrono::{DateTime, Duration, FixedOffset, Timelike, Utc};

const ARTICLES: &str = include_str!("articles.txt");
const SECOND_REPORTS: &str = include_str!("second_reports.txt");

/// How a site lists its articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    Rss,
    DirtyRss,
    Atom,
    Json,
    Sitemap,
    SpanList,
    TableList,
    DateList,
    Cards,
    Broken,
}

/// Layout of a site's articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Modern,
    Government,
    OldTable,
}

/// A sample site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) listing: Listing,
    pub(super) layout: Layout,
    pub(super) gb18030: bool,
}

const fn site(id: &'static str, name: &'static str, listing: Listing, layout: Layout, gb18030: bool) -> Site {
    Site { id, name, listing, layout, gb18030 }
}

pub(super) const SITES: [Site; 10] = [
    site("keji", "示例科技报", Listing::Rss, Layout::Modern, false),
    site("gongxin", "示例工信网", Listing::SpanList, Layout::Government, true),
    site("liancheng", "莲城新闻网", Listing::TableList, Layout::OldTable, true),
    site("jinrong", "示例金融时报", Listing::Atom, Layout::Modern, false),
    site("tongji", "豫州统计信息", Listing::DateList, Layout::Government, true),
    site("hangye", "行业观察", Listing::Json, Layout::Modern, false),
    site("jianhua", "示例建材化工资讯", Listing::Sitemap, Layout::Government, false),
    site("fazhi", "示例发制品产业网", Listing::Cards, Layout::OldTable, false),
    site("dushi", "都市生活报", Listing::DirtyRss, Layout::Modern, true),
    site(BROKEN_SITE, "示例故障网（有意安排的故障）", Listing::Broken, Layout::Modern, false),
];

/// The site that fails on purpose: instead of its feed it returns a page that needs JavaScript.
pub const BROKEN_SITE: &str = "guzhang";

/// A sample article, with the labels that a good editor would give.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its site.
    pub site: String,
    /// File name without extension.
    pub slug: String,
    pub title: String,
    pub publisher: String,
    /// Publication time.
    pub published: DateTime<FixedOffset>,
    /// Expected column; `None` if off topic.
    pub column: Option<String>,
    /// Expected industries; may be empty if only a theme fits.
    pub industries: Vec<String>,
    pub paragraphs: Vec<String>,
    /// Slug of the article that it copies.
    pub copy_of: Option<String>,
}

/// The sample world at a point in time.
#[derive(Debug, Clone)]
pub struct DemoWorld {
    pub stories: Vec<Story>,
}

impl DemoWorld {
    /// Returns the world at `now`; publication times count back from there.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self::read(ARTICLES, now)
    }

    /// Returns the world with second reports of some events, so that there are events of several stories.
    pub fn with_second_reports(now: DateTime<Utc>) -> Self {
        let mut world = Self::at(now);
        world.stories.extend(Self::read(SECOND_REPORTS, now).stories);
        world
    }

    fn read(text: &str, now: DateTime<Utc>) -> Self {
        let mut stories: Vec<Story> = Vec::new();
        for block in text.split("\n\n") {
            let lines: Vec<&str> = block.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).collect();
            if let Some(s) = original(&lines, now) {
                stories.push(s);
            }
            for line in lines.iter().filter(|l| l.starts_with("@copy ")) {
                if let Some(s) = copy(line, &stories, now) {
                    stories.push(s);
                }
            }
        }
        Self { stories }
    }

    /// Returns the world of an earlier time.
    #[must_use]
    pub fn until(&self, time: DateTime<Utc>) -> Self {
        Self { stories: self.stories.iter().filter(|s| s.published <= time).cloned().collect() }
    }

    /// Returns the pages of a site, newest first.
    pub(super) fn of(&self, site: &str) -> Vec<&Story> {
        let mut out: Vec<&Story> = self.stories.iter().filter(|s| s.site == site).collect();
        out.sort_by_key(|s| std::cmp::Reverse(s.published));
        out
    }

    /// Returns the page of a site by its slug.
    pub(super) fn page(&self, site: &str, slug: &str) -> Option<&Story> {
        self.stories.iter().find(|s| s.site == site && s.slug == slug)
    }

    /// Returns `sources.toml` for this world at an address, without sites that have less than two articles: a row alone is no list.
    pub fn sources(&self, base: &str) -> String {
        let mut out = String::from("# The sample news world\n[defaults]\ninterval = \"1h\"\nallow_private = true\n");
        for s in SITES.into_iter().filter(|s| s.listing == Listing::Broken || self.of(s.id).len() > 1) {
            let path = match s.listing {
                Listing::Rss | Listing::DirtyRss | Listing::Broken => "rss.xml",
                Listing::Atom => "atom.xml",
                Listing::Json => "api/list?page=1",
                Listing::Sitemap => "sitemap.xml",
                Listing::SpanList | Listing::TableList | Listing::DateList | Listing::Cards => "",
            };
            let kind = if s.listing == Listing::Broken { "kind = \"feed\"\n" } else { "" };
            out.push_str(&format!("\n[[source]]\nid = \"{}\"\nname = \"{}\"\nurl = \"{base}/{}/{path}\"\n{kind}", s.id, s.name, s.id));
        }
        out
    }
}

fn hours_ago(hours: &str, now: DateTime<Utc>) -> Option<DateTime<FixedOffset>> {
    let zone = FixedOffset::east_opt(8 * 3600)?;
    let at = now - Duration::hours(hours.parse().ok()?);
    // pages show no seconds
    at.with_timezone(&zone).with_second(0)?.with_nanosecond(0)
}

fn original(lines: &[&str], now: DateTime<Utc>) -> Option<Story> {
    let [head, title, publisher, body @ ..] = lines else { return None };
    let words: Vec<&str> = head.strip_prefix("@ ")?.split(' ').collect();
    let [site, slug, hours, column, industries] = words.as_slice() else { return None };
    Some(Story {
        site: (*site).to_owned(),
        slug: (*slug).to_owned(),
        title: (*title).to_owned(),
        publisher: (*publisher).to_owned(),
        published: hours_ago(hours, now)?,
        column: (*column != "-").then(|| (*column).to_owned()),
        industries: industries.split('、').filter(|i| *i != "-").map(str::to_owned).collect(),
        paragraphs: body.iter().map(|p| (*p).to_owned()).collect(),
        copy_of: None,
    })
}

/// Returns a copy: different first and last paragraphs, the rest the same.
fn copy(line: &str, stories: &[Story], now: DateTime<Utc>) -> Option<Story> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, site, slug, hours, of] = words.as_slice() else { return None };
    let original = stories.iter().find(|s| s.slug == *of)?;
    let mut paragraphs = original.paragraphs.clone();
    if let Some(first) = paragraphs.first_mut() {
        *first = format!("据{}报道，{first}", original.publisher);
    }
    Some(Story {
        site: (*site).to_owned(),
        slug: (*slug).to_owned(),
        published: hours_ago(hours, now)?,
        paragraphs,
        copy_of: Some((*of).to_owned()),
        ..original.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_holds_what_its_description_says() {
        let world = DemoWorld::at(Utc::now());
        let count = |f: &dyn Fn(&Story) -> bool| world.stories.iter().filter(|s| f(s)).count();
        assert_eq!(world.stories.len(), 68);
        assert_eq!((count(&|s| s.copy_of.is_some()), count(&|s| s.column.is_none())), (9, 6));
        let industries: std::collections::BTreeSet<&str> = world.stories.iter().flat_map(|s| &s.industries).map(String::as_str).collect();
        let columns: std::collections::BTreeSet<&str> = world.stories.iter().filter_map(|s| s.column.as_deref()).collect();
        assert_eq!(SITES.iter().filter(|s| s.listing == Listing::Broken).map(|s| s.id).collect::<Vec<_>>(), [BROKEN_SITE]);
        assert_eq!((industries.len(), columns.len(), SITES.iter().filter(|s| s.gb18030).count()), (12, 5, 4));
    }

    #[test]
    fn the_world_of_an_earlier_time_has_only_what_was_published_then() {
        let now = Utc::now();
        let world = DemoWorld::at(now);
        let earlier = world.until(now - Duration::hours(48));
        assert!((11..20).contains(&earlier.stories.len()), "{}", earlier.stories.len());
        assert!(earlier.sources("http://x").matches("[[source]]").count() < SITES.len());
        assert_eq!(world.sources("http://x").matches("[[source]]").count(), SITES.len());
        assert_eq!(world.until(now).stories.len(), 68);
        assert_eq!(DemoWorld::with_second_reports(now).stories.len(), 70);
    }
}
