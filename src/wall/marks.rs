//! By what walls are known: the marks of `walls.toml`.

use crate::knowledge::WALLS;
use crate::wall::Wall;
use crate::wall::Wall::{Captcha, Firewall, Login, Script};

/// Where a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the markup: challenges use it and nobody else.
    Challenge,
    /// In the markup of a page that shows next to nothing: ordinary pages have it in comment forms and sign-in boxes.
    Widget,
    /// In what a page that shows next to nothing says to people, title and `<noscript>` included.
    Words,
}
use Place::{Challenge, Widget, Words};

/// A mark, in lower case.
pub(super) struct Mark {
    pub(super) wall: Wall,
    pub(super) place: Place,
    pub(super) text: &'static str,
}

/// All marks; the first that is found tells the wall.
pub(super) fn marks() -> impl Iterator<Item = Mark> {
    let groups = [
        (Script, Challenge, &WALLS.script.challenge),
        (Firewall, Challenge, &WALLS.firewall.challenge),
        (Firewall, Words, &WALLS.firewall.words),
        (Captcha, Widget, &WALLS.captcha.widget),
        (Captcha, Words, &WALLS.captcha.words),
        (Login, Words, &WALLS.login.words),
        (Script, Words, &WALLS.script.words),
    ];
    groups.into_iter().flat_map(|(wall, place, texts)| texts.iter().map(move |text| Mark { wall, place, text }))
}
