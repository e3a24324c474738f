//! `qingbao setup`: a new institute, by questions on the terminal or by a file of answers.

mod ask;
mod questions;

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::Utc;

use crate::cli::add_source::{self, AddArgs};
use crate::cli::output::outln;
use crate::cli::phrases::Language;
use crate::cli::serve::CrawlArgs;
use crate::cli::{CommandContext, once};
use crate::config::settings::unfilled_column;
use crate::config::{Settings, edit_sources};
use crate::mail::try_login;
use crate::setup::{SetupAnswers, SetupFiles, SetupPlan};
use crate::store::{Role, Store};
use crate::web::{check_password, fresh_password, hash_password};

/// The actor in the audit log.
const WHO: &str = "初始设置";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Read the answers from a TOML file instead of asking (keys: docs/admin.md)
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
}

pub(super) async fn run(args: &Args, context: CommandContext) -> anyhow::Result<()> {
    let files = SetupFiles::new(context.config.as_deref(), &context.sources, &context.data)?;
    files.refuse_existing(true)?;
    let (answers, passwords) = match &args.answers {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} 读不了", path.display()))?;
            (SetupAnswers::parse(&text).with_context(|| format!("{} 不是答案文件", path.display()))?, Passwords::default())
        }
        None => questions::ask_all(&files)?,
    };
    let plan = SetupPlan::new(&answers, &files.folder).map_err(|wrong| {
        let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("答案有误，什么也没有写：\n{}", lines.join("\n"))
    })?;
    let admin_password = match &answers.admin_password_file {
        Some(path) => Some(std::fs::read_to_string(path).with_context(|| format!("{path} 读不了"))?.trim().to_owned()),
        None => passwords.admin.clone(),
    };
    if let Some(password) = &admin_password {
        check_password(&plan.admin, password).map_err(|e| anyhow::anyhow!("管理员的密码：{}", e.chinese()))?;
    }
    let made_password = admin_password.is_none().then(fresh_password).transpose()?;
    files.write(&plan, passwords.smtp.as_deref())?;
    let context = CommandContext { settings: Settings::load(Some(&files.settings))?, config: Some(files.settings.clone()), ..context };
    add_admin(&context, &plan.admin, admin_password.as_deref().or(made_password.as_deref()).unwrap_or_default())?;
    outln!("写好了 {}", files.settings.display())?;
    for (_, column) in context.settings.unfilled_columns(&context.taxonomy()?) {
        outln!("{}", unfilled_column(column))?;
    }
    let refused = try_mail(&context).await?;
    add_sources(&answers, &context).await?;
    match () {
        () if !files.sources.exists() => outln!("还没有来源：请在控制台的来源页加，或用 qingbao sources add 网址")?,
        () if answers.first_draft.unwrap_or(true) => first_draft(context).await?,
        () => {}
    }
    outln!("\n开始运行：qingbao serve，然后用浏览器打开 http://127.0.0.1:8320 ，以 {} 登录。", plan.admin)?;
    if let Some(password) = made_password {
        outln!("管理员 {} 的密码（只显示这一次）：{password}", plan.admin)?;
    }
    match refused {
        Some(host) => anyhow::bail!("其余都已写好，但邮件服务器 {host} 登录没有成功（原因见上），草稿寄不出去"),
        None => Ok(()),
    }
}

/// Crawls once and mails a draft. Sources that cannot be reached are named, and are no failure of the setup.
async fn first_draft(context: CommandContext) -> anyhow::Result<()> {
    outln!("抓取一遍来源，生成第一份草稿……")?;
    match Box::pin(once::run_in(Language::Chinese, &CrawlArgs::default(), context)).await {
        Ok(()) => Ok(()),
        Err(e) => outln!("第一份草稿没有完成：{e:#}"),
    }
}

/// Passwords typed at the terminal.
#[derive(Debug, Default)]
struct Passwords {
    smtp: Option<String>,
    admin: Option<String>,
}

fn add_admin(context: &CommandContext, name: &str, password: &str) -> anyhow::Result<()> {
    let store = Store::open(&context.data)?;
    let added = store.add_account(name, Role::Admin, &hash_password(password)?, WHO, Utc::now())?;
    anyhow::ensure!(added, "已有同样字母的账号，见 `qingbao user list`");
    Ok(())
}

/// Connects to the mail server, logs in and prints the result. Returns the server if it refused; mail then stays queued.
async fn try_mail(context: &CommandContext) -> anyhow::Result<Option<String>> {
    let mail = &context.settings.mail;
    let Some(smtp) = &mail.smtp else {
        outln!("没有设邮件服务器：信件写成 .eml 文件，在 {}", context.data.join("outbox").display())?;
        return Ok(None);
    };
    match try_login(mail, None).await {
        Ok(()) => {
            outln!("邮件服务器 {} 接受了登录", smtp.host)?;
            Ok(None)
        }
        Err(why) => {
            outln!("邮件服务器 {} 登录没有成功：{why}", smtp.host)?;
            outln!("  请改 qingbao.toml 的 [mail.smtp] 和密码文件，再用 qingbao doctor 试；在这之前信件会等着，不会丢。")?;
            Ok(Some(smtp.host.clone()))
        }
    }
}

/// Tries each further address, and adds those that bring entries.
async fn add_sources(answers: &SetupAnswers, context: &CommandContext) -> anyhow::Result<()> {
    for (url, allow_private) in answers.sources.iter().map(crate::setup::SourceAnswer::parts) {
        let found = add_source::find(&AddArgs::quietly(url, allow_private), context).await;
        let added = match found {
            Ok(found) => {
                let entries = found.preview.found.entries.len();
                let words = format!("来源 {}：{entries} 条", found.new.name);
                edit_sources::add(&context.sources, &[found.new], &context.vocabulary()?).map(|()| words).map_err(|e| e.chinese())
            }
            Err(e) => Err(format!("{e:#}")),
        };
        match added {
            Ok(words) => outln!("{words}")?,
            Err(why) => outln!("没有加入 {url}：{why}；以后可以用 qingbao sources add 再试")?,
        }
    }
    Ok(())
}
