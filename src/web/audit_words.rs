//! The audit log in words.

/// Names of the actions on pages.
const WORDS: [(&str, &str); 102] = [
    ("sign-in", "登录"),
    ("sign-in-failed", "登录失败"),
    ("add-account", "添加账号"),
    ("remove-account", "删除账号"),
    ("disable-account", "停用账号"),
    ("enable-account", "启用账号"),
    ("set-role", "改角色"),
    ("set-duties", "改职责"),
    ("limit-publications", "限定简报"),
    ("change-password", "修改自己的密码"),
    ("reset-password", "重置密码"),
    ("set-token", "设置令牌"),
    ("revoke-token", "收回令牌"),
    ("add-source", "添加来源"),
    ("import-sources", "导入来源"),
    ("edit-source", "修改来源"),
    ("enable-source", "启用来源"),
    ("disable-source", "停用来源"),
    ("poll-source", "立即抓取"),
    ("remove-source", "删除来源"),
    ("edit-settings", "修改设置"),
    ("undo-settings", "撤销设置的修改"),
    ("correct-labels", "更正标签"),
    ("name-firm", "指定企业的行业"),
    ("rename-organisation", "改机构名称"),
    ("merge-organisations", "合并机构"),
    ("split-organisation", "拆分机构"),
    ("remove-organisation-name", "删除机构别名"),
    ("watch-organisation", "关注机构"),
    ("unwatch-organisation", "取消关注机构"),
    ("note-organisation", "改机构备注"),
    ("merge-stories", "合并稿件"),
    ("split-story", "拆分稿件"),
    ("join-events", "并入事件"),
    ("part-event", "移出事件"),
    ("start-issue", "新编一期"),
    ("import-issue", "导入旧刊"),
    ("import-archive", "导入全部资料"),
    ("discard-issue", "删除一期"),
    ("rewrite", "改写"),
    ("print-summary", "改印摘要"),
    ("print-full", "改印全文"),
    ("reset-text", "恢复原文"),
    ("write-item", "自写一条"),
    ("add-picture", "加图片"),
    ("add-attachment", "加附件"),
    ("remove-file", "删文件"),
    ("drop-items", "移出"),
    ("move-item", "移动"),
    ("add-item", "加入"),
    ("merge-items", "合并"),
    ("split-item", "拆分"),
    ("edit-foreword", "编者的话"),
    ("compose-foreword", "重新生成编者的话"),
    ("undo", "撤销"),
    ("redo", "重做"),
    ("finalise", "定稿"),
    ("submit", "送审"),
    ("review", "审核通过"),
    ("sign", "签发"),
    ("return", "退回"),
    ("recall", "撤回送审"),
    ("withdraw", "撤回"),
    ("send-notice", "发通知"),
    ("retry-letter", "重发邮件"),
    ("cancel-letter", "取消邮件"),
    ("settle-letter", "视为已发"),
    ("retry-task", "重试搁置的任务"),
    ("drop-task", "不再抓取"),
    ("forget-worker", "移除抓取节点"),
    ("add-topic", "添加课题"),
    ("edit-topic", "修改课题"),
    ("close-topic", "结束课题"),
    ("reopen-topic", "重开课题"),
    ("delete-topic", "删除课题"),
    ("dismiss-match", "从课题移出"),
    ("restore-match", "放回课题"),
    ("add-rule", "添加规则"),
    ("disable-rule", "停用规则"),
    ("enable-rule", "启用规则"),
    ("edit-rule", "修改规则"),
    ("delete-rule", "删除规则"),
    ("add-alert", "新建提醒"),
    ("edit-alert", "修改提醒"),
    ("disable-alert", "停用提醒"),
    ("enable-alert", "启用提醒"),
    ("delete-alert", "删除提醒"),
    ("retry-delivery", "重发消息"),
    ("cancel-delivery", "取消消息"),
    ("test-outlet", "试发消息"),
    ("add-subscriber", "添加订阅人"),
    ("import-subscribers", "导入订阅人"),
    ("edit-subscriber", "修改订阅人"),
    ("stop-subscriber", "停发订阅人"),
    ("resume-subscriber", "恢复订阅人"),
    ("overrule-grade", "改评级"),
    ("restore-grade", "收回改动的评级"),
    ("dismiss-change", "不更正"),
    ("add-taxonomy-topic", "词表添加"),
    ("edit-taxonomy-topic", "修改词表"),
    ("remove-taxonomy-topic", "词表删除"),
    ("undo-taxonomy", "撤销词表改动"),
];

/// Returns the name of a code. Rows of earlier releases contain the words themselves, which are returned unchanged.
pub(super) fn chinese(code: &str) -> &str {
    WORDS.iter().find(|w| w.0 == code).map_or(code, |w| w.1)
}

/// Returns the words on a button that would undo or redo a step: 移出（张三）.
pub(super) fn step((code, who): (String, String)) -> String {
    format!("{}（{who}）", chinese(&code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AuditAction;

    #[test]
    fn every_action_has_its_words() {
        for (_, code) in AuditAction::ALL {
            assert_ne!(chinese(code), code);
        }
        assert_eq!(chinese("定稿"), "定稿", "a line of an earlier version");
    }
}
