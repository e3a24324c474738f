use std::collections::BTreeSet;

use super::*;
use crate::knowledge::SETTINGS;

/// Settings with every table, in which no key has a value of the samples.
const FULL: &str = r#"# 头
taxonomy = "TAXONOMY" # 词表

# 城市
[region] # 城市后
city = "洛阳市" # 市

# 刊物
[[publication]] # 刊
name = "快报" # 名
# 主办
organiser = "情报所"
columns = [
    # 第一栏
    { name = "行业动态", quota = 3 }, # 动态
    { name = "行业趋势" },
]
# 版记
[publication.imprint]
copies = 7 # 印数
# 订阅人
[[publication.subscriber]]
address = "a@b.example" # 订

[mail]
expire = "2d" # 三天
# 服务器
[mail.smtp]
host = "smtp.b.example" # 主机
[mail.dkim] # 签名
domain = "b.example"
selector = "s"
key_file = "k"

[alerts] # 提醒
[fetch] # 抓取
# 网页
[console]
[store] # 存
# 学
[learning] # 选稿
[pdf]
[ocr] # 识别
[crawl]
user = "u"
password_file = "p" # 密码

[summarise] # 摘要
endpoint = "http://127.0.0.1:1/v1"
model = "m"

[[outlet]] # 群
name = "甲"
kind = "dingtalk" # 钉钉
url_file = "u"

[[outlet]]
name = "乙"
kind = "mail"
to = ["a@b.example"]
# 尾
"#;

fn write(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("qingbao.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// The keys that a section accepts, as its message about an unknown one lists them.
fn accepted(section: &str) -> Vec<String> {
    let unknown = "qqqqqq = 1\n";
    let text = match section {
        "" => unknown.to_owned(),
        "publication.columns" => format!("[publication]\ncolumns = [{{ name = \"甲\", {} }}]\n", unknown.trim()),
        "publication.subscriber" | "outlet" => format!("[[{section}]]\n{unknown}"),
        _ => format!("[{section}]\n{unknown}"),
    };
    let error = Settings::parse("x", &text).unwrap_err();
    let listed = error.problems.iter().find_map(|p| p.words.english.split_once("known keys: "));
    listed.unwrap().1.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_page_offers_every_key_that_the_settings_have() {
    let offered: BTreeSet<&str> = SETTINGS.setting.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(offered.len(), SETTINGS.setting.len(), "no key twice");
    let lists = |key: &str| SETTINGS.setting.iter().any(|s| s.key == key && s.kind == SettingKind::Rows);
    let (mut found, mut sections) = (BTreeSet::new(), vec![String::new()]);
    while let Some(section) = sections.pop() {
        for key in accepted(&section) {
            let key = if section.is_empty() { key } else { format!("{section}.{key}") };
            if !offered.contains(key.as_str()) || lists(&key) {
                // no value, so a table: a key that is neither fails when its section is read
                assert!(offered.iter().any(|o| o.starts_with(&format!("{key}."))), "src/data/settings.toml lacks {key}");
                sections.push(key.clone());
            }
            if offered.contains(key.as_str()) {
                found.insert(key);
            }
        }
    }
    let unknown: Vec<_> = offered.iter().filter(|o| !found.contains(**o)).collect();
    assert!(unknown.is_empty(), "{unknown:?} are no keys of the settings");
}

/// A value that the key accepts and that is not the one in `FULL`.
fn sample(setting: &Setting, dir: &Path) -> String {
    let text = match setting.key.as_str() {
        "region.city" => "开封市",
        "region.province" => "河南省",
        "region.industries" => "national-strategic",
        "calendar" => return dir.join("calendar.toml").display().to_string(),
        "taxonomy" => return dir.join("other.toml").display().to_string(),
        "publication.template" => return dir.join("template.docx").display().to_string(),
        "publication.foreword" => "本期选出 {条数} 条\n共两行",
        "publication.at" => "08:05",
        "publication.timezone" => "Asia/Urumqi",
        "publication.holidays" => "2026-11-02",
        "publication.workdays" => "2026-11-07\n2026-11-08",
        "publication.signing" => "review\nsign",
        "publication.imprint.copy_number" => "000002",
        "publication.columns.name" => "行业报告",
        "publication.subscriber.columns" => "行业趋势",
        "alerts.quiet" => "无",
        "alerts.digest_at" => "09:10",
        "outlet.takes" => "draft\nissue",
        "outlet.allow_hosts" => "10.0.0.5:80",
        "outlet.kind" => "feishu",
        "crawl.nats" => "nats://a.example:4222",
        "console.listen" => "127.0.0.1:9",
        "console.public_url" | "summarise.endpoint" => "https://b.example",
        "console.base_path" => "/qb",
        "console.hosts" => "c.example",
        "store.fetch_log" => "40d",
        "fetch.max_interval" => "2h",
        "publication.issues_this_year" => "4",
        "summarise.length" => "100",
        "publication.mail_empty" | "learning.enabled" | "ocr.enabled" => "false",
        "publication.columns.min" => "2",
        _ => match setting.kind {
            SettingKind::Number => "4",
            SettingKind::Numbers => "2\n9",
            SettingKind::YesNo => "true",
            SettingKind::Duration if setting.key.starts_with("publication.") || setting.key.starts_with("store.") => "1d",
            SettingKind::Duration if setting.key == "mail.expire" => "5d",
            SettingKind::Duration if setting.key == "fetch.min_interval" => "20m",
            SettingKind::Duration => "12s",
            SettingKind::IndustrySet => "national-strategic",
            SettingKind::Choice => return setting.choices.last().unwrap().0.clone(),
            SettingKind::List | SettingKind::Text if setting.key.contains("mail.") || setting.key.contains("recipients") => "甲 <c@b.example>",
            _ => "z",
        },
    };
    match setting.key.as_str() {
        "mail.smtp.host" | "mail.dkim.domain" | "mail.dkim.selector" => "z.example".to_owned(),
        "outlet.to" | "publication.weekly_review" | "publication.subscriber.address" => "c@b.example".to_owned(),
        _ => text.to_owned(),
    }
}

#[test]
fn every_key_is_written_and_read_and_taken_back_and_comments_stay() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("calendar.toml"), "holidays = [\"2026-11-03\"]\n").unwrap();
    let taxonomy = dir.path().join("taxonomy.toml");
    for file in [&taxonomy, &dir.path().join("other.toml")] {
        std::fs::write(file, Taxonomy::load(None).unwrap().to_toml()).unwrap();
    }
    let text = FULL.replace("TAXONOMY", &taxonomy.display().to_string());
    let path = write(dir.path(), &text);
    let comments: Vec<&str> = FULL.lines().filter_map(|l| l.find('#').and_then(|n| l.get(n..))).collect();
    let file = SettingsFile::read(&path).unwrap();
    let before = format!("{:?}", file.check(&text).unwrap().0);
    let mut wrong = Vec::new();
    for setting in SETTINGS.setting.iter().filter(|s| s.kind != SettingKind::Rows) {
        let number = usize::from(setting.key == "outlet.to");
        let address = match setting.key.rsplit_once('.') {
            Some(("publication.columns", key)) => format!("publication.0.columns.1.{key}"),
            Some(("publication.subscriber", key)) => format!("publication.0.subscriber.0.{key}"),
            Some(("outlet", key)) => format!("outlet.{number}.{key}"),
            _ => setting.address(0),
        };
        let typed = sample(setting, dir.path());
        let was = file.value(&address);
        let value = typed_value(setting, &typed);
        assert!(value.is_some(), "{address}");
        let new = file.with(vec![Change::Set { address: address.clone(), value }]);
        match file.check(&new) {
            Ok((read, _)) if format!("{read:?}") != before => {}
            // it only tells places of one name apart
            Ok(_) if setting.key == "region.province" => {}
            Ok(_) => wrong.push(format!("{address} = {typed} changes nothing")),
            // there is no such Word file
            Err(e) if setting.key == "publication.template" && e.to_string().contains("template.docx") => {}
            Err(e) => wrong.push(format!("{address} = {typed}: {e}")),
        }
        for comment in &comments {
            if !new.contains(comment) {
                wrong.push(format!("{address}: {comment} is lost\n{new}"));
            }
        }
        file.write(&new).unwrap();
        let after = SettingsFile::read(&path).unwrap();
        let read = shown_value(setting, after.value(&address));
        if read != typed {
            wrong.push(format!("{address}: {read:?} instead of {typed:?}"));
        }
        let back = was.as_deref().and_then(|was| typed_value(setting, was));
        let old = after.with(vec![Change::Set { address: address.clone(), value: back }]);
        if old != text {
            wrong.push(format!("{address}: not taken back\n{old}"));
        }
        after.write(&text).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_changed_meanwhile_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("qingbao.toml");
    let missing = SettingsFile::read(&path).unwrap();
    assert_eq!(missing.hash(), text_hash(""));
    let text = missing.with(vec![Change::Set { address: "fetch.tries".to_owned(), value: Some(3.into()) }]);
    missing.write(&text).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert!(matches!(missing.write("x = 1"), Err(EditError::Write { .. })), "a file that appeared meanwhile stays");
    let file = SettingsFile::read(&path).unwrap();
    std::fs::write(&path, "[fetch]\ntries = 4\n").unwrap();
    assert!(matches!(file.write("[fetch]\n"), Err(EditError::Changed(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[fetch]\ntries = 4\n");
}

#[test]
fn a_problem_names_the_value_that_it_is_about() {
    let text = "[publication]\nname = \"甲\"\nat = \"25:00\"\ncolumns = [\n  { name = \"一\", quota = 500 },\n]\n[[outlet]]\nname = \"群\"\nkind = \"wechat\"\n[mail.smtp]\nport = 9\n";
    let error = Settings::parse("x", text).unwrap_err();
    let named: Vec<_> = error.problems.iter().filter_map(|p| problem_address(text, p)).collect();
    assert_eq!(named, ["publication.0.at", "publication.0.columns.0.quota", "outlet.0.kind", "mail.smtp"]);
}
