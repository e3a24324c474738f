//! Pages that stand where an article was.

use crate::knowledge::RECHECKS;
use crate::model::WebUrl;
use crate::model::canonical_url::canonicalise;
use crate::rechecks::sentences::folded;

/// Most letters of a page that says that its article is gone. Menu and footer are among them.
const MAX_LETTERS: usize = 1_500;

/// Whether a page without an article says that it was withdrawn. A page of maintenance says so by mistake.
pub fn says_withdrawn(page: &str) -> bool {
    let folded = folded(page);
    folded.chars().count() <= MAX_LETTERS && RECHECKS.withdrawn.is_match(&folded) && !RECHECKS.maintenance.is_match(&folded)
}

/// Whether a redirect leads from an article to the home page or to the list of its source.
pub fn leads_away(asked: &WebUrl, reached: &WebUrl, list: &WebUrl) -> bool {
    !same_address(asked, reached) && (is_home(reached) || same_address(reached, list)) && !is_home(asked)
}

fn is_home(url: &WebUrl) -> bool {
    let path = url.as_url().path().trim_matches('/').to_ascii_lowercase();
    path.is_empty() || ["index.html", "index.htm", "index.shtml", "index.php", "index.jsp"].contains(&path.as_str())
}

/// Whether two addresses differ only in `www.`, or in what [`canonicalise`] leaves out.
pub fn same_address(a: &WebUrl, b: &WebUrl) -> bool {
    let bare = |url: &WebUrl| canonicalise(url).as_str().trim_start_matches("www.").to_owned();
    bare(a) == bare(b)
}
