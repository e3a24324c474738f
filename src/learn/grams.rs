//! Hashed character n-grams of title and text.

use crate::text::normalize::fold_width_and_case;

/// Number of buckets, as a power of two.
const BITS: u32 = 17;
/// Number of buckets.
pub(super) const BUCKETS: usize = 1 << BITS;
/// Characters read of the text.
const TEXT_CHARS: usize = 250;
/// Characters read of the title.
const TITLE_CHARS: usize = 120;
/// Weight of the title's n-grams relative to those of title and text together.
const TITLE_WEIGHT: f32 = 0.7;
/// Separates title and text, and marks both ends of a title.
const BORDER: char = '\u{1}';
/// Hash seeds of the two groups: the same n-gram has a bucket in each.
const WHOLE: u64 = 0;
const TITLE: u64 = 0x5EED_0001;

/// A bucket with its value.
pub(super) type Gram = (u32, f32);

/// Returns the n-grams of an article: those of title (counted twice) and start of the text, and those of the title alone. Each
/// group has length 1 or [`TITLE_WEIGHT`].
pub(super) fn grams(title: &str, text: &str) -> Vec<Gram> {
    let title: Vec<char> = letters(title).take(TITLE_CHARS).collect();
    let headline = || title.iter().copied().chain([BORDER]);
    let mut out = Vec::with_capacity(1600);
    group(headline().chain(headline()).chain(letters(text).take(TEXT_CHARS)), WHOLE, 1.0, &mut out);
    group([BORDER].into_iter().chain(headline()), TITLE, TITLE_WEIGHT, &mut out);
    out
}

/// Returns the buckets of a word's n-grams, in the group of title and text.
pub(super) fn buckets_of(word: &str) -> Vec<u32> {
    let mut out = Vec::new();
    each_hash(letters(word), WHOLE, |b| out.push(b));
    out
}

/// Returns normalised characters: folded, digits as 0, runs of white space as one space.
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut after_blank = true;
    text.chars().filter_map(move |c| {
        let c = fold_width_and_case(c);
        let is_blank = c.is_whitespace();
        let skip = is_blank && after_blank;
        after_blank = is_blank;
        if skip {
            None
        } else if is_blank {
            Some(' ')
        } else if c.is_numeric() && !('\u{4E00}'..='\u{9FFF}').contains(&c) {
            Some('0')
        } else {
            Some(c)
        }
    })
}

/// Adds the n-grams of a text: counted, damped and scaled to length `weight`.
fn group(text: impl Iterator<Item = char>, start: u64, weight: f32, out: &mut Vec<Gram>) {
    let mut hashes = Vec::with_capacity(1200);
    each_hash(text, start, |b| hashes.push(b));
    hashes.sort_unstable();
    let from = out.len();
    out.extend(hashes.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, 1.0 + (same.len() as f32).ln()))));
    let new = out.get_mut(from..).unwrap_or_default();
    let length = new.iter().map(|(_, v)| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    for (_, v) in new {
        *v *= weight / length;
    }
}

/// Hashes all 1-, 2- and 3-grams.
fn each_hash(text: impl Iterator<Item = char>, start: u64, mut take: impl FnMut(u32)) {
    let (mut before, mut last) = (None, None);
    for c in text {
        let one = mix(start, c);
        take(bucket(one));
        if let Some(b) = last {
            take(bucket(mix(mix(start ^ 0xB1, b), c)));
            if let Some(a) = before {
                take(bucket(mix(mix(mix(start ^ 0x7219, a), b), c)));
            }
        }
        (before, last) = (last, Some(c));
    }
}

fn mix(hash: u64, c: char) -> u64 {
    (hash.rotate_left(23) ^ u64::from(u32::from(c))).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn bucket(hash: u64) -> u32 {
    ((hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> (64 - BITS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_digits_make_no_difference() {
        assert_eq!(grams("ＡＩ芯片 2025年", "增长１２％"), grams("ai芯片  2031年", "增长98%"));
        assert_ne!(grams("芯片", "增长"), grams("增长", "芯片"));
    }

    #[test]
    fn both_groups_have_their_lengths() {
        let all: f32 = grams("许昌芯片厂投产", "近日，许昌芯片厂投产。").iter().map(|(_, v)| v * v).sum();
        assert!((all - 1.0 - TITLE_WEIGHT * TITLE_WEIGHT).abs() < 1e-3, "{all}");
        assert!(grams("", "").iter().all(|(_, v)| v.is_finite()));
    }

    #[test]
    fn a_long_text_costs_as_much_as_its_start() {
        let long = "甲乙丙丁".repeat(10_000);
        assert_eq!(grams("标题", &long), grams("标题", &long[..3 * TEXT_CHARS]));
    }
}
