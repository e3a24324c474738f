//! A database of the first release under today's program: nothing of it is lost, and all of it is used further.
//! How it was made: `tests/data/release-1.0.0/README.md`.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, StatusCode};
use rusqlite::Connection;

const RELEASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/release-1.0.0");

/// An installation of the first release, as its administrator finds it after the program was replaced.
struct Installation {
    dir: tempfile::TempDir,
}

impl Installation {
    fn unpack() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let packed = std::fs::read(format!("{RELEASE}/qingbao.db.zst")).unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        std::fs::write(dir.path().join("data/qingbao.db"), zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
        std::fs::copy(format!("{RELEASE}/qingbao.toml"), dir.path().join("qingbao.toml")).unwrap();
        // nobody listens where the demo's world was served, or somebody else does
        let sources = read("sources.toml").replace("enabled = false\n", "").replace("[[source]]\n", "[[source]]\nenabled = false\n");
        std::fs::write(dir.path().join("sources.toml"), sources).unwrap();
        Self { dir }
    }

    fn database(&self) -> PathBuf {
        self.dir.path().join("data/qingbao.db")
    }

    fn sql(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    fn run(&self, args: &[&str]) -> String {
        let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(self.dir.path()).env_remove("RUST_LOG").output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
        assert!(o.status.success(), "{args:?}: {out}{err}");
        out.into_owned()
    }

    /// Who has got a letter as a file since the program was replaced.
    fn letters(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.dir.path().join("data/outbox")) else { return Vec::new() };
        let to = |file: PathBuf| {
            let letter = std::fs::read_to_string(file).unwrap();
            letter.lines().find_map(|l| l.strip_prefix("To: ")).unwrap().to_owned()
        };
        folder.map(|f| to(f.unwrap().path())).collect()
    }

    /// Articles keep their distance from each other, and the newest is of this moment, stored after the last issue: they are candidates
    /// again.
    fn make_articles_new(&self) {
        let sql = "UPDATE article SET effective = effective + unixepoch() - (SELECT max(effective) FROM article)";
        assert!(self.sql().execute(sql, []).unwrap() > 0);
        assert!(
            self.sql().execute("UPDATE edition SET candidates_until = 0 WHERE candidates_until > 0", []).unwrap() > 0,
            "what was there is closed"
        );
    }
}

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{RELEASE}/{file}")).unwrap()
}

/// Tables that later schemas do without, because they only counted what others hold. 029: keywords are counted by story.
const DERIVED: [&str; 1] = ["keyword_day"];

/// Every row of a table by the columns named, in one order.
fn rows(c: &Connection, table: &str, columns: &str) -> Vec<String> {
    let mut s = c.prepare(&format!("SELECT {columns} FROM {table}")).unwrap();
    let n = s.column_count();
    let row = |r: &rusqlite::Row<'_>| Ok((0..n).map(|i| format!("{:?}", r.get_ref(i).unwrap())).collect::<Vec<_>>().join(" "));
    let mut all: Vec<String> = s.query_map([], row).unwrap().map(Result::unwrap).collect();
    all.sort();
    all
}

/// Columns and rows of a table without what later schemas put there; one that moves or renames them says so here.
fn as_the_first_release_had_it<'a>(table: &'a str, columns: &str) -> (String, &'a str) {
    match table {
        // 019: how often an issue was final
        "edition" => (columns.replace("payload", "json_remove(payload, '$.signing')"), table),
        // 018: the chain of the log
        "fact" => (columns.to_owned(), "fact WHERE name NOT LIKE 'audit%' AND name <> 'upgraded_from'"),
        _ => (columns.to_owned(), table),
    }
}

/// The columns of a table by what holds their values now.
fn as_it_is_now(table: &str, columns: &str) -> String {
    match table {
        // 024: decisions are a log
        "decision" => "edition_id, article_id, action = 'kept', nullif(detail, ''), at".to_owned(),
        _ => columns.to_owned(),
    }
}

#[test]
fn every_row_of_the_first_release_is_kept() {
    let old = Installation::unpack();
    let before = old.dir.path().join("before.db");
    std::fs::copy(old.database(), &before).unwrap();
    // the first command brings the schema up to date and does nothing else to what is there
    old.run(&["user", "list"]);
    let (before, after) = (Connection::open(before).unwrap(), old.sql());
    for line in read("rows.tsv").lines() {
        let (table, count) = line.split_once('\t').unwrap();
        if DERIVED.contains(&table) {
            continue;
        }
        let names = format!("SELECT group_concat(name, ', ') FROM pragma_table_info('{table}')");
        let columns: String = before.query_row(&names, [], |r| r.get(0)).unwrap();
        let (columns, table) = as_the_first_release_had_it(table, &columns);
        let was = rows(&before, table, &columns);
        assert_eq!(was.len().to_string(), count, "{table} of the fixture");
        assert_eq!(rows(&after, table, &as_it_is_now(table, &columns)), was, "{table}");
    }
}

#[test]
fn which_sources_had_an_article_is_found_among_the_entries_of_the_first_release() {
    let old = Installation::unpack();
    old.run(&["user", "list"]);
    let (c, number) = (old.sql(), |c: &Connection, sql: &str| c.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap());
    let own = "SELECT count(*) FROM article a JOIN sighting g ON g.article_id = a.id AND g.source_id = a.source_id";
    assert_eq!(number(&c, own), number(&c, "SELECT count(*) FROM article"), "each counts for the source that had it first");
    let counted = "SELECT count(*) FROM source s WHERE articles = (SELECT count(*) FROM sighting g WHERE g.source_id = s.id)
                   AND newest IS (SELECT max(dated) FROM sighting g WHERE g.source_id = s.id)";
    assert_eq!(number(&c, counted), number(&c, "SELECT count(*) FROM source"));
}

/// Commands, and what stands in their answers.
const SHOWN: &[(&[&str], &[&str])] = &[
    (&["user", "list"], &["甲编辑\teditor\tenabled", "乙编辑\teditor\tdisabled", "管理员\tadmin\tenabled"]),
    (&["token", "list"], &["门户网站\t"]),
    (
        &["digest", "list"],
        &[
            "2026-11-29\t2026年第1期(总第1期)\t28 items\t3/3 letters sent",
            "2026-11-30\t2026年第2期(总第2期)\t9 items",
            "2026-12-01\t2026年第3期(总第3期)\t8 items",
            "2026-12-01\t2026年第4期(总第41期)\t3 items\t1/5 letters sent",
        ],
    ),
    (&["digest", "show", "1"], &["各位读者：这是第一期。", "编辑改写的标题", "编辑改写的摘要。"]),
    (&["digest", "show", "2"], &["第二期改写的标题", "【草稿】"]),
    (&["digest", "export", "1", "--format", "html"], &["<!DOCTYPE html>", "编辑改写的标题"]),
    (&["digest", "export", "1", "--format", "txt"], &["各位读者：这是第一期。"]),
    (&["digest", "export", "1", "--format", "json"], &["编辑改写的标题"]),
    (&["digest", "export", "2", "--format", "eml"], &["To: "]),
    (&["digest", "export", "4", "--format", "docx"], &["PK"]),
    (&["articles", "search", "假发"], &["发制品"]),
    (&["outbox", "list", "--all"], &["no@office.example\t被拒", "cut@office.example\t已发送？待确认", "later-cancelled@office.example\t已取消"]),
    (&["backup", "copy.db"], &["68 articles, 4 issues"]),
    (&["doctor", "--no-network"], &["0 errors"]),
];

#[test]
fn what_it_holds_is_shown_by_every_command() {
    let old = Installation::unpack();
    for (args, wanted) in SHOWN {
        let answer = old.run(args);
        for words in *wanted {
            assert!(answer.contains(words), "{args:?} without {words:?}: {answer}");
        }
    }
}

#[test]
fn issues_go_on_with_the_next_number_and_repeat_nothing() {
    let old = Installation::unpack();
    old.run(&["user", "list"]);
    old.make_articles_new();
    // publication, number within the year, number of all
    for (publication, number, total) in [("许昌竞争情报快递", 4, 4), ("许昌产业月报", 5, 42)] {
        let built = old.run(&["digest", "build", "--publication", publication, "--date", "2026-12-31"]);
        assert!(built.contains(&format!("第{number}期")) && !built.contains("\t0 items"), "{built}");
        assert!(old.run(&["digest", "list"]).contains(&format!("2026年第{number}期(总第{total}期)")));
    }
    let twice = "SELECT count(*) FROM (SELECT 1 FROM item i JOIN edition e ON e.id = i.edition_id GROUP BY e.publication, i.story_id
                 HAVING count(DISTINCT e.id) > 1)";
    assert_eq!(old.sql().query_row(twice, [], |r| r.get::<_, i64>(0)).unwrap(), 0, "a story in two issues");
    // what editors touched or letters were sent of is not built anew
    for date in DATES {
        old.run(&["digest", "build", "--date", date]);
    }
    assert!(old.run(&["digest", "show", "2"]).contains("第二期改写的标题"));
}

#[test]
fn what_was_sent_is_not_sent_again_and_what_waits_leaves_once() {
    let old = Installation::unpack();
    let waits: i64 = old.sql().query_row("SELECT id FROM outbox WHERE recipient LIKE 'later@%'", [], |r| r.get(0)).unwrap();
    // it may have grown too old meanwhile
    old.run(&["outbox", "retry", &waits.to_string()]);
    for issue in ["1", "4", "1", "4"] {
        let sent = old.run(&["digest", "send", issue]);
        assert!(sent.starts_with("0 letters queued"), "{sent}");
    }
    let letters: Vec<String> = old.letters().into_iter().filter(|to| !to.contains("duty@")).collect();
    assert_eq!(letters, ["later@office.example"]);
}

#[test]
fn a_backup_made_by_the_first_release_is_restored_and_sends_nothing_by_itself() {
    let old = Installation::unpack();
    let backup = old.dir.path().join("backup.db");
    std::fs::rename(old.database(), &backup).unwrap();
    old.run(&["backup", "--check", "backup.db"]);
    old.run(&["restore", "backup.db"]);
    assert!(old.run(&["digest", "show", "1"]).contains("编辑改写的标题"));
    old.run(&["digest", "send", "3"]);
    assert!(old.letters().is_empty(), "letters are held");
    // and again, by today's own backup
    old.run(&["backup", "copy.db"]);
    let list = old.run(&["digest", "list"]);
    old.run(&["restore", "--replace", "copy.db"]);
    assert_eq!(old.run(&["digest", "list"]), list);
}

#[test]
fn a_database_of_a_later_release_is_refused_and_stays_as_it_is() {
    let old = Installation::unpack();
    old.run(&["user", "list"]);
    old.sql().pragma_update(None, "user_version", 9_999).unwrap();
    let before = rows(&old.sql(), "article", "*");
    for args in
        [&["user", "list"][..], &["once"], &["serve"], &["digest", "show"], &["backup", "copy.db"], &["archive", "export", "--out", "all.jsonl"]]
    {
        let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(old.dir.path()).output().unwrap();
        let said = String::from_utf8_lossy(&o.stderr);
        assert!(!o.status.success() && said.contains("was made by a newer version of qingbao; install that version"), "{args:?}: {said}");
    }
    assert_eq!(old.sql().pragma_query_value(None, "user_version", |r| r.get::<_, i64>(0)).unwrap(), 9_999);
    assert_eq!(rows(&old.sql(), "article", "*"), before);
}

#[test]
fn settings_of_the_first_release_load_and_what_they_leave_out_is_told_where_it_changed() {
    let old = Installation::unpack();
    // every key that the first release knew, and its list of sources
    for file in ["every-key.toml", "shipped-sources.toml"] {
        std::fs::copy(format!("{RELEASE}/{file}"), old.dir.path().join(file)).unwrap();
    }
    let said = old.run(&["--config", "every-key.toml", "--sources", "shipped-sources.toml", "sources", "check"]);
    assert!(said.contains("70 sources, 67 enabled, no problems"), "{said}");
    // the settings of its installation leave out the length of summaries
    let told = |old: &Installation| {
        let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(["doctor", "--no-network"]).current_dir(old.dir.path()).output().unwrap();
        String::from_utf8_lossy(&o.stdout).lines().filter(|l| l.contains("defaults")).map(str::to_owned).collect::<Vec<_>>()
    };
    let words = told(&old);
    assert!(words.iter().any(|l| l.contains("summarise.length was \"200\" and is \"230\" now")), "{words:?}");
    let settings = old.dir.path().join("qingbao.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[summarise]\nlength = 200\n")).unwrap();
    assert_eq!(told(&old).len(), words.len() - 1, "who says which one he wants is not asked again");
}

/// The service, ended with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(dir: &Path) -> (Service, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_qingbao")).arg("serve").current_dir(dir).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let service = Service(child);
    let line = log.by_ref().map_while(Result::ok).find(|l| l.contains("console on http://")).unwrap();
    // the log must go on being read, or the service would wait for us
    std::thread::spawn(move || log.for_each(drop));
    (service, format!("http://{}", line.split("http://").nth(1).unwrap().trim_end_matches('/')))
}

/// The first value of a form's field.
fn field(page: &str, name: &str) -> String {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn editors_and_programs_come_in_with_what_they_had() {
    let old = Installation::unpack();
    let (_service, base) = serve(old.dir.path());
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let post = |path: &str, cookie: &str, fields: &[(&str, &str)]| {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        client.post(format!("{base}{path}")).header("cookie", cookie).header("content-type", kind).body(form).send()
    };
    for (name, code) in [("甲编辑", StatusCode::SEE_OTHER), ("管理员", StatusCode::SEE_OTHER), ("乙编辑", StatusCode::UNAUTHORIZED)] {
        let answer = post("/login", "", &[("name", name), ("password", PASSWORD)]).await.unwrap();
        assert_eq!(answer.status(), code, "{name}");
    }
    let answer = post("/login", "", &[("name", "甲编辑"), ("password", PASSWORD)]).await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = async |path: &str| client.get(format!("{base}{path}")).header("cookie", &cookie).send().await.unwrap().text().await.unwrap();
    assert!(page("/draft/1").await.contains("已定稿"));
    let draft = page("/draft/2").await;
    assert!(draft.contains("第二期改写的标题"), "{draft}");

    // the draft is worked on where it was left
    let form = [("do", "foreword"), ("foreword", "接着编"), ("version", &field(&draft, "version")), ("csrf", &field(&draft, "csrf"))];
    assert_eq!(post("/draft/2", &cookie, &form).await.unwrap().status(), StatusCode::SEE_OTHER);
    assert!(page("/draft/2").await.contains("接着编"));

    let token = read("token.txt");
    let issues = client.get(format!("{base}/api/v1/issues")).bearer_auth(token.trim()).send().await.unwrap();
    assert_eq!(issues.status(), StatusCode::OK);
    assert!(issues.text().await.unwrap().contains("2026"));
    let sent = old.letters();
    assert!(sent.iter().all(|to| to.contains("later@")), "{sent:?}");
}

/// The password of every account.
const PASSWORD: &str = "a test password";
/// Days of the first three issues.
const DATES: [&str; 3] = ["2026-11-29", "2026-11-30", "2026-12-01"];
