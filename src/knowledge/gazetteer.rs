//! Provinces, prefectures and counties of China with their parents, from `src/data/places/china.txt`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::CLASSIFY;

/// A division: a province, prefecture or county.
#[derive(Debug)]
pub(crate) struct Division {
    pub(crate) name: &'static str,
    /// Name without its ending: 成都.
    pub(crate) short: &'static str,
    code: &'static str,
    /// Names that always mean this division.
    pub(crate) clear: Vec<&'static str>,
    /// Names that mean it only beside one of its parents.
    pub(crate) in_context: Vec<&'static str>,
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
    // 城区, 赵县 are ambiguous alone
    if is_unique && name.chars().nth(2).is_some() {
        clear.push(name);
    } else {
        in_context.push(name);
    }
    if short != name && short.chars().nth(1).is_some() {
        let is_clear = is_province || (!is_county && !CLASSIFY.place.ambiguous.contains(short));
        if is_clear { clear.push(short) } else { in_context.push(short) }
    }
    Division { name, short, code, clear, in_context }
}

/// Returns a place's name without its ending: 成都 of 成都市.
pub fn short_name(name: &str) -> &str {
    let base = CLASSIFY.place.endings.iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let people = CLASSIFY.place.peoples.iter().filter_map(|p| base.find(p)).filter(|at| *at > 3).min();
    let base = people.and_then(|at| base.get(..at)).unwrap_or(base);
    if base.chars().nth(1).is_some() { base } else { name }
}

/// Full and short names of all divisions.
static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| divisions().iter().flat_map(|d| [d.name, d.short]).collect());

/// Returns whether a province, city or county has this full or short name.
pub fn is_place(name: &str) -> bool {
    NAMES.contains(name)
}

/// Whether a word of a text is a place, or part of a compound one: 成都市, 示范区, and 魏都 of 魏都区.
pub fn is_part_of_place(word: &str, text: &str) -> bool {
    let endings = || CLASSIFY.place.compounds.iter().chain(CLASSIFY.place.endings.iter());
    let in_compound = || {
        let mut rest = text.match_indices(word).filter_map(|(at, _)| text.get(at + word.len()..)).peekable();
        rest.peek().is_some() && rest.all(|rest| endings().any(|e| rest.starts_with(e)))
    };
    is_place(word) || is_place(short_name(word)) || CLASSIFY.place.compounds.end(word) || in_compound()
}

/// Names of counties without their endings, unless a province or prefecture has them too.
static SHORT_OF_COUNTY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let is_county = |d: &&Division| !d.code.ends_with("00");
    let larger: HashSet<&str> = divisions().iter().filter(|d| !is_county(d)).map(|d| d.short).collect();
    divisions().iter().filter(is_county).filter(|d| d.short != d.name && !larger.contains(d.short)).map(|d| d.short).collect()
});

/// Whether a name is only that of a county, without its ending: often a part of other words.
pub(crate) fn is_short_of_county(name: &str) -> bool {
    SHORT_OF_COUNTY.contains(name)
}

/// Returns the divisions of a full name; where there are none, those of a short one.
pub(crate) fn find(name: &str) -> Vec<&'static Division> {
    let of = |is_it: fn(&Division, &str) -> bool| divisions().iter().filter(|d| is_it(d, name)).collect::<Vec<_>>();
    let full = of(|d, name| d.name == name);
    if full.is_empty() { of(|d, name| d.short == name) } else { full }
}

/// Returns all divisions, in the order of their codes.
pub(crate) fn divisions() -> &'static [Division] {
    &DIVISIONS
}

impl Division {
    /// Returns the province that it belongs to, which may be itself.
    pub(crate) fn province(&self) -> Option<&'static Division> {
        let code = format!("{}0000", self.code.get(..2)?);
        divisions().iter().find(|d| d.code == code)
    }

    /// Returns the divisions above it, the nearest first.
    pub(crate) fn parents(&self) -> impl Iterator<Item = &'static Division> + '_ {
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
