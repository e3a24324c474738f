//! Provinces, prefectures and counties of China with their parents, from `src/data/places/china.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What names end in. Longer endings stand before those they end in.
const ENDINGS: [&str; 14] = ["特别行政区", "自治区", "自治州", "自治县", "自治旗", "地区", "林区", "矿区", "省", "市", "盟", "县", "区", "旗"];
/// Peoples that stand between a name and its ending: 恩施土家族苗族自治州.
const PEOPLES: &str = "蒙古 回族 藏族 维吾尔 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克 傣族 黎族 傈僳族 佤族 畲族 拉祜族 水族 东乡族 \
    纳西族 景颇族 柯尔克孜 土族 达斡尔 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯 阿昌族 普米族 塔吉克 怒族 鄂温克 德昂族 保安族 裕固族 独龙族 鄂伦春 门巴族 珞巴族 各族";
/// Prefectures whose short names mean other things too.
const AMBIGUOUS: [&str; 14] = ["吉林", "海南", "朝阳", "白银", "来宾", "安康", "大同", "三明", "和田", "长治", "大庆", "中山", "资阳", "黄山"];

/// A division: a province, prefecture or county.
#[derive(Debug)]
pub(super) struct Division {
    pub(super) name: &'static str,
    /// Without its ending: 许昌.
    pub(super) short: &'static str,
    code: &'static str,
    /// Names that mean it wherever they stand.
    pub(super) clear: Vec<&'static str>,
    /// Names that mean it only beside one of its parents.
    pub(super) in_context: Vec<&'static str>,
}

static DIVISIONS: LazyLock<Vec<Division>> = LazyLock::new(|| {
    let rows: Vec<(&str, &str)> = include_str!("../data/places/china.txt").lines().filter_map(|l| l.split_once(' ')).collect();
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (_, name) in &rows {
        *named.entry(name).or_default() += 1;
    }
    rows.iter().map(|(code, name)| division(code, name, named.get(name) == Some(&1))).collect()
});

fn division(code: &'static str, name: &'static str, is_unique: bool) -> Division {
    let short = short_name(name);
    let is_county = !code.ends_with("00");
    let is_province = code.ends_with("0000");
    let (mut clear, mut in_context) = (Vec::new(), Vec::new());
    // 城区, 赵县 say too little alone
    if is_unique && name.chars().nth(2).is_some() {
        clear.push(name);
    } else {
        in_context.push(name);
    }
    if short != name && short.chars().nth(1).is_some() {
        let is_clear = is_province || (!is_county && !AMBIGUOUS.contains(&short));
        if is_clear { clear.push(short) } else { in_context.push(short) }
    }
    Division { name, short, code, clear, in_context }
}

fn short_name(name: &'static str) -> &'static str {
    let base = ENDINGS.iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let people = PEOPLES.split_ascii_whitespace().filter_map(|p| base.find(p)).filter(|at| *at > 3).min();
    let base = people.and_then(|at| base.get(..at)).unwrap_or(base);
    if base.chars().nth(1).is_some() { base } else { name }
}

/// Whether a province, city or county is called so, in full or in short.
pub fn is_place(name: &str) -> bool {
    divisions().iter().any(|d| d.name == name || d.short == name)
}

/// All divisions, in the order of their codes.
pub(super) fn divisions() -> &'static [Division] {
    &DIVISIONS
}

impl Division {
    /// The divisions above it, the nearest first.
    pub(super) fn parents(&self) -> impl Iterator<Item = &'static Division> + '_ {
        let above = [self.code.get(..4).map(|c| format!("{c}00")), self.code.get(..2).map(|c| format!("{c}0000"))];
        let find = |code: String| DIVISIONS.binary_search_by(|d| d.code.cmp(code.as_str())).ok().and_then(|i| DIVISIONS.get(i));
        above.into_iter().flatten().filter(|code| code != self.code).filter_map(find)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> &'static Division {
        divisions().iter().find(|d| d.name == name).unwrap()
    }

    #[test]
    fn divisions_know_their_parents_and_short_names() {
        let parents = |name: &str| find(name).parents().map(|d| d.name).collect::<Vec<_>>();
        assert_eq!((parents("长葛市"), parents("许昌市"), parents("河南省")), (vec!["许昌市", "河南省"], vec!["河南省"], vec![]));
        for (name, short) in
            [("恩施土家族苗族自治州", "恩施"), ("内蒙古自治区", "内蒙古"), ("广西壮族自治区", "广西"), ("赵县", "赵县"), ("大兴安岭地区", "大兴安岭")]
        {
            assert_eq!(find(name).short, short);
        }
        assert!(divisions().len() > 3_000);
    }

    #[test]
    fn shared_and_everyday_names_need_a_parent_beside_them() {
        assert!(find("长葛市").clear.contains(&"长葛市") && find("长葛市").in_context.contains(&"长葛"));
        assert!(find("鼓楼区").clear.is_empty() && find("白银市").in_context.contains(&"白银"));
        assert!(find("郑州市").clear.contains(&"郑州"));
    }
}
