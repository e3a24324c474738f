//! Threads for CPU work: parsing, segmenting, classifying.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// Stack of a parsing thread: as large as that of a main thread. Only used pages take memory.
pub(super) const STACK_BYTES: usize = 8 << 20;

/// One thread per processor, apart from those that wait for the disk. Few threads keep few copies of per-thread memory: pages
/// being parsed, scratch space of the segmenter and the regexes, the allocator's arenas.
pub struct CpuPool {
    runtime: Option<Runtime>,
    threads: usize,
    progress: Arc<Progress>,
}

/// Progress of the pool's jobs.
#[derive(Default)]
struct Progress {
    /// Waiting and running jobs.
    open: AtomicUsize,
    /// When a job last completed, or the first one reached an idle pool.
    since: Mutex<Option<Instant>>,
}

impl Progress {
    fn note(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Counts a job until it ends, also by a panic.
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
    /// Starts one thread per processor.
    ///
    /// # Errors
    /// The system cannot start a runtime.
    pub fn new() -> std::io::Result<Self> {
        Self::with_threads(std::thread::available_parallelism().map_or(2, NonZero::get))
    }

    /// Starts this many threads.
    ///
    /// # Errors
    /// The system cannot start a runtime.
    pub fn with_threads(threads: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().max_blocking_threads(threads).thread_stack_size(STACK_BYTES).thread_name("processor").build()?;
        Ok(Self { runtime: Some(runtime), threads, progress: Arc::default() })
    }

    /// Runs a job; returns `None` if it panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let open = Open::new(&self.progress);
        let work = move || {
            let _open = open;
            work()
        };
        self.runtime.as_ref()?.spawn_blocking(work).await.ok()
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Returns for how long no job has completed although there are some; zero for an idle pool.
    pub fn stalled_for(&self) -> Duration {
        let since = *self.progress.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.filter(|_| self.progress.open.load(Ordering::Relaxed) > 0).map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Drop for CpuPool {
    fn drop(&mut self) {
        // do not wait for work whose result nobody needs
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
