//! Element and attribute names, and the groups of elements that the HTML standard's tree construction (13.2.6) distinguishes.

/// Returns a lower-case name as one number; 0 for names longer than 16 letters.
const fn packed(name: &str) -> u128 {
    let bytes = name.as_bytes();
    let (mut number, mut at) = (0, 0);
    if bytes.len() > 16 {
        return 0;
    }
    while at < bytes.len() {
        // const functions have no iterators
        #[allow(clippy::indexing_slicing)]
        let letter = bytes[at].to_ascii_lowercase();
        number = number << 8 | letter as u128;
        at += 1;
    }
    number
}

/// An enum of names, parsed in any case.
macro_rules! names {
    ($(#[$about:meta])* $kind:ident { $($variant:ident $name:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $kind { $($variant,)* Other }

        impl $kind {
            /// Returns the value for a name, in any case.
            pub fn of(written: &str) -> Self {
                #[allow(non_upper_case_globals)]
                mod numbers { $(pub(super) const $variant: u128 = super::packed($name);)* }
                match packed(written) {
                    $(numbers::$variant => Self::$variant,)*
                    _ => Self::Other,
                }
            }

            /// Returns its name; empty for [`Self::Other`].
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other => "",
                }
            }
        }
    };
}

names! {
    /// An element's name.
    Tag {
    A "a", Abbr "abbr", Address "address", Applet "applet", Area "area", Article "article", Aside "aside", Audio "audio", B "b",
    Base "base", Basefont "basefont", Bgsound "bgsound", Big "big", Blockquote "blockquote", Body "body", Br "br", Button "button",
    Canvas "canvas", Caption "caption", Center "center", Cite "cite", Code "code", Col "col", Colgroup "colgroup", Dd "dd", Del "del",
    Details "details", Dialog "dialog", Dir "dir", Div "div", Dl "dl", Dt "dt", Em "em", Embed "embed", Fieldset "fieldset",
    Figcaption "figcaption", Figure "figure", Font "font", Footer "footer", Form "form", Frame "frame", Frameset "frameset", H1 "h1",
    H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6", Head "head", Header "header", Hgroup "hgroup", Hr "hr", Html "html", I "i",
    Iframe "iframe", Img "img", Input "input", Ins "ins", Keygen "keygen", Label "label", Legend "legend", Li "li", Link "link",
    Listing "listing", Main "main", Map "map", Mark "mark", Marquee "marquee", Math "math", Menu "menu", Meta "meta", Nav "nav",
    Nobr "nobr", Noembed "noembed", Noframes "noframes", Noscript "noscript", Object "object", Ol "ol", Optgroup "optgroup",
    Option "option", P "p", Param "param", Picture "picture", Plaintext "plaintext", Pre "pre", Q "q", Ruby "ruby", S "s",
    Script "script", Section "section", Select "select", Small "small", Source "source", Span "span", Strike "strike", Strong "strong",
    Style "style", Sub "sub", Summary "summary", Sup "sup", Svg "svg", Table "table", Tbody "tbody", Td "td", Template "template",
    Textarea "textarea", Tfoot "tfoot", Th "th", Thead "thead", Time "time", Title "title", Tr "tr", Track "track", Tt "tt", U "u",
    Ul "ul", Var "var", Video "video", Wbr "wbr", Xmp "xmp",
    }
}

names! {
    /// An attribute name that some code reads.
    Attr {
    Alt "alt", AriaHidden "aria-hidden", AriaLabel "aria-label", Class "class", Colspan "colspan", Content "content", DataHref "data-href",
    DataLink "data-link", DataOriginal "data-original", DataSrc "data-src", DataUrl "data-url", Datetime "datetime", Height "height", Hidden "hidden", Href "href", HttpEquiv "http-equiv", Id "id",
    Itemprop "itemprop", Lang "lang", Name "name", Onchange "onchange", Onclick "onclick", Onload "onload", Property "property", Rel "rel", Rowspan "rowspan", Selected "selected", Src "src", Style "style",
    Title "title", Type "type", Value "value", Width "width",
    }
}

impl Tag {
    /// Whether it has neither content nor an end tag.
    pub(super) fn is_void(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Area | Base | Basefont | Bgsound | Br | Col | Embed | Frame | Hr | Img | Input | Keygen | Link | Meta | Param | Source | Track | Wbr
        )
    }

    /// Whether its content is text only.
    pub(super) fn is_raw_text(self) -> bool {
        use Tag::*;
        matches!(self, Iframe | Noembed | Noframes | Noscript | Plaintext | Script | Style | Textarea | Title | Xmp)
    }

    /// Whether it may be in the head of a page.
    pub(super) fn is_of_head(self) -> bool {
        use Tag::*;
        matches!(self, Base | Basefont | Bgsound | Link | Meta | Noframes | Noscript | Script | Style | Template | Title)
    }

    /// Whether browsers reopen it in every later block until it is closed.
    pub(super) fn is_formatting(self) -> bool {
        use Tag::*;
        matches!(self, A | B | Big | Code | Em | Font | I | Nobr | S | Small | Strike | Strong | Tt | U)
    }

    /// Whether it is `h1` to `h6`.
    pub(crate) fn is_heading(self) -> bool {
        use Tag::*;
        matches!(self, H1 | H2 | H3 | H4 | H5 | H6)
    }

    /// Whether its start tag closes an open paragraph.
    pub(super) fn closes_paragraph(self) -> bool {
        use Tag::*;
        let block =
            matches!(self, Address | Article | Aside | Blockquote | Center | Dd | Details | Dialog | Dir | Div | Dl | Dt | Fieldset | Figcaption);
        let more =
            matches!(self, Figure | Footer | Form | Header | Hgroup | Hr | Li | Listing | Main | Menu | Nav | Ol | P | Pre | Section | Summary | Ul);
        block || more || self.is_heading()
    }

    /// Whether it bounds the search for the element of an end tag.
    pub(super) fn is_scope(self) -> bool {
        use Tag::*;
        matches!(self, Applet | Caption | Marquee | Object | Table | Td | Th)
    }

    pub(super) fn is_table_section(self) -> bool {
        matches!(self, Self::Tbody | Self::Tfoot | Self::Thead)
    }

    pub(super) fn is_cell(self) -> bool {
        matches!(self, Self::Td | Self::Th)
    }

    /// Whether it is allowed only in a table.
    pub(super) fn is_table_part(self) -> bool {
        self.is_table_section() || self.is_cell() || matches!(self, Self::Caption | Self::Colgroup | Self::Tr)
    }

    /// Whether it bounds the search for the end of an ordinary element ("special" in 13.2.4.2).
    pub(super) fn is_special(self) -> bool {
        self.closes_paragraph() || self.is_scope() || self.is_table_part() || matches!(self, Self::Button | Self::Frameset | Self::Select)
    }

    /// Whether it needs no end tag: it ends with its parent.
    pub(super) fn ends_with_its_parent(self) -> bool {
        matches!(self, Self::Dd | Self::Dt | Self::Li | Self::Optgroup | Self::Option | Self::P)
    }

    /// Whether its start tag ends SVG and `MathML` (13.2.6.5).
    pub(super) fn leaves_foreign(self) -> bool {
        use Tag::*;
        let block = matches!(self, Blockquote | Body | Br | Center | Dd | Div | Dl | Dt | Embed | Head | Hr | Img | Li | Listing | Menu | Meta);
        let inline = matches!(self, B | Big | Code | Em | I | Nobr | S | Small | Span | Strike | Strong | Sub | Sup | Tt | U | Var);
        block || inline || self.is_heading() || matches!(self, Ol | P | Pre | Ruby | Table | Ul)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!((Tag::of("DIV"), Tag::of("h1"), Tag::of("blockQuote")), (Tag::Div, Tag::H1, Tag::Blockquote));
        assert_eq!((Tag::of("x-y"), Tag::of(""), Tag::of("aaaaaaaaaaaaaaaaaaaaaaaaa")), (Tag::Other, Tag::Other, Tag::Other));
        assert_eq!((Attr::of("HTTP-Equiv"), Attr::of("onkeyup"), Tag::Figcaption.name()), (Attr::HttpEquiv, Attr::Other, "figcaption"));
    }
}
