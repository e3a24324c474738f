//! What `demo`, `once` and `setup` print, in the language of the terminal.

use std::fmt::Display;

use crate::config::LocalizedMessage;

/// The language of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    pub(super) fn of_terminal() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Returns a message in this language.
    pub(super) fn of(self, message: &LocalizedMessage) -> &String {
        match self {
            Self::English => &message.english,
            Self::Chinese => &message.chinese,
        }
    }

    /// The first variable that is set decides, as POSIX says.
    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(get).find(|value| !value.is_empty());
        if locale.is_some_and(|value| value.starts_with("zh")) { Self::Chinese } else { Self::English }
    }
}

/// A line of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrase {
    Sources,
    FailedSource,
    DeliberateFailure,
    Entries,
    Articles,
    LostPage,
    WaitingHost,
    Stories,
    Issue,
    Column,
    MailSent,
    MailDeferred,
    MailFailed,
    Time,
    MailedBefore,
    DemoDraft,
    DemoNext,
    DemoServe,
    DemoPreparing,
    DemoConsole,
    DemoAccounts,
    DemoAccount,
    DemoSteps,
    DemoEnd,
    UnfinishedPages,
    SourcesAndPages,
    Judging,
    NoSources,
    EverySourceFailed,
    LettersGivenUp,
}

impl Phrase {
    /// English and Chinese; a value goes where `{}` is.
    const fn both(self) -> (&'static str, &'static str) {
        match self {
            Self::NoSources => {
                ("{} has no source; add one with `qingbao sources add ADDRESS`", "{} 里没有来源；用 `qingbao sources add 网址` 加一个")
            }
            Self::EverySourceFailed => ("every source failed; is the network down?", "所有来源都失败了，是不是网络断了？"),
            Self::LettersGivenUp => ("{} letters were given up: {}; `qingbao outbox list`", "放弃了 {} 封信：{}；见 `qingbao outbox list`"),
            Self::Sources => ("sources    {} ok ({} unchanged), {} failed", "来源       {} 个正常（{} 个没有变化），{} 个失败"),
            Self::FailedSource => ("  failed   {}: {}", "  失败     {}：{}"),
            Self::DeliberateFailure => (
                "  failed   {}: {} (deliberate: this sample site shows what a failure looks like)",
                "  失败     {}：{}（这是有意安排的：示例里总有一个网站出错，好看到出错时的样子）",
            ),
            Self::Entries => ("entries    {} new", "条目       新 {} 条"),
            Self::Articles => ("articles   {} new, {} known already, {} lost", "文章       新 {} 篇，已有 {} 篇，没取到 {} 篇"),
            Self::LostPage => ("  lost     {}: {}", "  没取到   {}：{}"),
            Self::WaitingHost => ("  waiting  {} until {}, {} held back: {}", "  等待     {} 到 {}，推迟 {} 篇：{}"),
            Self::Stories => ("stories    {} candidates, {} copies merged", "选稿       候选 {} 条，合并转载 {} 篇"),
            Self::Issue => ("issue      {}, {} items", "本期       {}，{} 条"),
            Self::Column => ("  {}  {}", "  {}  {}"),
            Self::MailSent => ("mail       sent: {}", "邮件       已发：{}"),
            Self::MailDeferred => ("mail       to {} stays queued and is tried again: {}", "邮件       给 {} 的还在排队，稍后再试：{}"),
            Self::MailFailed => ("mail       to {} given up: {}", "邮件       给 {} 的没有发成，不再试：{}"),
            Self::Time => ("time       {} s", "用时       {} 秒"),
            Self::MailedBefore => (
                "Today's issue was mailed before and stays as it is; what is new waits for the next one.",
                "今天这一期已经发过，不再改动；新到的内容留给下一期。",
            ),
            Self::DemoDraft => (
                "draft      in {}: open the .html in a browser, the .docx in Word or WPS, the .eml in a mail program",
                "草稿       在 {}：.html 用浏览器打开，.docx 用 Word 或 WPS，.eml 用邮件程序",
            ),
            Self::DemoNext => ("next       qingbao articles search 发制品 --data {}", "下一步     qingbao articles search 发制品 --data {}"),
            Self::DemoServe => ("console    qingbao demo --serve", "控制台     qingbao demo --serve"),
            Self::DemoPreparing => (
                "A demo: three days of a sample news world are crawled, and two issues made final. This takes a few seconds.",
                "这是演示：抓取示例网站三天的新闻，并把前两期定稿，要几秒钟。",
            ),
            Self::DemoConsole => ("console    http://{}/", "控制台     http://{}/"),
            Self::DemoAccounts => ("accounts   made afresh each time, with new passwords", "账号       每次新建，密码也是新的"),
            Self::DemoAccount => ("  {}   password {}", "  {}   密码 {}"),
            Self::DemoSteps => (
                "next       open the address in a browser, sign in as the editor, look through 今日草稿, press 定稿, then 下载 Word",
                "下一步     用浏览器打开上面的地址，以编辑登录，看看“今日草稿”，按“定稿”，再下载 Word",
            ),
            Self::DemoEnd => (
                "This is a demo: no mail leaves this computer, letters become .eml files in {}. Ctrl+C ends it.",
                "这是演示：邮件不会发出本机，只写成 .eml 文件，在 {}。按 Ctrl+C 结束。",
            ),
            Self::UnfinishedPages => ("unfinished pages", "上次没取完的页面"),
            Self::SourcesAndPages => ("sources and pages", "来源和页面"),
            Self::Judging => ("judging", "归类"),
        }
    }

    /// Returns the line with its values.
    pub(super) fn line(self, language: Language, values: &[&dyn Display]) -> String {
        let (english, chinese) = self.both();
        let mut parts = match language {
            Language::English => english,
            Language::Chinese => chinese,
        }
        .split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for (part, value) in parts.zip(values) {
            out.push_str(&value.to_string());
            out.push_str(part);
        }
        out
    }
}

/// Returns the name of a stage of a crawl.
pub(super) fn stage_name(language: Language, stage: &'static str) -> &'static str {
    let known = [Phrase::UnfinishedPages, Phrase::SourcesAndPages, Phrase::Judging];
    let found = known.into_iter().map(Phrase::both).find(|(english, _)| *english == stage);
    match (language, found) {
        (Language::Chinese, Some((_, chinese))) => chinese,
        _ => stage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides_the_language() {
        let of = |set: &[(&str, &str)]| Language::from_variables(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()));
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_CN"), ("LANG", "en_US")]), Language::Chinese);
        assert_eq!(of(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]), Language::English);
    }

    #[test]
    fn values_stand_where_the_line_wants_them() {
        let line = |language| Phrase::Sources.line(language, &[&9, &"two", &1]);
        assert_eq!(line(Language::English), "sources    9 ok (two unchanged), 1 failed");
        assert_eq!(line(Language::Chinese), "来源       9 个正常（two 个没有变化），1 个失败");
        assert_eq!(Phrase::FailedSource.line(Language::English, &[&"a", &"{} in a reason"]), "  failed   a: {} in a reason");
    }

    #[test]
    fn stages_have_a_chinese_name() {
        assert_eq!((stage_name(Language::Chinese, "judging"), stage_name(Language::English, "judging")), ("归类", "judging"));
        assert_eq!(stage_name(Language::Chinese, "another"), "another");
    }
}
