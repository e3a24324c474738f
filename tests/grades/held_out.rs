//! Other kinds of happenings, in other sentences. No rule was made with them: they give the figures of `docs/quality.md`.

use crate::kinds::Kind;

pub const KINDS: [Kind; 5] = [
    Kind {
        title: "{firm}公司中标{place}{product}采购",
        wire: "{place}公共资源交易中心{day}公示，{firm}公司中标{product}采购，中标价{a}亿元。招标人收到{b}份投标文件，交货期为{c}天。供货范围包括{d}个站点。公示期满后，双方将签署合同。",
        reworded_title: "{a}亿元大单花落{firm}公司",
        reworded: "{product}采购有了结果：{firm}公司拿下{place}这笔{a}亿元的单子。{b}份标书里它胜出，要在{c}天里把货送到{d}个站点。",
        own_titles: ["{firm}公司{a}亿元中标 {place}开标现场直击", "{product}采购花落谁家？{firm}公司{a}亿元中标"],
        own: [
            "{day}下午，{place}开标大厅坐满了人。{firm}公司以{a}亿元中标{product}采购。本报记者数了数，候场的业务员有{e}位，最远的坐了{f}公里火车。保安说，这样的场面一年也就{g}回。",
            "{firm}公司{day}中标{place}的{product}采购，中标价{a}亿元。落选的一家企业向本台出示报价单，只差{h}万元。招标代理透露，评委打分用了{i}分钟，复核又用了{j}分钟。",
        ],
    },
    Kind {
        title: "{place}{firm}公司{product}仓库起火 {b}人受伤",
        wire: "{day}凌晨，{place}{firm}公司{product}仓库起火，{b}人受伤。消防部门出动{c}辆消防车，明火在{d}分钟后扑灭。火灾直接损失约{a}万元，起火原因正在调查。",
        reworded_title: "{firm}公司仓库深夜大火",
        reworded: "一场火烧了{place}的{firm}公司，着火的是放{product}的仓库，{b}个人受了伤。{c}辆消防车赶去，{d}分钟才灭掉明火，损失约{a}万元。",
        own_titles: ["{place}{firm}公司火灾 {b}人受伤送医", "{firm}公司{product}仓库起火 邻居敲门救人"],
        own: [
            "记者{day}清晨赶到{place}{firm}公司时，{product}仓库还在冒烟，火灾造成{b}人受伤。医院急诊科接诊医生说，最重的一位烧伤面积百分之{e}。围观的司机记得，第一声响后{f}秒，屋顶就塌了。",
            "{firm}公司{product}仓库{day}起火，{b}人受伤。住在{place}厂区对面的居民敲开了{g}户邻居的门。本台从消防指挥车上看到，水枪架了{h}支，现场用水{i}吨，指挥员的嗓子喊哑了。",
        ],
    },
    Kind {
        title: "{firm}公司{place}工厂裁员{b}人",
        wire: "{firm}公司{day}宣布裁员{b}人，{place}的{product}工厂将停产。公司称，上半年亏损{a}亿元，订单减少{c}单。被裁员工可获得补偿，人均{d}百元。工会已与公司协商。",
        reworded_title: "亏损{a}亿元 {firm}公司减员",
        reworded: "因为亏了{a}亿元、少了{c}单订单，{firm}公司要在{place}减{b}人，那里的{product}工厂也要停产。走的人平均能拿{d}百元。",
        own_titles: ["{firm}公司裁员{b}人 {place}工人排队领补偿", "停产之后：{firm}公司{product}工厂的最后一班"],
        own: [
            "{day}，{firm}公司裁员{b}人的消息贴在{place}工厂的门口，{product}生产线停产。排在队首的焊工干了{e}个月，口袋里有{f}元公交卡余额。本报记者看到，人力资源窗口开了{g}个。",
            "{place}{firm}公司{day}裁员{b}人，{product}工厂停产。夜班班长关掉了{h}盏灯。食堂老板对本台说，冰箱里还有{i}斤猪肉；隔壁网吧的客人多了{j}个。",
        ],
    },
    Kind {
        title: "{firm}公司{a}亿元收购{place}一{product}企业",
        wire: "{day}，{firm}公司签署协议，以{a}亿元收购{place}一家{product}企业{b}%的股权。标的企业去年营业收入{c}百万元，员工{d}人。交易尚需股东会批准，预计年底完成。",
        reworded_title: "{firm}公司出手 {product}行业再现并购",
        reworded: "{firm}公司要花{a}亿元，拿下{place}一家做{product}的企业{b}%的股权。这家企业有{d}名员工，去年收入{c}百万元；股东会还没有点头。",
        own_titles: ["{firm}公司收购案始末：{a}亿元怎么算出来", "{a}亿元收购落定 {place}{product}老厂换东家"],
        own: [
            "{firm}公司{day}以{a}亿元收购{place}一家{product}企业。记者拿到的估值底稿有{e}页，财务顾问改了{f}稿。一位董事说，他们在酒店谈了{g}个通宵，空调一直没有关。",
            "{place}的{product}老厂{day}被{firm}公司以{a}亿元收购。老厂长向本台展示了{h}把钥匙。仓库保管员盘了{i}箱存货，门前的梧桐树有{j}岁。",
        ],
    },
    Kind {
        title: "{firm}公司召回{b}台{product}设备",
        wire: "{place}市场监督管理部门{day}通报，{firm}公司召回{b}台{product}设备，原因是绝缘不合格。检测的{c}个批次中有问题的占多数，已造成{d}起故障。召回费用估计{a}万元，由公司承担。",
        reworded_title: "绝缘不过关 {firm}公司召回产品",
        reworded: "{firm}公司的{product}设备绝缘不合格，{b}台要召回。{c}个批次受了检测，故障有{d}起，公司得为此掏{a}万元。消息来自{place}。",
        own_titles: ["{firm}公司召回{b}台设备 {place}用户怎么说", "{product}设备召回 记者探访{firm}公司维修点"],
        own: [
            "{firm}公司{day}召回{b}台{product}设备，抽检不合格的是绝缘件。{place}一家作坊的主人告诉记者，他那台用了{e}个月，跳闸{f}次。他把发票装在{g}号信封里。",
            "{day}，{firm}公司在{place}的维修点挂出告示：召回{b}台{product}设备，绝缘件检出不合格。技师说一台要拆{h}颗螺丝，本台见他换下的旧件装了{i}筐，最早的一张工单编号{j}。",
        ],
    },
];
