//! Threads for CPU work: parsing, segmenting, classifying.

use std::num::NonZero;

use tokio::runtime::{Builder, Runtime};

/// Stack of a thread that parses: as large as that of a main thread. Only what is used takes memory.
pub(super) const STACK_BYTES: usize = 8 << 20;

/// As many threads as processors, apart from those that wait for the disk. Few threads keep few copies of what each holds
/// for itself: pages being parsed, scratch space of the segmenter and of the expressions, the allocator's reserves.
pub struct CpuPool(Option<Runtime>);

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
        Ok(Self(Some(Builder::new_current_thread().max_blocking_threads(threads).thread_stack_size(STACK_BYTES).thread_name("processor").build()?)))
    }

    /// Runs a piece of work; nothing where it panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.0.as_ref()?.spawn_blocking(work).await.ok()
    }
}

impl Drop for CpuPool {
    fn drop(&mut self) {
        // dropping the pool must not wait for work whose result is no longer needed
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
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
    }
}
