use super::*;

/// Typical pages of each kind of wall, none copied from a site.
const WALLS: &[(&str, Wall, &str)] = &[
    (
        "加速乐, status 521",
        Wall::Script,
        "<script>document.cookie=('_')+('_jsl_clearance_s=17')+';max-age=3600;path=/';location.href=location.pathname+location.search</script>",
    ),
    ("the same, written plainly", Wall::Script, "<html><script>document.cookie='__jsl_clearance=1|0|x';location.reload()</script></html>"),
    (
        "阿里云",
        Wall::Script,
        "<html><script>var arg1='3A7B';function setCookie(n,v){document.cookie=n+'='+v}setCookie('acw_sc__v2',arg1);</script></html>",
    ),
    (
        "瑞数, status 412",
        Wall::Script,
        "<!DOCTYPE html><html><head><meta charset=utf-8><meta id='x' content='q1' r='m'><script r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;</script></head><body></body></html>",
    ),
    (
        "Cloudflare",
        Wall::Script,
        "<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue</noscript><script>window._cf_chl_opt={cvId:'3'};</script></body></html>",
    ),
    ("a cookie of its own", Wall::Script, "<html><body><script>document.cookie='k='+f();location.reload();</script></body></html>"),
    ("asks for scripts", Wall::Script, "<html><body><noscript>请开启JavaScript并刷新该页</noscript><script src=a.js></script></body></html>"),
    (
        "an application that scripts fill",
        Wall::Script,
        "<html><title>某厅</title><body><div id=app></div><script src=/static/app.js></script></body></html>",
    ),
    (
        "滑动验证",
        Wall::Captcha,
        "<html><title>访问验证</title><body><p>为保证正常访问，请完成下方验证</p><div id=nc></div><script src=//g.example/nc.js></script></body></html>",
    ),
    (
        "极验",
        Wall::Captcha,
        "<html><body><h3>请完成操作后继续</h3><div id=box></div><script src=https://static.geetest.com/v4/gt4.js></script></body></html>",
    ),
    (
        "a picture with letters",
        Wall::Captcha,
        "<html><title>提示</title><form><p>您的操作需要确认，请输入验证码：</p><img src=/code.jsp><input name=code><button>提交</button></form></html>",
    ),
    (
        "a sign-in form with a captcha",
        Wall::Login,
        "<html><title>登录</title><form action=/login><input name=user><input type=PASSWORD name=pw><input name=c placeholder=验证码><img src=/verifyCode><a href=/f>忘记密码</a></form></html>",
    ),
    ("single sign-on", Wall::Login, "<html><title>统一身份认证平台</title><body><div>扫码登录</div><img src=qr.png></body></html>"),
    ("安全狗", Wall::Firewall, "<html><title>网站防火墙</title><body>您的请求带有不合法参数，已被网站管理员设置拦截！</body></html>"),
    ("创宇盾", Wall::Firewall, "<html><body><h1>当前访问疑似黑客攻击，已被创宇盾拦截</h1></body></html>"),
    ("阿里云", Wall::Firewall, "<html><body><script>location='https://errors.aliyun.com/error?x=1'</script>405</body></html>"),
];

#[test]
fn walls_are_named() {
    for (what, wall, page) in WALLS {
        assert_eq!(Wall::of_page(page), Some(*wall), "{what}");
        assert_eq!(Wall::of_error(403, page), Some(*wall), "{what}");
        assert_eq!(Wall::of_error(404, page), None, "{what}: what is not found is not found");
    }
}

#[test]
fn ordinary_pages_are_no_walls() {
    let row = |n: i32| format!("<li><a href=/a/{n}.html>关于第{n}批项目公示的通知</a><span>2026-11-{n:02}</span></li>");
    let list: String = (10..28).map(row).collect();
    let text = "市反诈中心提醒，任何索要短信验证码、要求完成安全验证的电话都是诈骗，请先登录官方网站核实。".repeat(6);
    let pages = [
        ("a list with a small sign-in box", format!("<form><input name=u><input type=password><img src=/verifyCode></form><ul>{list}</ul>")),
        ("a news text on captchas", format!("<title>警惕验证码诈骗</title><h1>警惕验证码诈骗</h1><p>{text}</p>")),
        ("a text with a comment form", format!("<p>{}</p><div class=g-recaptcha></div>", "今日新闻内容，".repeat(60))),
        (
            "a list behind Cloudflare",
            format!("<ul>{list}</ul><script>window.__CF$cv$params={{r:'1'}};a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'</script>"),
        ),
        ("a page that was not found", "<html><title>404</title><body>您访问的页面不存在</body></html>".to_owned()),
        ("an empty list", "<html><body><h1>通知公告</h1><p>暂无数据，敬请期待后续发布的内容。</p></body></html>".to_owned()),
        ("a feed", "<?xml version='1.0'?><rss><channel><title>验证码</title></channel></rss>".to_owned()),
        ("data", "{\"msg\":\"请先登录\"}".to_owned()),
        ("nothing", String::new()),
    ];
    for (what, page) in pages {
        assert_eq!(Wall::of_page(&page), None, "{what}");
    }
}

#[test]
fn a_short_article_is_no_wall_whatever_stands_beside_it() {
    let texts = [
        "市工业和信息化局公布技改项目计划，总投资五千万元，用于建设两条智能柔性生产线，年底前完成设备安装。",
        "黄河岸边的这家企业今年出口增长两成，新建的海外仓已经投入使用，带动三百多人就业，负责人表示明年将继续扩大产能，并与高校合作开发新品。",
        "市反诈中心提醒，近日有人冒充客服索要短信验证码，已有三名市民受骗，损失两万余元，警方正在追查，完成安全验证前务必核实来电号码。",
        "The county opened its second battery recycling plant on Friday. The line handles nine thousand tonnes a year and employs eighty workers.",
    ];
    let box_ = "<form class=login>用户名<input name=u>密码<input type=password><img src=/verifyCode><button>登录</button></form>";
    let besides = [
        ("", ""),
        (box_, ""),
        ("", box_),
        ("", "<a href=/login>请登录后发表评论</a>"),
        ("", "<p>请登录后查看全部评论</p>"),
        ("", "<div>还可以输入200字，请先登录</div><textarea></textarea>"),
        ("<p>您还没有登录，扫码登录</p>", "<div class=g-recaptcha></div><p>请输入验证码</p>"),
        ("<noscript>请开启JavaScript</noscript>", "<p>统一身份认证平台登录入口</p>"),
    ];
    for text in texts {
        for (before, behind) in besides {
            for head in ["<title>企业新闻一则_企业_某某网</title>", "<title>某网</title><h1>企业新闻：统一身份认证平台启用</h1>"]
            {
                let page = format!("<html>{head}<body>{before}<div class=article><p>{text}</p></div>{behind}</body></html>");
                assert_eq!(Wall::of_page(&page), None, "{page}");
            }
        }
    }
}

#[test]
fn a_page_about_getting_in_stays_a_wall_however_it_is_named() {
    let field = "<form><input name=u><input type=password name=p><button>登录</button></form>";
    let pages = [
        (
            "a headline and rules of the house",
            format!(
                "<title>某某市政务服务网</title><h1>某某市政务服务网</h1><p>您的账号由管理员开通，首次登录请修改密码。如忘记密码，请联系管理员重置。</p>{field}"
            ),
        ),
        (
            "a sign-in title over a text",
            format!(
                "<title>登录 - 某某市企业服务网</title><p>企业服务网面向全市企业提供政策查询，项目申报，诉求办理和人才招聘等二十余项服务。</p>{field}"
            ),
        ),
        ("a footer", format!("<title>某某市教育资源网</title>{field}<p>Copyright 2026 某某市教育局 All rights reserved.</p>")),
        ("a notice", format!("<title>提示</title><p>您还没有登录，请登录后查看</p>{field}")),
        (
            "a name and a field",
            format!("<title>某某日报数字报刊</title><h1>某某日报数字报刊</h1>{field}<ul><li><a href=/r>忘记密码，点这里</a></li></ul>"),
        ),
        ("no field", "<title>某某市政务服务网</title><p>您还没有登录，请先登录后再查看本页内容，谢谢。</p>".to_owned()),
    ];
    for (what, page) in pages {
        assert_eq!(Wall::of_page(&page), Some(Wall::Login), "{what}");
    }
}

#[test]
fn every_wall_has_its_word_and_says_what_to_do() {
    for wall in Wall::ALL {
        assert_eq!(Wall::of_code(wall.code()), Some(wall));
        assert!(wall.chinese().contains('：') && wall.to_string().contains("; ") || wall == Wall::Script, "{wall}");
    }
    assert!(marks().all(|m| m.text == m.text.to_lowercase()), "marks are compared in lower case");
}
