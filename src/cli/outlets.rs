//! `qingbao outlet`: where notifications go, and a test message.

use anyhow::Context as _;
use chrono::Utc;
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::config::settings::{OutletKind, OutletSettings};
use crate::model::NotificationKind;
use crate::outlets::{Outlet, OutletMessage, Paragraph, SendResult};

#[derive(Debug, Subcommand)]
pub(super) enum OutletCommand {
    /// Print the outlets of qingbao.toml
    List,
    /// Send a test message; exit code 1 unless it is accepted
    Test {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(action: &OutletCommand, context: &CommandContext) -> anyhow::Result<()> {
    let outlets = &context.settings.outlets;
    match action {
        OutletCommand::List if outlets.is_empty() => outln!("没有推送渠道；写法见 docs/admin.md 的“推送渠道”"),
        OutletCommand::List => outlets.iter().try_for_each(|o| outln!("{}", row(o))),
        OutletCommand::Test { name } => {
            let names = || outlets.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join("、");
            let settings = outlets.iter().find(|o| o.name == *name);
            test(settings.with_context(|| format!("qingbao.toml has no outlet {name:?}; it has {}", names()))?).await
        }
    }
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
    anyhow::ensure!(settings.kind != OutletKind::Mail, "{} is mail: test it with `qingbao digest mail-test`", settings.name);
    let (outlet, now) = (Outlet::open(settings)?, Utc::now());
    let text = format!("这是发到“{}”的测试消息。收到它，说明地址、签名和关键词都对。", settings.name);
    let message = OutletMessage {
        id: format!("test-{}", now.timestamp_millis()),
        kind: settings.takes.first().copied().unwrap_or(NotificationKind::Notice),
        title: "推送测试".to_owned(),
        paragraphs: vec![Paragraph { text, url: None }],
        url: None,
        at: now,
        repeated: false,
    };
    let words = match outlet.send(&message, now).await {
        SendResult::Accepted => return outln!("{}：已收下", settings.name),
        SendResult::Throttled { retry_after, reply } => format!("没有收下，请 {} 秒后再试：{reply}", retry_after.as_secs()),
        SendResult::Refused { reply } => format!("拒收：{reply}"),
        SendResult::Unavailable { reply } => format!("没有收下，可以再试：{reply}"),
        SendResult::Unknown { reply } => format!("不知道收下没有：{reply}"),
    };
    anyhow::bail!("{}：{words}", settings.name)
}
