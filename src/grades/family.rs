//! Families of reports: those that have one source are one witness, however many they are and whatever their words.

use crate::dedup::fingerprint::ShingleSet;
use crate::dedup::stories::dedup_text;
use crate::events::Told;
use crate::grades::{Report, origin};

/// Share of the shorter text's shingles in the longer one from which nobody wrote it alone. Copies have 0.6 and more.
const ALIKE: f64 = 0.35;

/// A report's place among the families.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) family: usize,
    pub(super) origins: Vec<String>,
}

/// The families of the reports of one event.
#[derive(Debug, Clone)]
pub(super) struct Families {
    pub(super) members: Vec<Member>,
}

/// Groups reports. Each pair is compared: the number of reports is bounded.
pub(super) fn families(reports: &[Report]) -> Families {
    let texts: Vec<ShingleSet> = reports.iter().map(|r| ShingleSet::new(&dedup_text(&r.title, &r.text))).collect();
    let told: Vec<Told> = reports.iter().map(told).collect();
    let bodies: Vec<Option<String>> = reports.iter().map(origin::publishing_body).collect();
    let mut members: Vec<Member> = reports.iter().enumerate().map(|(family, r)| Member { family, origins: origin::origins(r) }).collect();
    for (at, a) in reports.iter().enumerate() {
        for (other, b) in reports.iter().enumerate().skip(at + 1) {
            let alike = || texts.get(at).zip(texts.get(other)).is_some_and(|(x, y)| x.containment(y) >= ALIKE);
            let adds = |report: &Report, than: usize| told.get(than).is_some_and(|t| t.new_sentence(&report.text).is_some());
            let same_source = || {
                let origins = members.get(at).zip(members.get(other));
                origins.is_none_or(|(x, y)| x.origins.is_empty() || y.origins.is_empty() || origin::shared(&x.origins, &y.origins).is_some())
            };
            // what a firm or office says of itself is the source of those who write about it
            let is_about = |report: &Report, of: usize| bodies.get(of).and_then(Option::as_deref).is_some_and(|body| origin::names(report, body));
            // one that adds no fact of its own only repeats the other
            if a.story == b.story || same_source() || is_about(a, other) || is_about(b, at) || alike() || !adds(a, other) || !adds(b, at) {
                join(&mut members, at, other);
            }
        }
    }
    Families { members }
}

fn told(report: &Report) -> Told {
    let mut told = Told::default();
    told.add(&report.title);
    told.add(&report.text);
    told
}

/// Gives the families of two reports one number, the smaller.
fn join(members: &mut [Member], a: usize, b: usize) {
    let family = |members: &[Member], at: usize| members.get(at).map_or(at, |m| m.family);
    let (x, y) = (family(members, a), family(members, b));
    members.iter_mut().filter(|m| m.family == x.max(y)).for_each(|m| m.family = x.min(y));
}
