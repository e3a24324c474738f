//! 设置: what admins change of qingbao.toml in the browser.

use std::os::unix::fs::PermissionsExt as _;

use reqwest::StatusCode;

use super::browser::{enter, picture, shape, violations, visit};
use super::{Browser, Service, field};

const COMMENTED: &str =
    "# 收件人由办公室定\nweekly_review = [] # 暂不发\n[[publication.subscriber]]\naddress = \"协会 <xh@b.example>\" # 2026 年起\n";

fn file(service: &Service) -> String {
    std::fs::read_to_string(service.dir.path().join("qingbao.toml")).unwrap()
}

/// The fields of the form as the page has them, with these changed.
async fn filled(browser: &Browser, path: &str, changed: &[(&str, &str)]) -> Vec<(String, String)> {
    fields_of(&browser.page(path).await, changed)
}

/// The fields of the form on a page.
fn fields_of(page: &str, changed: &[(&str, &str)]) -> Vec<(String, String)> {
    let form = page.split("class=\"settings\">").nth(1).unwrap().split("</form>").next().unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for tag in form.split('<').filter(|t| t.contains("name=\"")) {
        let name = tag.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let value = if tag.starts_with("textarea") {
            tag.split_once(">\n").map_or("", |t| t.1)
        } else if tag.starts_with("select") {
            let options = form.split(&format!("<select name=\"{name}\">")).nth(1).unwrap().split("</select>").next().unwrap();
            options.split("<option value=\"").find(|o| o.contains(" selected")).map_or("", |o| o.split('"').next().unwrap())
        } else if tag.contains("type=\"checkbox\"") || tag.starts_with("button") {
            continue;
        } else {
            tag.split("value=\"").nth(1).map_or("", |v| v.split('"').next().unwrap())
        };
        let value = value.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#38;", "&");
        fields.push((name, value));
    }
    for (name, value) in changed {
        fields.retain(|(n, _)| n != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

async fn send(browser: &Browser, path: &str, fields: &[(String, String)]) -> reqwest::Response {
    let all: Vec<(&str, &str)> = fields.iter().filter(|(n, _)| n != "csrf").map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.post(path, &all).await
}

async fn saved(browser: &Browser, path: &str, changed: &[(&str, &str)]) -> String {
    let fields = filled(browser, path, &[changed, &[("do", "save")]].concat()).await;
    let answer = send(browser, path, &fields).await;
    let status = answer.status();
    assert_eq!(status, StatusCode::SEE_OTHER, "{path} {changed:?}: {}", answer.text().await.unwrap());
    browser.page(path).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_change_the_settings_and_the_service_takes_them_over() {
    let service = Service::start_publication("", COMMENTED, "");
    let (editor, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    let before = file(&service);
    assert!(!editor.page("/sources").await.contains("/settings\"") && admin.page("/sources").await.contains("/settings\""));
    for path in ["/settings", "/settings/mail", "/settings/text"] {
        assert_eq!(editor.get(path).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(editor.post("/settings/mail", &[("do", "save")]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(admin.get("/settings/nothing").await.status(), StatusCode::NOT_FOUND);

    // every group can be sent back as it is, and nothing changes
    let page = admin.page("/settings").await;
    let groups: Vec<&str> = page.split("/settings/").skip(1).map(|p| p.split('"').next().unwrap()).collect();
    for group in ["publication", "columns", "recipients", "calendar", "layout", "signing", "mail", "outlets", "alerts", "crawl", "console", "other"] {
        assert!(groups.contains(&group), "{group}: {groups:?}");
        let page = saved(&admin, &format!("/settings/{group}"), &[]).await;
        assert!(page.contains("没有改动") && file(&service) == before, "{group}: {}", file(&service));
    }

    // only what changed is written, and it holds at once
    let page = saved(&admin, "/settings/publication", &[("publication.0.name", "云鹭快报")]).await;
    assert!(page.contains("已保存，已经生效") && page.contains("管理员 ") && page.contains("撤销上一次"), "{page}");
    assert!(admin.page("/subscribers").await.contains("云鹭快报"));
    saved(&admin, "/settings/recipients", &[("publication.0.weekly_review", "a@b.example\nb@b.example")]).await;
    let text = file(&service);
    assert!(text.contains("# 收件人由办公室定\nweekly_review = [\"a@b.example\", \"b@b.example\"] # 暂不发\n"), "{text}");
    // a list: columns of one's own, in the order that was asked for
    let columns = [
        ("publication.0.columns.0.name", "行业动态"),
        ("publication.0.columns.0.quota", "8"),
        ("publication.0.columns.0.order", "2"),
        ("publication.0.columns.1.name", "金融要点"),
        ("publication.0.columns.1.order", "1"),
    ];
    saved(&admin, "/settings/columns", &columns).await;
    let text = file(&service);
    assert!(text.contains("columns = [\n    { name = \"金融要点\" },\n    { name = \"行业动态\", quota = 8 },\n]"), "{text}");
    saved(&admin, "/settings/recipients", &[("publication.0.subscriber.0.columns", "金融要点")]).await;
    assert!(file(&service).contains("address = \"协会 <xh@b.example>\" # 2026 年起\ncolumns = [\"金融要点\"]"), "{}", file(&service));
    saved(&admin, "/settings/recipients", &[("publication.0.subscriber.0.drop", "yes")]).await;
    assert!(!file(&service).contains("subscriber"));
    // what needs a restart says so
    let page = saved(&admin, "/settings/console", &[("console.session", "8h")]).await;
    assert!(page.contains("要重启服务才生效"), "{page}");
    let log = admin.page("/operation").await;
    assert!(log.contains("修改设置") && log.contains("收一周综述的人"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ready_sets_are_a_choice_and_a_column_that_stays_empty_is_told() {
    let service = Service::start_publication("", "columns = [{ name = \"行业动态\" }, { name = \"领导关注\" }]\n", "");
    let admin = service.sign_in("", "管理员").await;
    let page = admin.page("/settings/columns").await;
    assert!(page.contains("栏目“领导关注”没有词，文章不会自动归进来") && !page.contains("栏目“行业动态”没有词"), "{page}");
    assert!(!admin.page("/settings/mail").await.contains("id=\"unfilled\""));
    let page = saved(&admin, "/settings/publication", &[("region.industries", "national-strategic")]).await;
    assert!(page.contains("<option value=\"national-strategic\" selected>国家战略性新兴产业</option>"), "{page}");
    assert!(file(&service).contains("industries = \"national-strategic\""), "{}", file(&service));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_value_is_refused_with_its_reason_and_stays_in_the_form() {
    let service = Service::start_publication("", COMMENTED, "");
    let admin = service.sign_in("", "管理员").await;
    let before = file(&service);
    let wrong = [("publication.0.at", "25:00"), ("publication.0.holidays", "国庆"), ("publication.0.catch_up", "3h"), ("do", "save")];
    let answer = send(&admin, "/settings/calendar", &filled(&admin, "/settings/calendar", &wrong).await).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    let beside = |name: &str| page.split(&format!("name=\"{name}\"")).nth(1).unwrap().split("</label>").next().unwrap().to_owned();
    assert!(beside("publication.0.at").contains("value=\"25:00\"") && beside("publication.0.at").contains("不是时刻"), "{page}");
    assert!(beside("publication.0.holidays").contains("国庆</textarea>") && beside("publication.0.holidays").contains("不是日期"), "{page}");
    assert!(beside("publication.0.catch_up").contains("value=\"3h\"") && !beside("publication.0.catch_up").contains("mistake"), "{page}");
    assert!(page.contains("qingbao.toml 第 "), "line and column: {page}");
    assert_eq!(file(&service), before);
    // mended, the rest that was typed is saved with it
    let mended = fields_of(&page, &[("publication.0.at", "08:00"), ("publication.0.holidays", ""), ("do", "save")]);
    assert_eq!(send(&admin, "/settings/calendar", &mended).await.status(), StatusCode::SEE_OTHER);
    assert!(file(&service).contains("at = \"08:00\"") && file(&service).contains("catch_up = \"3h\""));

    // a row of a list
    let wrong = [("publication.0.columns.0.name", "行业动态"), ("publication.0.columns.0.quota", "五百"), ("do", "save")];
    let answer = send(&admin, "/settings/columns", &filled(&admin, "/settings/columns", &wrong).await).await;
    let page = answer.text().await.unwrap();
    assert!(page.contains("value=\"五百\"") && page.contains("quota 应当是整数"), "{page}");
    // columns that the sources still name
    let path = service.dir.path().join("sources.toml");
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace("enabled = false", "enabled = false\ncolumn = \"我们的栏\"")).unwrap();
    saved(&admin, "/settings/columns", &[("publication.0.columns.0.name", "我们的栏"), ("publication.0.columns.1.name", "行业动态")]).await;
    let answer =
        send(&admin, "/settings/columns", &filled(&admin, "/settings/columns", &[("publication.0.columns.0.name", "别的栏"), ("do", "save")]).await)
            .await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("sources.toml") && page.contains("我们的栏"), "{page}");

    // the whole file
    let now = file(&service);
    let broken = format!("{now}\n[fetch]\nat_onze = 3\n");
    let answer = send(&admin, "/settings/text", &filled(&admin, "/settings/text", &[("text", &broken), ("do", "text")]).await).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("没有“at_onze”这一项") && page.contains("at_onze = 3") && file(&service) == now, "{page}");
    let good = broken.replace("onze", "once");
    let answer = send(&admin, "/settings/text", &filled(&admin, "/settings/text", &[("text", &good), ("do", "text")]).await).await;
    assert!(answer.status() == StatusCode::SEE_OTHER && file(&service) == good);
    // a form that was cut short changes nothing
    let cut: Vec<_> = filled(&admin, "/settings/crawl", &[("fetch.tries", "9"), ("do", "save")]).await.into_iter().filter(|f| f.0 != "end").collect();
    assert_eq!(send(&admin, "/settings/crawl", &cut).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(file(&service), good);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_do_not_overwrite_each_other_and_a_change_is_undone() {
    let service = Service::start_publication("", COMMENTED, "");
    let (a, b) = (service.sign_in("", "管理员").await, service.sign_in("", "管理员").await);
    let before = file(&service);
    let of_b = filled(&b, "/settings/crawl", &[("fetch.tries", "9"), ("do", "save")]).await;
    saved(&a, "/settings/crawl", &[("fetch.at_once", "7")]).await;
    let answer = send(&b, "/settings/crawl", &of_b).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("刚被别人改过") && page.contains("name=\"fetch.tries\" value=\"9\"") && page.contains("name=\"fetch.at_once\" value=\"7\""),
        "{page}"
    );
    assert!(page.contains("现在文件里是：（没有写）") && !file(&service).contains("tries"), "{page}");
    // on the page that came back, saving changes what b changed, and nothing of a's
    let again = fields_of(&page, &[("do", "save")]);
    assert_eq!(send(&b, "/settings/crawl", &again).await.status(), StatusCode::SEE_OTHER);
    assert!(file(&service).contains("at_once = 7\ntries = 9\n"), "{}", file(&service));

    // one step back, and forth
    let seen = |page: &str| field(page, "seen");
    let now = file(&service);
    let undo = async |seen: String| a.post("/settings/crawl", &[("do", "undo"), ("seen", &seen)]).await;
    assert_eq!(undo(seen(&a.page("/settings/crawl").await)).await.status(), StatusCode::SEE_OTHER);
    assert!(file(&service).contains("at_once = 7\n") && !file(&service).contains("tries"));
    assert!(a.page("/settings/crawl").await.contains("已撤销上一次修改"));
    assert_eq!(undo(seen(&a.page("/settings/crawl").await)).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(file(&service), now);
    // changed by hand since: no undoing
    let stale = seen(&a.page("/settings/crawl").await);
    service.rewrite_settings(|s| format!("{s}# 手改\n"));
    assert_eq!(undo(stale).await.status(), StatusCode::CONFLICT);
    let page = a.page("/settings/crawl").await;
    assert!(!page.contains("撤销上一次"), "{page}");
    assert_eq!(undo(seen(&page)).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(file(&service).contains("# 手改") && file(&service).starts_with(before.lines().next().unwrap()));
    assert!(a.page("/operation").await.contains("撤销设置的修改"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_go_into_files_and_are_on_no_page() {
    let service = Service::start_publication("", COMMENTED, "");
    let admin = service.sign_in("", "管理员").await;
    let mail = [("mail.smtp.host", "smtp.b.example"), ("mail.smtp.user", "u@b.example"), ("new:mail.smtp.password_file", "授权码一二三")];
    let page = saved(&admin, "/settings/mail", &mail).await;
    assert!(page.contains("已有，不显示"), "{page}");
    let robot = [("outlet.0.name", "值班群"), ("outlet.0.kind", "wecom"), ("new:outlet.0.url_file", "https://robot.example/send?key=0123456789")];
    saved(&admin, "/settings/outlets", &robot).await;
    let folder = service.dir.path().join("credentials");
    for (name, secret) in [("mail_smtp_password", "授权码一二三"), ("outlet_url", "https://robot.example/send?key=0123456789")] {
        let path = folder.join(name);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), secret);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(file(&service).contains(&path.display().to_string()), "{}", file(&service));
    }
    for path in ["/settings/mail", "/settings/outlets", "/settings/text", "/operation", "/alerts"] {
        let page = admin.page(path).await;
        assert!(!page.contains("授权码一二三") && !page.contains("0123456789"), "{path}");
    }
    // refused settings leave no secret behind
    let wrong = [("mail.smtp.port", "99999"), ("new:mail.smtp.password_file", "另一个"), ("do", "save")];
    let answer = send(&admin, "/settings/mail", &filled(&admin, "/settings/mail", &wrong).await).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.text().await.unwrap().contains("另一个"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    // without a server, the account goes, and its table with it
    saved(&admin, "/settings/mail", &[("mail.smtp.host", ""), ("mail.smtp.user", ""), ("mail.smtp.password_file", "")]).await;
    assert!(!file(&service).contains("smtp"), "{}", file(&service));
    // an address with a password in it
    service.rewrite_settings(|s| format!("{s}[crawl]\nnats = \"nats://u:geheim@a.example:4222\"\n"));
    let page = admin.page("/settings/crawl").await;
    assert!(page.contains("…@a.example:4222") && !page.contains("geheim"), "{page}");
    assert!(!admin.page("/settings/text").await.contains("geheim"));
    saved(&admin, "/settings/crawl", &[("fetch.tries", "9")]).await;
    assert!(file(&service).contains("u:geheim@"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn every_group_fits_its_window_and_can_be_read_aloud() {
    let outlet = "[[outlet]]\nname = \"值班群\"\nkind = \"wecom\"\nurl_file = \"u\"\n";
    let service = Service::start_publication("", COMMENTED, outlet);
    let (mut browser, page) = enter(&service, "管理员").await;
    let axe = std::fs::read_to_string(std::env::var("AXE").unwrap()).unwrap();
    let mut found = Vec::new();
    for group in ["publication", "columns", "recipients", "calendar", "layout", "mail", "outlets", "console", "text"] {
        for width in [390, 1440] {
            shape(&page, width, 1000, "light").await;
            visit(&page, &service, &format!("/settings/{group}")).await;
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{group} at {width}: {wide} wide");
            picture(&page, &format!("settings-{group}-{width}")).await;
        }
        page.evaluate(axe.as_str()).await.unwrap();
        found.push(violations(&page).await);
    }
    browser.close().await.unwrap();
    found.retain(|f| !f.is_empty());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
