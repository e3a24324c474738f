//! 竞争情报快递: a news-monitoring crawler that drafts a competitive-intelligence briefing and mails it to its editors.
//!
//! The way of the data:
//!
//! 1. [`config`] reads `sources.toml`, `qingbao.toml` and the taxonomy, and explains what is wrong with them.
//! 2. [`fetch`] requests pages politely and returns bytes.
//! 3. [`discover`] finds entries in a feed, list page, sitemap or JSON list.
//! 4. [`extract`] reads the article on a page: body, title, date, 来源.
//! 5. [`dedup`] tells what was seen before: fingerprints, stories.
//! 6. [`classify`] says which industries, themes, column, places and organisations an article concerns, and why.
//! 7. [`store`] keeps all of it in one SQLite file; every stage commits before the next begins.
//! 8. [`issue`] chooses, ranks and summarises: an edition.
//! 9. [`render`] turns the edition into mail HTML, plain text and .docx.
//! 10. [`mail`] queues messages and sends them once.
//!
//! [`crawl`] does steps 2 to 7 for every source that is due, in this process or on workers; [`pipeline`] adds steps 8 to 10.
//! [`app`] is the background service, [`web`] the console for editors and admins, [`cli`] the command line. [`model`] holds the
//! types that all stages share, [`text`] what they know of characters, words and dates, `knowledge` the tables of `src/data`, [`html`] of markup,
//! [`wall`] of captchas and sign-in pages, [`schedule`] what is due when,
//! [`health`] the signs of life of a service. [`demo`] is a small news world to try it all on.
//!
//! `ARCHITECTURE.md` gives the order of these modules: each uses only those below it.

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
pub mod html;
pub mod issue;
mod knowledge;
pub mod learn;
pub mod mail;
pub mod model;
pub mod pipeline;
pub mod render;
pub mod schedule;
pub mod store;
pub mod text;
pub mod wall;
pub mod web;
