//! Elements by their names, in the groups that the HTML standard's tree construction (13.2.6) tells apart.

/// Longest name told apart; longer ones are alike where they begin alike.
const MAX_NAME: usize = 12;

/// An element's name in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    letters: [u8; MAX_NAME],
    length: usize,
}

impl Name {
    pub(super) fn new(written: &str) -> Self {
        let (mut letters, mut length) = ([0; MAX_NAME], 0);
        for (slot, b) in letters.iter_mut().zip(written.bytes()) {
            *slot = b.to_ascii_lowercase();
            length += 1;
        }
        Self { letters, length }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.bytes() == name.as_bytes()
    }

    /// Holds nothing, and has no end tag.
    pub(super) fn is_void(&self) -> bool {
        matches!(
            self.bytes(),
            b"area"
                | b"base"
                | b"basefont"
                | b"bgsound"
                | b"br"
                | b"col"
                | b"embed"
                | b"frame"
                | b"hr"
                | b"image"
                | b"img"
                | b"input"
                | b"keygen"
                | b"link"
                | b"meta"
                | b"param"
                | b"source"
                | b"track"
                | b"wbr"
        )
    }

    /// Holds text only, whatever it looks like.
    pub(super) fn is_raw_text(&self) -> bool {
        matches!(
            self.bytes(),
            b"iframe" | b"noembed" | b"noframes" | b"noscript" | b"plaintext" | b"script" | b"style" | b"textarea" | b"title" | b"xmp"
        )
    }

    /// Is opened again by parsers in every block that follows, as long as it is not closed.
    pub(super) fn is_formatting(&self) -> bool {
        matches!(
            self.bytes(),
            b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small" | b"strike" | b"strong" | b"tt" | b"u"
        )
    }

    pub(super) fn is_heading(&self) -> bool {
        matches!(self.bytes(), [b'h', b'1'..=b'6'])
    }

    /// A start tag of it closes an open paragraph.
    pub(super) fn closes_paragraph(&self) -> bool {
        self.is_heading()
            || matches!(
                self.bytes(),
                b"address"
                    | b"article"
                    | b"aside"
                    | b"blockquote"
                    | b"center"
                    | b"dd"
                    | b"details"
                    | b"dialog"
                    | b"dir"
                    | b"div"
                    | b"dl"
                    | b"dt"
                    | b"fieldset"
                    | b"figcaption"
                    | b"figure"
                    | b"footer"
                    | b"form"
                    | b"header"
                    | b"hgroup"
                    | b"hr"
                    | b"li"
                    | b"listing"
                    | b"main"
                    | b"menu"
                    | b"nav"
                    | b"ol"
                    | b"p"
                    | b"pre"
                    | b"section"
                    | b"summary"
                    | b"ul"
            )
    }

    /// An end tag is not looked for beyond it.
    pub(super) fn is_scope(&self) -> bool {
        matches!(self.bytes(), b"applet" | b"caption" | b"marquee" | b"object" | b"table" | b"td" | b"th")
    }

    pub(super) fn is_table_section(&self) -> bool {
        matches!(self.bytes(), b"tbody" | b"tfoot" | b"thead")
    }

    pub(super) fn is_cell(&self) -> bool {
        matches!(self.bytes(), b"td" | b"th")
    }

    /// Belongs into a table and nowhere else.
    pub(super) fn is_table_part(&self) -> bool {
        self.is_table_section() || self.is_cell() || matches!(self.bytes(), b"caption" | b"colgroup" | b"tr")
    }

    /// Whether an end tag of an ordinary element is not looked for beyond it ("special" in 13.2.4.2).
    pub(super) fn is_special(&self) -> bool {
        self.closes_paragraph() || self.is_scope() || self.is_table_part() || matches!(self.bytes(), b"button" | b"frameset" | b"select")
    }

    /// Needs no end tag: it ends with what it stands in.
    pub(super) fn ends_with_its_parent(&self) -> bool {
        matches!(self.bytes(), b"dd" | b"dt" | b"li" | b"optgroup" | b"option" | b"p")
    }

    /// An HTML start tag that ends SVG and `MathML`.
    pub(super) fn leaves_foreign(&self) -> bool {
        self.is_heading()
            || matches!(
                self.bytes(),
                b"b" | b"big"
                    | b"blockquote"
                    | b"body"
                    | b"br"
                    | b"center"
                    | b"code"
                    | b"dd"
                    | b"div"
                    | b"dl"
                    | b"dt"
                    | b"em"
                    | b"embed"
                    | b"head"
                    | b"hr"
                    | b"i"
                    | b"img"
                    | b"li"
                    | b"listing"
                    | b"menu"
                    | b"meta"
                    | b"nobr"
                    | b"ol"
                    | b"p"
                    | b"pre"
                    | b"ruby"
                    | b"s"
                    | b"small"
                    | b"span"
                    | b"strike"
                    | b"strong"
                    | b"sub"
                    | b"sup"
                    | b"table"
                    | b"tt"
                    | b"u"
                    | b"ul"
                    | b"var"
            )
    }
}
