//! Messages that outlive the redirect behind a form (post/redirect/get): kept in memory by session and page, shown once. So no
//! reload repeats a form, and neither words nor passwords stand in an address.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::store::Session;
use crate::web::Console;

/// How long a message waits for its page, and most that wait at once.
const FLASH_TTL: Duration = Duration::from_mins(2);
const MAX_WAITING: usize = 1_000;

/// What a page shows once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Flash {
    pub(super) words: String,
    /// A password that the system made: whose, and the password.
    pub(super) password: Option<(String, String)>,
}

/// The session's token for forms, and the page's path.
type Key = (String, &'static str);

/// Messages that wait for their page, each with the moment since when.
#[derive(Default)]
pub(super) struct FlashStore(Mutex<HashMap<Key, (Instant, Flash)>>);

impl FlashStore {
    fn put(&self, session: &Session, page: &'static str, flash: Flash, now: Instant) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (at, _)| now.duration_since(*at) < FLASH_TTL);
        if waiting.len() < MAX_WAITING {
            waiting.insert((session.csrf.clone(), page), (now, flash));
        }
    }

    fn take(&self, session: &Session, page: &'static str, now: Instant) -> Flash {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.remove(&(session.csrf.clone(), page));
        found.filter(|(at, _)| now.duration_since(*at) < FLASH_TTL).map(|(_, flash)| flash).unwrap_or_default()
    }
}

impl Console {
    /// Sends the browser to a page, which says these words.
    pub(super) fn redirect_with(&self, session: &Session, page: &'static str, words: String) -> Response {
        self.redirect_with_flash(session, page, Flash { words, password: None })
    }

    /// Sends the browser to a page, which shows this.
    pub(super) fn redirect_with_flash(&self, session: &Session, page: &'static str, flash: Flash) -> Response {
        self.flashes.put(session, page, flash, Instant::now());
        Redirect::to(&self.path(page)).into_response()
    }

    /// Returns what a page has to show to this session, and forgets it.
    pub(super) fn flash(&self, session: &Session, page: &'static str) -> Flash {
        self.flashes.take(session, page, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Role;

    fn session(csrf: &str) -> Session {
        Session { name: "甲".to_owned(), role: Role::Admin, csrf: csrf.to_owned(), expires: chrono::Utc::now() }
    }

    fn words(words: &str) -> Flash {
        Flash { words: words.to_owned(), password: None }
    }

    #[test]
    fn a_message_is_shown_once_on_its_page_to_its_session() {
        let (store, now, a) = (FlashStore::default(), Instant::now(), session("a"));
        store.put(&a, "/sources", words("已加入"), now);
        assert_eq!(store.take(&session("b"), "/sources", now), Flash::default());
        assert_eq!(store.take(&a, "/accounts", now), Flash::default());
        assert_eq!(store.take(&a, "/sources", now), words("已加入"));
        assert_eq!(store.take(&a, "/sources", now), Flash::default());
    }

    #[test]
    fn messages_that_nobody_fetches_are_forgotten() {
        let (store, now) = (FlashStore::default(), Instant::now());
        store.put(&session("a"), "/sources", words("旧"), now);
        let later = now + FLASH_TTL;
        assert_eq!(store.take(&session("a"), "/sources", later), Flash::default());
        for n in 0..MAX_WAITING + 9 {
            store.put(&session(&n.to_string()), "/sources", words("多"), now);
        }
        assert_eq!(store.0.lock().unwrap().len(), MAX_WAITING);
        store.put(&session("a"), "/sources", words("新"), later);
        assert_eq!(store.0.lock().unwrap().len(), 1, "old ones make room");
    }
}
