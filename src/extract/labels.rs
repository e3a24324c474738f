//! Tests that the parsers understand every label of `byline.toml`.

use crate::extract::boilerplate::kinds;
use crate::extract::published::label;
use crate::extract::publisher::clean_publisher;
use crate::extract::testing::with_fields;
use crate::knowledge::{BYLINE, Meaning};

/// Returns the whole Chinese labels with this meaning.
fn whole(means: Meaning) -> impl Iterator<Item = &'static str> {
    BYLINE.whole(means).filter(|w| w.chars().nth(1).is_some() && w.chars().all(crate::text::normalize::is_han))
}

/// Returns title, day, 来源 and author of a page with this byline.
fn read(byline: &str) -> [String; 4] {
    let body = "<p>成都市检测中心本月投入使用，可为企业提供一百余项检测服务，企业不必再把样品送到外地。</p>";
    let page = format!("<title>检测中心投入使用</title><h1>检测中心投入使用</h1><p>{byline}</p>{body}");
    with_fields(&page, |f| {
        let day = f.published_at().map(|d| d.date_naive().to_string());
        [f.title(), day, f.publisher(), f.author()].map(Option::unwrap_or_default)
    })
}

#[test]
fn every_label_of_publication_names_the_day_and_ends_what_stands_before_it() {
    for word in whole(Meaning::Published) {
        let found = read(&format!("来源：成都日报{word}：2026-11-20 08:00"));
        assert_eq!(found, ["检测中心投入使用", "2026-11-20", "成都日报", ""], "{word}");
        let found = read(&format!("作者：张小三{word}：2026-11-20 08:00"));
        assert_eq!((found[1].as_str(), found[3].as_str()), ("2026-11-20", "张小三"), "{word}");
        assert_eq!(label(&format!("{word}：")), Some("labelled as publication"), "{word}");
        assert!(kinds(&format!("{word}：2026-11-20"))[0], "{word} stands before a body");
    }
}

#[test]
fn labels_of_other_days_are_told_apart() {
    for (means, evidence) in [(Meaning::Updated, "labelled as a change"), (Meaning::Event, "labelled as an event")] {
        for word in whole(means) {
            assert_eq!(label(&format!("{word}：")), Some(evidence), "{word}");
        }
    }
}

#[test]
fn every_label_of_a_source_and_of_an_author_names_one() {
    for word in whole(Meaning::Source) {
        assert_eq!(read(&format!("2026-11-20 08:00 {word}：成都日报"))[2], "成都日报", "{word}");
    }
    for word in whole(Meaning::Author) {
        assert_eq!(read(&format!("2026-11-20 08:00 {word}：张小三"))[3], "张小三", "{word}");
    }
}

#[test]
fn every_other_label_ends_the_name_before_it() {
    use Meaning::{Editor, Poster, Proofreader, Size, Staff, Views};
    for means in [Poster, Editor, Proofreader, Staff, Views, Size] {
        for word in whole(means) {
            assert_eq!(clean_publisher(&format!("成都日报{word}：甲")).as_deref(), Some("成都日报"), "{word}");
            let [head, tail, _] = kinds(&format!("{word}：甲"));
            assert!(head || tail || crate::extract::boilerplate::is_never_body(&format!("{word}：甲")), "{word} is no body");
        }
    }
}
