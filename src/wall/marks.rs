//! By what walls are known: one row per mark, with whose it is.

use crate::wall::Wall;
use crate::wall::Wall::{Captcha, Firewall, Login, Script};

/// Where a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the markup: challenges use it and nobody else.
    Challenge,
    /// In the markup of a page that shows next to nothing: ordinary pages have it in comment forms and sign-in boxes.
    Widget,
    /// In what a page that shows next to nothing says to people, title and `<noscript>` included.
    Words,
}
use Place::{Challenge, Widget, Words};

/// A mark, in lower case.
pub(super) struct Mark {
    pub(super) wall: Wall,
    pub(super) place: Place,
    pub(super) text: &'static str,
}

const fn mark(wall: Wall, place: Place, text: &'static str) -> Mark {
    Mark { wall, place, text }
}

/// The first row that is found tells the wall.
pub(super) const MARKS: &[Mark] = &[
    // scripts that set a cookie and load the page again
    mark(Script, Challenge, "__jsl_clearance"),         // 知道创宇加速乐, status 521
    mark(Script, Challenge, "acw_sc__v2"),              // 阿里云 WAF
    mark(Script, Challenge, "$_ts="),                   // 瑞数, status 412 or 202
    mark(Script, Challenge, "window['$_ts']"),          // 瑞数
    mark(Script, Challenge, "wzws_challenge"),          // 奇安信网站卫士
    mark(Script, Challenge, "_cf_chl_opt"),             // Cloudflare; ordinary pages behind it have other scripts of it
    mark(Script, Challenge, "_incapsula_resource"),     // Imperva
    mark(Script, Challenge, "ddos-guard/js-challenge"), // DDoS-Guard
    mark(Script, Challenge, "probe.js?v=waf"),          // 长亭雷池
    mark(Script, Challenge, "sl-challenge"),            // 长亭雷池
    mark(Script, Challenge, "/_guard/html.js"),         // 网宿 and its kin
    mark(Script, Challenge, "eo_bot_ssid"),             // 腾讯 EdgeOne
    // pages of firewalls
    mark(Firewall, Challenge, "errors.aliyun.com"),           // 阿里云, status 405
    mark(Firewall, Challenge, "waf.tencent-cloud.com"),       // 腾讯云
    mark(Firewall, Challenge, "waf.tencentcloud"),            // 腾讯云
    mark(Firewall, Challenge, "hws_waf"),                     // 华为云, status 418
    mark(Firewall, Challenge, "safedogsite"),                 // 安全狗
    mark(Firewall, Challenge, "safedog_"),                    // 安全狗
    mark(Firewall, Challenge, "yunsuo_session"),              // 云锁
    mark(Firewall, Challenge, "365cyd.com"),                  // 创宇盾
    mark(Firewall, Words, "知道创宇云"),                      // 创宇盾
    mark(Firewall, Words, "创宇盾"),                          // 创宇盾
    mark(Firewall, Words, "网站防火墙"),                      // 安全狗, 宝塔
    mark(Firewall, Words, "网站卫士"),                        // 360
    mark(Firewall, Words, "云锁"),                            // 云锁
    mark(Firewall, Words, "护卫神"),                          // 护卫神
    mark(Firewall, Words, "web应用防火墙"),                   // several
    mark(Firewall, Words, "您的访问被阻断"),                  // 阿里云
    mark(Firewall, Words, "请求已被拦截"),                    // 华为云, 长亭
    mark(Firewall, Words, "请求存在威胁"),                    // 创宇盾
    mark(Firewall, Words, "可能对网站造成安全威胁"),          // 阿里云
    mark(Firewall, Words, "带有不合法参数"),                  // 安全狗
    mark(Firewall, Words, "疑似黑客攻击"),                    // 创宇盾
    mark(Firewall, Words, "访问过于频繁"),                    // many
    mark(Firewall, Words, "您的访问过快"),                    // many
    mark(Firewall, Words, "you have been blocked"),           // Cloudflare
    mark(Firewall, Words, "don't have permission to access"), // Akamai
    // captchas
    mark(Captcha, Widget, "geetest"),           // 极验
    mark(Captcha, Widget, "yidun"),             // 网易易盾
    mark(Captcha, Widget, "dingxiang-inc"),     // 顶象
    mark(Captcha, Widget, "tcaptcha"),          // 腾讯防水墙
    mark(Captcha, Widget, "turing.captcha"),    // 腾讯天御
    mark(Captcha, Widget, "aliyuncaptcha"),     // 阿里云
    mark(Captcha, Widget, "nc_wrapper"),        // 阿里云滑块
    mark(Captcha, Widget, "_____tmd_____"),     // 阿里系 punish page
    mark(Captcha, Widget, "vaptcha"),           // VAPTCHA
    mark(Captcha, Widget, "g-recaptcha"),       // Google
    mark(Captcha, Widget, "h-captcha"),         // hCaptcha
    mark(Captcha, Widget, "cf-turnstile"),      // Cloudflare
    mark(Captcha, Widget, "wappass.baidu.com"), // 百度安全验证
    mark(Captcha, Widget, "verifycode"),        // pictures of codes, everywhere
    mark(Captcha, Widget, "validatecode"),      // the same
    mark(Captcha, Words, "安全验证"),
    mark(Captcha, Words, "访问验证"),
    mark(Captcha, Words, "滑动验证"),
    mark(Captcha, Words, "人机验证"),
    mark(Captcha, Words, "拖动滑块"),
    mark(Captcha, Words, "拖动下方滑块"),
    mark(Captcha, Words, "请输入验证码"),
    mark(Captcha, Words, "输入图中"),
    mark(Captcha, Words, "输入下图"),
    mark(Captcha, Words, "完成下方验证"),
    mark(Captcha, Words, "完成验证后"),
    mark(Captcha, Words, "验证您是真人"),
    mark(Captcha, Words, "不是机器人"),
    mark(Captcha, Words, "verify you are human"),
    mark(Captcha, Words, "not a robot"),
    // sign-in pages without a field for a password: QR codes, single sign-on
    mark(Login, Words, "请先登录"),
    mark(Login, Words, "请登录后"),
    mark(Login, Words, "您尚未登录"),
    mark(Login, Words, "您还没有登录"),
    mark(Login, Words, "登录已过期"),
    mark(Login, Words, "登录超时"),
    mark(Login, Words, "扫码登录"),
    mark(Login, Words, "统一身份认证"),
    // pages that ask for scripts
    mark(Script, Words, "正在验证您的浏览器"),
    mark(Script, Words, "浏览器安全检查"),
    mark(Script, Words, "checking your browser"),
    mark(Script, Words, "just a moment"),
    mark(Script, Words, "请开启javascript"),
    mark(Script, Words, "启用javascript"),
    mark(Script, Words, "不支持javascript"),
    mark(Script, Words, "enable javascript"),
    mark(Script, Words, "without javascript"),
];
