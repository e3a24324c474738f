//! Lists as people type them.

use crate::setup::{OwnIndustry, Question, SetupAnswers};

/// Returns the parts of a list, separated by commas, semicolons or lines.
pub fn split_list(text: &str) -> Vec<String> {
    text.split(['、', '，', ',', ';', '；', '\n']).map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
}

/// Reads the port of a mail server; empty: the usual one of its encryption.
///
/// # Errors
/// It is no port, for people.
pub fn mail_port(text: &str) -> Result<Option<u16>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|port| *port > 0).map(Some).ok_or_else(|| "端口是 1 到 65535 的数".to_owned()),
    }
}

/// Reads industries with their words: 轴承：轴承 滚子；陶瓷：瓷砖 卫浴, or one per line.
///
/// # Errors
/// What cannot be read, for people.
pub fn own_industries(text: &str) -> Result<Vec<OwnIndustry>, String> {
    let mut list = Vec::new();
    for part in text.split([';', '；', '\n']).map(str::trim).filter(|p| !p.is_empty()) {
        let Some((name, words)) = part.split_once(['：', ':']) else {
            return Err(format!("“{part}”里没有冒号；请写成“轴承：轴承 滚子 轴承钢”"));
        };
        let terms = words.split([' ', '\u{3000}', '、', '，', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        list.push(OwnIndustry { name: name.trim().to_owned(), terms });
    }
    let answers = SetupAnswers { own_industries: list, ..SetupAnswers::default() };
    answers.check(Question::OwnIndustries).map_err(|e| e.chinese)?;
    Ok(answers.own_industries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_or_the_usual_one() {
        assert_eq!((mail_port(""), mail_port(" 2525 ")), (Ok(None), Ok(Some(2525))));
        for wrong in ["0", "70000", "smtp", "-1"] {
            assert!(mail_port(wrong).is_err(), "{wrong}");
        }
    }
}
