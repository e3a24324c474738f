//! Passwords and tokens. Argon2id with the parameters of RFC 9106's low-memory choice as the library has them (19 MiB, 2 passes).

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{Output, PasswordHash, PasswordHasher as _, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

/// Passwords checked at once, each with 19 MiB and a core of its own.
const CHECKS: usize = 2;

/// Checks passwords, a few at once. Each takes memory that an earlier one left: given back to the allocator, it would stay with
/// each of the threads that ever checked one.
pub(super) struct PasswordChecks {
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Vec<Block>>>,
}

/// The right to have a password checked.
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

    /// Whether a password is the one that was hashed. Without a hash it takes as long and says no, so that names of accounts
    /// cannot be told by the clock. The turn ends with the check, also if nobody waits for its answer any more.
    pub(super) fn matches(&self, _turn: Turn, password: &str, hash: Option<&str>) -> bool {
        const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHNpZ25zIGlu$ybPlNV9sMdPKcBsYvoqWxSxL1IE7gTWYcnHC7PsYyqk";
        let mut memory = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let right = PasswordHash::new(hash.unwrap_or(DUMMY_HASH)).ok().and_then(|known| is_hash_of(&known, password, &mut memory));
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        right == Some(true) && hash.is_some()
    }
}

/// Whether this is the hash of a password; `None` if it cannot be told.
fn is_hash_of(hash: &PasswordHash<'_>, password: &str, memory: &mut Vec<Block>) -> Option<bool> {
    let (mut salt, known) = ([0; 64], hash.hash?);
    let salt = hash.salt?.decode_b64(&mut salt).ok()?;
    let params = Params::try_from(hash).ok()?;
    memory.resize(memory.len().max(params.block_count()), Block::new());
    let argon2 = Argon2::new(Algorithm::try_from(hash.algorithm).ok()?, Version::try_from(hash.version?).ok()?, params);
    let made = Output::init_with(known.len(), |out| Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, memory)?)).ok()?;
    // takes the same time wherever they differ
    Some(made == known)
}

/// What is stored of a token: whoever reads the database cannot sign in with it.
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
