//! Old issues that were imported: editors read them, and change, sign and mail none.

use reqwest::StatusCode;

use super::browser::{enter, picture, shape, until, value, visit};
use super::{Service, run};

const OLD: &str = "许昌竞争情报快递\n2024年第3期（总第103期）\n2024年2月6日\n●行业动态\n甲县风电装备产业园建成投产\n来源：甲日报\n甲县风电装备产业园一期工程近来建成，园区已有企业九家。\n\
                   ●行业报告\n丙区植物生长灯通过验收\n丙区照明研究院研制的植物生长灯通过验收，首批产品用于育苗工厂。\n";

fn import(service: &Service) {
    std::fs::write(service.dir.path().join("old.txt"), OLD).unwrap();
    let told = run(service.dir.path(), &["learn", "import", "old.txt"], "");
    assert!(told.contains("imported as 许昌竞争情报快递 2024年第3期(总第103期) #2"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_issue_is_shown_beside_the_service_and_cannot_be_changed_signed_or_withdrawn() {
    let service = Service::start("");
    import(&service);
    let editor = service.sign_in("", "甲编辑").await;
    let page = editor.page("/draft/2").await;
    for shown in ["甲县风电装备产业园建成投产", "甲日报", "2024年第3期(总第103期)", "<h2>旧刊"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for button in ["value=\"finalise\"", "value=\"withdraw\"", "value=\"submit\"", "期号签发时定"] {
        assert!(!page.contains(button), "{button}: {page}");
    }
    let newest = editor.page("/draft/1").await;
    assert!(newest.contains("<optgroup label=\"旧刊\">") && newest.contains("2024-02-06 许昌竞争情报快递"), "{newest}");
    assert!(editor.get("/draft").await.headers()["location"].to_str().unwrap().ends_with("/draft/1"), "not the old issue");
    for action in ["withdraw", "finalise", "correct"] {
        let fields = [("do", action), ("version", "1"), ("wrong", "甲"), ("right", "乙"), ("about", "0")];
        let answer = editor.post("/draft/2/signing", &fields).await;
        let (code, text) = (answer.status(), answer.text().await.unwrap());
        assert!(code != StatusCode::SEE_OTHER && text.contains("导入的旧刊"), "{action}: {code} {text}");
    }
    let answer = editor.post("/draft/2", &[("do", "foreword"), ("foreword", "改"), ("version", "1")]).await;
    assert_ne!(answer.status(), StatusCode::SEE_OTHER);
    let document = editor.get("/draft/2/docx").await;
    assert_eq!(document.status(), StatusCode::OK);
    let admin = service.sign_in("", "管理员").await;
    assert!(admin.page("/operation").await.contains("导入旧刊"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn an_old_issue_can_be_read_on_a_phone() {
    let service = Service::start("");
    import(&service);
    let (mut browser, page) = enter(&service, "甲编辑").await;
    for (width, name) in [(1440, "wide"), (390, "phone")] {
        shape(&page, width, 900, "light").await;
        visit(&page, &service, "/draft/2").await;
        until(&page, "the old issue", "document.querySelector('#signing h2').innerText.includes('旧刊')").await;
        picture(&page, &format!("old-issue-{name}")).await;
        page.evaluate("document.getElementById('signing').scrollIntoView()").await.unwrap();
        picture(&page, &format!("old-issue-{name}-end")).await;
        assert_eq!(value(&page, "String(document.documentElement.scrollWidth <= window.innerWidth)").await, "true", "{name}");
    }
    browser.close().await.unwrap();
}
