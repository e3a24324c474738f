//! The kinds of happenings with which the rules were made.

/// The texts of one kind of happening. `{…}` is a slot.
pub struct Kind {
    pub title: &'static str,
    /// What a wire reports, and how another desk tells the same in its own words.
    pub wire: &'static str,
    pub reworded_title: &'static str,
    pub reworded: &'static str,
    /// What two reporters at the place write, each with what he saw and asked.
    pub own_titles: [&'static str; 2],
    pub own: [&'static str; 2],
}

pub const KINDS: [Kind; 4] = [
    Kind {
        title: "{firm}公司{product}项目在{place}投产",
        wire: "{day}，{firm}公司{product}项目在{place}正式投产，总投资{a}亿元，占地{b}亩。项目采用全自动生产线，设计年产{product}{c}万吨。企业负责人表示，达产后预计新增就业{d}人。当地开发区管委会为项目提供了用地和环评服务，从签约到投产历时一年半。业内人士认为，这将完善当地的产业链。",
        reworded_title: "投资{a}亿元！{place}一{product}工厂开机",
        reworded: "位于{place}的{firm}公司新工厂已经开机，投产的是{product}项目。这座工厂占地{b}亩，花了{a}亿元建成，一年可产{product}{c}万吨，全部达产后能带来{d}个岗位。",
        own_titles: ["{firm}公司{product}项目{place}投产见闻", "{place}：{a}亿元{product}项目点火投产"],
        own: [
            "{day}上午，{firm}公司{product}项目在{place}投产，记者看到第一批产品装上了{e}辆货车。项目总投资{a}亿元，年产{product}{c}万吨。车间主任说，调试用了{f}天，中间更换过两次轴承。厂门口的早餐店老板告诉记者，每天多卖{g}碗胡辣汤。",
            "机器启动的声音{day}在{place}的工业园里响起，{firm}公司{product}项目投产了。这个投资{a}亿元的项目要招{d}人，年产能{c}万吨，设备来自{h}家供应商，仅电缆就铺了{i}公里。物流公司的调度员算了一笔账：运费一个月能省{j}万元。",
        ],
    },
    Kind {
        title: "{firm}公司与{place}签约建设{product}基地",
        wire: "{day}，{firm}公司与{place}签约，将建设{product}基地，协议总投资{a}亿元，规划占地{b}亩，分两期实施。一期建成后可实现年产值{c}亿元，带动就业{d}人。双方还将共建实验室，推动成果转化。签约仪式在当地会展中心举行。",
        reworded_title: "{place}引来{product}大项目",
        reworded: "一个{product}基地要落户{place}：{firm}公司签约拿下{b}亩地，打算分两期投入{a}亿元。按规划，头一期年产值{c}亿元，可招{d}人，实验室也会一起建。",
        own_titles: ["{place}与{firm}公司签约 {product}基地落地", "{firm}公司{a}亿元投向{place}{product}基地"],
        own: [
            "{day}，{firm}公司与{place}签约建设{product}基地，投资{a}亿元。签约的笔刚放下，项目经理就去看了地。本报记者随他走了{e}公里，这{b}亩地去年还种着小麦。村支书说，{f}户人家已领到补偿，最多的一户{g}万元。",
            "投资{a}亿元的{product}基地{day}签约，{firm}公司为何选{place}？谈判持续了{h}轮，招商局的一名科长翻出{i}页会议纪要给本台记者看。基地用地{b}亩，要招{d}人。附近一家包装厂的厂长已经订了{j}台新设备，等着供货。",
        ],
    },
    Kind {
        title: "{place}{firm}公司因违规排污被罚{a}万元",
        wire: "{day}，{place}{firm}公司因违规排污被罚款{a}万元，并被责令停产整改。检查发现，该公司{product}车间的废水处理设施停用{b}小时，外排废水超标{c}倍。执法人员共调取监控{d}段。该公司表示接受处罚，将按要求整改。",
        reworded_title: "废水超标{c}倍 {firm}公司吃罚单",
        reworded: "{firm}公司在{place}的工厂被罚了：罚款{a}万元，停产整改。它的{product}车间把治污设施关了{b}小时，排出的废水超标{c}倍，{d}段监控都拍了下来。",
        own_titles: ["{firm}公司被罚{a}万元 {place}居民盼治污", "停产整改！{place}{firm}公司领{a}万元罚单"],
        own: [
            "{place}{firm}公司{day}因违规排污被罚款{a}万元，停产整改，废水超标{c}倍。记者在厂门口见到了张贴的处罚告知书。住在旁边的老人说，河水变色已有{e}天。河边竖着{f}块新的警示牌，{product}车间大门紧锁，门卫登记簿上当天有{g}名来访者。",
            "罚款{a}万元、停产整改——{place}的{firm}公司因排污被罚，{product}车间{day}停了下来，废水超标达{c}倍。公司法务告诉本台，已预付{h}万元购买新设备，{i}名工人转去其他厂区。下游的养殖户损失{j}尾鱼苗，正准备起诉。",
        ],
    },
    Kind {
        title: "{firm}公司完成{a}亿元融资 加码{product}",
        wire: "{day}，位于{place}的{firm}公司宣布完成B轮融资，融资{a}亿元，资金将用于{product}的研发和扩产。本轮由{b}家机构参与。公司去年营业收入{c}亿元，研发人员{d}人。创始人表示，未来三年将建设第二工厂，并开拓海外市场。",
        reworded_title: "{product}赛道再热：{firm}公司拿到{a}亿元",
        reworded: "{b}家机构把{a}亿元投给了{place}的{firm}公司，这是该公司的B轮融资。公司做{product}，去年营业收入{c}亿元，有{d}名研发人员；钱会花在研发和扩产上，第二工厂也在计划中。",
        own_titles: ["{firm}公司融资{a}亿元背后", "专访：{place}{firm}公司融资{a}亿元之后"],
        own: [
            "{place}{firm}公司{day}完成B轮融资，金额{a}亿元，用于{product}扩产，{b}家机构参与。在办公室里，财务总监指着墙上的日历对记者说，这轮融资谈了{e}个月，见了{f}位投资人。楼下咖啡馆的店员记得，他们一周开了{g}次会。",
            "{place}的{firm}公司{day}宣布融资{a}亿元，这笔B轮融资将用于{product}扩产。公司去年营业收入{c}亿元。技术负责人向本台演示时，机器连续运行了{h}小时没有停。他的团队申请了{i}件专利，宿舍离实验室只有{j}米。",
        ],
    },
];
