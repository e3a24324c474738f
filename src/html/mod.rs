//! Parses HTML into our own tree, and writes it as markup that other tree builders read in linear time.

mod build;
mod cells;
mod names;
mod select;
mod token;
mod tree;
mod write;

pub use cells::{Cell, FurtherColumns, RowSpans, layout_tables};
pub use names::{Attr, Tag};
pub use select::{Selectable, node_of};
pub use tree::{Edge, NodeId, NodeRef, Tree, Walk};
pub use write::{Writer, balanced, without};
