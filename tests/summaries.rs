//! Summaries beside what an editor would write, by ROUGE-L (Lin 2004) over characters, and beside the first three sentences.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use qingbao::config::settings::SummariseSettings;
use qingbao::issue::sentences::sentences;
use qingbao::issue::summarise::summarise;

/// Length of the longest common subsequence.
fn common(a: &[char], b: &[char]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (i, y) in b.iter().enumerate() {
            let above = row[i + 1];
            row[i + 1] = if x == y { diagonal + 1 } else { above.max(row[i]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

/// The F-measure of ROUGE-L.
fn rouge_l(candidate: &str, reference: &str) -> f64 {
    let letters = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>();
    let (c, r) = (letters(candidate), letters(reference));
    2.0 * common(&c, &r) as f64 / (c.len() + r.len()) as f64
}

#[test]
fn summaries_are_nearer_to_the_editors_than_the_first_three_sentences() {
    let length = SummariseSettings::default().length;
    let (mut ours, mut lead, mut n) = (0.0, 0.0, 0.0);
    let mut told = String::new();
    let file = include_str!("data/summaries.txt");
    for block in file.split("\n\n").skip(1) {
        let (title, rest) = block.trim().split_once('\n').unwrap();
        let (reference, text) = rest.split_once('\n').unwrap();
        let reference = reference.strip_prefix("> ").unwrap();
        let summary = summarise(title, text, length, None).text;
        let first_three: String = sentences(title, text).into_iter().take(3).collect();
        let (a, b) = (rouge_l(&summary, reference), rouge_l(&first_three, reference));
        told.push_str(&format!("{a:.3} {b:.3} {title}\n  {summary}\n"));
        (ours, lead, n) = (ours + a, lead + b, n + 1.0);
    }
    let told = format!("{told}ROUGE-L ours {:.3}, first three sentences {:.3}", ours / n, lead / n);
    println!("{told}");
    assert!(n >= 8.0 && ours > lead, "{told}");
}
