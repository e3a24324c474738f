//! A small fictional news world, served over loopback: crawled by `qingbao demo` and by tests.
//!
//! Ten fictional sites list 68 pages in seven ways (RSS, Atom, JSON, sitemap, three list layouts), four of them in
//! GB18030; nine pages are republished copies, six are off topic, and one site is broken.

mod layouts;
mod listings;
mod site;
mod world;

pub use site::{Server, start};
pub use world::{BROKEN_SITE, DemoWorld, Story};
