//! Made-up articles: reports of firms, statistics, policies and meetings, with invented names.

/// A small generator of numbers: the same seed gives the same articles and faults.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
    fn number(&mut self, from: usize, to: usize) -> String {
        let whole = from + self.below(to - from);
        if self.below(2) == 0 { whole.to_string() } else { format!("{whole}.{}", 1 + self.below(9)) }
    }
}

pub struct Article {
    pub title: String,
    pub text: String,
}

pub const FIRMS: [&str; 12] =
    ["云鹭电气", "禾川制药", "北岭重工", "曜石新材", "澜泊食品", "青陌纺织", "拓岳机械", "鸿砚科技", "沐丰农业", "铂源化工", "岚桥建材", "启翎汽车"];
pub const CITIES: [&str; 10] = ["许昌市", "洛阳市", "南阳市", "信阳市", "安阳市", "新乡市", "焦作市", "漯河市", "周口市", "商丘市"];
pub const PEOPLE: [&str; 12] =
    ["张砚秋", "李沐白", "王岚川", "赵启明", "陈牧野", "刘若溪", "周知远", "吴秉文", "郑晏宁", "孙鹤年", "徐望舒", "马竹君"];
const GOODS: [&str; 8] = ["输变电设备", "原料药", "盾构机", "锂电材料", "速冻食品", "发制品", "数控机床", "工业机器人"];
const CHANGES: [(&str, &str); 6] = [("增长", "下降"), ("上升", "下滑"), ("上涨", "下跌"), ("增加", "减少"), ("提高", "降低"), ("扩大", "收窄")];
const OFFICES: [&str; 5] = ["董事长", "总经理", "副总经理", "项目负责人", "市场部经理"];

/// Returns as many articles.
pub fn make(random: &mut Random, count: usize) -> Vec<Article> {
    (0..count).map(|i| [company, statistics, policy, notice, meeting][i % 5](random)).collect()
}

fn change<'a>(r: &mut Random) -> &'a str {
    let (up, down) = CHANGES[r.below(CHANGES.len())];
    if r.below(3) == 0 { down } else { up }
}

fn company(r: &mut Random) -> Article {
    let (firm, city, other, goods) = (r.pick(&FIRMS), r.pick(&CITIES), r.pick(&CITIES), r.pick(&GOODS));
    let (boss, expert, office) = (r.pick(&PEOPLE), r.pick(&PEOPLE), r.pick(&OFFICES));
    let (a, b, c, d) = (r.number(2, 90), r.number(100, 900), r.number(1, 40), r.number(2, 60));
    let (m, day, up) = (1 + r.below(12), 1 + r.below(28), change(r));
    Article {
        title: format!("{firm}{goods}项目在{city}开工"),
        text: format!(
            "本报讯（记者 {}）{m}月{day}日，{firm}{goods}生产基地项目在{city}开工建设，总投资{a}亿元，占地{b}亩。\n项目分两期实施，一期计划明年6月投产，达产后可年产{goods}{c}万台，带动就业{}人。\n{firm}{office}{boss}表示，公司今年前三季度营业收入{d}亿元，同比{up}{c}%，其中海外收入占比超过三成。\n{boss}介绍，公司尚未在{other}设立生产线，不会因新项目减少研发投入。\n昨日，{city}发展改革委有关负责人说，当地已为项目办理用地手续，但环评批复还没有取得。\n行业协会专家{expert}认为，{goods}市场需求平稳，明年价格难以大幅上涨。",
            r.pick(&PEOPLE),
            200 + r.below(900),
        ),
    }
}

fn statistics(r: &mut Random) -> Article {
    let (city, other, people) = (r.pick(&CITIES), r.pick(&CITIES), r.pick(&PEOPLE));
    let (m, up, second, third) = (2 + r.below(10), change(r), change(r), change(r));
    let figures: Vec<String> = (0..8).map(|_| r.number(2, 60)).collect();
    let (a, b) = (r.number(300, 3000), r.number(100, 900));
    Article {
        title: format!("{city}前{m}个月规模以上工业增加值{up}{}%", figures[0]),
        text: format!(
            "{city}统计局{}日发布数据显示，今年前{m}个月，全市规模以上工业增加值同比{up}{}%，增速比上年同期{second}{}个百分点。\n分行业看，装备制造业增加值{third}{}%，食品工业增长{}%，化学原料和化学制品制造业下降{}%。\n前{m}个月，全市固定资产投资完成{a}亿元，同比{second}{}%；社会消费品零售总额{b}亿元，{third}{}%。\n{city}统计局工业科科长{people}分析，新订单指数没有回到荣枯线以上，企业利润尚未恢复到去年水平。\n同期{other}规模以上工业增加值增长{}%。\n据海关统计，全市外贸进出口总值{}亿元，其中出口{}亿元，进口{}亿元。",
            10 + r.below(18),
            figures[0],
            figures[1],
            figures[2],
            figures[3],
            figures[4],
            figures[5],
            figures[6],
            figures[7],
            r.number(60, 99),
            r.number(40, 59),
            r.number(5, 39),
        ),
    }
}

fn policy(r: &mut Random) -> Article {
    let (city, goods, people) = (r.pick(&CITIES), r.pick(&GOODS), r.pick(&PEOPLE));
    let (m, day) = (1 + r.below(12), 1 + r.below(28));
    Article {
        title: format!("{city}出台支持{goods}产业发展若干措施"),
        text: format!(
            "{m}月{day}日，{city}人民政府印发《{city}支持{goods}产业发展若干措施》，自2026年{}月1日起施行。\n措施提出，对年销售收入首次超过{}亿元的企业给予一次性奖励{}万元，单个企业每年累计奖励不超过{}万元。\n对新购置生产设备的企业，按照不高于投资额{}%的比例给予补助。\n到2028年，全市{goods}产业规模力争达到{}亿元，建成省级以上研发平台{}个。\n{city}工业和信息化局局长{people}表示，这次没有把房地产企业列入支持范围，未按期完成投资的项目不予奖励。\n企业反映的用工补贴问题，市人力资源和社会保障局将在年底前研究答复。",
            1 + r.below(12),
            r.number(2, 9),
            30 + r.below(60),
            200 + r.below(300),
            8 + r.below(20),
            300 + r.below(700),
            12 + r.below(40),
        ),
    }
}

fn notice(r: &mut Random) -> Article {
    let (firm, partner, people) = (r.pick(&FIRMS), r.pick(&FIRMS), r.pick(&PEOPLE));
    let (up, goods) = (change(r), r.pick(&GOODS));
    let (a, b, c, d) = (r.number(2, 90), r.number(100, 900), r.number(1, 40), r.number(2, 60));
    Article {
        title: format!("{firm}：前三季度净利润{up}{c}%"),
        text: format!(
            "{firm}今日晚间公告，公司前三季度实现营业收入{a}亿元，同比{up}{c}%；归属于上市公司股东的净利润{b}万元，同比{}{d}%。\n公司称，{goods}销量达到{}万吨，平均售价每吨{}元，原材料成本较上年同期{}{}%。\n公司拟以自有资金{}亿元收购{partner}{}%股权，交易不构成重大资产重组，尚未签署正式协议。\n公司否认向{partner}提供担保的传闻，并表示暂缓发行可转换公司债券。\n公司董事会秘书{people}说，第四季度订单充足，生产线没有停产。\n截至10月31日，公司股东户数为{}万户，比9月末减少{}户。",
            change(r),
            r.number(3, 70),
            2000 + r.below(9000),
            change(r),
            r.number(1, 9),
            r.number(1, 9),
            20 + r.below(60),
            r.number(2, 9),
            300 + r.below(900),
        ),
    }
}

fn meeting(r: &mut Random) -> Article {
    let (city, firm, people, second) = (r.pick(&CITIES), r.pick(&FIRMS), r.pick(&PEOPLE), r.pick(&PEOPLE));
    let (m, day, goods) = (1 + r.below(12), 1 + r.below(28), r.pick(&GOODS));
    Article {
        title: format!("{goods}产业大会在{city}举行"),
        text: format!(
            "{m}月{day}日至{}日，第{}届{goods}产业大会在{city}举行，来自{}个国家和地区的{}家企业参会，现场签约项目{}个，签约金额{}亿元。\n{city}副市长{people}在致辞中说，去年全市{goods}产业营业收入{}亿元，增长{}%，企业数量增加{}家。\n{firm}首席工程师{second}认为，行业平均利润率下降{}个百分点，低端产能没有完全退出。\n会上发布的产业白皮书显示，国内{goods}市场规模约{}亿元，前五家企业占比不足四成。\n大会组委会预计，明年出口额将增长{}%，但不排除关税上调的影响。\n下届大会将于2027年5月在洛阳举办。",
            day + 1,
            3 + r.below(9),
            5 + r.below(30),
            120 + r.below(600),
            12 + r.below(60),
            r.number(30, 400),
            r.number(100, 900),
            r.number(2, 30),
            12 + r.below(70),
            r.number(1, 5),
            300 + r.below(900),
            r.number(2, 20),
        ),
    }
}
