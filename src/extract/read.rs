//! Reading chosen elements: as lines of text, as HTML still to be sanitised.

use ego_tree::NodeRef;
use scraper::{ElementRef, Html, Node};

use crate::extract::body::SkipFn;
use crate::extract::nodes::{NodeSet, element, hidden, is_block};
use crate::text::normalize;

/// The text of elements as clean lines; cells of a row parted by tabs.
pub(super) fn lines(roots: &[ElementRef<'_>], dropped: &NodeSet, skip: SkipFn) -> Vec<String> {
    let mut out = Lines::default();
    for r in roots {
        out.write(**r, &|e| skip(e) || dropped.contains(&e.id()));
        out.end_line();
    }
    out.finish()
}

/// Lines as they grow: noise left out, white space folded to single blanks.
#[derive(Default)]
struct Lines {
    done: Vec<String>,
    line: String,
    /// White space stands before the next letter.
    blank: bool,
}

impl Lines {
    fn push(&mut self, text: &str) {
        for (i, word) in text.split(char::is_whitespace).enumerate() {
            self.blank |= i > 0;
            for run in word.split(normalize::is_noise).filter(|r| !r.is_empty()) {
                if self.blank && !self.line.is_empty() && !self.line.ends_with('\t') {
                    self.line.push(' ');
                }
                self.blank = false;
                self.line.push_str(run);
            }
        }
    }

    fn end_cell(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with('\t') {
            self.line.push('\t');
        }
        self.blank = false;
    }

    fn end_line(&mut self) {
        self.blank = false;
        self.line.truncate(self.line.trim_end().len());
        if !self.line.is_empty() {
            self.done.push(std::mem::take(&mut self.line));
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.end_line();
        self.done
    }

    fn write(&mut self, node: NodeRef<'_, Node>, leave_out: &dyn Fn(&ElementRef<'_>) -> bool) {
        match node.value() {
            Node::Text(t) => self.push(t),
            Node::Element(e) => {
                let Some(this) = element(node) else { return };
                if leave_out(&this) {
                    return;
                }
                let block = is_block(e.name());
                if block || e.name() == "br" {
                    self.end_line();
                } else if matches!(e.name(), "td" | "th") {
                    self.end_cell();
                }
                for child in node.children() {
                    self.write(child, leave_out);
                }
                if block {
                    self.end_line();
                }
            }
            _ => {}
        }
    }
}

/// The HTML of elements without what was left out; still to be sanitised.
pub(super) fn raw_html(roots: &[ElementRef<'_>], dropped: &NodeSet, skip: SkipFn) -> String {
    let mut out = String::new();
    for r in roots {
        write_html(**r, &|e| skip(e) || dropped.contains(&e.id()), &mut out);
    }
    out
}

fn write_html(node: NodeRef<'_, Node>, leave_out: &dyn Fn(&ElementRef<'_>) -> bool, out: &mut String) {
    match node.value() {
        Node::Text(t) => push_escaped(out, t),
        Node::Element(e) => {
            let Some(this) = element(node) else { return };
            if leave_out(&this) {
                return;
            }
            // the sanitiser would drop other tags and keep what is in them: it need not read them
            let stays = crate::extract::TAGS.contains(&e.name());
            if stays {
                out.push('<');
                out.push_str(e.name());
                for (name, value) in e.attrs().filter(|(n, _)| matches!(*n, "href" | "src" | "data-src" | "alt" | "colspan" | "rowspan")) {
                    out.push(' ');
                    out.push_str(if name == "data-src" { "src" } else { name });
                    out.push_str("=\"");
                    push_escaped(out, value);
                    out.push('"');
                }
                out.push('>');
            }
            for child in node.children() {
                write_html(child, leave_out, out);
            }
            if stays && !matches!(e.name(), "br" | "img") {
                out.push_str("</");
                out.push_str(e.name());
                out.push('>');
            }
        }
        _ => {}
    }
}

/// What the sanitiser has to read back as the same text, and no more: it writes its own references.
fn push_escaped(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, found) in text.match_indices(['&', '<', '>', '"']) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(match found {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            _ => "&quot;",
        });
        from = at + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

/// Every visible line of a page, clean and in order: where titles, dates and bylines are looked for.
pub(super) fn visible_lines(html: &Html) -> Vec<String> {
    let mut out = Lines::default();
    out.write(*html.root_element(), &hidden);
    out.finish()
}
