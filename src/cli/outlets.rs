//! `qingbao outlet`: where notifications go, their messages, and a test message.

use anyhow::Context as _;
use chrono::Utc;
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::config::settings::{OutletKind, OutletSettings};
use crate::model::DeliveryId;
use crate::outlets::{Outlet, SendResult};

#[derive(Debug, Subcommand)]
pub(super) enum OutletCommand {
    /// Print the outlets of qingbao.toml
    List,
    /// Send a test message; exit code 1 unless it is accepted
    Test {
        /// Its name
        name: String,
    },
    /// Print messages that wait or failed, newest first
    Messages {
        /// Also print sent messages
        #[arg(long)]
        all: bool,
    },
    /// Send a message again
    Retry {
        /// Its number
        id: i64,
    },
    /// Cancel a message
    Cancel {
        /// Its number
        id: i64,
    },
}

pub(super) async fn run(action: &OutletCommand, context: &CommandContext) -> anyhow::Result<()> {
    let outlets = &context.settings.outlets;
    match action {
        OutletCommand::Messages { all } => messages(context, *all).await,
        OutletCommand::Retry { id } => change(context, *id, true).await,
        OutletCommand::Cancel { id } => change(context, *id, false).await,
        OutletCommand::List if outlets.is_empty() => outln!("没有推送渠道；写法见 docs/admin.md 的“把提醒发到企业微信、钉钉、飞书的群里”"),
        OutletCommand::List => outlets.iter().try_for_each(|o| outln!("{}", row(o))),
        OutletCommand::Test { name } => {
            let names = || outlets.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join("、");
            let settings = outlets.iter().find(|o| o.name == *name);
            test(settings.with_context(|| format!("qingbao.toml has no outlet {name:?}; it has {}", names()))?).await
        }
    }
}

async fn messages(context: &CommandContext, all: bool) -> anyhow::Result<()> {
    let pipeline = context.pipeline_beside()?;
    let messages = pipeline.store().run(move |s| s.recent_deliveries(all, 1000)).await?;
    if messages.is_empty() {
        outln!("没有待处理的消息")?;
    }
    let zone = context.settings.publication.calendar.zone;
    for d in messages {
        let (at, reply) = (d.queued_at.with_timezone(&zone).format("%m-%d %H:%M"), d.reply.unwrap_or_default());
        outln!("{}\t{at}\t{}\t{}\t{}\t{reply}", d.id, d.outlet, d.state.chinese(), d.text.title)?;
    }
    Ok(())
}

async fn change(context: &CommandContext, id: i64, again: bool) -> anyhow::Result<()> {
    let (pipeline, now) = (context.pipeline_beside()?, Utc::now());
    let expires = context.settings.mail.expires(now);
    let changed = pipeline.store().run(move |s| s.change_delivery(DeliveryId(id), again, now, expires)).await?;
    anyhow::ensure!(changed, "message {id} is not known, is being sent, or was sent; `qingbao outlet messages --all` prints them");
    outln!("message {id} {}", if again { "is queued again; the running service sends it within half a minute" } else { "is cancelled" })
}

fn row(o: &OutletSettings) -> String {
    let takes: Vec<&str> = o.takes.iter().map(|k| k.chinese()).collect();
    let state = match Outlet::open(o) {
        _ if o.kind == OutletKind::Mail => o.to.iter().map(ToString::to_string).collect::<Vec<_>>().join("、"),
        Ok(outlet) => outlet.host().to_owned(),
        Err(e) => format!("不能用：{}", e.chinese()),
    };
    format!("{}\t{}\t{}\t{state}", o.name, o.kind.chinese(), takes.join("、"))
}

async fn test(settings: &OutletSettings) -> anyhow::Result<()> {
    anyhow::ensure!(settings.kind != OutletKind::Mail, "{} is mail: `qingbao digest mail-test --to ADDRESS` tests it", settings.name);
    let (outlet, now) = (Outlet::open(settings)?, Utc::now());
    let words = match outlet.send(&outlet.test_message(now), now).await {
        SendResult::Accepted => return outln!("{}：已收下", settings.name),
        SendResult::Throttled { retry_after, reply } => format!("没有收下，请 {} 秒后再试：{reply}", retry_after.as_secs()),
        SendResult::Refused { reply } => format!("拒收：{reply}"),
        SendResult::Unavailable { reply } => format!("没有收下，可以再试：{reply}"),
        SendResult::Unknown { reply } => format!("不知道收下没有：{reply}"),
    };
    anyhow::bail!("{}：{words}", settings.name)
}
