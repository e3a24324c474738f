//! `qingbao archive`: an export and its import give the same issues and letters.

use chrono::Utc;
use qingbao::config::Settings;
use qingbao::model::EditionId;
use qingbao::pipeline::recipients;
use qingbao::render;
use qingbao::store::Store;

use super::*;

/// Everything that readers get of an archive: each issue as mail, text and document, and who gets it.
/// Of one issue: the page, the text, the document, its letters and their recipients.
type Printed = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<String>, Vec<String>);

fn printed(data: &Path) -> Vec<Printed> {
    let (store, now) = (Store::open_beside(data).unwrap(), Utc::now());
    let publication = Settings::default().publication;
    let issues = store.editions(100).unwrap();
    let one = |id: EditionId| {
        let edition = store.with_printed_grades(store.edition(id).unwrap().unwrap(), now).unwrap();
        let files = store.item_files(&edition).unwrap();
        let readers = recipients(&store, &publication, edition.is_final).unwrap().iter().map(|r| r.address.bare()).collect();
        let letters = store.messages_of(id).unwrap().into_iter().map(|l| format!("{} {:?}", l.recipient, l.state)).collect();
        let parts = render::parts(&edition, &files, None).unwrap();
        let page = render::page(&edition, &files).unwrap();
        (format!("{page}{}", parts.html).into_bytes(), parts.text.into_bytes(), render::docx(&edition, &files, None).unwrap(), readers, letters)
    };
    issues.iter().map(|e| one(e.id)).collect()
}

/// The lines of an export below its head, which has the time.
fn rows(dir: &Path, data: &str) -> String {
    let told = run(dir, &["--data", data, "archive", "export", "--out", "check.jsonl"], "");
    assert!(told.contains(" rows"), "{told}");
    std::fs::read_to_string(dir.join("check.jsonl")).unwrap().split_once('\n').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_and_its_import_give_the_same_issues_and_letters() {
    let mut demo = demo::start("C.UTF-8");
    let editor = demo.sign_in("演示编辑", "console").await;
    let page = editor.page("/draft/3").await;
    let article = order(&page).remove(0);
    let dropped =
        editor.post("/draft/3", &[("do", "drop"), ("reason", "off-topic"), ("article", &article), ("version", &field(&page, "version"))]).await;
    assert_eq!(dropped.status(), StatusCode::SEE_OTHER);
    demo.stop();
    let dir = demo.dir.path();
    let told = run(dir, &["--data", "out/data", "archive", "export", "--out", "all.jsonl"], "");
    assert!(told.contains("all.jsonl"), "{told}");
    let archive = std::fs::read_to_string(dir.join("all.jsonl")).unwrap();
    for word in ["argon2", "message_salt", "feedback_key", "csrf"] {
        assert!(!archive.contains(word), "no secrets: {word}");
    }

    // an import that is killed leaves nothing
    let mut child = Command::new(env!("CARGO_BIN_EXE_qingbao"))
        .args(["--data", "new", "archive", "import", "-"])
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(&archive.as_bytes()[..archive.len() / 2]).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let told = run(dir, &["--data", "new", "archive", "import", "all.jsonl"], "");
    assert!(told.contains("70 articles, 3 issues"), "{told}");
    assert_eq!(rows(dir, "new"), rows(dir, "out/data"));
    let (before, after) = (printed(&dir.join("out/data")), printed(&dir.join("new")));
    assert_eq!(before.len(), 3);
    assert!(before == after && before[0].3 == ["editors@localhost".to_owned(), "reader@demo.example".to_owned()], "{:?}", before[0].3);

    // nothing comes twice, nothing is sent, and the articles are found
    let again = run(dir, &["--data", "new", "archive", "import", "all.jsonl"], "");
    assert!(again.contains("is not empty"), "{again}");
    assert!(Store::open_beside(&dir.join("new")).unwrap().mail_hold().unwrap().is_some(), "mail waits");
    let found = |data| run(dir, &["--data", data, "articles", "search", "发制品"], "");
    assert!(found("new") == found("out/data") && found("new").contains("发制品"));

    // recent days only: whole for itself
    let today = Utc::now().format("%F").to_string();
    let told = run(dir, &["--data", "out/data", "archive", "export", "--since", &today, "--out", "day.jsonl"], "");
    assert!(told.contains("day.jsonl"), "{told}");
    let told = run(dir, &["--data", "recent", "archive", "import", "day.jsonl"], "");
    assert!(told.contains(" issues") && !told.contains("3 issues"), "{told}");

    // a wrong line is named, and leaves nothing
    let broken = archive.replacen("\"http://", "\"javascript://", 1);
    let line = broken.lines().position(|l| l.contains("javascript://")).unwrap() + 1;
    std::fs::write(dir.join("broken.jsonl"), broken).unwrap();
    let told = run(dir, &["--data", "wrong", "archive", "import", "broken.jsonl"], "");
    assert!(told.contains(&format!("line {line}:")) && told.contains("nothing was imported"), "{told}");
    assert!(run(dir, &["--data", "wrong", "archive", "import", "all.jsonl"], "").contains("3 issues"));
}
