//! Letters and where they stand, in words.

use crate::store::{DeliveryState, MessageContent};

/// Where a letter stands.
pub fn delivery_state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "待发",
        DeliveryState::Sending => "发送中",
        DeliveryState::Transmitting => "递交中",
        DeliveryState::Sent => "已发",
        DeliveryState::Failed => "被拒",
        DeliveryState::Uncertain => "已发送？待确认",
        DeliveryState::Expired => "过期未发",
        DeliveryState::Cancelled => "已取消",
    }
}

/// What a letter brings.
pub fn message_content(content: MessageContent) -> String {
    match content {
        MessageContent::Draft => "草稿".to_owned(),
        MessageContent::Final(1) => "定稿".to_owned(),
        MessageContent::Final(round) => format!("定稿（第 {round} 次）"),
        MessageContent::Notice => "通知".to_owned(),
    }
}
