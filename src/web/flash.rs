//! Messages that survive the redirect after a form (post/redirect/get): kept in memory by session and page, shown once. Reloading
//! repeats no form, and no message or password gets into an address.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::store::Session;
use crate::web::Console;

/// How long a message waits for its page, and how many messages wait at most.
const FLASH_TTL: Duration = Duration::from_mins(2);
const MAX_WAITING: usize = 1_000;

/// A message that a page shows once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Flash {
    pub(super) words: String,
    /// A generated password: account name and password.
    pub(super) password: Option<(String, String)>,
}

/// The session's CSRF token, and the page's path.
type Key = (String, &'static str);

/// Waiting messages, each with its time of creation.
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
    /// Redirects to a page that shows this text.
    pub(super) fn redirect_with(&self, session: &Session, page: &'static str, words: String) -> Response {
        self.redirect_with_flash(session, page, Flash { words, password: None })
    }

    /// Redirects to a page that shows this message.
    pub(super) fn redirect_with_flash(&self, session: &Session, page: &'static str, flash: Flash) -> Response {
        self.flashes.put(session, page, flash, Instant::now());
        Redirect::to(&self.path(page)).into_response()
    }

    /// Redirects to an address below a page, where the page shows this text.
    pub(super) fn redirect_below(&self, session: &Session, page: &'static str, path: &str, words: String) -> Response {
        self.flashes.put(session, page, Flash { words, password: None }, Instant::now());
        Redirect::to(&self.path(path)).into_response()
    }

    /// Returns the message of a page for this session, and deletes it.
    pub(super) fn flash(&self, session: &Session, page: &'static str) -> Flash {
        self.flashes.take(session, page, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PublicationScope;
    use crate::store::Role;

    fn session(csrf: &str) -> Session {
        Session {
            name: "甲".to_owned(),
            role: Role::Admin,
            scope: PublicationScope::All,
            shown_publication: None,
            csrf: csrf.to_owned(),
            expires: chrono::Utc::now(),
        }
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
