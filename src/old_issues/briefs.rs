//! Columns of one-paragraph items: `1. 甲县：产业园建成。园区已有企业九家。`

use super::cut::Cut;
use super::line::{Form, Heading, Line, MAX_TITLE_LINE};

/// Longest title that is cut out of a paragraph, in characters.
const MAX_TITLE: usize = 40;
/// A shorter clause before a colon only names a place or an office: 北京：…
const LEAST_CLAUSE: usize = 8;

/// Cuts a column into its paragraphs, if the first is numbered or marked and whole sentences follow in it.
pub(super) fn cut(lines: &[Line]) -> Option<Vec<Cut>> {
    let first = Heading::of(&lines.first()?.text);
    if matches!(first.form, Form::Plain | Form::Bracket(_) | Form::Part) || !is_paragraph(first.text) {
        return None;
    }
    let (mut out, mut expected): (Vec<Cut>, Option<u32>) = (Vec::new(), first.number);
    for line in lines {
        let heading = Heading::of(&line.text);
        if heading.form == first.form && heading.number == expected {
            expected = expected.map(|n| n.saturating_add(1));
            let (title, text) = split(heading.text);
            let mut cut = Cut::new(title, line.number, None);
            cut.lines.extend((!text.is_empty()).then(|| Line { text: text.to_owned(), ..line.clone() }));
            out.push(cut);
        } else if let Some(last) = out.last_mut() {
            last.lines.push(line.clone());
        }
    }
    Some(out)
}

fn is_paragraph(text: &str) -> bool {
    text.split_once('。').is_some_and(|(_, rest)| !rest.is_empty()) || text.ends_with('。') || text.chars().count() > MAX_TITLE_LINE
}

/// Splits a paragraph into a title, its first clause, and its text. The text repeats the title if nothing else is left.
fn split(paragraph: &str) -> (String, &str) {
    let (sentence, rest) = paragraph.split_once('。').unwrap_or((paragraph, ""));
    let clause = sentence.split_once(['：', ':']).filter(|(clause, _)| (LEAST_CLAUSE..=MAX_TITLE).contains(&clause.chars().count()));
    if let Some((clause, _)) = clause {
        let text = paragraph.get(clause.len()..).unwrap_or_default().trim_start_matches(['：', ':']).trim();
        return (clause.to_owned(), text);
    }
    if sentence.chars().count() <= MAX_TITLE {
        let rest = rest.trim();
        return (sentence.to_owned(), if is_sentence(rest) { rest } else { paragraph });
    }
    let part = sentence.split(['，', '；', ',']).next().unwrap_or(sentence);
    (part.chars().take(MAX_TITLE).collect(), paragraph)
}

/// Whether a text says more than its 来源 in brackets.
fn is_sentence(text: &str) -> bool {
    text.contains('。') && !text.starts_with(['（', '('])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_clause_is_the_title() {
        assert_eq!(split("北京：发布行动计划。据了解，计划有九条。"), ("北京：发布行动计划".to_owned(), "据了解，计划有九条。"));
        assert_eq!(split("甲县风电产业园建成投产：园区有企业九家。"), ("甲县风电产业园建成投产".to_owned(), "园区有企业九家。"));
        assert_eq!(split("乙市丝绸出口增长一成。（来源：甲日报）"), ("乙市丝绸出口增长一成".to_owned(), "乙市丝绸出口增长一成。（来源：甲日报）"));
        let long = format!("丙区照明研究院研制的植物生长灯通过验收，{}。", "光效提高两成".repeat(9));
        assert_eq!(split(&long), ("丙区照明研究院研制的植物生长灯通过验收".to_owned(), long.as_str()));
    }
}
