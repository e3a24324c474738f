//! A page → the blocks of text that a reader sees.

use serde::{Deserialize, Serialize};

use crate::extract::nodes::{hidden, is_block};
use crate::html::{Cell, Edge, NodeId, NodeRef, Selectable, Tag, Tree};
use crate::knowledge::PAGE_WATCH;
use crate::model::{IgnoredPart, PageWatch};
use crate::page_watch::boxes::Furniture;
use crate::page_watch::masks::has_words;
use crate::page_watch::rows::{RowBuilder, Rows};
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::wall::Wall;

/// Most blocks of a page, characters of one, and bytes of all.
pub const MAX_BLOCKS: usize = 100_000;
const MAX_BLOCK_CHARS: usize = 4_000;
const MAX_BYTES: usize = 4 << 20;
/// Most blocks of a page that may be a wall instead.
const WALL_BLOCKS: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BlockKind {
    #[serde(rename = "h")]
    Heading,
    /// The heads of a table's columns.
    #[serde(rename = "c")]
    TableHead,
    /// A row of a table, or a name with its value.
    #[serde(rename = "r")]
    Row,
    /// An item of a list.
    #[serde(rename = "i")]
    Item,
    #[serde(rename = "t")]
    Text,
}

impl BlockKind {
    /// Returns its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Heading => "heading",
            Self::TableHead => "head",
            Self::Row => "row",
            Self::Item => "item",
            Self::Text => "text",
        }
    }
}

/// A line of a page. Tabs separate the cells of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    #[serde(rename = "k")]
    pub kind: BlockKind,
    #[serde(rename = "t")]
    pub text: String,
}

/// The watched part of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedPage {
    pub blocks: Vec<Block>,
    /// Blocks behind the limits were left out.
    #[serde(default)]
    pub cut: bool,
    /// Many characters are unreadable in this charset.
    #[serde(default)]
    pub garbled: Option<String>,
}

/// Why a page cannot be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum PageError {
    #[error("is no HTML page but {0}")]
    NotHtml(String),
    #[error("has no text; if a script makes it, set render = true")]
    Empty,
    #[error("nothing on it matches select = {0:?}")]
    NothingSelected(String),
    #[error("was not sent to its end")]
    CutShort,
    #[error(transparent)]
    Wall(Wall),
}

impl PageError {
    /// Returns a stable code for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotHtml(_) => "wrong-kind",
            Self::Empty => "empty-page",
            Self::NothingSelected(_) => "nothing-selected",
            Self::CutShort => "cut-short",
            Self::Wall(wall) => wall.code(),
        }
    }

    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::NotHtml(format) => format!("不是网页，而是 {format}"),
            Self::Empty => "页面没有文字；如果内容由脚本生成，请设“用浏览器打开”".to_owned(),
            Self::NothingSelected(selector) => format!("页面上没有符合“{selector}”的部分，网页可能改版了"),
            Self::CutShort => "页面没有传完，稍后再看".to_owned(),
            Self::Wall(wall) => wall.chinese(),
        }
    }
}

/// Cuts a page into blocks.
///
/// # Errors
/// It is a wall, has no text, or nothing is selected.
pub fn cut(page: &str, watch: &PageWatch) -> Result<WatchedPage, PageError> {
    let tree = Tree::parse(page);
    let (roots, left_out, words) = chosen(&tree, watch)?;
    let furniture = Furniture::of(&tree);
    let mut cutter = Cutter {
        furniture: &furniture,
        rows: Rows::of(&tree),
        left_out: &left_out,
        words: &words,
        out: WatchedPage::default(),
        bytes: 0,
        line: Line::default(),
    };
    for root in roots.iter().filter_map(|id| tree.get(*id)) {
        cutter.read(root);
    }
    let out = cutter.out;
    if out.blocks.len() <= WALL_BLOCKS
        && let Some(wall) = Wall::of_page(page)
    {
        return Err(PageError::Wall(wall));
    }
    if out.blocks.is_empty() { Err(PageError::Empty) } else { Ok(out) }
}

type Chosen = (Vec<NodeId>, Vec<bool>, Vec<String>);

/// Returns the roots of the watched part, the nodes that the source leaves out, and the words of lines that it leaves out.
fn chosen(tree: &Tree<'_>, watch: &PageWatch) -> Result<Chosen, PageError> {
    let (mut roots, mut left_out, mut words) = (vec![tree.root().id()], vec![false; tree.len()], Vec::new());
    let needs_selectors = watch.select.is_some() || watch.ignore.iter().any(|i| matches!(i, IgnoredPart::Selector(_)));
    let selectable = needs_selectors.then(|| Selectable::new(tree));
    let select = |selector: &str| selectable.as_ref().map(|s| s.select(selector)).unwrap_or_default();
    if let Some(selector) = &watch.select {
        let mut end = 0;
        // an element inside another one is read with that one
        roots = select(selector);
        roots.retain(|id| {
            let outside = id.index() >= end;
            end = end.max(tree.get(*id).map_or(0, |n| n.range().end));
            outside
        });
        if roots.is_empty() {
            return Err(PageError::NothingSelected(selector.clone()));
        }
    }
    for part in &watch.ignore {
        match part {
            IgnoredPart::Selector(selector) => {
                for id in select(selector) {
                    left_out.get_mut(id.index()).into_iter().for_each(|n| *n = true);
                }
            }
            IgnoredPart::Words(text) => words.push(text.clone()),
        }
    }
    Ok((roots, left_out, words))
}

/// The line being read.
#[derive(Default)]
struct Line {
    text: String,
    kind: Option<BlockKind>,
    row: Option<RowBuilder>,
}

struct Cutter<'a> {
    furniture: &'a Furniture,
    rows: Rows,
    left_out: &'a [bool],
    words: &'a [String],
    out: WatchedPage,
    bytes: usize,
    line: Line,
}

impl Cutter<'_> {
    fn read(&mut self, root: NodeRef<'_>) {
        let mut walk = root.walk();
        while let Some(edge) = walk.next() {
            match edge {
                Edge::Text(_, text) => self.text(text),
                // what the admin selects is no furniture
                Edge::Open(e, _) if e != root && self.is_left_out(e) => walk.skip_subtree(),
                Edge::Open(e, tag) => self.open(e, tag),
                Edge::Close(e, tag) => self.close(e, tag),
            }
        }
        self.end_row();
        self.end_line();
    }

    fn is_left_out(&self, e: NodeRef<'_>) -> bool {
        hidden(e) || self.left_out.get(e.id().index()) == Some(&true) || self.furniture.contains(e)
    }

    fn text(&mut self, text: &str) {
        match &mut self.line.row {
            Some(row) => row.text(text),
            None => self.line.text.push_str(text),
        }
    }

    fn open(&mut self, e: NodeRef<'_>, tag: Tag) {
        if self.rows.contains(e) {
            self.end_row();
            self.end_line();
            self.line.row = Some(RowBuilder::default());
            return;
        }
        match (tag, &mut self.line.row) {
            (Tag::Td | Tag::Th, Some(row)) => row.cell(tag == Tag::Th, Cell::of(e)),
            (Tag::Dt, _) => {
                self.end_row();
                self.end_line();
                let mut row = RowBuilder::default();
                row.cell(false, Cell::single());
                self.line.row = Some(row);
            }
            // the value of a name
            (Tag::Dd, Some(row)) => row.cell(false, Cell::single()),
            (_, Some(row)) if is_block(tag) || tag == Tag::Br => row.text(" "),
            (Tag::Br, None) => self.end_line(),
            (Tag::Td | Tag::Th, None) => self.end_line(),
            (_, None) if is_block(tag) => {
                self.end_line();
                self.line.kind = kind_of(tag).or(self.line.kind);
            }
            _ => {}
        }
    }

    fn close(&mut self, e: NodeRef<'_>, tag: Tag) {
        if self.rows.contains(e) {
            return self.end_row();
        }
        if tag == Tag::Table {
            self.rows.end_table();
        }
        match &self.line.row {
            Some(_) if tag == Tag::Dl => self.end_row(),
            Some(_) => {}
            None if is_block(tag) => {
                self.end_line();
                if kind_of(tag).is_some() {
                    self.line.kind = None;
                }
            }
            // items of a card stand apart on the screen
            None if matches!(tag, Tag::Span | Tag::B | Tag::Strong | Tag::Em | Tag::I | Tag::A) && e.parent().is_some_and(|p| p.is(Tag::Li)) => {
                self.line.text.push(' ');
            }
            None => {}
        }
    }

    /// Ends a row; one without a cell is none.
    fn end_row(&mut self) {
        let Some(row) = self.line.row.take() else { return };
        if let Some((is_head, text)) = self.rows.finish(row) {
            self.push(if is_head { BlockKind::TableHead } else { BlockKind::Row }, &text);
        }
    }

    fn end_line(&mut self) {
        let text = collapse_whitespace(&std::mem::take(&mut self.line.text));
        if !text.is_empty() {
            self.push(self.line.kind.unwrap_or(BlockKind::Text), &text);
        }
    }

    fn push(&mut self, kind: BlockKind, text: &str) {
        if self.words.iter().any(|w| text.contains(w.as_str())) || !says_something(kind, text) {
            return;
        }
        if self.out.blocks.len() >= MAX_BLOCKS || self.bytes + text.len() > MAX_BYTES {
            self.out.cut = true;
            return;
        }
        let text = truncate(text, MAX_BLOCK_CHARS);
        self.bytes += text.len();
        self.out.blocks.push(Block { kind, text });
    }
}

/// Whether a line is worth keeping: it has words, or is a mark or rating of what stands above it. Single signs elsewhere are buttons and bullets.
fn says_something(kind: BlockKind, text: &str) -> bool {
    has_words(text) || matches!(kind, BlockKind::Text | BlockKind::Item) && PAGE_WATCH.ratings.is_match(text)
}

fn kind_of(tag: Tag) -> Option<BlockKind> {
    match tag {
        _ if tag.is_heading() => Some(BlockKind::Heading),
        Tag::Li => Some(BlockKind::Item),
        _ => None,
    }
}
