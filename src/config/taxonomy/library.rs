//! The built-in taxonomy: what all institutes share, a set of industries, and local names of a city.

use std::collections::HashMap;

use super::{Organisation, Place, Taxonomy, Topic, organisation, place, topic};
use crate::config::ConfigError;
use crate::config::reader::TomlReader;
use crate::config::region::Region;
use crate::config::taxonomy::sets::sets;

const COMMON: &str = include_str!("../../data/taxonomy/common.toml");
const INDUSTRIES: &str = include_str!("../../data/taxonomy/industries.toml");
/// Places and organisations of cities.
const CITIES: [&str; 1] = [include_str!("../../data/taxonomy/xuchang.toml")];

/// Returns the taxonomy of a region.
pub(super) fn taxonomy(region: &Region) -> Result<Taxonomy, ConfigError> {
    let mut t = Taxonomy::read_parts("built-in common.toml", COMMON, &region.levels)?;
    let (mut places, mut organisations) = (Vec::new(), Vec::new());
    for text in CITIES {
        let (p, o) = read_city(text, region)?;
        places.extend(p);
        organisations.extend(o);
    }
    places.append(&mut t.places);
    (t.places, t.organisations) = (places, organisations);
    t.industries = industries_of(&region.industries)?;
    Ok(t)
}

/// Returns the places and organisations of a file, if the region is in the city or its province.
fn read_city(text: &str, region: &Region) -> Result<(Vec<Place>, Vec<Organisation>), ConfigError> {
    let reader = TomlReader::parse("built-in places", text)?;
    let root = reader.root();
    root.deny_unknown_keys(&["city", "place", "organisation"]);
    let is_home = root.string("city").is_some_and(|city| city == region.city);
    let read = if is_home {
        (root.sections("place").iter().filter_map(place).collect(), root.sections("organisation").iter().filter_map(organisation).collect())
    } else {
        (Vec::new(), Vec::new())
    };
    reader.finish(read)
}

/// Returns the industries of a set in its order.
fn industries_of(set: &str) -> Result<Vec<Topic>, ConfigError> {
    let known = all_industries()?;
    let names = sets()?.into_iter().find(|s| s.id == set).map(|s| s.industries).unwrap_or_default();
    Ok(names.iter().filter_map(|name| known.iter().find(|t| t.name == *name).cloned()).collect())
}

/// Returns every industry, each with the words that it takes over from others.
fn all_industries() -> Result<Vec<Topic>, ConfigError> {
    let reader = TomlReader::parse("built-in industries.toml", INDUSTRIES)?;
    let mut topics: Vec<Topic> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for s in reader.root().sections("industry") {
        let Some(mut t) = topic(&s, &["of"]) else { continue };
        // an industry is written below those whose words it takes over
        for other in s.strings("of").iter().filter_map(|name| topics.get(*at.get(name)?)) {
            for (own, theirs) in
                [(&mut t.sectors, &other.sectors), (&mut t.terms, &other.terms), (&mut t.weak, &other.weak), (&mut t.exclude, &other.exclude)]
            {
                let more: Vec<String> = theirs.iter().filter(|w| !own.contains(w)).cloned().collect();
                own.extend(more);
            }
        }
        at.insert(t.name.clone(), topics.len());
        topics.push(t);
    }
    reader.finish(topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_all_its_industries_with_words() {
        for set in sets().unwrap() {
            let topics = industries_of(&set.id).unwrap();
            assert_eq!(topics.iter().map(|t| t.name.clone()).collect::<Vec<_>>(), set.industries);
            assert!(topics.iter().all(|t| t.terms.len() >= 10), "{}", set.id);
            assert!(!set.name.is_empty() && !set.source.is_empty());
        }
    }

    #[test]
    fn another_city_has_no_places_and_firms_of_the_first() {
        let region = |city: &str| Region::of(crate::config::region::find_city(city, None).unwrap(), "national-strategic");
        let other = taxonomy(&region("洛阳市")).unwrap();
        assert_eq!(other.levels, ["洛阳", "河南"]);
        assert!(other.organisations.is_empty() && other.places.iter().all(|p| p.region == "全国"));
        assert!(!taxonomy(&region("许昌市")).unwrap().organisations.is_empty());
    }
}
