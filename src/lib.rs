//! 竞争情报快递: a news-monitoring crawler that drafts a competitive-intelligence briefing and mails it to its editors.
//!
//! How data flows:
//!
//! 1. [`config`] reads `sources.toml`, `qingbao.toml` and the taxonomy, and reports their mistakes.
//! 2. [`fetch`] requests pages politely and returns bytes.
//! 3. [`discover`] finds entries in a feed, list page, sitemap or JSON list.
//! 4. [`extract`] reads the article on a page: body, title, date, 来源.
//! 5. [`dedup`] recognises copies: fingerprints, stories.
//! 6. [`classify`] assigns industries, themes, column, places and organisations, with evidence.
//! 7. [`store`] keeps everything in one SQLite file; every stage commits before the next one starts.
//! 8. [`issue`] chooses, ranks and summarises articles into an edition.
//! 9. [`render`] turns the edition into mail HTML, plain text and .docx.
//! 10. [`mail`] queues messages and sends each once.
//!
//! [`crawl`] does steps 2 to 7 for every source that is due, in this process or on workers; [`pipeline`] adds steps 8 to 10.
//! [`app`] is the background service, [`web`] the console for editors and admins, [`cli`] the command line. [`model`] holds the
//! types that all stages share; [`text`] handles characters, words and dates, `knowledge` reads the tables of `src/data`, [`html`] page trees,
//! [`wall`] captchas and sign-in pages, [`page_watch`] changes of one page, [`inbox`] mails, [`series`] figures over time, [`topics`] the questions that editors follow, [`trends`] terms that rise, [`grades`] how far a report can be trusted, [`evidence`] whether statements have support in their article, [`rechecks`] what sources changed in printed articles, [`review`] a week or month in figures, [`exclusions`] their rules on what is not chosen, [`schedule`] due times,
//! [`health`] the state of the service, [`outlets`] chat robots and webhooks, [`old_issues`] issues made before this program. [`demo`] is a sample news world.
//!
//! `ARCHITECTURE.md` lists these modules from the lowest to the highest: each uses only lower ones.

mod alerts;
pub mod app;
mod child;
pub mod classify;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod dedup;
pub mod demo;
pub mod discover;
pub mod documents;
pub mod events;
pub mod evidence;
pub mod exclusions;
pub mod extract;
pub mod fetch;
pub mod grades;
pub mod health;
pub mod html;
pub mod inbox;
pub mod issue;
mod knowledge;
pub mod learn;
pub mod libreoffice;
pub mod mail;
pub mod model;
pub mod old_issues;
pub mod outlets;
pub mod page_watch;
pub mod pipeline;
pub mod ranking;
pub mod rechecks;
pub mod render;
pub mod review;
pub mod schedule;
pub mod series;
pub mod setup;
pub mod store;
pub mod text;
pub mod topics;
pub mod trends;
pub mod wall;
pub mod web;
