//! Faults that tests put into documents, because no known document causes one. Not in release builds.

/// Faults are off without this environment variable.
const ENABLED: &str = "QINGBAO_TEST_FAULTS";

fn is_enabled() -> bool {
    std::env::var_os(ENABLED).is_some()
}

/// Kills the process that fetched such a page.
pub(in crate::crawl) fn cause_in_worker(page: &[u8]) {
    if is_enabled() && memchr::memmem::find(page, b"fault-in-worker").is_some() {
        std::process::abort();
    }
}

/// Does to this process what the document says.
pub(in crate::crawl) fn cause(document: &[u8]) {
    let says = |word: &str| memchr::memmem::find(document, word.as_bytes()).is_some();
    match () {
        () if !is_enabled() => {}
        () if says("fault-abort") => std::process::abort(),
        () if says("fault-panic") => panic!("planted"),
        () if says("fault-endless") => loop {
            std::hint::spin_loop();
        },
        () if says("fault-memory") => drop(std::hint::black_box(vec![1u8; 2 << 30])),
        () => {}
    }
}
