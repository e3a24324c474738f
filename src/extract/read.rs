//! Reading chosen elements: as lines of text, as HTML still to be sanitised.

use std::collections::HashSet;

use ego_tree::{NodeId, NodeRef};
use scraper::{ElementRef, Html, Node};

use super::nodes::{element, hidden, is_block, skipped};

/// The text of elements as lines; cells of a row parted by tabs.
pub(super) fn lines(roots: &[ElementRef<'_>], dropped: &HashSet<NodeId>) -> Vec<String> {
    let mut out = vec![String::new()];
    for r in roots {
        write_lines(**r, &|e| skipped(e) || dropped.contains(&e.id()), &mut out);
        new_line(&mut out);
    }
    out.retain(|l| !l.trim().is_empty());
    out
}

fn new_line(out: &mut Vec<String>) {
    if out.last().is_none_or(|l| !l.trim().is_empty()) {
        out.push(String::new());
    }
}

fn write_lines(node: NodeRef<'_, Node>, leave_out: &dyn Fn(&ElementRef<'_>) -> bool, out: &mut Vec<String>) {
    match node.value() {
        Node::Text(t) => {
            if let Some(line) = out.last_mut() {
                line.push_str(&t.replace(['\n', '\r', '\t'], " "));
            }
        }
        Node::Element(e) => {
            let Some(this) = element(node) else { return };
            if leave_out(&this) {
                return;
            }
            let block = is_block(e.name());
            if block || e.name() == "br" {
                new_line(out);
            } else if matches!(e.name(), "td" | "th") && out.last().is_some_and(|l| !l.trim().is_empty()) {
                out.last_mut().into_iter().for_each(|l| l.push('\t'));
            }
            for child in node.children() {
                write_lines(child, leave_out, out);
            }
            if block {
                new_line(out);
            }
        }
        _ => {}
    }
}

/// The HTML of elements without what was left out; still to be sanitised.
pub(super) fn raw_html(roots: &[ElementRef<'_>], dropped: &HashSet<NodeId>) -> String {
    let mut out = String::new();
    for r in roots {
        write_html(**r, dropped, &mut out);
    }
    out
}

fn write_html(node: NodeRef<'_, Node>, dropped: &HashSet<NodeId>, out: &mut String) {
    match node.value() {
        Node::Text(t) => out.push_str(&ammonia::clean_text(t)),
        Node::Element(e) => {
            let Some(this) = element(node) else { return };
            if skipped(&this) || dropped.contains(&node.id()) {
                return;
            }
            out.push('<');
            out.push_str(e.name());
            for (name, value) in e.attrs().filter(|(n, _)| matches!(*n, "href" | "src" | "data-src" | "alt" | "colspan" | "rowspan")) {
                out.push_str(&format!(" {}=\"{}\"", if name == "data-src" { "src" } else { name }, ammonia::clean_text(value)));
            }
            out.push('>');
            for child in node.children() {
                write_html(child, dropped, out);
            }
            if !matches!(e.name(), "br" | "hr" | "img" | "wbr" | "col") {
                out.push_str(&format!("</{}>", e.name()));
            }
        }
        _ => {}
    }
}

/// Every visible line of a page, in order: where titles, dates and bylines are looked for.
pub(super) fn visible_lines(html: &Html) -> Vec<String> {
    let mut out = vec![String::new()];
    write_lines(*html.root_element(), &hidden, &mut out);
    out.retain(|l| !l.trim().is_empty());
    out
}
