//! 竞争情报快递: a news-monitoring crawler that drafts a competitive-intelligence briefing and mails it to its editors.
//!
//! The folders stand in the order in which data passes:
//!
//! 1. [`config`] reads `sources.toml`, `qingbao.toml` and the taxonomy, and explains what is wrong with them.
//! 2. [`fetch`] asks sources politely and brings bytes.
//! 3. [`discover`] makes entries of a feed, list page, sitemap or JSON list.
//! 4. [`extract`] makes an article of a page: body, title, date, 来源.
//! 5. [`dedup`] tells what was seen before: canonical addresses, fingerprints, stories.
//! 6. [`classify`] says which industries, themes, column, places and organisations an article concerns, and why.
//! 7. [`store`] keeps all of it in one SQLite file; every stage commits before the next begins.
//! 8. [`issue`] chooses, ranks and summarises: an edition.
//! 9. [`render`] turns the edition into mail HTML, plain text and .docx.
//! 10. [`mail`] queues letters and sends them once.
//!
//! [`web`] shows issues, archive and sources to editors and admins in a browser.
//!
//! [`work`] is what is done for one visit, fetching and reading, and [`engine`] has it done: here, or by workers elsewhere.
//! [`crawl`] wires one pass through these stages, [`app`] runs passes by the clock of [`schedule`], and
//! [`cli`] is the command line. [`model`] holds the types that every stage speaks, [`text`] what several stages
//! know of characters, words and dates. [`demo`] is a small news world of our own to try it all on.

pub mod app;
pub mod classify;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod dedup;
pub mod demo;
pub mod discover;
pub mod extract;
pub mod fetch;
pub mod health;
pub mod issue;
pub mod mail;
pub mod model;
pub mod pipeline;
pub mod render;
pub mod schedule;
pub mod store;
pub mod text;
pub mod web;
