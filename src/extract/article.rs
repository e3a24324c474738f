//! Chooses the body of a page: the rules find an element, a model says of each block whether it belongs.

use std::sync::LazyLock;

use crate::extract::block_features::features;
use crate::extract::block_model::{BlockModel, Choice, choose};
use crate::extract::blocks::Blocks;
use crate::extract::body::{self, Selection};
use crate::extract::nodes::hidden;
use crate::extract::survey::Facts;
use crate::html::Tree;
use crate::model::ArticleSelectors;

static MODEL: LazyLock<Option<BlockModel>> = LazyLock::new(|| BlockModel::from_bytes(include_bytes!("../data/models/blocks.bin")));

/// How much a page looks like that of an article by its headline and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Both are sure: the page of an article, however short.
    Article,
    /// They say nothing.
    Unknown,
    /// It has no headline: a list, a form, an error.
    Other,
}

impl Likeness {
    /// Least expected F1 of a body: below, a page has none.
    fn least_expected(self) -> f32 {
        match self {
            Self::Article => 0.3,
            Self::Unknown => 0.55,
            Self::Other => 0.75,
        }
    }
}

/// Below this the body is uncertain; above it 97 of 100 have an F1 of 0.8 or more.
const CERTAIN: f32 = 0.9;

/// The body of a page, and the F1 it is expected to have.
pub(super) struct Body<'t> {
    pub(super) selection: Selection<'t>,
    pub(super) expected: f32,
}

impl Body<'_> {
    /// What editors are told of a body that may be wrong.
    pub(super) fn warning(&self) -> Option<String> {
        (self.expected < CERTAIN).then(|| format!("uncertain body (expected F1 {:.2})", self.expected))
    }
}

/// Finds the body; a source's own selector is taken as it is.
pub(super) fn find<'t>(tree: &'t Tree<'_>, facts: &Facts, blocks: &Blocks, selectors: &ArticleSelectors, likeness: Likeness) -> Body<'t> {
    let by_rules = body::find(tree, facts, selectors);
    if by_rules.is_selected {
        return Body { selection: by_rules, expected: 1.0 };
    }
    let Some(model) = MODEL.as_ref() else { return Body { selection: by_rules, expected: 0.0 } };
    let parts = blocks.parts(tree, &by_rules);
    let figures = features(tree, blocks, &parts, by_rules.roots.first().copied());
    let Choice { kept, expected, is_by_rules } = choose(&model.log_odds(&figures), &parts, &blocks.letters());
    if expected < likeness.least_expected() {
        return Body { selection: Selection { roots: Vec::new(), ..by_rules }, expected };
    }
    if is_by_rules {
        return Body { selection: by_rules, expected };
    }
    let (root, mut dropped) = blocks.leave_out(tree, &kept).unzip();
    let roots = root.into_iter().collect();
    dropped.get_or_insert_default().extend(by_rules.removed.iter().copied());
    Body { selection: Selection { roots, dropped: dropped.unwrap_or_default(), skip: hidden, ..by_rules }, expected }
}
