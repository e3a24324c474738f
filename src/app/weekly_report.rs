//! The weekly report to operators: failing sources, undelivered mail, disk space, age of the backup. It comes even if all is
//! well, so that a missing report is itself a sign.

use chrono::{Datelike as _, NaiveTime, TimeDelta, Utc};

use crate::mail;
use crate::model::{NotificationText, Paragraph};
use crate::pipeline::ConfigHandle;
use crate::pipeline::Result;
use crate::render;
use crate::store::{BACKUP_MAX_AGE, Role, Store, StoreError};

/// On Mondays.
const SEND_HOUR: u32 = 9;
/// Key of the last report's week.
const LAST_REPORT_KEY: &str = "weekly";
/// Key of the last year whose make-up days were asked for.
const LAST_YEAR_KEY: &str = "calendar-asked";

/// Queues this week's report, once; not before Monday morning.
pub(super) async fn report_if_due(live: &ConfigHandle) -> Result<()> {
    let pipeline = live.pipeline();
    let (settings, now) = (pipeline.settings().clone(), Utc::now());
    if settings.mail.operators.is_empty() {
        return Ok(());
    }
    let calendar = &settings.publication.calendar;
    let local = now.with_timezone(&calendar.zone);
    let week = format!("{}-W{:02}", local.iso_week().year(), local.iso_week().week());
    let monday = local.date_naive() - TimeDelta::days(i64::from(local.weekday().num_days_from_monday()));
    if calendar.moment(monday, NaiveTime::from_hms_opt(SEND_HOUR, 0, 0).unwrap_or_default()).is_none_or(|at| now < at) {
        return Ok(());
    }
    let (wanted, known) = (week.clone(), live.sources().enabled().count());
    let alarms: Vec<String> = pipeline.health().alarms().into_values().collect();
    let lacking = calendar.lacks_year(now).map(|year| year.to_string());
    let asked = lacking.clone();
    let text = pipeline.store().run(move |s| {
        let last = s.kv(LAST_REPORT_KEY)?;
        match last {
            // at the first start there is no week to report on
            None => s.put_kv(LAST_REPORT_KEY, &wanted).map(|()| None),
            Some(last) if last == wanted => Ok(None),
            Some(_) => {
                let told = s.kv(LAST_YEAR_KEY)?;
                let calendar = asked.filter(|year| told.as_ref() != Some(year)).map(|year| {
                    format!(
                        "日历里还没有 {year} 年的调休：国务院公布后请写进日历文件（qingbao.toml 的 calendar），否则补班的日子不出刊，放假的日子照出"
                    )
                });
                write(s, known, &alarms.into_iter().chain(calendar).collect::<Vec<_>>(), now).map(Some)
            }
        }
    });
    let Some(text) = text.await? else { return Ok(()) };
    let title = format!("【情报快递】运行周报 {week}");
    let text = NotificationText { title, paragraphs: text.lines().map(Paragraph::plain).collect(), url: None };
    pipeline
        .store()
        .run(move |s| {
            s.raise_report(&format!("weekly {week}"), &text, now)?;
            lacking.map_or(Ok(()), |year| s.put_kv(LAST_YEAR_KEY, &year))?;
            s.put_kv(LAST_REPORT_KEY, &week)
        })
        .await?;
    live.bells().mail.notify_one();
    tracing::info!("weekly report queued");
    Ok(())
}

fn write(s: &Store, sources: usize, alarms: &[String], now: chrono::DateTime<Utc>) -> std::result::Result<String, StoreError> {
    let mut out = format!("qingbao {}，来源 {sources} 个，存档文章 {} 篇。\n", env!("CARGO_PKG_VERSION"), s.article_count()?);
    let mut section = |title: &str, lines: Vec<String>, none: &str| {
        out.push_str(&format!("\n{title}\n"));
        if lines.is_empty() {
            out.push_str(&format!("  {none}\n"));
        }
        for line in lines {
            out.push_str(&format!("  - {line}\n"));
        }
    };
    section("需要处理", alarms.to_vec(), "没有。");
    let troubles = s.source_problems(chrono_tz::Asia::Shanghai, now)?.into_iter();
    section("异常的来源", troubles.map(|t| render::source_problem(&t)).collect(), "没有。");
    let crashed = s.crashed_documents(20)?.into_iter();
    section("使解析程序异常退出、已跳过的网页", crashed.map(|d| format!("{}：{} {}", d.source, d.url, d.how)).collect(), "没有。");
    let letters = s.outbox(false, 50)?.into_iter();
    section(
        "没有送达的邮件",
        letters.map(|l| format!("{} {}：{}", l.recipient, mail::delivery_state(l.state), mail::explain(&l))).collect(),
        "没有。",
    );
    let room = match s.disk_usage() {
        Ok(r) => format!("数据库 {} MB，磁盘剩余 {} MB", r.database >> 20, r.free >> 20),
        Err(e) => format!("无法得知：{e}"),
    };
    section("磁盘", vec![room], "");
    let backup = match s.last_backup()? {
        Some(t) if now - t <= BACKUP_MAX_AGE => format!("最近一次：{}", t.with_timezone(&chrono_tz::Asia::Shanghai).format("%m-%d %H:%M")),
        Some(t) => format!("最近一次是 {} 天前：请检查备份定时器（systemctl status qingbao-backup.timer）", (now - t).num_days()),
        None => "还没有备份过：请启用 qingbao-backup.timer，或定期运行 qingbao backup 目录".to_owned(),
    };
    section("备份", vec![backup], "");
    let log = match s.audit_damage()? {
        Some((at, line)) => format!("有改动或缺失，自这一条起：{} {line}", at.with_timezone(&chrono_tz::Asia::Shanghai).format("%F %H:%M")),
        None => format!("完整；校验码 {}（留存本邮件，以后可核对记录有没有被删改）", s.audit_hash()?.get(..16).unwrap_or("无")),
    };
    section("操作记录", vec![log], "");
    let admins = s.accounts()?.iter().filter(|a| a.role == Role::Admin && !a.disabled).count();
    if admins == 0 {
        section("控制台", vec!["还没有管理员账号：qingbao user add 姓名 --role admin".to_owned()], "");
    }
    Ok(out)
}
