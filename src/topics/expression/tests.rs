use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Whether a text that has exactly these words matches.
fn holds(expression: &str, words: &[&str]) -> bool {
    let e = parse(expression);
    e.matches(|n| words.contains(&e.words()[n].text.as_str()), &mut Vec::new())
}

#[test]
fn words_musts_and_exclusions_mean_what_the_manual_says() {
    for (expression, words, expected) in [
        ("固态电池 锂电池", &["锂电池"][..], true),
        ("固态电池、锂电池", &[], false),
        ("+许昌 固态电池 锂电池", &["许昌"], false),
        ("+许昌 固态电池 锂电池", &["许昌", "固态电池"], true),
        ("+许昌 +电池", &["电池"], false),
        ("固态电池 -招聘", &["固态电池"], true),
        ("固态电池 -招聘", &["固态电池", "招聘"], false),
        ("+许昌 电池 | +新乡 电源", &["新乡", "电源"], true),
        ("+许昌 电池 或 +新乡 电源", &["新乡", "电池"], false),
        ("+(许昌 长葛) +(电池 | 储能) -（招聘 公示）", &["长葛", "储能"], true),
        ("+(许昌 长葛) +(电池 | 储能) -（招聘 公示）", &["长葛", "储能", "公示"], false),
        ("“Solid State” 或然率", &["solid state"], true),
        ("“Solid State” 或然率", &["或然率"], true),
        ("C++ AI-PC", &["ai-pc"], true),
        ("+许昌 电池 OR 电源", &["电源"], true),
        ("+许昌 电池 OR 电源", &["电池"], false),
        ("电池 NOT 招聘", &["电池"], true),
        ("电池 NOT (招聘 公示)", &["电池", "公示"], false),
        ("\"AND\" or", &["and"], true),
        ("ORACLE", &["oracle"], true),
        ("", &[], true),
    ] {
        assert_eq!(holds(expression, words), expected, "{expression} {words:?}");
    }
}

#[test]
fn a_mistake_is_named_with_its_place() {
    use ExpressionError as E;
    for (text, error) in [
        ("许昌 (电池", E::Unclosed(4)),
        ("许昌) 电池", E::Unopened(3)),
        ("许昌 \"固态", E::UnclosedQuote(4)),
        ("许昌 | ", E::EmptySide(4)),
        ("| 许昌", E::EmptySide(1)),
        ("许昌 ()", E::EmptySide(5)),
        ("许昌 + 电池", E::NothingAfter(4)),
        ("许昌 +-电池", E::NothingAfter(4)),
        ("标题: 许昌", E::NothingAfter(1)),
        ("标题: (许昌)", E::NothingAfter(1)),
        ("标题:", E::NothingAfter(1)),
        ("许昌 AND 电池", E::And(4)),
        ("电池 NOT", E::NothingAfter(4)),
        ("NOT | 电池", E::NothingAfter(1)),
        ("OR 电池", E::EmptySide(1)),
        ("许昌 …", E::NoLetter(4)),
        ("(((((((((许昌)))))))))", E::TooDeep(9)),
    ] {
        assert_eq!(Expression::parse(text), Err(error.clone()), "{text}");
        assert!(error.chinese().starts_with("第 "), "{error:?}");
    }
    assert_eq!(Expression::parse(&"许".repeat(51)), Err(E::WordTooLong(1)));
    assert_eq!(Expression::parse(&"许".repeat(1_001)), Err(E::TooLong));
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    assert_eq!(Expression::parse(&many.join(" ")), Err(E::TooManyWords(291)));
}

#[test]
fn a_prefix_before_the_title_and_a_repeated_word_keep_their_sense() {
    let e = parse("+标题:许昌 许昌 -(许昌 电池)");
    let words = |e: &Expression| e.words().iter().map(|w| (w.text.clone(), w.title_only, w.is_sought)).collect::<Vec<_>>();
    let of = |text: &str, title_only, is_sought| (text.to_owned(), title_only, is_sought);
    assert_eq!(words(&e), [of("许昌", true, true), of("许昌", false, true), of("电池", false, false)]);
    // before a bracket it holds for every word in it, and for none after it
    let e = parse("标题:(开工 (投产 | -招聘)) 许昌");
    assert_eq!(words(&e), [of("开工", true, true), of("投产", true, true), of("招聘", true, false), of("许昌", false, true)]);
}

proptest! {
    #[test]
    fn nothing_an_editor_types_breaks_the_parser(text in "[许昌a +\\-()（）|或\"“”标题:：、 ]{0,60}") {
        if let Ok(e) = Expression::parse(&text) {
            let all = e.matches(|_| true, &mut Vec::new());
            prop_assert!(all || !e.words().is_empty());
        }
    }
}
