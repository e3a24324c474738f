//! Explains answers of Chinese mail providers to operators.

/// Patterns, first match wins: code (0: any), a word of the text (empty: any), what to do.
const HINTS: [(u16, &str, &str); 22] = [
    (535, "", "登录被拒绝：QQ、163、126 邮箱和腾讯企业邮要用“授权码”或“客户端专用密码”，不是网页登录密码；并确认已开启 SMTP 服务"),
    (534, "", "登录方式不被接受：请在邮箱设置里开启 SMTP 服务并使用授权码"),
    (530, "", "服务器要求先登录或先加密：请填写 user 和密码，tls 用 implicit（465）或 starttls（587）"),
    (454, "", "服务器暂时不能验证登录，稍后自动重试"),
    (552, "", "邮件太大：请减少条目，或把 document = \"summary\" 写进 [publication]"),
    (553, "", "发件人与登录账号不一致：from 的地址必须就是登录的邮箱"),
    (501, "", "地址或发件人不被接受：from 的地址必须就是登录的邮箱"),
    (554, "DT:SPM", "正文被判为垃圾邮件：请服务商把发件地址加入白名单，或减少链接"),
    (554, "HL:", "发信地址的信誉或域名解析不被接受：检查 SPF、DKIM 和反向解析"),
    (554, "", "邮件被拒绝（内容或信誉）：请看服务器原话；QQ、163 常因内容被判为垃圾或发件人与账号不符"),
    (550, "SPF", "发件域名的 SPF 记录不包含这台服务器：请网管修改域名解析"),
    (550, "DKIM", "DKIM 签名没有通过：检查 [mail.dkim] 的 selector、domain 和公钥记录"),
    (550, "frequency", "发送过于频繁，被服务商限制：把 [mail.smtp] 的 pause 调大"),
    (550, "", "收件地址不存在或拒收：请核对地址，或请对方把发件人加入白名单"),
    (551, "", "收件人不在这台服务器：请核对地址"),
    (451, "DT:SPM", "暂被判为垃圾邮件，几分钟后自动重试"),
    (451, "", "对方暂不接收（多为灰名单），几分钟后自动重试，无需处理"),
    (450, "", "收件箱暂不可用或发送过快，稍后自动重试"),
    (452, "", "收件箱已满或服务器空间不足，稍后自动重试；请提醒收件人清理"),
    (421, "", "服务器正忙或同时连接过多，稍后自动重试；同一账号不要在别处同时发信"),
    (0, "no answer of the server", "服务器久不应答：稍后自动重试；若一直如此，请核对 host 和 port，或问服务商"),
    (0, "certificate", "服务器证书不被信任：内网邮箱请把单位的根证书写进 ca_file，或核对 host"),
];

/// Returns what to do about a mail server's answer, if we know.
pub fn hint(reply: &str) -> Option<&'static str> {
    let code = reply
        .split(|c: char| !c.is_ascii_digit())
        .filter(|w| w.len() == 3)
        .filter_map(|w| w.parse::<u16>().ok())
        .find(|n| (400..600).contains(n))
        .unwrap_or(0);
    let lower = reply.to_ascii_lowercase();
    let fits = |(c, word, _): &&(u16, &str, &str)| (*c == code || *c == 0) && lower.contains(&word.to_ascii_lowercase());
    HINTS.iter().find(fits).map(|(_, _, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn answers_of_the_usual_providers_are_explained() {
        let table = [
            ("permanent error (535): Login Fail. Please enter your authorization code to login.", "授权码"),
            ("permanent error (550): Mailbox not found", "不存在"),
            ("permanent error (552): message exceeds fixed limit", "太大"),
            ("permanent error (553): Mail from must equal authorized user", "一致"),
            ("permanent error (554): DT:SPM 163 smtp", "垃圾邮件"),
            ("transient error (451): Greylisting in action", "自动重试"),
            ("transient error (421): HL:ICC", "同时"),
            ("Connection error: invalid peer certificate: UnknownIssuer", "ca_file"),
        ];
        for (reply, expected) in table {
            assert!(hint(reply).is_some_and(|h| h.contains(expected)), "{reply}: {:?}", hint(reply));
        }
        assert_eq!(hint("Connection error: Connection refused (os error 111)"), None);
    }
}
