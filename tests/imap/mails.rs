//! Mails, with invented senders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BODY: &str = "许昌市今年前十个月的电力装备产值增长一成，企业称订单已经排到明年三月。\r\n\r\n新的检测中心将于明年投入使用，可为二百家企业提供试验服务，预计每年节省费用三千万元。";

fn head(from: &str, subject: &str, id: &str) -> String {
    let date = chrono::Utc::now().to_rfc2822();
    format!("From: {from}\r\nTo: desk@a.example\r\nDate: {date}\r\nMessage-ID: <{id}@letters.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n")
}

/// A plain letter; texts differ, so that they tell no common story.
pub fn text(subject: &str, id: &str) -> String {
    let own: String = id.bytes().map(|b| char::from_u32(0x4e00 + u32::from(b) * 37).unwrap()).collect();
    format!("{}Content-Type: text/plain; charset=utf-8\r\n\r\n{subject}：{}。{BODY}\r\n", head("news@letters.example", subject, id), own.repeat(20))
}

pub fn letters() -> Vec<String> {
    let html = "<html><head><title>x</title><style>p{}</style></head><body><div style=\"display:none\">预览文字</div><table><tr><td>\
        <h1>许昌发制品出口</h1><p>许昌海关发布的数据显示，今年前十个月，许昌发制品出口一百五十亿元，同比增长百分之十点二。</p>\
        <p>“订单已经排到明年三月。”一家企业的负责人说，公司在非洲和北美的仓库同时扩建。</p><img src=\"https://track.example/p.gif?u=1\" width=\"1\" height=\"1\">\
        <script>alert(1)</script></td></tr></table><a href=\"https://letters.example/u?x=1\">退订</a></body></html>";
    let encoded =
        |text: &str| STANDARD.encode(text).as_bytes().chunks(76).map(|c| format!("{}\r\n", std::str::from_utf8(c).unwrap())).collect::<String>();
    let gbk = |text: &str| {
        let bytes = encoding_rs::GB18030.encode(text).0.into_owned();
        bytes.iter().map(|b| format!("={b:02X}")).collect::<Vec<_>>().chunks(20).map(|c| format!("{}=\r\n", c.concat())).collect::<String>()
    };
    let word = |charset: &str, text: &str| {
        let bytes = if charset == "utf-8" { text.as_bytes().to_vec() } else { encoding_rs::GB18030.encode(text).0.into_owned() };
        format!("=?{charset}?B?{}?=", STANDARD.encode(bytes))
    };
    vec![
        format!(
            "{}List-Unsubscribe: <https://letters.example/u?x=1>\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            head(&format!("{} <news@letters.example>", word("utf-8", "甲书通讯")), &word("utf-8", "HTML 来信：许昌发制品出口"), "l1"),
            encoded(html)
        ),
        format!(
            "{}Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
            head(&format!("{} <b@letters.example>", word("gb2312", "乙信")), &word("gb2312", "gb2312 来信：电力装备"), "l2"),
            gbk(&format!("许昌的电力装备企业今年投入研发经费二十亿元。{BODY}"))
        ),
        format!(
            "{}Content-Type: text/plain; charset=\"gb18030\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
            head("c@letters.example", &word("gb18030", "gb18030 来信"), "l3"),
            gbk("河南省科技厅公布了新一批重点实验室名单，涉及新材料、生物医药和智能制造等方向，郑州和洛阳入选最多，许昌有两家入选。")
        ),
        format!(
            "{}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
            head("d@letters.example", &word("utf-8", "base64 来信"), "l4"),
            encoded("长葛市的蜂产品企业在欧洲市场签下三年合同，总金额约两亿元，产品包括蜂蜜、蜂胶和蜂王浆，首批货物下月从郑州发出。")
        ),
        format!(
            "{}Content-Type: text/plain; charset=utf-8\r\n\r\n禹州市的钧瓷产业园迎来首批入驻企业，园区提供共用窑炉和检测设备，力争三年内形成二十亿元的年产值，带动就业五千人。\r\n\r\n如需退订，请回复本邮件。\r\n",
            head("e@letters.example", &word("utf-8", "纯文本来信"), "l5")
        ),
    ]
}

pub fn with_file(subject: &str, id: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let file = STANDARD.encode(bytes);
    format!(
        "{}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n见附件。\r\n--b\r\nContent-Type: application/pdf; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--b--\r\n",
        head("f@letters.example", subject, id)
    )
    .into_bytes()
}

pub fn hostile() -> Vec<Vec<u8>> {
    let deep: String = (0..3000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    let wide = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(10_000));
    let evil = "<p>恶意来信的正文有几句话，足够成为一篇文章，但脚本和事件都要去掉，只留下文字本身。</p><img src=x onerror=alert(1)><script>alert(2)</script><iframe src=x></iframe><a href='javascript:alert(3)'>x</a>";
    vec![
        format!("{}{deep}", head("x@evil.example", "deep", "h1")).into_bytes(),
        format!("{}{wide}", head("x@evil.example", "wide", "h2")).into_bytes(),
        format!("{}{}\r\nx", head("x@evil.example", &"a".repeat(100_000), "h3"), "X-A: b\r\n".repeat(20_000)).into_bytes(),
        format!("{}\r\n{}", head("x@evil.example", "fifty", "h4"), "x".repeat(70).repeat(1 << 16)).into_bytes(),
        format!("{}Content-Type: text/plain; charset=klingon\r\n\r\n\u{fffd}", head("x@evil.example", "charset", "h5")).into_bytes(),
        head("=?utf-8?Q?a=0D=0AX-Evil:_1?= <x@evil.example>", "=?utf-8?Q?names=0D=0ABcc:_b@a.example?=", "h6").into_bytes(),
        format!("{}Content-Type: text/html; charset=utf-8\r\n\r\n{evil}", head("x@evil.example", "evil", "h7")).into_bytes(),
        format!("{}{}", head("x@evil.example", "nested", "h8"), "Content-Type: message/rfc822\r\n\r\n".repeat(2000)).into_bytes(),
        b"\0\0\0\xff\xfe no mail".to_vec(),
    ]
}
