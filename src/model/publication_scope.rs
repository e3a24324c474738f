//! The publications that an account or a token may work on.

use std::collections::BTreeSet;

/// Which publications somebody may see and change, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PublicationScope {
    #[default]
    All,
    /// Only these. The settings may no longer have some of them: who is limited to one that is gone gets no other instead.
    Only(BTreeSet<String>),
}

impl PublicationScope {
    /// Returns the scope of a list of names; an empty list is no limit.
    pub fn of_names(names: impl IntoIterator<Item = String>) -> Self {
        let names: BTreeSet<String> = names.into_iter().collect();
        if names.is_empty() { Self::All } else { Self::Only(names) }
    }

    pub fn includes(&self, publication: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(publication),
        }
    }

    pub fn is_limited(&self) -> bool {
        *self != Self::All
    }

    /// Returns the names of the limit; none without one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::All => None,
            Self::Only(names) => Some(names),
        };
        names.into_iter().flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_no_limit_and_a_name_keeps_out_all_others() {
        let all = PublicationScope::of_names([]);
        assert!(all.includes("甲") && !all.is_limited() && all.names().next().is_none());
        let one = PublicationScope::of_names(["乙".to_owned(), "乙".to_owned()]);
        assert!(one.includes("乙") && !one.includes("甲") && one.is_limited());
        assert_eq!(one.names().collect::<Vec<_>>(), ["乙"]);
    }
}
