//! The paragraph styles of a template, by the names that Word shows.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::body::attribute;
use super::package::check_xml;
use super::{Problem, STYLES, broken};

/// Most styles.
const MAX_STYLES: usize = 5_000;

/// Names and ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StyleNames {
    /// Name, in lower case, and id of each paragraph style.
    paragraphs: Vec<(String, String)>,
    /// Ids of all styles.
    ids: Vec<String>,
}

impl StyleNames {
    pub(super) fn parse(xml: &str) -> Result<Self, Problem> {
        check_xml(STYLES, xml)?;
        if !xml.contains("</w:styles>") {
            return Err(broken(STYLES, "it holds no styles"));
        }
        let mut reader = Reader::from_str(xml);
        let (mut out, mut open) = (Self::default(), None);
        loop {
            match reader.read_event().map_err(|e| broken(STYLES, e))? {
                Event::Eof => break,
                Event::Start(e) if e.name().as_ref() == "w:style" => {
                    let id = attribute(&e, "w:styleId").unwrap_or_default();
                    out.ids.push(id.clone());
                    open = attribute(&e, "w:type").filter(|t| t == "paragraph").map(|_| id);
                }
                Event::Start(e) | Event::Empty(e) if e.name().as_ref() == "w:name" => {
                    if let (Some(id), Some(name)) = (open.take(), attribute(&e, "w:val")) {
                        out.paragraphs.push((name.to_lowercase(), id));
                    }
                }
                _ => {}
            }
            if out.ids.len() > MAX_STYLES {
                return Err(broken(STYLES, format_args!("it has more than {MAX_STYLES} styles")));
            }
        }
        Ok(out)
    }

    /// Returns the id of the first of these lower-case names that exists.
    pub fn id_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.paragraphs.iter().find(|(n, _)| n == name)).map(|(_, id)| id.as_str())
    }

    /// Returns an unused id derived from this one.
    pub fn unused_id(&self, id: &str) -> String {
        let all = std::iter::once(id.to_owned()).chain((1..=u32::MAX).map(|n| format!("{id}Qingbao{n}")));
        all.into_iter().find(|id| !self.ids.contains(id)).unwrap_or_default()
    }
}
