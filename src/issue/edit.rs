//! Applies a change to an edition, or says why it is not allowed. Pure.

pub use crate::issue::change::{Change, DropReason, Place};
use crate::issue::fields::Field;
pub use crate::issue::fields::{Edit, EditError, MAX_ATTACHMENTS, MAX_FOREWORD, MAX_NOTE, MAX_SUMMARY, MAX_TEXT, MAX_TITLE};
use crate::issue::foreword;
use crate::model::{ArticleId, Copy, Edition, EditionState, Item};
use crate::text::normalize::truncate;

/// Longest summary taken from the text of an editor's own item, in characters.
const OWN_SUMMARY: usize = 200;

impl Change {
    /// Applies the change, then composes the foreword again unless an editor wrote it.
    ///
    /// # Errors
    /// If the change is not allowed; the edition stays unchanged.
    pub fn apply(self, e: &mut Edition) -> Result<(), EditError> {
        match e.state() {
            EditionState::Draft => {}
            EditionState::Submitted(_) => return Err(EditError::Submitted),
            EditionState::Final => return Err(EditError::Final),
        }
        match self {
            Self::Rewrite { article, title, summary, text, note } => rewrite(e, article, [title, summary, text, note])?,
            Self::Print { article, print } => find(e, article)?.print = print,
            Self::ResetText { article, text } => {
                let item = find(e, article)?;
                (item.text, item.text_edited) = (text, false);
            }
            Self::Write { title, text, publisher, column } => write(e, &title, &text, &publisher, &column)?,
            Self::AddPicture { article, picture } => {
                let item = find(e, article)?;
                if item.picture.is_some() {
                    return Err(EditError::TooManyFiles);
                }
                item.picture = Some(picture);
            }
            Self::AddAttachment { article, file } => {
                let item = find(e, article)?;
                if item.attachments.len() >= MAX_ATTACHMENTS {
                    return Err(EditError::TooManyFiles);
                }
                item.attachments.push(file);
            }
            Self::RemoveFile { article, file } => {
                let item = find(e, article)?;
                if item.files().all(|f| f.id != file) {
                    return Err(EditError::NoFile);
                }
                item.picture.take_if(|p| p.file.id == file);
                item.attachments.retain(|f| f.id != file);
            }
            Self::Drop { articles, .. } => {
                let gone = articles.iter().filter(|a| remove_item(e, **a).is_ok()).count();
                if gone == 0 {
                    return Err(EditError::NoItem);
                }
            }
            Self::Move { article, column, place } => move_item(e, article, &column, place)?,
            Self::Shift { article, up } => {
                let (items, at) = place_of(e, article)?;
                let to = if up { at.saturating_sub(1) } else { (at + 1).min(items.len() - 1) };
                items.swap(at, to);
            }
            Self::Add { item, column } => {
                if e.items().any(|i| i.article == item.article) {
                    return Err(EditError::AlreadyThere);
                }
                items_of(e, &column)?.push(*item);
            }
            Self::Merge { article, into } => merge(e, article, into)?,
            Self::Split { article, item } => split(e, article, *item)?,
            Self::Foreword(text) => {
                // the old text was composed, so no editor's words are lost
                let text = if e.foreword_edited { text } else { Edit::any(&text.now) };
                let before = e.foreword.clone();
                text.apply(&mut e.foreword, Field::Foreword)?;
                e.foreword_edited |= e.foreword != before;
            }
            Self::ComposeForeword => e.foreword_edited = false,
        }
        if !e.foreword_edited {
            e.foreword = foreword::compose(e);
        }
        Ok(())
    }
}

/// Applies all edits of an item's title, summary, full text and 按语, or none of them.
fn rewrite(e: &mut Edition, article: ArticleId, edits: [Option<Edit>; 4]) -> Result<(), EditError> {
    let [title, summary, text, note] = edits;
    if title.as_ref().is_some_and(|t| t.now.trim().is_empty()) {
        return Err(EditError::NoTitle);
    }
    let item = find(e, article)?;
    let mut texts = (item.title.clone(), item.summary.clone(), Field::Text.normalize(&item.text), item.note.clone());
    let before = texts.2.clone();
    title.map_or(Ok(()), |t| t.apply(&mut texts.0, Field::Title))?;
    summary.map_or(Ok(()), |s| s.apply(&mut texts.1, Field::Summary))?;
    text.map_or(Ok(()), |t| t.apply(&mut texts.2, Field::Text))?;
    note.map_or(Ok(()), |n| n.apply(&mut texts.3, Field::Note))?;
    (item.title, item.summary, item.note) = (texts.0, texts.1, texts.3);
    if texts.2 != before {
        (item.text, item.text_edited) = (texts.2, item.url.is_some());
    }
    Ok(())
}

/// Adds an editor's own item. Their ids count down from -1: no article and no other item of the edition, dropped ones included, has
/// such an id.
fn write(e: &mut Edition, title: &str, text: &str, publisher: &str, column: &str) -> Result<(), EditError> {
    let mut texts =
        [(title, Field::Title), (text, Field::Text), (publisher, Field::Publisher)].map(|(now, field)| (Edit::any(now), field, String::new()));
    for (edit, field, out) in &mut texts {
        edit.apply(out, *field)?;
    }
    let [title, text, publisher] = texts.map(|(_, _, text)| text);
    if title.is_empty() {
        return Err(EditError::NoTitle);
    }
    if text.is_empty() {
        return Err(EditError::NoText);
    }
    let (number, date) = (e.own_items + 1, e.date);
    let item = Item {
        title,
        summary: truncate(text.lines().next().unwrap_or_default(), OWN_SUMMARY),
        text,
        publisher,
        ..Item::own(number, date, "编辑自写")
    };
    items_of(e, column)?.push(item);
    e.own_items = number;
    Ok(())
}

fn move_item(e: &mut Edition, article: ArticleId, column: &str, place: Place) -> Result<(), EditError> {
    items_of(e, column)?;
    let item = remove_item(e, article)?;
    let items = items_of(e, column)?;
    let at = match place {
        Place::Top => 0,
        Place::End => items.len(),
        Place::Before(other) => items.iter().position(|i| i.article == other).unwrap_or(items.len()),
    };
    items.insert(at, item);
    Ok(())
}

fn merge(e: &mut Edition, article: ArticleId, into: ArticleId) -> Result<(), EditError> {
    if article == into {
        return Err(EditError::NoItem);
    }
    find(e, into)?;
    let url = find(e, article)?.url.clone().ok_or(EditError::OwnItem)?;
    let gone = remove_item(e, article)?;
    let copy = Copy { publisher: gone.publisher, url, article: Some(gone.article) };
    find(e, into)?.copies.extend(std::iter::once(copy).chain(gone.copies));
    Ok(())
}

fn split(e: &mut Edition, article: ArticleId, item: Item) -> Result<(), EditError> {
    let (items, place) = place_of(e, article)?;
    let from = items.get_mut(place).ok_or(EditError::NoItem)?;
    let at = from.copies.iter().position(|c| c.article == Some(item.article)).ok_or(EditError::NoItem)?;
    let copy = from.copies.remove(at);
    let item = Item { print: from.print, ..item };
    from.earliest.take_if(|first| first.url == copy.url);
    items.insert(place + 1, item);
    Ok(())
}

fn items_of<'a>(e: &'a mut Edition, column: &str) -> Result<&'a mut Vec<Item>, EditError> {
    let found = e.columns.iter_mut().find(|c| c.name == column).map(|c| &mut c.items);
    found.ok_or_else(|| EditError::NoColumn(column.to_owned()))
}

/// Returns the items of an item's column, and its index among them.
fn place_of(e: &mut Edition, article: ArticleId) -> Result<(&mut Vec<Item>, usize), EditError> {
    let found = e.columns.iter_mut().find_map(|c| c.items.iter().position(|i| i.article == article).map(|at| (&mut c.items, at)));
    found.ok_or(EditError::NoItem)
}

fn find(e: &mut Edition, article: ArticleId) -> Result<&mut Item, EditError> {
    e.columns.iter_mut().flat_map(|c| &mut c.items).find(|i| i.article == article).ok_or(EditError::NoItem)
}

/// Removes and returns an item.
fn remove_item(e: &mut Edition, article: ArticleId) -> Result<Item, EditError> {
    let (items, at) = place_of(e, article)?;
    Ok(items.remove(at))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::issue::tests::{article, build_with};

    fn edition() -> Edition {
        let news = |id, title: &str, hours| article(id, title, "食品", "行业动态", hours);
        build_with(vec![news(1, "甲县粮油加工", 1), news(2, "乙厂乳品扩产", 20), article(3, "丙园水泥减产", "建材", "财经数据", 1)], &[]).edition
    }

    fn order(e: &Edition, column: usize) -> Vec<i64> {
        e.columns[column].items.iter().map(|i| i.article.0).collect()
    }

    #[test]
    fn items_move_within_and_between_columns() {
        let mut e = edition();
        assert_eq!((order(&e, 0), order(&e, 3)), (vec![1, 2], vec![3]));
        Change::Shift { article: ArticleId(2), up: true }.apply(&mut e).unwrap();
        assert_eq!(order(&e, 0), [2, 1]);
        Change::Shift { article: ArticleId(1), up: false }.apply(&mut e).unwrap();
        assert_eq!(order(&e, 0), [2, 1], "the last stays the last");
        Change::Move { article: ArticleId(3), column: "行业动态".into(), place: Place::Before(ArticleId(1)) }.apply(&mut e).unwrap();
        assert_eq!((order(&e, 0), order(&e, 3)), (vec![2, 3, 1], vec![]));
        Change::Drop { articles: vec![ArticleId(3)], reason: DropReason::Stale }.apply(&mut e).unwrap();
        assert_eq!(order(&e, 0), [2, 1]);
    }

    #[test]
    fn two_editors_conflict_over_one_text_and_over_nothing_else() {
        let mut e = edition();
        let summary = e.columns[0].items[0].summary.clone();
        let edit = |was: &str, now: &str| Some(Edit { was: Some(was.to_owned()), now: now.to_owned() });
        let rewrite = |title, summary| Change::Rewrite { article: ArticleId(1), title, summary, text: None, note: None };
        rewrite(edit("甲县粮油加工", "甲写的"), None).apply(&mut e).unwrap();
        rewrite(None, edit(&summary, "乙写的摘要\r\n\r\n第二段")).apply(&mut e).unwrap();
        assert_eq!((e.columns[0].items[0].title.as_str(), e.columns[0].items[0].summary.as_str()), ("甲写的", "乙写的摘要\n第二段"));
        let conflict = EditError::Conflict { field: "标题", theirs: "甲写的".to_owned() };
        let before = e.clone();
        assert_eq!(rewrite(edit("甲县粮油加工", "乙写的"), edit("", "丙")).apply(&mut e), Err(conflict));
        assert_eq!(e, before);
        rewrite(edit("甲县粮油加工", "甲写的 "), None).apply(&mut e).unwrap();
        let long = "字".repeat(MAX_TITLE + 3);
        let too_long = EditError::TooLong { field: "标题", most: MAX_TITLE, longer: 3 };
        assert_eq!(rewrite(Some(Edit::any(&long)), None).apply(&mut e), Err(too_long));
    }

    #[test]
    fn a_note_is_written_changed_and_removed_and_keeps_its_bound() {
        let mut e = edition();
        let note = |was: Option<&str>, now: &str| Change::Rewrite {
            article: ArticleId(1),
            title: None,
            summary: None,
            text: None,
            note: Some(Edit { was: was.map(str::to_owned), now: now.to_owned() }),
        };
        note(Some(""), " 值得我市借鉴。\r\n\r\n请有关部门阅。").apply(&mut e).unwrap();
        assert_eq!(e.columns[0].items[0].printed_note(), "按：值得我市借鉴。\n请有关部门阅。");
        let theirs = "值得我市借鉴。\n请有关部门阅。".to_owned();
        assert_eq!(note(Some(""), "另一位写的").apply(&mut e), Err(EditError::Conflict { field: "按语", theirs }));
        let too_long = EditError::TooLong { field: "按语", most: MAX_NOTE, longer: 1 };
        assert_eq!(note(None, &"按".repeat(MAX_NOTE + 1)).apply(&mut e), Err(too_long));
        note(None, " ").apply(&mut e).unwrap();
        assert_eq!(e.columns[0].items[0].printed_note(), "");
    }

    #[test]
    fn an_item_becomes_another_ones_copy_and_comes_back() {
        let mut e = edition();
        let before = e.columns[0].items[1].clone();
        Change::Merge { article: ArticleId(2), into: ArticleId(1) }.apply(&mut e).unwrap();
        let copies: Vec<_> = e.columns[0].items[0].copies.iter().map(|c| (c.publisher.as_str(), c.article)).collect();
        assert_eq!((order(&e, 0), copies), (vec![1], vec![("许昌日报", Some(ArticleId(2)))]));
        assert_eq!(Change::Merge { article: ArticleId(1), into: ArticleId(1) }.apply(&mut e), Err(EditError::NoItem));
        Change::Split { article: ArticleId(1), item: Box::new(before.clone()) }.apply(&mut e).unwrap();
        assert_eq!((order(&e, 0), e.columns[0].items[0].copies.len()), (vec![1, 2], 0));
        assert_eq!(Change::Split { article: ArticleId(1), item: Box::new(before) }.apply(&mut e), Err(EditError::NoItem), "no such copy");
    }

    #[test]
    fn what_cannot_be_done_changes_nothing_and_says_why() {
        let mut e = edition();
        let before = e.clone();
        let add = Change::Add { item: Box::new(e.columns[0].items[0].clone()), column: "行业动态".into() };
        let table = [
            (Change::Drop { articles: vec![ArticleId(9)], reason: DropReason::Other }, EditError::NoItem),
            (Change::Move { article: ArticleId(1), column: "副刊".into(), place: Place::Top }, EditError::NoColumn("副刊".into())),
            (Change::Rewrite { article: ArticleId(1), title: Some(Edit::any(" \n")), summary: None, text: None, note: None }, EditError::NoTitle),
            (add, EditError::AlreadyThere),
        ];
        for (change, error) in table {
            assert_eq!(change.apply(&mut e), Err(error));
            assert_eq!(e, before);
        }
        e.is_final = true;
        assert_eq!(Change::Foreword(Edit::any("x")).apply(&mut e), Err(EditError::Final));
    }
}
