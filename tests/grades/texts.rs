//! Made-up reports: reprints of one report, and reports of two reporters.

use crate::kinds::Kind;

const LEFT: [&str; 20] = ["云", "澄", "锦", "岚", "苍", "皓", "霁", "珩", "翎", "榆", "桉", "芷", "砚", "璟", "鹭", "骁", "峤", "湛", "晟", "麓"];
const RIGHT: [&str; 20] = ["帆", "岳", "溪", "舟", "禾", "樾", "川", "峰", "泽", "桥", "柏", "庐", "原", "野", "岭", "湾", "渡", "亭", "桐", "枫"];
const PRODUCTS: [&str; 8] = ["锂电池隔膜", "速冻水饺", "陶瓷洁具", "碳纤维", "中药饮片", "铝合金门窗", "光学镜头", "生物饲料"];
const PLACES: [&str; 8] = ["长葛", "鄢陵", "禹州", "襄城", "汝州", "项城", "永城", "灵宝"];
const OUTLETS: [&str; 10] = ["北岸日报", "南岸晚报", "东川时报", "西岭在线", "中原商报", "远山网", "青禾财经", "石桥新闻", "白渡观察", "双河晨报"];
/// Words and what a translator might write instead.
const SYNONYMS: [(&str, &str); 24] = [
    ("项目", "工程"),
    ("正式", ""),
    ("投产", "投入运行"),
    ("总投资", "投入"),
    ("占地", "用地"),
    ("设计年产", "每年能出产"),
    ("预计新增就业", "将创造岗位"),
    ("企业负责人", "掌门人"),
    ("表示", "透露"),
    ("签约", "达成协议"),
    ("建设", "兴建"),
    ("规划", "计划"),
    ("带动就业", "吸纳劳动力"),
    ("双方", "两家"),
    ("因违规排污被罚款", "由于非法排放遭罚"),
    ("责令停产整改", "要求停下生产线"),
    ("检查发现", "调查表明"),
    ("宣布完成", "披露已经拿到"),
    ("资金", "这笔钱"),
    ("机构参与", "投资方出资"),
    ("去年", "上一年"),
    ("未来三年", "接下来三年"),
    ("开拓", "进军"),
    ("公司", "企业"),
];

/// The happenings of a test: kinds of texts, and what shifts names and numbers.
#[derive(Clone, Copy)]
pub struct World {
    pub kinds: &'static [Kind],
    pub seed: usize,
}

/// An article before it is graded: who, headline, text.
pub type Written = (String, String, String);

impl World {
    fn kind(self, n: usize) -> &'static Kind {
        &self.kinds[n % self.kinds.len()]
    }

    fn firm(self, n: usize) -> String {
        let n = n + self.seed * 211;
        format!("{}{}", LEFT[n % 20], RIGHT[(n / 20 + n) % 20])
    }

    fn place(self, n: usize) -> &'static str {
        PLACES[(n / 3 + self.seed) % 8]
    }

    fn outlet(self, at: usize) -> String {
        OUTLETS[(at + self.seed) % 10].to_owned()
    }

    /// Fills the slots of happening `n`, so that no two happenings share their numbers.
    pub fn filled(self, text: &str, n: usize) -> String {
        let number = |at: usize, most: usize| 11 + (n * 37 + at * 101 + (n / 7) * 13 + self.seed * 59) % most;
        let mut out = text
            .replace("{firm}", &self.firm(n))
            .replace("{product}", PRODUCTS[(n / 4 + self.seed) % 8])
            .replace("{place}", self.place(n))
            .replace("{day}", &format!("11月{}日", 1 + n % 20))
            .replace("{a}", &format!("{}.{}", number(1, 80), 1 + n % 9));
        for (at, slot) in ["{b}", "{c}", "{d}", "{e}", "{f}", "{g}", "{h}", "{i}", "{j}"].into_iter().enumerate() {
            out = out.replace(slot, &number(at + 2, 300 + 40 * at).to_string());
        }
        out
    }

    /// Returns what ten sites make of one report.
    pub fn reprints(self, n: usize) -> Vec<Written> {
        let kind = self.kind(n);
        let (title, wire) = (self.filled(kind.title, n), self.filled(kind.wire, n));
        let (other_title, reworded) = (self.filled(kind.reworded_title, n), self.filled(kind.reworded, n));
        let all: Vec<&str> = wire.split_inclusive('。').collect();
        let (short, turned) = (all[..2].concat(), [&all[1..], &all[..1]].concat().concat());
        let changed = wire.replace("表示", "说").replace("将", "要").replace("正式", "").replace("因", "由于").replace("本轮", "这一轮");
        let texts = [
            (title.clone(), format!("中原通讯社{}11月{}日电（记者 某甲）{wire}", self.place(n), 1 + n % 20)),
            (title.clone(), wire.clone()),
            (format!("快讯｜{title}"), format!("{short}（来源：中原通讯社）")),
            (other_title.clone(), format!("据中原通讯社报道，{reworded}")),
            (title.clone(), format!("本网综合消息：{changed}责任编辑：某乙　阅读 {} 次", 1000 + n)),
            (format!("关注 {title}"), turned),
            (other_title.clone(), reworded.clone()),
            (other_title, format!("{reworded}\n来源：中原通讯社")),
            (title.clone(), short),
            (title, format!("{wire}小编觉得，这是个好消息，大家怎么看？")),
        ];
        texts.into_iter().enumerate().map(|(at, (title, text))| (self.outlet(at + n), title, text)).collect()
    }

    /// Returns a family that hides where it comes from: reworded without the wire's name, put into other words like a translation, and
    /// cut to the first paragraph. With `release` also a release of the firm, which tells more, and a site that repeats that.
    pub fn hidden_reprints(self, n: usize, release: bool) -> Vec<Written> {
        let kind = self.kind(n);
        let (title, wire) = (self.filled(kind.title, n), self.filled(kind.wire, n));
        let (other_title, reworded) = (self.filled(kind.reworded_title, n), self.filled(kind.reworded, n));
        let translated = |text: &str| SYNONYMS.iter().fold(text.to_owned(), |text, (word, other)| text.replace(word, other));
        let first: String = wire.split_inclusive('。').take(1).collect();
        let mut sentences: Vec<String> = translated(&wire).split_inclusive('。').map(str::to_owned).collect();
        sentences.reverse();
        let mut out = vec![
            (self.outlet(n), title.clone(), format!("中原通讯社11月{}日电 {wire}", 1 + n % 20)),
            (self.outlet(n + 1), other_title.clone(), reworded.clone()),
            (self.outlet(n + 2), translated(&other_title), translated(&reworded)),
            (self.outlet(n + 3), translated(&title), translated(&wire)),
            (self.outlet(n + 4), format!("{}热点追踪", self.place(n)), sentences.concat()),
            (self.outlet(n + 5), title.clone(), first.clone()),
            (self.outlet(n + 6), other_title.clone(), translated(&first)),
        ];
        if release {
            let firm = self.firm(n);
            let told =
                self.filled("公司董事长在致辞中回顾了{e}年的创业历程，并向{f}名员工代表颁发奖章。公司已累计获得{g}项专利，产品销往{h}个国家。", n);
            out.push((format!("{firm}公司官网"), title.clone(), format!("{reworded}{told}")));
            out.push((format!("{firm}公司公众号"), other_title, format!("{told}{}", translated(&wire))));
            out.push((self.outlet(n + 7), title, format!("{}{told}", translated(&reworded))));
        }
        out
    }

    /// Returns what two reporters write, each at the place.
    pub fn independent(self, n: usize) -> Vec<Written> {
        let kind = self.kind(n);
        let write = |at: usize| (self.outlet(n + at * 3), self.filled(kind.own_titles[at], n), self.filled(kind.own[at], n));
        vec![write(0), write(1)]
    }
}
