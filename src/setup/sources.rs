//! Sources to start with.

use toml_edit::{DocumentMut, Item, Table};

use crate::config::{Region, Taxonomy};

/// The list that comes with the program.
const KNOWN: &str = include_str!("../../sources.toml");
const HEAD: &str = "# 新闻来源；每项的说明见 docs/sources.md，改动在半分钟内生效。\n";
const STARTER_NOTE: &str = "# 下面的来源随软件提供，地址都没有逐一试过：请用 qingbao sources test ID 试，打不开的改掉或停用。\n";

/// Returns the text of a source list with the known sources near a region. Hints of industries that the taxonomy does not have are
/// left out.
pub fn starter_sources(region: &Region, taxonomy: &Taxonomy) -> String {
    let Ok(mut document) = KNOWN.parse::<DocumentMut>() else { return HEAD.to_owned() };
    if let Some(tables) = document.get_mut("source").and_then(Item::as_array_of_tables_mut) {
        tables.retain(|t| region.is_near(t.get("region").and_then(Item::as_str)));
        tables.iter_mut().for_each(|t| drop_unknown_hints(t, taxonomy));
    }
    if let Some(defaults) = document.get_mut("defaults").and_then(Item::as_table_mut) {
        defaults.decor_mut().set_prefix(format!("{HEAD}{STARTER_NOTE}\n"));
    }
    document.to_string()
}

fn drop_unknown_hints(table: &mut Table, taxonomy: &Taxonomy) {
    let known = |name: &str| taxonomy.industries.iter().chain(&taxonomy.themes).any(|t| t.name == name);
    if let Some(list) = table.get_mut("industries").and_then(Item::as_array_mut) {
        list.retain(|v| v.as_str().is_some_and(known));
        if list.is_empty() {
            table.remove("industries");
        }
    }
}
