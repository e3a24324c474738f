//! Features of two articles: what they share, and what contradicts that they report one event.

use crate::events::figures::Figures;
use crate::events::grams::{GramSet, mean_of};
use crate::events::periods::Period;
use crate::events::profile::Profile;
use crate::text::normalize::is_letter;

/// Letters of both leads that are searched for their longest common run.
const RUN_WITHIN: usize = 90;
/// Highest value of counts: more makes no difference.
const MOST: usize = 6;

/// Returns names and values of the features of two articles. The order of the articles does not matter.
pub fn features(a: &Profile, b: &Profile) -> Vec<(&'static str, f32)> {
    let mut out = Vec::with_capacity(96);
    words(a, b, &mut out);
    runs(a, b, &mut out);
    figures(a, b, &mut out);
    days_and_periods(a, b, &mut out);
    kinds(a, b, &mut out);
    out
}

/// Whether something says that two articles may report different events, however alike they are: another period, document or issue of a
/// series, a replaced name, a roundup, a market's or template's day that is not known.
pub fn is_doubtful(a: &Profile, b: &Profile) -> bool {
    let other = |x: &[u64], y: &[u64]| !x.is_empty() && !y.is_empty() && common(x, y) == 0;
    let has_no_day = a.day.is_none() || b.day.is_none();
    let is_template = a.title == b.title && a.lead != b.lead || shares_market(a, b);
    a.is_roundup
        || b.is_roundup
        || contradict(a.lead_periods.first(), b.lead_periods.first())
        || contradict(a.title_periods.first(), b.title_periods.first())
        || other(&a.documents, &b.documents)
        || is_other_issue(a, b)
        || replaced_part(&a.title, &b.title) >= REPLACED
        || has_no_day && is_template
}

fn contradict(x: Option<&Period>, y: Option<&Period>) -> bool {
    x.zip(y).is_some_and(|(x, y)| x.contradicts(y))
}

fn shares_market(a: &Profile, b: &Profile) -> bool {
    a.title_markets.iter().any(|m| b.title_markets.contains(m))
}

fn is_other_issue(a: &Profile, b: &Profile) -> bool {
    !a.series.is_empty() && !b.series.is_empty() && a.series.iter().all(|s| !b.series.contains(s))
}

/// Share of two titles around a replaced part from which they are one template.
const REPLACED: f32 = 0.6;

type Features = Vec<(&'static str, f32)>;

fn words(a: &Profile, b: &Profile, out: &mut Features) {
    let title = a.title_grams.shared(&b.title_grams);
    let lead = a.lead_grams.shared(&b.lead_grams);
    let whole = a.whole_grams.shared_weight(&b.whole_grams);
    let opening = a.opening_grams.shared(&b.opening_grams);
    let (title_bits, lead_bits) = (title.rarest(), lead.rarest());
    let in_text = |title: &GramSet, text: &GramSet| share(title.weight_in(text), title.weight);
    let (low, high) = sorted(in_text(&a.title_grams, &b.whole_grams), in_text(&b.title_grams, &a.whole_grams));
    let missing = |title: &GramSet, text: &GramSet| mean_of(&title.without(text).rarest(), 0..6);
    let (missing_low, missing_high) = sorted(missing(&a.title_grams, &b.whole_grams), missing(&b.title_grams, &a.whole_grams));
    out.extend([
        ("title: contained", contained(&title, &a.title_grams, &b.title_grams)),
        ("title: alike", alike(&title, &a.title_grams, &b.title_grams)),
        ("title: rarest", mean_of(&title_bits, 0..6)),
        ("lead: contained", contained(&lead, &a.lead_grams, &b.lead_grams)),
        ("lead: alike", alike(&lead, &a.lead_grams, &b.lead_grams)),
        ("lead: 8 rarest", mean_of(&lead_bits, 0..8)),
        ("lead: next 16 rarest", mean_of(&lead_bits, 8..24)),
        ("lead: rarest", lead_bits.first().copied().unwrap_or_default()),
        ("whole: contained", share(whole, a.whole_grams.weight.min(b.whole_grams.weight))),
        ("whole: alike", share(whole, (a.whole_grams.weight * b.whole_grams.weight).sqrt())),
        ("opening: 8 rarest", mean_of(&opening.rarest(), 0..8)),
        ("title in the other text: less", low),
        ("title in the other text: more", high),
        ("rare words of a title missing in the other text: fewer", missing_low),
        ("rare words of a title missing in the other text: more", missing_high),
    ]);
}

/// What both say in the same words, and what is left to compare: a speaker's two statements share the speaker.
fn runs(a: &Profile, b: &Profile, out: &mut Features) {
    let titles = longest_run(&a.title, &b.title).len();
    let run = longest_run(a.lead.get(..RUN_WITHIN).unwrap_or(&a.lead), b.lead.get(..RUN_WITHIN).unwrap_or(&b.lead));
    let said = GramSet::new(run);
    let (rest_a, rest_b) = (a.lead_grams.without(&said), b.lead_grams.without(&said));
    let rest = rest_a.shared(&rest_b);
    out.extend([
        ("title: one part replaced", replaced_part(&a.title, &b.title)),
        ("title: longest run", small(titles, 20)),
        ("title: share of the longest run", titles as f32 / a.title.len().min(b.title.len()).max(1) as f32),
        ("lead: longest run", small(run.len(), 30)),
        ("rest: contained", contained(&rest, &rest_a, &rest_b)),
        ("rest: alike", alike(&rest, &rest_a, &rest_b)),
        ("rest: 8 rarest", mean_of(&rest.rarest(), 0..8)),
    ]);
}

fn figures(a: &Profile, b: &Profile, out: &mut Features) {
    let sets = |f: fn(&Profile) -> &Figures| (f(a), f(b));
    let named = [
        (["title figures: both", "title figures: contained", "title figures: other", "title figures: shared"], sets(|p| &p.title_figures)),
        (["lead figures: both", "lead figures: contained", "lead figures: other", "lead figures: shared"], sets(|p| &p.lead_figures)),
        (["whole figures: both", "whole figures: contained", "whole figures: other", "whole figures: shared"], sets(|p| &p.whole_figures)),
    ];
    for (names, (x, y)) in named {
        compared(names, &x.values, &y.values, out);
    }
    let (x, y) = (&a.whole_figures, &b.whole_figures);
    compared(["long figures: both", "long figures: contained", "long figures: other", "long figures: shared"], &x.specific, &y.specific, out);
    let crossed = common(&a.title_figures.values, &y.values) + common(&b.title_figures.values, &x.values);
    let is_missing = |title: &Figures, whole: &Figures| common(&title.values, &whole.values) < title.values.len();
    let (agree, differ) = a.lead_figures.agreement(&b.lead_figures);
    let template = common(&a.shingles, &b.shingles) as f32 / a.shingles.len().min(b.shingles.len()).max(1) as f32;
    let other_figures = if x.values.is_empty() || y.values.is_empty() { 0.0 } else { 1.0 - share_of(&x.values, &y.values) };
    out.extend([
        ("title figures in the other text", small(crossed, MOST)),
        ("title figures missing in the other text", flag(is_missing(&a.title_figures, y) || is_missing(&b.title_figures, x))),
        ("figures of the same words: same", small(agree, MOST)),
        ("figures of the same words: other", small(differ, MOST)),
        ("figures of the same words: share of others", differ as f32 / (agree + differ).max(1) as f32),
        ("same sentences without figures", template),
        ("same sentences with other figures", template * other_figures),
    ]);
}

fn days_and_periods(a: &Profile, b: &Profile, out: &mut Features) {
    let days = |names: [&'static str; 4], x: &Figures, y: &Figures, out: &mut Features| {
        let wide = |days: &[u8]| days.iter().map(|d| u64::from(*d)).collect::<Vec<_>>();
        compared(names, &wide(&x.days), &wide(&y.days), out);
    };
    days(["title days: both", "title days: contained", "title days: other", "title days: shared"], &a.title_figures, &b.title_figures, out);
    days(["lead days: both", "lead days: contained", "lead days: other", "lead days: shared"], &a.lead_figures, &b.lead_figures, out);
    let (first_a, first_b) = (a.lead_periods.first(), b.lead_periods.first());
    let all_contradict = |x: &[Period], y: &[Period]| !x.is_empty() && !y.is_empty() && x.iter().all(|p| y.iter().all(|q| p.contradicts(q)));
    let apart = a.day.zip(b.day).map(|(x, y)| (x - y).num_days().abs());
    let between = |from: i64, to: i64| flag(apart.is_some_and(|d| (from..=to).contains(&d)));
    out.extend([
        ("first periods: other", flag(contradict(first_a, first_b))),
        ("first periods: same", flag(first_a.is_some() && first_a == first_b)),
        ("title periods: other", flag(contradict(a.title_periods.first(), b.title_periods.first()))),
        ("all periods: other", flag(all_contradict(&a.lead_periods, &b.lead_periods))),
        ("series: other", flag(is_other_issue(a, b))),
        ("published: both known", flag(apart.is_some())),
        ("published: same day", between(0, 0)),
        ("published: next day", between(1, 1)),
        ("published: 2 or 3 days apart", between(2, 3)),
        ("published: further apart", between(4, i64::MAX)),
        ("published: days apart", apart.map_or(0.0, |d| (d as f32).ln_1p())),
    ]);
}

fn kinds(a: &Profile, b: &Profile, out: &mut Features) {
    let shared = |x: &[usize], y: &[usize]| x.iter().filter(|m| y.contains(m)).count();
    let title = shared(&a.title_markets, &b.title_markets);
    let both = !a.title_markets.is_empty() && !b.title_markets.is_empty();
    let is_same_day = a.day.is_some() && a.day == b.day;
    let subject = |p: &Profile, other: &Profile| p.subject.as_ref().is_some_and(|s| other.lead.windows(s.len()).any(|w| w == s.as_slice()));
    let subjects = a.subject.as_ref().zip(b.subject.as_ref());
    compared(["documents: both", "documents: contained", "documents: other", "documents: shared"], &a.documents, &b.documents, out);
    let (short, long) = (a.text_letters.min(b.text_letters), a.text_letters.max(b.text_letters));
    out.extend([
        ("title markets: shared", small(title, 2)),
        ("title markets: other", flag(both && title == 0)),
        ("title markets: same day", flag(title > 0 && is_same_day)),
        ("lead markets: shared", small(shared(&a.lead_markets, &b.lead_markets), 3)),
        ("a roundup", flag(a.is_roundup || b.is_roundup)),
        ("subjects: same", flag(subjects.is_some_and(|(x, y)| x == y))),
        ("subjects: other", flag(subjects.is_some_and(|(x, y)| x != y))),
        ("subject in the other lead", flag(subject(a, b) || subject(b, a))),
        ("length of the shorter text", (short as f32).ln_1p()),
        ("times as long", (long as f32).ln_1p() - (short as f32).ln_1p()),
        ("without text", flag(short < 20)),
    ]);
}

/// Adds whether both lists have values, which share of the shorter is in both, whether none is, and how many are.
fn compared(names: [&'static str; 4], x: &[u64], y: &[u64], out: &mut Features) {
    let both = !x.is_empty() && !y.is_empty();
    let shared = common(x, y);
    let values = [flag(both), share_of(x, y), flag(both && shared == 0), small(shared, MOST)];
    out.extend(names.into_iter().zip(values));
}

fn share_of(x: &[u64], y: &[u64]) -> f32 {
    common(x, y) as f32 / x.len().min(y.len()).max(1) as f32
}

/// Returns how many values two sorted lists share.
fn common(x: &[u64], y: &[u64]) -> usize {
    let mut theirs = y.iter().peekable();
    let is_shared = |v: &&u64| {
        while theirs.next_if(|o| o < v).is_some() {}
        theirs.peek() == Some(v)
    };
    x.iter().filter(is_shared).count()
}

/// Returns the share of two titles that begins and ends alike around a part that the other has replaced: 甲会见丁, 乙会见丁.
fn replaced_part(a: &[char], b: &[char]) -> f32 {
    let (x, y) = (replaced(a, b), replaced(b, a));
    let shorter = a.len().min(b.len());
    if x.len() > 1 && y.len() > 1 { (a.len() - x.len()) as f32 / shorter as f32 } else { 0.0 }
}

/// Returns the part of a title that another one has replaced, between a common beginning and end.
fn replaced<'a>(a: &'a [char], b: &[char]) -> &'a [char] {
    let shorter = a.len().min(b.len());
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let end = a.iter().rev().zip(b.iter().rev()).take(shorter - start).take_while(|(x, y)| x == y).count();
    a.get(start..a.len() - end).unwrap_or_default()
}

/// Whether two articles fill one template: with different names (鄢陵县召开推进会, 襄城县召开推进会), or on different days of a market.
pub fn is_template(a: &Profile, b: &Profile) -> bool {
    let is_other_day = a.day.zip(b.day).is_some_and(|(x, y)| x != y);
    shares_market(a, b) && is_other_day || has_other_name(a, b)
}

fn has_other_name(a: &Profile, b: &Profile) -> bool {
    let (x, y) = (replaced(&a.title, &b.title), replaced(&b.title, &a.title));
    let is_missing = |part: &[char], lead: &[char]| part.len() > 1 && !lead.windows(part.len()).any(|w| w == part);
    let is_name = |part: &[char]| part.iter().all(|c| is_letter(*c) && !c.is_ascii_digit());
    replaced_part(&a.title, &b.title) >= REPLACED && [x, y].iter().all(|p| is_name(p)) && is_missing(x, &b.lead) && is_missing(y, &a.lead)
}

/// Returns the longest run of letters that both texts contain; the time is the product of their lengths, which are bounded.
fn longest_run<'a>(a: &'a [char], b: &[char]) -> &'a [char] {
    let (mut best, mut end) = (0usize, 0usize);
    let mut above = vec![0usize; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = 0;
        for (y, cell) in b.iter().zip(above.iter_mut().skip(1)) {
            let length = if x == y { diagonal + 1 } else { 0 };
            diagonal = std::mem::replace(cell, length);
            if length > best {
                (best, end) = (length, i + 1);
            }
        }
    }
    a.get(end - best..end).unwrap_or_default()
}

fn contained(shared: &GramSet, a: &GramSet, b: &GramSet) -> f32 {
    share(shared.weight, a.weight.min(b.weight))
}

fn alike(shared: &GramSet, a: &GramSet, b: &GramSet) -> f32 {
    share(shared.weight, (a.weight * b.weight).sqrt())
}

fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn sorted(a: f32, b: f32) -> (f32, f32) {
    (a.min(b), a.max(b))
}

fn small(count: usize, most: usize) -> f32 {
    count.min(most) as f32
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(title: &str, text: &str) -> Profile {
        Profile::new(title, text, "2026-11-24".parse().ok())
    }

    #[test]
    fn features_have_names_and_do_not_depend_on_the_order() {
        let a = profile("云鹭股份：年产5万吨新材料项目投产", "云鹭股份11月24日公告，年产5万吨新材料项目投产，投资12.5亿元。");
        let b = profile("许昌一新材料项目投产 总投资12.5亿元", "记者获悉，云鹭股份年产5万吨的新材料项目日前投产。");
        let found = features(&a, &b);
        assert_eq!(found, features(&b, &a));
        let names: std::collections::HashSet<_> = found.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), found.len());
        assert!(found.iter().all(|(_, value)| value.is_finite()));
        let value = |name: &str| found.iter().find(|(n, _)| *n == name).unwrap().1;
        assert!(value("whole figures: shared") > 1.0 && value("title: longest run") > 3.0);
    }

    #[test]
    fn a_replaced_part_is_found() {
        let share = |a: &str, b: &str| replaced_part(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert!((share("张三会见丁国总理", "李四会见丁国总理") - 0.75).abs() < 0.01);
        assert!(share("云鹭股份投产", "云鹭股份投产") < 0.01 && share("甲", "") < 0.01);
    }

    #[test]
    fn one_template_with_two_names_is_found() {
        let meeting = |county: &str| {
            profile(&format!("{county}召开第三季度重点项目推进会"), &format!("11月20日，{county}召开第三季度重点项目推进会，要求加快项目建设。"))
        };
        assert!(is_template(&meeting("鄢陵县"), &meeting("襄城县")));
        assert!(!is_template(&meeting("鄢陵县"), &meeting("鄢陵县")));
    }

    #[test]
    fn the_longest_run_is_found() {
        let run = |a: &str, b: &str| longest_run(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>()).iter().collect::<String>();
        assert_eq!(run("甲公司副局长王某表示", "副局长王某就此答问"), "副局长王某");
        assert_eq!(run("", "甲"), "");
    }

    #[test]
    fn empty_articles_have_features() {
        assert!(features(&profile("", ""), &profile("", "")).iter().all(|(_, v)| v.is_finite()));
    }
}
