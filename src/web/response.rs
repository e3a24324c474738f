//! Responses, and the frame of every page.

use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::Utc;

use crate::store::{Role, Session, StoreError};
use crate::web::Console;

/// How long before its session ends a page warns, at most.
const MAX_WARNING: Duration = Duration::from_mins(10);

/// Data of the frame of every page.
pub(super) struct Layout {
    pub(super) base: String,
    pub(super) title: &'static str,
    pub(super) user: String,
    pub(super) role: &'static str,
    pub(super) admin: bool,
    pub(super) demo: bool,
    pub(super) csrf: String,
    /// Seconds until the session ends, and how long before that to warn.
    pub(super) session: (i64, u64),
    /// Alarms that need a person.
    pub(super) alarms: Vec<String>,
    /// The publications to choose from, and whether each is shown; empty if there is one only.
    pub(super) publications: Vec<(String, bool)>,
}

impl Layout {
    /// Returns the frame of a page whose publication is not the one that the account chose.
    pub(super) fn of_publication(mut self, name: &str) -> Self {
        self.publications.iter_mut().for_each(|(other, is_shown)| *is_shown = other == name);
        self
    }

    pub(super) fn new(console: &Console, session: &Session, title: &'static str) -> Self {
        let names = console.publications_of(&session.scope);
        let shown = session.shown_publication.as_ref().filter(|p| names.contains(p)).or(names.first()).cloned();
        let publications = if names.len() > 1 { names } else { Vec::new() };
        Self {
            publications: publications
                .into_iter()
                .map(|name| (shown.as_ref() == Some(&name), name))
                .map(|(is_shown, name)| (name, is_shown))
                .collect(),
            base: console.settings.base_path.clone(),
            title,
            user: session.name.clone(),
            role: role(session.role),
            admin: session.role == Role::Admin,
            demo: console.settings.is_demo,
            csrf: session.csrf.clone(),
            session: ((session.expires - Utc::now()).num_seconds(), MAX_WARNING.min(console.settings.session / 4).as_secs()),
            alarms: console.pipeline().health().alarms().into_values().collect(),
        }
    }
}

/// Returns a role in Chinese.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Editor => "编辑",
        Role::Admin => "管理员",
    }
}

/// Renders a page, or an error page.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(e) => broken(&e),
    }
}

/// Returns the result of a visit in Chinese; its code if it is unknown.
pub(super) fn outcome(code: &str) -> &str {
    const WORDS: [(&str, &str); 42] = [
        ("ok", "成功"),
        ("not-modified", "没有变化"),
        ("dns-nxdomain", "域名不存在"),
        ("dns-timeout", "域名暂时无法解析"),
        ("connect", "连接不上网站"),
        ("certificate", "网站证书不可信"),
        ("tls", "网站加密方式过旧或有误"),
        ("timeout", "应答太慢"),
        ("idle", "网站没有数据传来"),
        ("forbidden", "网站拒绝访问"),
        ("not-found", "网页不存在（404）"),
        ("gone", "网页已永久删除（410）"),
        ("status", "网站出错"),
        ("busy", "网站繁忙，要求稍后再来"),
        ("bad-answer", "网站应答不合规范"),
        ("too-large", "内容太大"),
        ("bomb", "压缩内容异常膨胀"),
        ("incomplete-body", "内容没有传完"),
        ("coding", "压缩内容无法解开"),
        ("empty", "内容是空的"),
        ("not-text", "不是文字内容"),
        ("redirect-loop", "网址来回跳转"),
        ("bad-redirect", "跳转到了无法使用的地址"),
        ("private-address", "指向内网地址，未予访问"),
        ("port", "端口不允许访问"),
        ("unasked-304", "网站应答有误（304）"),
        ("robots", "robots.txt 不允许抓取"),
        ("robots-unreachable", "robots.txt 不可达"),
        ("browser", "浏览器渲染失败"),
        ("setting", "来源设置有误"),
        ("captcha", "网站要求输入验证码"),
        ("login", "网站要求登录"),
        ("needs-script", "网站只让运行脚本的浏览器打开"),
        ("firewall", "网站的防火墙拒绝访问"),
        ("wrong-kind", "内容类型不对"),
        ("broken", "内容损坏，无法读取"),
        ("crashed", "使解析程序异常退出，已跳过"),
        ("odd-page", "页面和以前大不一样"),
        ("empty-page", "页面没有文字"),
        ("nothing-selected", "没有找到要监测的部分，版式可能已变"),
        ("cut-short", "页面没有传完"),
        ("no-entries", "没有找到任何条目，版式可能已变"),
    ];
    WORDS.iter().find(|w| w.0 == code).map_or(code, |w| w.1)
}

/// Logs an internal error and returns a page without details.
pub(super) fn broken(e: &dyn std::error::Error) -> Response {
    tracing::error!("console: {e}");
    (StatusCode::INTERNAL_SERVER_ERROR, "系统出错，请稍后再试；详细原因在运行日志里").into_response()
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: Layout,
    words: &'a str,
}

/// Returns a refusal with these words.
pub(super) fn refused(console: &Console, session: &Session, code: StatusCode, words: &str) -> Response {
    (code, page(&Message { frame: Layout::new(console, session, "提示"), words })).into_response()
}

/// Returns the result of a store call, or an error page.
pub(super) fn stored<T>(result: Result<T, StoreError>) -> Result<T, Response> {
    result.map_err(|e| broken(&e))
}
