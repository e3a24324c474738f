//! Desk and article on paper.

use std::path::Path;
use std::process::Command;

use chromiumoxide::cdp::browser_protocol::page::PrintToPdfParams;
use chromiumoxide::page::Page;

use super::Service;
use super::browser::{enter, until, visit};

/// Prints a page and reads the paper, without blanks.
async fn print(page: &Page, file: &Path) -> String {
    let params = PrintToPdfParams { prefer_css_page_size: Some(true), ..Default::default() };
    page.save_pdf(params, file).await.unwrap();
    let o = Command::new("pdftotext").arg(file).arg("-").output().unwrap();
    assert!(o.status.success(), "{o:?}");
    String::from_utf8_lossy(&o.stdout).chars().filter(|c| !c.is_whitespace()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and pdftotext"]
async fn desk_and_article_are_printed_without_what_only_a_screen_needs_and_whole() {
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "管理员").await;
    // longer than its field, and than a page
    let long = (1..=60).map(|n| format!("第{n}段，这一段要印在纸上。")).collect::<Vec<_>>();
    let write = format!(
        "{{ const f = document.querySelector('.item .edit');
           const set = (n, t) => {{ f.elements[n].value = t; f.elements[n].dispatchEvent(new Event('input', {{bubbles: true}})); }};
           set('text', `{}`); set('note', '请有关部门阅。'); }}",
        long.join("\n")
    );
    page.evaluate("document.querySelector('.item [value=print-full]').click()").await.unwrap();
    until(&page, "the whole text", "document.querySelector('.item').dataset.print === 'full' && document.querySelector('.item .full').value !== ''")
        .await;
    page.evaluate(write).await.unwrap();
    let saved = "[...document.querySelectorAll('.edit [data-most]')].every(f => f.value === f.form.elements[f.name + '_was'].value)";
    until(&page, "saved", saved).await;
    let desk = print(&page, &service.dir.path().join("desk.pdf")).await;
    for there in ["编者的话", "●行业动态", "按：请有关部门阅。", "第1段，", "第60段，这一段要印在纸上。"] {
        assert!(desk.contains(there), "{there} is not in {desk}");
    }
    for gone in ["移出", "下载Word", "退出", "保存", "选中", "快捷键", "入选理由", "定稿"] {
        assert!(!desk.contains(gone), "{gone} is in {desk}");
    }
    // the fields are there again
    until(&page, "the screen", "!document.querySelector('.printed')").await;

    let link: String = page.evaluate("document.querySelector('.links a:nth-child(2)').getAttribute('href')").await.unwrap().into_value().unwrap();
    visit(&page, &service, &link).await;
    let article = print(&page, &service.dir.path().join("article.pdf")).await;
    assert!(article.contains("http://127.0.0.1") && article.contains("关键词"), "{article}");
    for gone in ["更正行业和栏目", "查找", "加入本期", "退出", "今日草稿"] {
        assert!(!article.contains(gone), "{gone} is in {article}");
    }
    browser.close().await.unwrap();
}
