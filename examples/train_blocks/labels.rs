//! Labelled pages: which blocks belong to the article, by the share of their words that its text has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use qingbao::extract::training::{self, Part, Sample, sample, text};
use serde::Deserialize;

use crate::boost::Target;

/// What `truth.json` says of a page.
#[derive(Debug, Deserialize)]
struct Truth {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    with: Option<Vec<String>>,
    #[serde(default)]
    without: Option<Vec<String>>,
    #[serde(default)]
    refuse: Option<bool>,
}

pub struct Page {
    pub folder: String,
    pub name: String,
    /// A number of its site.
    pub site: u64,
    pub body: Option<String>,
    pub refuse: bool,
    /// As it came.
    markup: String,
    pub sample: Sample,
    pub targets: Vec<Target>,
    /// F1 of all blocks that belong to the article.
    pub ceiling: f64,
}

/// The labelled pages of a folder.
pub fn read(folder: &Path) -> Vec<Page> {
    let truths: BTreeMap<String, Truth> = serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let set = folder.file_name().unwrap().to_string_lossy().into_owned();
    let page = |(name, truth): (String, Truth)| {
        let files = [folder.join(&name), folder.join(format!("{name}.html")), folder.join("html").join(format!("{name}.html"))];
        let bytes = files.iter().find_map(|f| std::fs::read(f).ok())?;
        let body = truth.body.filter(|b| !b.trim().is_empty());
        let refuse = truth.refuse == Some(true);
        if body.is_none() && truth.with.is_none() && !refuse {
            return None;
        }
        let markup = qingbao::fetch::charset::decode(&bytes, None, None).text;
        let sample = sample(&markup, |_| ());
        let targets = match &body {
            Some(body) => by_body(&sample, body),
            None if refuse => sample.letters.iter().map(|_| Target { kept: 0.0, weight: 0.3 }).collect(),
            None => by_passages(&sample, &truth.with.unwrap_or_default(), &truth.without.unwrap_or_default()),
        };
        let ceiling = ceiling(body.as_deref(), &sample, &targets);
        let folder = name.split_once('/').map_or(set.clone(), |(s, _)| s.to_owned());
        Some(Page { site: number(&site(truth.url.as_deref(), &name, &markup)), folder, name, body, refuse, markup, sample, targets, ceiling })
    };
    truths.into_iter().filter_map(page).collect()
}

/// F1 of all blocks that belong to the article.
fn ceiling(body: Option<&str>, sample: &Sample, targets: &[Target]) -> f64 {
    let belongs: Vec<bool> = targets.iter().map(|t| t.kept > 0.5).collect();
    body.map_or(0.0, |b| f1(b, &text(sample, &belongs)))
}

/// A Chinese page whose article ends early, as that of a notice: long articles alone would teach that the body is the longest text.
pub fn shortened(page: &Page, form: u64) -> Option<Page> {
    let body = page.body.as_deref()?;
    if body.chars().filter(|c| matches!(c, '\u{4e00}'..='\u{9fff}')).count() * 2 <= body.chars().count() {
        return None;
    }
    let most = u32::try_from(40 + number(&format!("{form} {}", page.name)) % 260).ok()?;
    let (mut letters, mut is_over) = (0, false);
    let mut kept = Vec::new();
    let mut lines = Vec::new();
    for ((target, n), line) in page.targets.iter().zip(&page.sample.letters).zip(&page.sample.lines) {
        let belongs = target.kept > 0.5;
        is_over |= belongs && letters > 0 && letters + n > most;
        kept.push(!belongs || !is_over);
        if belongs && !is_over {
            letters += n;
            lines.push(line.as_str());
        }
    }
    if !is_over || letters > 500 {
        return None;
    }
    let markup = training::shortened(&page.markup, &kept)?;
    let (sample, body) = (sample(&markup, |_| ()), lines.join("\n"));
    let targets = by_body(&sample, &body);
    let ceiling = ceiling(Some(&body), &sample, &targets);
    Some(Page {
        site: page.site,
        folder: "shortened".to_owned(),
        name: page.name.clone(),
        body: Some(body),
        refuse: false,
        markup,
        sample,
        targets,
        ceiling,
    })
}

/// The host of an address without `www.`; of a page without one the host that most of its links go to.
fn site(url: Option<&str>, name: &str, markup: &str) -> String {
    let host = |u: &str| {
        let rest = u.split("//").nth(1).unwrap_or(u);
        let host = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').next().unwrap_or_default().to_ascii_lowercase();
        host.rsplit('.').take(if host.contains(".com.") { 3 } else { 2 }).collect::<Vec<_>>().join(".")
    };
    if let Some(url) = url.filter(|u| u.contains("//")) {
        return host(url);
    }
    if let Some((site, _)) = name.split_once('-').filter(|(s, _)| s.len() > 2) {
        return site.to_owned();
    }
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    for (at, _) in markup.match_indices("href=\"http").take(300) {
        let address: String = markup[at + 6..].chars().take(60).collect();
        *hosts.entry(host(&address)).or_default() += 1;
    }
    hosts.into_iter().max_by_key(|(_, n)| *n).map_or_else(|| name.to_owned(), |(h, _)| h)
}

fn number(site: &str) -> u64 {
    site.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)) >> 7
}

/// Words, Han characters one by one.
pub fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut inside = false;
    for c in text.chars() {
        let cjk = matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}');
        if cjk {
            out.push(c.to_string());
        } else if c.is_alphanumeric() {
            if !inside {
                out.push(String::new());
            }
            out.last_mut().unwrap().extend(c.to_lowercase());
        }
        inside = !cjk && c.is_alphanumeric();
    }
    out
}

/// F1 of words.
pub fn f1(truth: &str, found: &str) -> f64 {
    let (truth, found) = (words(truth), words(found));
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for w in &truth {
        *counts.entry(w).or_default() += 1;
    }
    let mut hits = 0.0;
    for w in &found {
        if let Some(n) = counts.get_mut(w.as_str()).filter(|n| **n > 0) {
            *n -= 1;
            hits += 1.0;
        }
    }
    if hits == 0.0 { 0.0 } else { 2.0 * hits / (truth.len() + found.len()) as f64 }
}

fn by_body(sample: &Sample, body: &str) -> Vec<Target> {
    let body = words(body);
    let grams: BTreeSet<&[String]> = (1..=4).flat_map(|n| body.windows(n)).collect();
    sample
        .lines
        .iter()
        .map(|line| {
            let line = words(line);
            let n = line.len().clamp(1, 4);
            let all = line.windows(n).count();
            let share = line.windows(n).filter(|w| grams.contains(w)).count() as f32 / all.max(1) as f32;
            // a single word proves nothing: other texts have it too
            let kept = if line.is_empty() || line.len() < 2 && body.len() > 1 { 0.0 } else { share };
            Target { kept, weight: weight(line.len(), body.len()) }
        })
        .collect()
}

/// A block counts by its share of the article, but no block is nothing.
fn weight(words: usize, body: usize) -> f32 {
    0.1 + 4.0 * (words as f32 / (body as f32 + 50.0)).min(1.0).sqrt()
}

fn by_passages(sample: &Sample, with: &[String], without: &[String]) -> Vec<Target> {
    let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let of = |list: &[String]| list.iter().map(|s| squeeze(s)).filter(|s| !s.is_empty()).collect::<Vec<_>>();
    let (with, without) = (of(with), of(without));
    sample
        .lines
        .iter()
        .map(|line| {
            let line = squeeze(line);
            let is_in = |list: &[String]| list.iter().any(|s| line.contains(s) || line.chars().count() > 12 && s.contains(&line));
            match (is_in(&with), is_in(&without)) {
                (true, false) => Target { kept: 1.0, weight: 1.0 },
                (false, true) => Target { kept: 0.0, weight: 0.6 },
                _ => Target { kept: 0.0, weight: 0.0 },
            }
        })
        .collect()
}

/// Of pages, one in so many is learned from with a part of the rules' choice missing too.
const MISLED: u64 = 5;

/// A page of which the rules find only the beginning or the end.
pub fn misled(page: &Page) -> Option<Page> {
    let chance = number(&page.name);
    let body = page.body.as_deref().filter(|_| chance.is_multiple_of(MISLED))?;
    let share = 20 + chance / MISLED % 60;
    let sample = sample(&page.markup, |parts| {
        let all = parts.iter().filter(|p| **p == Part::Chosen).count();
        let kept = (all as u64 * share / 100) as usize;
        let (from, to) = if (chance / 600).is_multiple_of(2) { (0, kept) } else { (all - kept, all) };
        for (_, part) in parts.iter_mut().filter(|p| **p == Part::Chosen).enumerate().filter(|(n, _)| !(from..to).contains(n)) {
            *part = Part::Outside;
        }
    });
    let targets = by_body(&sample, body);
    let markup = String::new();
    Some(Page {
        site: page.site,
        folder: "misled".to_owned(),
        name: page.name.clone(),
        body: Some(body.to_owned()),
        refuse: false,
        markup,
        sample,
        targets,
        ceiling: page.ceiling,
    })
}
