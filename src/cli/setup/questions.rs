//! The questions, in their order.

use crate::cli::output::outln;
use crate::cli::setup::Passwords;
use crate::cli::setup::ask::{ask, ask_password, confirm};
use crate::config::Region;
use crate::config::region::find_city;
use crate::config::taxonomy::sets;
use crate::setup::{
    DEFAULT_COLUMNS, MailAnswers, Question, SetupAnswers, SetupFiles, SetupPlan, SourceAnswer, mail_port, own_industries, split_list,
};
use crate::web::{WeakPassword, check_password};

/// Asks everything. Every answer is checked before the next question.
pub(super) fn ask_all(files: &SetupFiles) -> anyhow::Result<(SetupAnswers, Passwords)> {
    let (mut a, mut passwords) = (SetupAnswers::default(), Passwords::default());
    outln!("\n【单位和刊物】方括号里是默认值，直接回车就用它；随时可以按 Ctrl+C 停下，答完之前不写任何文件。")?;
    a.organiser = ask("主办单位", None, |s| checked(Question::Organiser, s, |a, s| s.clone_into(&mut a.organiser)))?;
    let city = ask("所在的市、县或省", None, |s| {
        let (city, province) = s.split_once([' ', '，']).map_or((s, None), |(province, city)| (city, Some(province)));
        find_city(city, province).map_err(|e| e.chinese() + "；同名的可以写“江苏省 鼓楼区”这样")
    })?;
    let region = Region::of(city, "");
    let usual = SetupPlan::usual_publication(&region);
    (a.city, a.province) = (region.city, Some(region.province));
    a.publication = ask("刊物名称", Some(&usual), |s| checked(Question::Publication, s, |a, s| s.clone_into(&mut a.publication)))?;
    ask_industries(&mut a)?;
    let columns = DEFAULT_COLUMNS.map(|c| c.0).join("、");
    a.columns = ask("栏目，用顿号分开", Some(&columns), |s| {
        let list = split_list(s);
        checked(Question::Columns, s, |a, s| a.columns = split_list(s)).map(|_| list)
    })?;
    a.at = ask("每个工作日几点寄出草稿", Some("07:30"), |s| checked(Question::At, s, |a, s| s.clone_into(&mut a.at)))?;
    outln!("\n【邮件】")?;
    a.recipients = ask("收草稿的邮箱，用逗号分开", None, |s| {
        let list = split_list(s);
        checked(Question::Recipients, s, |a, s| a.recipients = split_list(s)).map(|_| list)
    })?;
    ask_mail(files, &mut a, &mut passwords)?;
    outln!("\n【管理员】")?;
    a.admin = ask("管理员账号", Some("admin"), |s| checked(Question::Admin, s, |a, s| s.clone_into(&mut a.admin)))?;
    let admin = a.admin.clone();
    let password = ask_password("管理员密码（回车则自动生成一个）", |s| {
        if s.is_empty() { Ok(()) } else { check_password(&admin, s).map_err(WeakPassword::chinese) }
    })?;
    passwords.admin = Some(password).filter(|p| !p.is_empty());
    outln!("\n【来源】")?;
    a.starter_sources = Some(confirm("先用随软件提供的来源（全国的，加上本省本市的）", true)?);
    a.sources = ask("另外的网址，用逗号分开（可以不写）", Some(""), |s| {
        let list = || split_list(s).into_iter().map(SourceAnswer::Address).collect::<Vec<_>>();
        checked(Question::Sources, s, |a, _| a.sources = list()).map(|_| list())
    })?;
    a.first_draft = Some(confirm("写好之后马上抓取一遍，寄出第一份草稿", true)?);
    Ok((a, passwords))
}

fn ask_industries(a: &mut SetupAnswers) -> anyhow::Result<()> {
    let sets = sets::sets()?;
    outln!("\n【产业目录】")?;
    for (n, set) in sets.iter().enumerate() {
        outln!("\n{}", format_args!("  {}  {}：{}\n     {}", n + 1, set.name, set.industries.join("、"), set.source))?;
    }
    let number = ask("用哪一套（写号码；0 是都不用，自己写）", Some("1"), |s| {
        s.parse::<usize>().ok().filter(|n| *n <= sets.len()).ok_or_else(|| format!("请写 0 到 {} 的号码", sets.len()))
    })?;
    a.industries = number.checked_sub(1).and_then(|n| sets.get(n)).map(|s| s.id.clone()).unwrap_or_default();
    let needed = a.industries.is_empty();
    let question = "本地另外的产业，写成“轴承：轴承 滚子 轴承钢”，多个用分号分开（可以不写）";
    a.own_industries = ask(question, Some(""), |s| match own_industries(s) {
        Ok(list) if list.is_empty() && needed => Err("没有选现成的目录，请至少写一个产业".to_owned()),
        other => other,
    })?;
    Ok(())
}

fn ask_mail(files: &SetupFiles, a: &mut SetupAnswers, passwords: &mut Passwords) -> anyhow::Result<()> {
    let host = ask("发信服务器，例如 smtp.exmail.qq.com（回车则先写成文件）", Some(""), |s| {
        let mail = MailAnswers { from: "a@b.cn".to_owned(), host: s.to_owned(), ..MailAnswers::default() };
        checked(Question::Mail, s, |a, _| a.mail = Some(mail.clone()))
    })?;
    if host.is_empty() {
        return Ok(());
    }
    let from = ask("发信的邮箱", None, |s| {
        let mail = MailAnswers { from: s.to_owned(), ..MailAnswers::default() };
        checked(Question::Mail, s, |a, _| a.mail = Some(mail.clone()))
    })?;
    let tls = ask("加密方式：implicit（465 端口）、starttls（587）或 none（25，只在内网）", Some("implicit"), |s| {
        let is_known = ["implicit", "starttls", "none"].contains(&s);
        if is_known { Ok(s.to_owned()) } else { Err("请写 implicit、starttls 或 none".to_owned()) }
    })?;
    let port = ask("端口（回车用这种加密的默认端口）", Some(""), mail_port)?;
    let address = crate::model::MailAddress::parse(&from).map(|m| m.bare()).unwrap_or_default();
    let user = ask("登录名（写“无”则不登录）", Some(&address), |s| Ok(Some(s.to_owned()).filter(|s| s != "无")))?;
    if user.is_some() {
        let password = ask_password("邮箱的密码或授权码", |s| if s.is_empty() { Err("请写密码".to_owned()) } else { Ok(()) })?;
        passwords.smtp = Some(password);
    }
    let password_file = user.as_ref().map(|_| files.smtp_password.display().to_string());
    a.mail = Some(MailAnswers { from, host, port, tls, user, password_file });
    Ok(())
}

/// Checks one answer by the check of its question, and returns it.
fn checked(question: Question, text: &str, put: impl Fn(&mut SetupAnswers, &str)) -> Result<String, String> {
    let mut answers = SetupAnswers::default();
    put(&mut answers, text);
    answers.check(question).map(|()| text.to_owned()).map_err(|e| e.chinese)
}
