//! `qingbao learn train` on labels written for this purpose.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::Path;
use std::process::{Command, Output};

use qingbao::learn::{Model, Signals};

const FIRMS: [&str; 10] = ["云鹭", "青岚", "石桥", "长葛", "禹州", "东风里", "北渡", "南湖", "西关", "中原路"];
const KINDS: [(&str, &str, &str, u8); 4] = [
    ("芯片厂建成新产线", r#"["新一代信息技术"]"#, "行业动态", 2),
    ("面粉企业产量同比增长5%", r#"["食品"]"#, "财经数据", 1),
    ("银行下调贷款利率", "[]", "金融要点", 1),
    ("球队主场取胜", "[]", "", 0),
];

fn labels() -> String {
    let line = |i: usize| {
        let (what, industries, column, worth) = KINDS[i % 4];
        let (firm, column) = (FIRMS[(i / 4) % 10], if column.is_empty() { "null".to_owned() } else { format!("{column:?}") });
        format!(r#"{{"title":"{firm}{what} 第{i}条","text":"","industries":{industries},"column":{column},"worthy":{worth},"source":"s{}"}}"#, i % 7)
    };
    (0..160).map(|i| line(i) + "\n").collect()
}

fn train(folder: &Path, labels: &str, out: &str) -> Output {
    let file = folder.join("labels.jsonl");
    std::fs::write(&file, labels).unwrap();
    let mut c = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    c.current_dir(folder).args(["learn", "train", "--labels"]).arg(file).arg("--out").arg(folder.join(out)).output().unwrap()
}

#[test]
fn a_model_is_trained_twice_the_same_and_holds_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let first = train(folder.path(), &labels(), "a.model");
    let said = String::from_utf8(first.stdout).unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(said.contains("ByFamily") && said.contains("industries: F1") && said.contains("worth"), "{said}");
    train(folder.path(), &labels(), "b.model");
    let (a, b) = (std::fs::read(folder.path().join("a.model")).unwrap(), std::fs::read(folder.path().join("b.model")).unwrap());
    assert_eq!(a, b);
    let model = Model::read(&a).unwrap();
    assert_eq!((model.industries(), model.provenance().items), (["新一代信息技术".to_owned(), "食品".to_owned()].as_slice(), 160));
    let none = Signals { scores: vec![0.0; 2], title_scores: vec![0.0; 2], column_points: vec![0.0; 5], ..Signals::default() };
    let verdict = |title: &str| model.judge(title, "", &none, None);
    assert!(verdict("某市芯片厂建成新产线").on_topic > verdict("某市球队主场取胜").on_topic);
    assert!(Model::read(&a[..a.len() - 1]).is_err() && Model::read(b"").is_err());
}

#[test]
fn what_is_wrong_with_labels_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (labels, said) in [
        ("{\"title\":\"a\"}\n", "line 1"),
        ("\n", "no labelled articles"),
        (r#"{"title":"水泥","industries":["混凝土"],"column":null,"worthy":0}"#, "混凝土"),
        (r#"{"title":"水泥","industries":[],"column":null,"worthy":9}"#, "worthy is 9"),
    ] {
        let done = train(folder.path(), labels, "x.model");
        let error = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && error.contains(said), "{error}");
    }
}
