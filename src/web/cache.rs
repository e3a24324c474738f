//! Stale-while-revalidate cache: returns the old value while it refreshes it in the background.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a value is fresh.
const CACHE_TTL: Duration = Duration::from_mins(5);

struct Inner<K, T> {
    /// Key, time and value.
    value: Mutex<Option<(K, Instant, Arc<T>)>>,
    /// Held while a value is computed, so that only one computation runs.
    turn: tokio::sync::Mutex<()>,
}

/// The last value, for one key.
pub(super) struct SwrCache<K, T>(Arc<Inner<K, T>>);

impl<K, T> Clone for SwrCache<K, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, T> Default for SwrCache<K, T> {
    fn default() -> Self {
        Self(Arc::new(Inner { value: Mutex::new(None), turn: tokio::sync::Mutex::default() }))
    }
}

impl<K, T> SwrCache<K, T>
where
    K: PartialEq + Send + 'static,
    T: Send + Sync + 'static,
{
    /// Returns the value of a key; `find` runs only if it is missing or old.
    pub(super) async fn get<E>(&self, key: K, find: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<Arc<T>, E>
    where
        E: std::fmt::Display + Send + 'static,
    {
        match self.known(&key) {
            Some((at, value)) if at.elapsed() < CACHE_TTL => Ok(value),
            Some((_, value)) => {
                let this = self.clone();
                tokio::spawn(async move {
                    if let Err(e) = this.find(key, find).await {
                        tracing::warn!("console: {e}");
                    }
                });
                Ok(value)
            }
            None => self.find(key, find).await,
        }
    }

    fn known(&self, key: &K) -> Option<(Instant, Arc<T>)> {
        let value = self.0.value.lock().unwrap_or_else(PoisonError::into_inner);
        value.as_ref().filter(|v| v.0 == *key).map(|v| (v.1, Arc::clone(&v.2)))
    }

    /// Computes the value, or waits for a running computation and returns its result.
    async fn find<E>(&self, key: K, find: impl Future<Output = Result<T, E>>) -> Result<Arc<T>, E> {
        let _turn = self.0.turn.lock().await;
        if let Some((at, value)) = self.known(&key)
            && at.elapsed() < CACHE_TTL
        {
            return Ok(value);
        }
        let value = Arc::new(find.await?);
        *self.0.value.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, Instant::now(), Arc::clone(&value)));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_found_once_for_each_key() {
        let kept: SwrCache<u32, u32> = SwrCache::default();
        let never = async || kept.get(1, async { Err::<u32, _>("asked again") }).await;
        assert!(never().await.is_err(), "an error is not kept");
        assert_eq!(*kept.get(1, async { Ok::<_, String>(7) }).await.unwrap(), 7);
        assert_eq!(*never().await.unwrap(), 7);
        assert_eq!(*kept.get(2, async { Ok::<_, String>(8) }).await.unwrap(), 8);
    }
}
