//! Passwords and tokens. Argon2id with the parameters of RFC 9106's low-memory choice as the library has them (19 MiB, 2 passes).

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use sha2::{Digest as _, Sha256};

/// Letters that are not mistaken for others.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// No randomness is to be had, or a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PasswordError(String);

fn random<const N: usize>() -> Result<[u8; N], PasswordError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| PasswordError(format!("the system gives no random numbers: {e}")))?;
    Ok(bytes)
}

/// A password nobody has thought of: 20 letters, 100 bits.
///
/// # Errors
/// The system gives no random numbers.
pub fn fresh() -> Result<String, PasswordError> {
    random_letters::<20>()
}

/// A token for cookies and forms: 40 letters, 200 bits.
///
/// # Errors
/// The system gives no random numbers.
pub fn token() -> Result<String, PasswordError> {
    random_letters::<40>()
}

fn random_letters<const N: usize>() -> Result<String, PasswordError> {
    let bytes = random::<N>()?;
    Ok(bytes.iter().filter_map(|b| ALPHABET.get(usize::from(b % 32))).map(|b| char::from(*b)).collect())
}

/// The hash of a password, as it is stored.
///
/// # Errors
/// The system gives no random numbers.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let failed = |e: argon2::password_hash::Error| PasswordError(format!("the password cannot be hashed: {e}"));
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Whether a password is the one that was hashed. Without a hash it takes as long and says no, so that names of accounts
/// cannot be told by the clock.
pub(super) fn matches(password: &str, hash: Option<&str>) -> bool {
    const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHNpZ25zIGlu$ybPlNV9sMdPKcBsYvoqWxSxL1IE7gTWYcnHC7PsYyqk";
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(DUMMY_HASH)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

/// What is stored of a token: whoever reads the database cannot sign in with it.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_matches() {
        let password = fresh().unwrap();
        let stored = hash(&password).unwrap();
        assert!(stored.starts_with("$argon2id$") && matches(&password, Some(&stored)));
        assert!(!matches("wrong", Some(&stored)) && !matches(&password, None) && !matches(&password, Some("no hash")));
        assert_ne!(hash(&password).unwrap(), stored, "each hash has a salt of its own");
        assert_ne!(token().unwrap(), token().unwrap());
    }
}
