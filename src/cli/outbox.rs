//! `qingbao outbox`: pending and failed mail, and the operator's decisions.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::mail;
use crate::model::OutboxId;
use crate::store::{DeliveryState, OutboxMessage, Store};

#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// Print messages that wait or failed, newest first
    List {
        /// Also print sent messages
        #[arg(long)]
        all: bool,
    },
    /// Send a message again, with the same Message-ID
    Retry {
        /// Its number
        id: i64,
    },
    /// Cancel a message
    Cancel {
        /// Its number
        id: i64,
    },
    /// Release mail that is held after a restore
    Release,
    /// Treat a message of unknown fate as sent
    Done {
        /// Its number
        id: i64,
    },
}

pub(super) async fn run(action: &OutboxCommand, context: &CommandContext) -> anyhow::Result<()> {
    let pipeline = context.pipeline_beside()?;
    let store = pipeline.store();
    let zone = context.settings.publication.calendar.zone;
    let (id, state, done) = match action {
        OutboxCommand::List { all } => {
            let all = *all;
            let letters = store.run(move |s| s.outbox(all, 1000)).await?;
            let pending = store.run(|s| s.pending_notifications(Utc::now())).await?;
            if letters.is_empty() && pending.is_empty() {
                outln!("没有待处理的邮件")?;
            }
            for n in &pending {
                let what = n.edition.map(|e| format!("刊 {e}")).or_else(|| n.text.as_ref().map(|t| t.title.clone())).unwrap_or_default();
                outln!("-\t{what}\t{}\t收件人的邮件还没有生成，服务会在半分钟内生成", n.kind.chinese())?;
            }
            for l in &letters {
                outln!("{}", row(l, zone))?;
            }
            return Ok(());
        }
        OutboxCommand::Release => {
            // who releases mail must have seen all of it
            let made = pipeline.queue_due(Utc::now()).await?;
            anyhow::ensure!(made == 0, "{made} letters were made only now: look at `qingbao outbox list` again, then release");
            let held = store.run(Store::release_mail).await?;
            outln!("{}", if held { "letters leave again" } else { "nothing was held" })?;
            return Ok(());
        }
        OutboxCommand::Retry { id } => {
            (*id, DeliveryState::Queued, "is queued; the running service sends it within half a minute, or run `qingbao digest send`")
        }
        OutboxCommand::Cancel { id } => (*id, DeliveryState::Cancelled, "is called off"),
        OutboxCommand::Done { id } => (*id, DeliveryState::Sent, "is taken for sent"),
    };
    let now = Utc::now();
    let expires = context.settings.mail.expires(now);
    let followed = store.run(move |s| s.set_delivery_state(OutboxId(id), state, now, expires)).await?;
    anyhow::ensure!(
        followed,
        "letter {id} does not exist, was sent, is being sent, or its issue was called back; `qingbao outbox list --all` prints them"
    );
    outln!("letter {id} {done}")?;
    Ok(())
}

fn row(l: &OutboxMessage, zone: chrono_tz::Tz) -> String {
    let kind = l.edition.map_or_else(|| "通知".to_owned(), |e| format!("刊 {e}"));
    let next = DateTime::from_timestamp(l.next_attempt, 0).filter(|_| l.state == DeliveryState::Queued && l.attempts > 0);
    let next = next.map(|t| format!("（第 {} 次，下次 {}）", l.attempts, t.with_timezone(&zone).format("%m-%d %H:%M"))).unwrap_or_default();
    format!("{}\t{kind}\t{}\t{}{next}\t{}", l.id, l.recipient, mail::delivery_state(l.state), mail::explain(l))
}
