//! The matcher against a naive evaluator that shares nothing with it but the meaning: formulas are made as trees, written as
//! expressions, and evaluated by looking for each word in each article.

use proptest::prelude::*;

use super::*;
use crate::model::{Classification, Label, TopicEvidence, TopicFilter, TopicId};

/// Words of the generated articles: some inside others, Latin ones beside each other, and some with blanks.
const WORDS: [&str; 24] = [
    "许昌",
    "许昌市",
    "昌市",
    "长葛",
    "电池",
    "固态电池",
    "锂电池",
    "储能",
    "招聘",
    "公示",
    "投产",
    "扩产",
    "AI",
    "SAIC",
    "AI PC",
    "5G",
    "瑞贝",
    "瑞贝卡",
    "发制品",
    "陶瓷",
    "钧瓷",
    "solid state",
    "订单",
    "价格",
];
const FILLERS: [&str; 12] = ["，", "。", "的", "在", " ", "\n", "企业", "今年", "（", "x", "1", "ＡＩ"];

/// A formula as a tree.
#[derive(Debug, Clone)]
enum Tree {
    Word {
        word: usize,
        title_only: bool,
    },
    /// Alternatives of sequences of musts, exclusions and plain parts.
    Group(Vec<[Vec<Tree>; 3]>),
}

impl Tree {
    fn write(&self, out: &mut String, outermost: bool) {
        match self {
            Self::Word { word, title_only } => {
                let quote = if WORDS[*word].contains(' ') { "\"" } else { "" };
                out.push_str(&format!("{}{quote}{}{quote}", if *title_only { "标题:" } else { "" }, WORDS[*word]));
            }
            Self::Group(sides) => {
                out.push_str(if outermost { "" } else { "(" });
                for (i, side) in sides.iter().enumerate() {
                    out.push_str(if i > 0 { " | " } else { "" });
                    for (sign, parts) in ["+", "-", ""].iter().zip(side) {
                        for part in parts {
                            out.push_str(sign);
                            part.write(out, false);
                            out.push(' ');
                        }
                    }
                }
                out.push_str(if outermost { "" } else { ")" });
            }
        }
    }

    /// Evaluates on plain texts, see [`plain`].
    fn naive(&self, title: &[char], text: &[char]) -> bool {
        match self {
            Self::Word { word, title_only } => has(title, WORDS[*word]) || (!title_only && has(text, WORDS[*word])),
            Self::Group(sides) => sides.iter().any(|[musts, nots, plain]| {
                let holds = |t: &Tree| t.naive(title, text);
                musts.iter().all(holds) && !nots.iter().any(holds) && (plain.is_empty() || plain.iter().any(holds))
            }),
        }
    }
}

fn latin(c: Option<&char>) -> bool {
    c.is_some_and(char::is_ascii_alphanumeric)
}

/// Returns a text in small letters of normal width, with blanks only between Latin letters and figures.
fn plain(text: &str) -> Vec<char> {
    let chars: Vec<char> = text.replace('Ａ', "a").replace('Ｉ', "i").to_lowercase().chars().collect();
    let counts = |i: &usize| {
        let before = chars[..*i].iter().rev().find(|c| **c != ' ');
        let after = chars[i + 1..].iter().find(|c| **c != ' ');
        chars[*i] != ' ' || (latin(before) && latin(after) && chars.get(i + 1) != Some(&' '))
    };
    (0..chars.len()).filter(counts).map(|i| chars[i]).collect()
}

/// Whether a text has a word, letter by letter; Latin words need their borders.
fn has(text: &[char], word: &str) -> bool {
    let word = plain(word);
    (0..text.len()).any(|i| {
        let end = i + word.len();
        let before = if i == 0 { None } else { text.get(i - 1) };
        text.get(i..end) == Some(&word[..]) && !(latin(word.first()) && latin(before)) && !(latin(word.last()) && latin(text.get(end)))
    })
}

/// A generator with a fixed seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn text(&mut self, pieces: usize) -> String {
        (0..pieces).map(|_| if self.below(4) == 0 { WORDS[self.below(WORDS.len())] } else { FILLERS[self.below(FILLERS.len())] }).collect()
    }

    fn tree(&mut self, depth: usize) -> Tree {
        if depth == 0 || self.below(3) == 0 {
            return Tree::Word { word: self.below(WORDS.len()), title_only: self.below(6) == 0 };
        }
        self.group(depth)
    }

    fn group(&mut self, depth: usize) -> Tree {
        let sides = (0..=self.below(3)).map(|_| {
            let counts = [self.below(3), self.below(2), self.below(3)];
            let mut side = counts.map(|n| (0..n).map(|_| self.tree(depth - 1)).collect::<Vec<_>>());
            if side.iter().all(Vec::is_empty) {
                side[2].push(self.tree(0));
            }
            side
        });
        Tree::Group(sides.collect())
    }
}

fn written(tree: &Tree) -> String {
    let mut out = String::new();
    tree.write(&mut out, true);
    out
}

/// An industry that every article has, for formulas that match without words.
const LABEL: &str = "新材料";

fn labels() -> Classification {
    Classification { industries: vec![Label { name: LABEL.into(), score: 1.0, evidence: Vec::new(), p: None }], ..Classification::default() }
}

fn filter(expression: &str) -> TopicFilter {
    TopicFilter { expression: expression.to_owned(), ..TopicFilter::default() }
}

fn matched(matcher: &Matcher, title: &str, text: &str) -> Vec<i64> {
    matcher.find(title, text, &labels()).into_iter().map(|m| m.topic.0).collect()
}

#[test]
fn fifty_expressions_on_two_thousand_articles_are_exact() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut trees = Vec::new();
    while trees.len() < 50 {
        let tree = dice.group(3);
        if written(&tree).chars().count() <= expression::MAX_CHARS {
            trees.push(tree);
        }
    }
    let topics = trees.iter().zip(0..).map(|(t, n)| (TopicId(n), TopicFilter { industries: vec![LABEL.into()], ..filter(&written(t)) }));
    let matcher = Matcher::new(topics).unwrap();
    let mut all = 0;
    for n in 0..2_000 {
        let (title, text) = (dice.text(5), dice.text(10 + n % 60));
        let (plain_title, plain_text) = (plain(&title), plain(&text));
        let expected: Vec<i64> = trees.iter().zip(0..).filter(|(t, _)| t.naive(&plain_title, &plain_text)).map(|(_, n)| n).collect();
        assert_eq!(matched(&matcher, &title, &text), expected, "{title:?} {text:?}");
        all += expected.len();
    }
    assert!((20_000..90_000).contains(&all), "of 100,000 pairs {all} match: neither nothing nor everything");
}

proptest! {
    #[test]
    fn any_formula_on_any_article_is_exact(seed in 1u64.., pieces in 0usize..40) {
        let mut dice = Dice(seed);
        let tree = dice.group(4);
        let (expression, title, text) = (written(&tree), dice.text(4), dice.text(pieces));
        prop_assume!(expression.chars().count() <= expression::MAX_CHARS);
        let topic = TopicFilter { industries: vec![LABEL.into()], ..filter(&expression) };
        let matcher = Matcher::new([(TopicId(7), topic)]).unwrap();
        prop_assert_eq!(!matched(&matcher, &title, &text).is_empty(), tree.naive(&plain(&title), &plain(&text)), "{} {:?} {:?}", expression, title, text);
    }
}

#[test]
fn labels_are_asked_beside_the_words() {
    let place = |places: &[&str], organisations: &[&str]| TopicFilter {
        places: places.iter().map(|p| (*p).into()).collect(),
        organisations: organisations.iter().map(|o| (*o).into()).collect(),
        ..TopicFilter::default()
    };
    let topics = [
        (TopicId(1), place(&["许昌", "长葛"], &[])),
        (TopicId(2), place(&["长葛"], &["瑞贝卡"])),
        (TopicId(3), TopicFilter { expression: "-招聘".into(), ..place(&[], &["瑞贝卡"]) }),
        (TopicId(4), TopicFilter { expression: "假发".into(), ..place(&["许昌"], &[]) }),
        (TopicId(5), filter("-招聘")),
    ];
    let matcher = Matcher::new(topics).unwrap();
    let labels = Classification { places: vec!["许昌".into()], other_organisations: vec!["瑞贝卡".into()], ..Classification::default() };
    let found = |title: &str| matcher.find(title, "", &labels).into_iter().map(|m| m.topic.0).collect::<Vec<_>>();
    assert_eq!(found("假发出口"), [1, 3, 4]);
    assert_eq!(found("招聘"), [1]);
    let named = matcher.find("", "", &labels).remove(0).evidence;
    assert_eq!(named, [TopicEvidence::Place { name: "许昌".into() }]);
    let places = |asked: &str, label: &str| {
        let labels = Classification { places: vec![label.into()], ..Classification::default() };
        !Matcher::new([(TopicId(1), place(&[asked], &[]))]).unwrap().find("", "", &labels).is_empty()
    };
    for (asked, label, expected) in [
        ("许昌", "许昌市", true),
        ("许昌市", "许昌", true),
        ("河南", "河南省", true),
        ("恩施", "恩施土家族苗族自治州", true),
        ("吉林省", "吉林市", false),
        ("许昌", "长葛市", false),
    ] {
        assert_eq!(places(asked, label), expected, "{asked} {label}");
    }
    assert_eq!(check(&filter("-招聘")), Err(TopicError::Unbounded));
    assert_eq!(check(&filter(" ")), Err(TopicError::Unbounded));
}

#[test]
fn the_evidence_is_the_word_in_the_articles_own_spelling() {
    let matcher = Matcher::new([(TopicId(1), filter("+许昌 \"ai pc\" -招聘"))]).unwrap();
    let text = "第一段。\n二〇二六年，全市在许 昌经济技术开发区建成的ＡＩ　PC工厂投产，年产一百万台，员工八百人，明年扩产。\n第三段";
    let found = matcher.find("工厂", text, &Classification::default()).remove(0).evidence;
    let parts: Vec<_> = found
        .iter()
        .map(|e| match e {
            TopicEvidence::Text(s) => (s.before.as_str(), s.hit.as_str(), s.after.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("二〇二六年，全市在", "许 昌", "经济技术开发区建成的ＡＩ　PC工厂投产，年产一百万台，员工八…"),
            ("…年，全市在许 昌经济技术开发区建成的", "ＡＩ　PC", "工厂投产，年产一百万台，员工八百人，明年扩产。")
        ]
    );
}
