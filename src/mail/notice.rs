//! Notices to operators about undelivered mail, and to readers about an issue.

use chrono::{DateTime, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::config::settings::MailSettings;
use crate::issue::notice::Notice;
use crate::mail::message::{ComposeError, compose_text, message_id};
use crate::mail::words::delivery_state;
use crate::model::{Edition, MailAddress};
use crate::render::{notice_letter, notice_subject};
use crate::store::{DeliveryState, OutboxMessage, OutgoingMessage};

/// Builds a notice for each operator; the same event gives the same Message-ID. There are no notices about notices.
pub(super) fn about(letter: &OutboxMessage, state: DeliveryState, reply: &str, settings: &MailSettings, now: DateTime<Utc>) -> Vec<OutgoingMessage> {
    if letter.edition.is_none() {
        return Vec::new();
    }
    let subject = format!("【情报快递】发给 {} 的邮件{}", letter.recipient, delivery_state(state));
    let what = match state {
        DeliveryState::Queued => "已按设置用同一 Message-ID 重发；收件人可能收到两封相同的邮件，一般会被邮箱合并。",
        DeliveryState::Uncertain => "请向收件人确认是否收到，然后运行 qingbao outbox retry 编号（重发）或 qingbao outbox done 编号（视为已发）。",
        DeliveryState::Cancelled => "这一期已经撤回，这封邮件不再发送；可能已经送达。",
        _ => "处理好原因以后，运行 qingbao outbox retry 编号 重发，或 qingbao outbox cancel 编号 取消。",
    };
    let hint = crate::mail::reply_hint::hint(reply).map(|h| format!("可能的原因：{h}。\n")).unwrap_or_default();
    let text = format!(
        "收件人：{}\n编号：{}\n状态：{}\nMessage-ID：{}\n服务器答复：{reply}\n{hint}\n{what}\n查看全部：qingbao outbox list\n",
        letter.recipient,
        letter.id,
        delivery_state(state),
        letter.message_id
    );
    report(&subject, &text, &format!("{}\n{}\n{}", letter.message_id, state.as_str(), letter.attempts), settings, now)
}

/// Builds a message for each operator. The same key gives the same Message-ID, so nobody gets it twice.
pub fn report(subject: &str, text: &str, key: &str, settings: &MailSettings, now: DateTime<Utc>) -> Vec<OutgoingMessage> {
    let compose = |to| {
        let key = xxh3_64(format!("{key}\n{to}").as_bytes());
        let id = message_id(&format!("notice.{key:016x}"), settings);
        compose_text(subject, text, id, settings, to, now).map_err(|e| tracing::error!("a notice cannot be written: {e}")).ok()
    };
    settings.operators.iter().filter_map(compose).collect()
}

/// Builds a notice about an issue for one of its readers; the same notice and recipient give the same Message-ID.
///
/// # Errors
/// Those of [`compose_text`].
pub fn notice_to_reader(
    notice: &Notice,
    edition: &Edition,
    settings: &MailSettings,
    to: &MailAddress,
    now: DateTime<Utc>,
    salt: &str,
) -> Result<OutgoingMessage, ComposeError> {
    let key = xxh3_64(format!("{salt}\n{}\n{}\n{}", edition.publication, notice.label(), to.bare()).as_bytes());
    let id = message_id(&format!("{}.{}-{}.{key:016x}", notice.text.kind(), edition.year, edition.number_in_year), settings);
    compose_text(&notice_subject(notice, edition), &notice_letter(notice, edition), id, settings, to, now)
}
