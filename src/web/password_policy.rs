//! Password policy: no password that attackers try first (NIST SP 800-63B, section 5.1.1.2).

use crate::text::normalize::fold_width_and_case;

/// Minimum and maximum length of a chosen password, in characters.
pub(super) const MIN_PASSWORD_CHARS: usize = 10;
const MAX_PASSWORD_CHARS: usize = 200;

/// The most common passwords; source: `src/data/passwords/README.md`.
const COMMON: &str = include_str!("../data/passwords/common.txt");

/// Sequences of keys and of the alphabet.
const SEQUENCES: [&str; 4] = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertyuiopasdfghjklzxcvbnm"];

/// Why a password is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password is shorter than {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    #[error("the password is longer than {MAX_PASSWORD_CHARS} characters")]
    TooLong,
    /// A short piece repeated.
    #[error("the password is a few characters, repeated")]
    Repeated,
    /// A sequence such as 1234567890.
    #[error("the password is a run of figures, letters or keys")]
    Run,
    /// The account's own name.
    #[error("the password is the name of the account, alone or with figures and signs")]
    AccountName,
    /// One of the most common passwords.
    #[error("the password is among the commonest ones, which are guessed first")]
    Common,
}

impl WeakPassword {
    /// Returns the message for editors and admins.
    pub fn chinese(self) -> String {
        match self {
            Self::TooShort => format!("密码至少 {MIN_PASSWORD_CHARS} 个字符"),
            Self::TooLong => format!("密码至多 {MAX_PASSWORD_CHARS} 个字符"),
            Self::Repeated => "密码太弱：只是同几个字符的重复".to_owned(),
            Self::Run => "密码太弱：只是连续的数字、字母或键盘上相邻的键".to_owned(),
            Self::AccountName => "密码太弱：只是账号名，或账号名加数字、符号".to_owned(),
            Self::Common => "密码太弱：这是最常见的密码之一，最先被人猜到".to_owned(),
        }
    }
}

/// Checks a password chosen for an account.
///
/// # Errors
/// Why it is rejected.
pub fn check_password(account: &str, password: &str) -> Result<(), WeakPassword> {
    match password.chars().count() {
        ..MIN_PASSWORD_CHARS => return Err(WeakPassword::TooShort),
        n if n > MAX_PASSWORD_CHARS => return Err(WeakPassword::TooLong),
        _ => {}
    }
    let fold = |text: &str| text.chars().map(fold_width_and_case).collect::<String>();
    let folded = fold(password);
    if is_repetition(&folded) {
        return Err(WeakPassword::Repeated);
    }
    if is_run(&folded) {
        return Err(WeakPassword::Run);
    }
    let name = fold(account);
    if !name.is_empty() && folded.contains(&name) && !folded.replace(&name, "").chars().any(char::is_alphabetic) {
        return Err(WeakPassword::AccountName);
    }
    if COMMON.lines().any(|common| common == folded) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

/// Maximum length of a repeated piece, in characters.
const MAX_REPEATED: usize = 4;

/// Whether a text is a short piece repeated.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=MAX_REPEATED).any(|n| chars.iter().zip(chars.iter().skip(n)).all(|(a, b)| a == b))
}

/// Whether a text follows one of the sequences, forwards or backwards, wrapping around at its end.
fn is_run(text: &str) -> bool {
    let reversed: String = text.chars().rev().collect();
    SEQUENCES.iter().any(|s| {
        let around = s.repeat(text.len() / s.len() + 2);
        around.contains(text) || around.contains(&reversed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused() {
        for (password, why) in [
            ("short", WeakPassword::TooShort),
            ("aaaaaaaaaaaa", WeakPassword::Repeated),
            ("AaAaAaAaAaAa", WeakPassword::Repeated),
            ("啊啊啊啊啊啊啊啊啊啊", WeakPassword::Repeated),
            ("许昌许昌许昌许昌许昌", WeakPassword::Repeated),
            ("1234567890", WeakPassword::Run),
            ("12345678901234", WeakPassword::Run),
            ("9876543210", WeakPassword::Run),
            ("１２３４５６７８９０", WeakPassword::Run),
            ("abcdefghijk", WeakPassword::Run),
            ("QWERTYUIOP", WeakPassword::Run),
            ("qwertyuiopasdf", WeakPassword::Run),
            ("zhang.san@xc", WeakPassword::AccountName),
            ("Zhang.San@XC2026!", WeakPassword::AccountName),
            ("zhang.san@xczhang.san@xc", WeakPassword::AccountName),
            ("password123", WeakPassword::Common),
            ("WoAiNi1314", WeakPassword::Common),
        ] {
            let found = check_password("zhang.san@xc", password);
            assert_eq!(found, Err(why), "{password}");
            assert!(found.is_err_and(|e| e.chinese().contains("密码")));
        }
        assert_eq!(check_password("a", &"xy".repeat(101)), Err(WeakPassword::TooLong));
        for fine in ["a long password", "another password", "zhang.san@xc likes tea", "许昌的早晨有雾二零二六", "1234567890 and more"] {
            assert_eq!(check_password("zhang.san@xc", fine), Ok(()), "{fine}");
        }
        for _ in 0..20 {
            assert_eq!(check_password("a", &crate::web::fresh_password().unwrap()), Ok(()));
        }
    }

    #[test]
    fn every_common_password_is_reached_only_by_the_list() {
        assert!(COMMON.lines().count() >= 200);
        for password in COMMON.lines() {
            assert_eq!(check_password("somebody", password), Err(WeakPassword::Common), "{password}");
        }
    }
}
