//! What `qingbao archive export` writes: one kind of line for each table, parents before their children.

/// A kind of line: the name of a table.
pub(super) struct ArchiveKind {
    pub(super) name: &'static str,
    /// The condition of a row for an export of recent days; empty: always part of it.
    pub(super) recent: &'static str,
}

const fn all(name: &'static str) -> ArchiveKind {
    ArchiveKind { name, recent: "" }
}

const fn by_article(name: &'static str) -> ArchiveKind {
    ArchiveKind { name, recent: "article_id IN (SELECT id FROM kept_article)" }
}

const fn by_edition(name: &'static str) -> ArchiveKind {
    ArchiveKind { name, recent: "edition_id IN (SELECT id FROM kept_edition)" }
}

const fn by(name: &'static str, recent: &'static str) -> ArchiveKind {
    ArchiveKind { name, recent }
}

const OF_EDITION_OR_NOTICE: &str = "(edition_id IS NULL OR edition_id IN (SELECT id FROM kept_edition))
    AND (notice_id IS NULL OR notice_id IN (SELECT id FROM notice WHERE edition_id IN (SELECT id FROM kept_edition)))";
const OF_ENTRY: &str = "entry_id IS NULL OR entry_id IN (SELECT id FROM kept_entry)";

/// Every kind, in the order of the file.
pub(super) const KINDS: &[ArchiveKind] = &[
    all("fact"),
    all("source"),
    all("url_parameter"),
    all("page_memory"),
    all("mailbox"),
    all("mail"),
    all("series"),
    all("series_figure"),
    all("series_revision"),
    all("organisation"),
    all("firm"),
    by("entry", "id IN (SELECT id FROM kept_entry)"),
    by("page_version", OF_ENTRY),
    by("mail_entry", OF_ENTRY),
    by("series_entry", "entry_id IN (SELECT id FROM kept_entry)"),
    by("article", "id IN (SELECT id FROM kept_article)"),
    by_article("article_column"),
    by_article("article_industry"),
    by_article("article_keyword"),
    by_article("article_place"),
    by_article("article_organisation"),
    by_article("article_version"),
    by_article("sketch"),
    by_article("band"),
    by_article("event_term"),
    by_article("sighting"),
    by_article("grade"),
    by_article("grade_overruled"),
    by_article("recheck"),
    all("event"),
    all("event_parted"),
    by("edition", "id IN (SELECT id FROM kept_edition)"),
    by_edition("edition_state"),
    by_edition("edition_step"),
    by_edition("item"),
    by_edition("item_file"),
    by_edition("imported_issue"),
    by_edition("candidate"),
    by(
        "recheck_finding",
        "edition_id IN (SELECT id FROM kept_edition) AND version_id IN (SELECT id FROM article_version WHERE article_id IN (SELECT id FROM kept_article))",
    ),
    by("decision", "edition_id IS NULL OR edition_id IN (SELECT id FROM kept_edition)"),
    all("ranking_model"),
    by_edition("notice"),
    by("notification", "id IN (SELECT id FROM kept_notification)"),
    by("outbox", OF_EDITION_OR_NOTICE),
    by("delivery", "notification_id IN (SELECT id FROM kept_notification)"),
    all("rule"),
    all("subscriber"),
    all("topic"),
    by_article("topic_article"),
    all("alert_rule"),
    all("alert_hit"),
    by_article("alert_hit_article"),
    all("alert_hit_rule"),
    by("alert_target", "notification_id IS NULL OR notification_id IN (SELECT id FROM kept_notification)"),
];

/// Facts that belong to the archive: versions of rules, topics and alerts. The others are secrets, or this installation's.
pub(super) const FACTS: [&str; 4] = ["rules", "exclusions", "topics", "alerts"];

/// Tables that are not part of the archive, and why.
#[cfg(test)]
pub(super) const LEFT_OUT: [(&str, &str); 13] = [
    ("account", "accounts belong to an installation"),
    ("account_duty", "accounts"),
    ("account_publication", "accounts"),
    ("session", "accounts"),
    ("token", "secrets of other programs"),
    ("token_publication", "tokens"),
    ("topic_visit", "what an account has seen"),
    ("audit", "a chained log of one installation"),
    ("fetch_log", "what this machine requested"),
    ("robots", "fetched again"),
    ("pause", "hosts that asked this machine to wait"),
    ("page", "pages that wait for their parser are fetched again"),
    ("article_words", "the index is built again"),
];

/// Makes the ids of an export of recent days, as temporary tables; ?1 is the first day, ?2 its first second.
pub(super) const KEEP_RECENT: [(&str, &str); 4] = [
    ("kept_edition", "SELECT id FROM edition WHERE date >= ?1 OR ?2 IS NULL UNION SELECT answer_edition FROM topic WHERE answer_edition IS NOT NULL"),
    (
        "kept_article",
        "SELECT id FROM article WHERE fetched >= ?2 OR ?1 IS NULL UNION SELECT article_id FROM item WHERE edition_id IN (SELECT id FROM kept_edition)
         INTERSECT SELECT id FROM article",
    ),
    (
        "kept_entry",
        "SELECT id FROM entry WHERE first_seen >= ?2 OR ?1 IS NULL UNION SELECT entry_id FROM article WHERE id IN (SELECT id FROM kept_article)",
    ),
    (
        "kept_notification",
        "SELECT id FROM notification WHERE (?1 IS NULL OR ?2 IS NULL OR edition_id IS NULL OR edition_id IN (SELECT id FROM kept_edition))
         AND (notice_id IS NULL OR notice_id IN (SELECT id FROM notice WHERE edition_id IN (SELECT id FROM kept_edition)))",
    ),
];
