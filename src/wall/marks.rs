//! The marks of walls, from `walls.toml`.

use crate::knowledge::WALLS;
use crate::wall::Wall;
use crate::wall::Wall::{Captcha, Firewall, Login, Script};

/// Where a mark occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the markup of challenges only.
    Challenge,
    /// In the markup of a nearly empty page. Ordinary pages use it in comment forms and sign-in boxes.
    Widget,
    /// In the visible text of a nearly empty page, including title and `<noscript>`.
    Words,
}
use Place::{Challenge, Widget, Words};

/// A mark, in lower case.
pub(super) struct Mark {
    pub(super) wall: Wall,
    pub(super) place: Place,
    pub(super) text: &'static str,
}

/// Returns all marks. The first match determines the wall.
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
