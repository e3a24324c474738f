//! Accounts: one's own password, what admins do, and sessions that last as long as somebody works.

use std::time::Duration;

use chromiumoxide::page::Page;
use reqwest::StatusCode;

use super::browser::{enter, picture, shape, until, value, visit};
use super::{PASSWORD, Service, field};

/// Presses a button of the row of an account.
async fn press(page: &Page, name: &str, button: &str) {
    let script = format!("document.querySelector('tr[data-account=\"{name}\"] button[value={button}]').click()");
    page.evaluate(script).await.unwrap();
}

async fn said(page: &Page, words: &str) {
    until(page, words, &format!("document.querySelector('main').innerText.includes('{words}')")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn passwords_are_changed_and_reset_and_accounts_disabled_and_removed() {
    let service = Service::start("");
    let (mut own, mine) = enter(&service, "甲编辑").await;
    let elsewhere = service.sign_in("", "甲编辑").await;

    // one's own password
    let fill = async |old: &str, new: &str| {
        visit(&mine, &service, "/account").await;
        let script = format!(
            "for (const [name, text] of [['old', '{old}'], ['new', '{new}'], ['again', '{new}']]) document.querySelector(`[name=${{name}}]`).value = text; document.querySelector('main form button').click()"
        );
        mine.evaluate(script).await.unwrap();
    };
    fill("not the password", "another password").await;
    said(&mine, "原密码不对").await;
    for (weak, why) in [("1234567890", "连续的数字"), ("password123", "最常见的密码"), ("甲编辑甲编辑甲编辑2026", "账号名")] {
        fill(PASSWORD, weak).await;
        said(&mine, why).await;
    }
    assert_eq!(service.login("", "甲编辑", PASSWORD).await.status(), StatusCode::SEE_OTHER, "it stays");
    let told = super::run(service.dir.path(), &["user", "add", "丁编辑", "--password-file", "-"], "qwertyuiop");
    assert!(told.contains("a run of figures, letters or keys") && told.contains("密码太弱"), "{told}");
    fill(PASSWORD, "another password").await;
    said(&mine, "密码已修改").await;
    shape(&mine, 1200, 900, "light").await;
    picture(&mine, "account").await;
    visit(&mine, &service, "/articles").await;
    assert_eq!(elsewhere.get("/articles").await.status(), StatusCode::SEE_OTHER, "other sessions of the account end");
    assert_eq!(service.login("", "甲编辑", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(service.login("", "甲编辑", "another password").await.status(), StatusCode::SEE_OTHER);
    own.close().await.unwrap();

    // reset by an admin: the role stays, the password is shown once
    let (mut admin, page) = enter(&service, "管理员").await;
    visit(&page, &service, "/accounts").await;
    press(&page, "甲编辑", "reset").await;
    said(&page, "只显示这一次").await;
    let fresh = value(&page, "document.getElementById('fresh').textContent").await;
    picture(&page, "accounts").await;
    assert_eq!(service.login("", "甲编辑", "another password").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(service.login("", "甲编辑", &fresh).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(value(&page, "location.pathname + location.search").await, "/accounts");
    page.reload().await.unwrap();
    until(&page, "shown once", "document.readyState === 'complete' && !document.getElementById('fresh') && !!document.querySelector('main table')")
        .await;
    assert_eq!(service.login("", "甲编辑", &fresh).await.status(), StatusCode::SEE_OTHER, "no reload resets it again");
    press(&page, "管理员", "reset").await;
    said(&page, "只显示这一次").await;
    let own = value(&page, "document.getElementById('fresh').textContent").await;
    let answer = service.login("", "管理员", &own).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let mut root = super::Browser { base: service.base.clone(), cookie, csrf: String::new() };
    root.csrf = field(&root.page("/accounts").await, "csrf");
    admin.close().await.unwrap();

    // added, another role, disabled, enabled, removed
    let change = async |fields: &[(&str, &str)]| root.post("/accounts", fields).await.status().as_u16();
    assert_eq!(change(&[("do", "add"), ("name", "丙编辑"), ("role", "editor")]).await, 303);
    assert!(root.page("/accounts").await.contains("丙编辑 的密码") && !root.page("/accounts").await.contains("的密码"), "shown once");
    assert_eq!(change(&[("do", "add"), ("name", "丙编辑"), ("role", "admin")]).await, 409, "an account is not taken over");
    assert_eq!(change(&[("do", "disable"), ("name", "乙编辑")]).await, 303);
    assert_eq!(service.login("", "乙编辑", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(change(&[("do", "enable"), ("name", "乙编辑")]).await, 303);
    let editor = service.sign_in("", "乙编辑").await;
    assert_eq!(change(&[("do", "explode"), ("name", "乙编辑")]).await, 422, "an unknown action");
    assert_eq!(change(&[("do", "remove"), ("name", "乙编辑")]).await, 400, "not without the tick");
    assert_eq!(change(&[("do", "remove"), ("name", "乙编辑"), ("sure", "yes")]).await, 303);
    assert_eq!(editor.get("/draft").await.status(), StatusCode::SEE_OTHER, "its session ended");
    // somebody must be left who may do everything
    for action in [&[("do", "role"), ("role", "editor")][..], &[("do", "disable")], &[("do", "remove"), ("sure", "yes")]] {
        assert_eq!(change(&[action, &[("name", "管理员")]].concat()).await, 409, "{action:?}");
    }
    assert_eq!(change(&[("do", "role"), ("name", "丙编辑"), ("role", "admin")]).await, 303);
    assert_eq!(change(&[("do", "role"), ("name", "管理员"), ("role", "editor")]).await, 303);
    assert_eq!(root.get("/accounts").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_session_ends_with_a_warning_and_lasts_while_somebody_works() {
    let service = Service::start_with("", "session = \"20s\"\n");
    let (mut browser, page) = enter(&service, "甲编辑").await;
    visit(&page, &service, "/articles").await;
    // who works stays signed in past the twenty seconds
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(26) {
        tokio::time::sleep(Duration::from_secs(6)).await;
        visit(&page, &service, "/overview").await;
        assert_eq!(value(&page, "document.querySelector('h1').textContent.trim().slice(0, 2)").await, "概览");
    }
    // who does nothing is told, and may go on
    for _ in 0..60 {
        if value(&page, "document.querySelector('.session')?.textContent ?? ''").await.contains("后结束") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    picture(&page, "session-ends").await;
    page.evaluate("document.querySelector('.session button').click()").await.unwrap();
    until(&page, "the warning goes", "!document.querySelector('.session')").await;
    let left = value(&page, "(async () => String((await (await fetch('/session')).json()).seconds))()").await;
    assert!(left.parse::<u32>().unwrap() > 15, "{left}");
    browser.close().await.unwrap();
}
