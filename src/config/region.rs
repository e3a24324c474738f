//! `[region]`: the institute's city, and the industries that it follows.

use crate::config::localized::{localized, nearest};
use crate::config::reader::Section;
use crate::config::taxonomy::sets;
use crate::knowledge::HOME;
use crate::knowledge::gazetteer::{self, Division};

/// City and industries of the institute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Full name of the city, county or province.
    pub city: String,
    /// Full name of the province, which may be the city itself.
    pub province: String,
    /// Id of a set of `src/data/taxonomy/sets.toml`.
    pub industries: String,
    /// Short names of the city and the divisions around it, narrowest first.
    pub levels: Vec<String>,
}

impl Default for Region {
    fn default() -> Self {
        let region = find_city(&HOME.city, Some(&HOME.province)).map(|d| Self::of(d, &HOME.industries)).ok();
        region.unwrap_or_else(|| Self {
            city: HOME.city.clone(),
            province: HOME.province.clone(),
            industries: HOME.industries.clone(),
            levels: Vec::new(),
        })
    }
}

/// Why a name is not that of one city.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CityError {
    /// No division has the name; the most similar name.
    #[error("no province, city or county of China is called {name:?}{}", .similar.as_ref().map_or_else(String::new, |s| format!("; did you mean {s:?}?")))]
    Unknown { name: String, similar: Option<String> },
    /// Several have it: each with its parents.
    #[error("{name:?} is the name of several places: {}; write the full name, or the province too", .places.join(", "))]
    Ambiguous { name: String, places: Vec<String> },
    /// It is in another province.
    #[error("{place} is not in {province}")]
    Elsewhere { place: String, province: String },
}

impl CityError {
    /// Returns the message for people.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unknown { name, similar } => {
                let hint = similar.as_ref().map_or_else(|| "请写全称，例如“洛阳市”".to_owned(), |s| format!("是不是“{s}”？"));
                format!("行政区划里没有“{name}”；{hint}")
            }
            Self::Elsewhere { place, province } => format!("{place}不在“{province}”里"),
            Self::Ambiguous { name, places } => format!("“{name}”不止一处：{}；请写全称，或写明省份", places.join("、")),
        }
    }
}

/// Returns the division of a full or short name, which must be in the province if one is named.
///
/// # Errors
/// If no division has the name, or several do.
pub(crate) fn find_city(name: &str, province: Option<&str>) -> Result<&'static Division, CityError> {
    let name = name.trim();
    let is_in = |d: &&'static Division| province.is_none_or(|p| d.province().is_some_and(|own| own.name == p || own.short == p));
    let mut found: Vec<_> = gazetteer::find(name).into_iter().filter(is_in).collect();
    if found.is_empty() {
        // 江苏省南京市鼓楼区
        found = gazetteer::divisions().iter().filter(|d| is_behind_parents(name, d)).filter(is_in).collect();
    }
    if found.is_empty() {
        // 阿坝州
        let short = name.strip_suffix(['州', '盟', '市', '县', '区', '省']).unwrap_or(name);
        found = gazetteer::find(short).into_iter().filter(|d| d.short == short && same_ending(d.name, name)).filter(is_in).collect();
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let elsewhere = province.and_then(|p| Some((gazetteer::find(name).into_iter().next()?, p)));
            if let Some((d, province)) = elsewhere {
                return Err(CityError::Elsewhere { place: in_full(d), province: province.to_owned() });
            }
            let names = gazetteer::divisions().iter().filter(is_in).map(|d| d.name);
            Err(CityError::Unknown { name: name.to_owned(), similar: nearest(name, names).map(str::to_owned) })
        }
        several => Err(CityError::Ambiguous { name: name.to_owned(), places: several.iter().take(12).map(|d| in_full(d)).collect() }),
    }
}

/// Whether a name is that of a division behind names of its parents: 江苏省南京市鼓楼区, 北京朝阳区.
fn is_behind_parents(name: &str, d: &Division) -> bool {
    let Some(mut rest) = name.strip_suffix(d.name) else { return false };
    let parents: Vec<&Division> = d.parents().collect();
    for parent in parents.into_iter().rev() {
        rest = rest.strip_prefix(parent.name).or_else(|| rest.strip_prefix(parent.short)).unwrap_or(rest);
    }
    rest.is_empty()
}

fn same_ending(a: &str, b: &str) -> bool {
    a.chars().next_back() == b.chars().next_back()
}

/// Returns the name behind those of its parents: 江苏省南京市鼓楼区.
fn in_full(d: &Division) -> String {
    let parents: Vec<&str> = d.parents().map(|p| p.name).collect();
    parents.into_iter().rev().chain([d.name]).collect()
}

impl Region {
    /// Returns the region of a division.
    pub(crate) fn of(city: &'static Division, industries: &str) -> Self {
        let mut levels: Vec<String> = Vec::new();
        for d in std::iter::once(city).chain(city.parents()) {
            if !levels.iter().any(|l| l == d.short) {
                levels.push(d.short.to_owned());
            }
        }
        // two districts of one province may have one name
        let is_unique = gazetteer::find(city.name).len() == 1;
        let name = if is_unique { city.name.to_owned() } else { in_full(city) };
        Self { city: name, province: city.province().unwrap_or(city).name.to_owned(), industries: industries.to_owned(), levels }
    }

    /// Whether a source of this region is near: national, or of the city or what is around it.
    pub fn is_near(&self, region: Option<&str>) -> bool {
        region.is_none_or(|r| r == "全国" || self.levels.iter().any(|l| l == gazetteer::short_name(r)))
    }
}

/// Reads `[region]`.
pub(super) fn read(s: &Section<'_>) -> Region {
    s.deny_unknown_keys(&["city", "province", "industries"]);
    let mut region = Region::default();
    let industries = s.text("industries").map_or_else(
        || region.industries.clone(),
        |t| {
            let ids = sets::set_ids();
            if !ids.iter().any(|id| id == t.value) {
                let known: Vec<&str> = ids.iter().map(String::as_str).collect();
                s.invalid_value("industries", t, &known);
                return region.industries.clone();
            }
            t.value.to_owned()
        },
    );
    region.industries.clone_from(&industries);
    let province = s.string("province");
    let Some(t) = s.text("city") else {
        if province.is_some() {
            s.error(None, localized("[region] names a province and no city", "[region] 写了省份，没有写城市 city"));
        }
        return region;
    };
    match find_city(t.value, province.as_deref()) {
        Ok(city) => Region::of(city, &industries),
        Err(e) => {
            s.error(t.span, localized(e.to_string(), e.chinese()));
            region
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_is_found_by_either_name_and_doubts_are_named() {
        let levels = |name: &str| find_city(name, None).map(|d| Region::of(d, "x").levels);
        assert_eq!(levels("洛阳").unwrap(), ["洛阳", "河南"]);
        assert_eq!(levels("长葛市").unwrap(), ["长葛", "许昌", "河南"]);
        assert_eq!(levels("北京市").unwrap(), ["北京"]);
        assert_eq!(levels("浙江省").unwrap(), ["浙江"]);
        assert_eq!(levels("北京朝阳区").unwrap(), ["朝阳", "北京"]);
        assert_eq!(levels("阿坝州").unwrap(), ["阿坝", "四川"]);
        assert_eq!(levels("浦东新区").unwrap(), ["浦东", "上海"]);
        let written = Region::of(find_city("江苏省南京市鼓楼区", None).unwrap(), "x").city;
        assert_eq!(find_city(&written, Some("江苏省")).map(|d| d.name), Ok("鼓楼区"));
        assert_eq!(find_city("洛阳市", Some("江苏省")).map(|d| d.name).unwrap_err().chinese(), "河南省洛阳市不在“江苏省”里");
        assert_eq!(levels("江苏省南京市鼓楼区").unwrap(), ["鼓楼", "南京", "江苏"]);
        let wrong = |name: &str| levels(name).unwrap_err().chinese();
        assert!(wrong("鼓楼区").contains("江苏省南京市鼓楼区"), "{}", wrong("鼓楼区"));
        assert!(wrong("落阳市").contains("是不是“"), "{}", wrong("落阳市"));
        assert!(matches!(find_city("吉林", Some("吉林省")), Err(CityError::Ambiguous { places, .. }) if places == ["吉林省", "吉林省吉林市"]));
    }

    #[test]
    fn the_home_of_the_default_settings_is_a_city_with_a_set() {
        let region = Region::default();
        assert_eq!(region.levels.len(), 2);
        assert!(sets::set_ids().contains(&region.industries));
    }
}
