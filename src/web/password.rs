//! Passwords and tokens. Argon2id with the library's default parameters, after the low-memory choice of RFC 9106 (19 MiB, 2
//! passes).

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{Output, PasswordHash, PasswordHasher as _, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Characters that are not mistaken for others.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// No random numbers are available, or hashing failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PasswordError(String);

fn random<const N: usize>() -> Result<[u8; N], PasswordError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| PasswordError(format!("the system gives no random numbers: {e}")))?;
    Ok(bytes)
}

/// Returns a random password: 20 letters, 100 bits.
///
/// # Errors
/// If the system gives no random numbers.
pub fn fresh() -> Result<String, PasswordError> {
    random_letters::<20>()
}

/// Returns a random token for cookies and forms: 40 letters, 200 bits.
///
/// # Errors
/// If the system gives no random numbers.
pub fn token() -> Result<String, PasswordError> {
    random_letters::<40>()
}

fn random_letters<const N: usize>() -> Result<String, PasswordError> {
    let bytes = random::<N>()?;
    Ok(bytes.iter().filter_map(|b| ALPHABET.get(usize::from(b % 32))).map(|b| char::from(*b)).collect())
}

/// Returns the hash of a password, for storage.
///
/// # Errors
/// If the system gives no random numbers.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let failed = |e: argon2::password_hash::Error| PasswordError(format!("the password cannot be hashed: {e}"));
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Concurrent password checks, each with 19 MiB and a core of its own.
const CHECKS: usize = 2;

/// Checks passwords, a few at a time, and reuses their memory: returned to the allocator, it would stay with each thread that ever
/// checked one.
pub(super) struct PasswordChecks {
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Vec<Block>>>,
}

/// The right to check one password.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Default for PasswordChecks {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(CHECKS)), idle: Mutex::default() }
    }
}

impl PasswordChecks {
    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Option<Turn> {
        Arc::clone(&self.turns).acquire_owned().await.ok().map(|permit| Turn { _permit: permit })
    }

    /// Whether a password matches its hash. Without a hash the check takes as long and returns false, so that timing does not
    /// reveal account names. The turn ends with the check, even if nobody waits for the result any more.
    pub(super) fn matches(&self, _turn: Turn, password: &str, hash: Option<&str>) -> bool {
        const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHNpZ25zIGlu$ybPlNV9sMdPKcBsYvoqWxSxL1IE7gTWYcnHC7PsYyqk";
        let mut memory = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let right = PasswordHash::new(hash.unwrap_or(DUMMY_HASH)).ok().and_then(|known| is_hash_of(&known, password, &mut memory));
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        right == Some(true) && hash.is_some()
    }
}

/// Whether this is the hash of a password; `None` if the hash is unusable.
fn is_hash_of(hash: &PasswordHash<'_>, password: &str, memory: &mut Vec<Block>) -> Option<bool> {
    let (mut salt, known) = ([0; 64], hash.hash?);
    let salt = hash.salt?.decode_b64(&mut salt).ok()?;
    let params = Params::try_from(hash).ok()?;
    memory.resize(memory.len().max(params.block_count()), Block::new());
    let argon2 = Argon2::new(Algorithm::try_from(hash.algorithm).ok()?, Version::try_from(hash.version?).ok()?, params);
    let made = Output::init_with(known.len(), |out| Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, memory)?)).ok()?;
    // constant time, wherever they differ
    Some(made == known)
}

/// Returns the stored form of a token: nobody who reads the database can sign in with it.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches_and_all_checks_share_their_memory() {
        let (password, checks) = (fresh().unwrap(), PasswordChecks::default());
        let stored = hash(&password).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        for (given, known, right) in [
            (password.as_str(), Some(stored.as_str()), true),
            ("wrong", Some(&stored), false),
            (&password, None, false),
            (&password, Some("no hash"), false),
            (&password, Some(&stored), true),
        ] {
            let turn = checks.turn().await.unwrap();
            assert_eq!(checks.matches(turn, given, known), right, "{given} {known:?}");
        }
        let idle = checks.idle.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(idle, [Params::DEFAULT_M_COST as usize]);
        assert_ne!(hash(&password).unwrap(), stored, "each hash has a salt of its own");
        assert_ne!(token().unwrap(), token().unwrap());
    }

    #[tokio::test]
    async fn no_more_are_checked_at_once_than_have_a_turn() {
        let checks = PasswordChecks::default();
        let turns = [checks.turn().await.unwrap(), checks.turn().await.unwrap()];
        let third = || tokio::time::timeout(std::time::Duration::from_millis(20), checks.turn());
        assert!(third().await.is_err());
        for turn in turns {
            checks.matches(turn, "x", None);
        }
        assert!(third().await.is_ok());
    }
}
