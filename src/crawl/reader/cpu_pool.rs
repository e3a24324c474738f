//! Threads for CPU work: parsing, segmenting, classifying.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// Stack of a thread that parses: as large as that of a main thread. Only what is used takes memory.
pub(super) const STACK_BYTES: usize = 8 << 20;

/// As many threads as processors, apart from those that wait for the disk. Few threads keep few copies of what each holds
/// for itself: pages being parsed, scratch space of the segmenter and of the expressions, the allocator's reserves.
pub struct CpuPool {
    runtime: Option<Runtime>,
    threads: usize,
    progress: Arc<Progress>,
}

/// The progress of a pool's jobs.
#[derive(Default)]
struct Progress {
    /// Jobs that wait or run.
    open: AtomicUsize,
    /// When a job last ended, or the first one came to an idle pool.
    since: Mutex<Option<Instant>>,
}

impl Progress {
    fn note(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// A job until it ends, by a panic too.
struct Open(Arc<Progress>);

impl Open {
    fn new(progress: &Arc<Progress>) -> Self {
        if progress.open.fetch_add(1, Ordering::Relaxed) == 0 {
            progress.note();
        }
        Self(Arc::clone(progress))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.note();
    }
}

impl CpuPool {
    /// One thread per processor.
    ///
    /// # Errors
    /// The system has no room for a runtime.
    pub fn new() -> std::io::Result<Self> {
        Self::with_threads(std::thread::available_parallelism().map_or(2, NonZero::get))
    }

    /// So many threads.
    ///
    /// # Errors
    /// The system has no room for a runtime.
    pub fn with_threads(threads: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().max_blocking_threads(threads).thread_stack_size(STACK_BYTES).thread_name("processor").build()?;
        Ok(Self { runtime: Some(runtime), threads, progress: Arc::default() })
    }

    /// Runs a piece of work; nothing where it panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let open = Open::new(&self.progress);
        let work = move || {
            let _open = open;
            work()
        };
        self.runtime.as_ref()?.spawn_blocking(work).await.ok()
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// For how long there is work and none of it ended; zero for an idle pool.
    pub fn stalled_for(&self) -> Duration {
        let since = *self.progress.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.filter(|_| self.progress.open.load(Ordering::Relaxed) > 0).map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Drop for CpuPool {
    fn drop(&mut self) {
        // dropping the pool must not wait for work whose result is no longer needed
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_its_own_work_only() {
        let pool = CpuPool::new().unwrap();
        assert_eq!(pool.run(|| assert_eq!(1, 2, "on purpose")).await, None);
        assert_eq!(pool.run(|| 42).await, Some(42));
        assert_eq!(pool.stalled_for(), Duration::ZERO);
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_seen() {
        let pool = CpuPool::with_threads(1).unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let stuck = pool.run(move || ended.recv().is_ok());
        let waiting = pool.run(|| 42);
        tokio::pin!(stuck, waiting);
        let pause = Duration::from_millis(30);
        assert!(tokio::time::timeout(pause, async { tokio::join!(&mut stuck, &mut waiting) }).await.is_err());
        assert!(pool.stalled_for() >= pause);
        end.send(()).unwrap();
        assert_eq!(tokio::join!(stuck, waiting), (Some(true), Some(42)));
        assert_eq!(pool.stalled_for(), Duration::ZERO);
    }
}
