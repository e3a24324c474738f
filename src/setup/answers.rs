//! The answers, from a file, a terminal or a form.

use serde::Deserialize;

use crate::config::Region;
use crate::config::region::find_city;
use crate::config::taxonomy::sets;
use crate::model::{MailAddress, WebUrl};

/// What is asked, one by one or in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SetupAnswers {
    /// 主办.
    pub organiser: String,
    /// Name of a city, county or province.
    pub city: String,
    /// Where several places have the name.
    pub province: Option<String>,
    /// Name of the publication; empty: made from the city.
    pub publication: String,
    /// Id of a ready set of industries; empty: only the own ones.
    pub industries: String,
    /// Further industries with their words.
    pub own_industries: Vec<OwnIndustry>,
    /// Columns; empty: those of the default.
    pub columns: Vec<String>,
    /// Time of the draft; empty: 07:30.
    pub at: String,
    /// Who receives the draft.
    pub recipients: Vec<String>,
    /// The account that sends; without it letters are written as files.
    pub mail: Option<MailAnswers>,
    /// Name of the first admin; empty: admin.
    pub admin: String,
    /// File with the admin's password; without it one is made and printed once.
    pub admin_password_file: Option<String>,
    /// Whether to start with the known national sources, and those of the province and city.
    pub starter_sources: Option<bool>,
    /// Further addresses.
    pub sources: Vec<SourceAnswer>,
    /// Whether to crawl and mail a first draft at the end.
    pub first_draft: Option<bool>,
}

/// An industry of the institute's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnIndustry {
    pub name: String,
    /// Words that speak for it.
    pub terms: Vec<String>,
}

/// A mail account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailAnswers {
    /// Sender's address.
    pub from: String,
    /// SMTP server; empty: letters are written as files.
    pub host: String,
    pub port: Option<u16>,
    /// implicit, starttls or none; empty: implicit.
    pub tls: String,
    pub user: Option<String>,
    /// File with the password; the settings name it.
    pub password_file: Option<String>,
}

/// An address of a source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SourceAnswer {
    Address(String),
    Table {
        url: String,
        /// It may be on a private or loopback address.
        #[serde(default)]
        allow_private: bool,
    },
}

impl SourceAnswer {
    /// Returns the address as given, and whether it may be private.
    pub fn parts(&self) -> (&str, bool) {
        match self {
            Self::Address(url) => (url, false),
            Self::Table { url, allow_private } => (url, *allow_private),
        }
    }
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Organiser,
    City,
    Publication,
    Industries,
    OwnIndustries,
    Columns,
    At,
    Recipients,
    Mail,
    Admin,
    Sources,
}

impl Question {
    /// Returns the key of an answers file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Organiser => "organiser",
            Self::City => "city",
            Self::Publication => "publication",
            Self::Industries => "industries",
            Self::OwnIndustries => "own_industries",
            Self::Columns => "columns",
            Self::At => "at",
            Self::Recipients => "recipients",
            Self::Mail => "mail",
            Self::Admin => "admin",
            Self::Sources => "sources",
        }
    }
}

/// An answer that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {chinese}", .question.key())]
pub struct AnswerError {
    pub question: Question,
    /// Why, for people.
    pub chinese: String,
}

/// Most letters of a name.
const MAX_NAME: usize = 60;

impl SetupAnswers {
    /// Reads a file of answers.
    ///
    /// # Errors
    /// The first mistake, with its line.
    pub fn parse(text: &str) -> Result<Self, toml_edit::de::Error> {
        toml_edit::de::from_str(text)
    }

    /// Returns the region that city and industries name.
    pub(super) fn region(&self) -> Result<Region, AnswerError> {
        let wrong = |chinese: String| AnswerError { question: Question::City, chinese };
        if self.city.trim().is_empty() {
            return Err(wrong("请写所在的市、县或省".to_owned()));
        }
        let city = find_city(&self.city, self.province.as_deref()).map_err(|e| wrong(e.chinese()))?;
        Ok(Region::of(city, self.industries.trim()))
    }

    /// Returns what is wrong with the answer to a question, the way it is given now.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self, question: Question) -> Result<(), AnswerError> {
        let result = match question {
            Question::Organiser => name(&self.organiser, "主办单位"),
            Question::Publication if self.publication.trim().is_empty() => Ok(()),
            Question::Publication => name(&self.publication, "刊物名称"),
            Question::City => return self.region().map(drop),
            Question::Industries => self.check_industries(),
            Question::OwnIndustries => {
                let names = self.own_industries.iter().map(|i| i.name.as_str());
                self.own_industries.iter().try_for_each(check_own).and_then(|()| distinct(names, "产业"))
            }
            Question::Columns => {
                let names = self.columns.iter().map(String::as_str);
                self.columns.iter().try_for_each(|c| name(c, "栏目")).and_then(|()| distinct(names, "栏目"))
            }
            Question::At if self.at.is_empty() || chrono::NaiveTime::parse_from_str(&self.at, "%H:%M").is_ok() => Ok(()),
            Question::At => Err(format!("“{}”不是时刻，请写 07:30 这样的", self.at)),
            Question::Recipients if self.recipients.is_empty() => Err("请至少写一个收件邮箱".to_owned()),
            Question::Recipients => self.recipients.iter().try_for_each(|r| address(r)),
            Question::Mail => self.mail.as_ref().map_or(Ok(()), check_mail),
            Question::Admin if self.admin.is_empty() || crate::store::is_account_name(&self.admin) => Ok(()),
            Question::Admin => Err("账号要 1 到 40 个字或字母、数字，中间可以有 - _ . · @".to_owned()),
            Question::Sources => {
                self.sources.iter().try_for_each(|s| WebUrl::typed(s.parts().0).map(drop).map_err(|_| format!("“{}”不是网址", s.parts().0)))
            }
        };
        result.map_err(|chinese| AnswerError { question, chinese })
    }

    fn check_industries(&self) -> Result<(), String> {
        let sets = sets::sets().map_err(|e| e.chinese())?;
        let names = || sets.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join("、");
        match self.industries.trim() {
            "" if self.own_industries.is_empty() => Err(format!("请选一套产业目录（{}），或自己写（own_industries）", names())),
            "" => Ok(()),
            id if sets.iter().any(|s| s.id == id) => Ok(()),
            id => Err(format!("没有“{id}”这套产业目录；有 {}", names())),
        }
    }
}

fn name(text: &str, what: &str) -> Result<(), String> {
    match text.trim() {
        "" => Err(format!("请写{what}")),
        t if t.chars().any(char::is_control) => Err(format!("{what}里有控制字符")),
        t if t.chars().count() > MAX_NAME => Err(format!("{what}最多 {MAX_NAME} 个字")),
        _ => Ok(()),
    }
}

/// Checks that no name is there twice.
fn distinct<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Result<(), String> {
    let mut seen = std::collections::HashSet::new();
    match names.map(str::trim).find(|n| !seen.insert(*n)) {
        Some(name) => Err(format!("{what}“{name}”写了两次")),
        None => Ok(()),
    }
}

fn check_own(industry: &OwnIndustry) -> Result<(), String> {
    name(&industry.name, "产业名称")?;
    if industry.terms.is_empty() {
        return Err(format!("“{}”要写几个能认出它的词", industry.name));
    }
    match industry.terms.iter().find(|t| t.trim().chars().count() < 2) {
        Some(word) => Err(format!("“{}”的“{word}”太短，一个字会匹配一切", industry.name)),
        None => industry.terms.iter().try_for_each(|t| name(t, "词")),
    }
}

fn address(text: &str) -> Result<(), String> {
    MailAddress::parse(text).map(drop).map_err(|e| e.chinese())
}

fn check_mail(mail: &MailAnswers) -> Result<(), String> {
    address(&mail.from)?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    match () {
        () if mail.host.matches(':').count() == 1 => Err(format!("“{}”里有端口，端口请另写", mail.host)),
        () if !mail.host.chars().all(is_host) => Err(format!("“{}”不是服务器名", mail.host)),
        () if !["", "implicit", "starttls", "none"].contains(&mail.tls.as_str()) => Err("加密方式只能是 implicit、starttls 或 none".to_owned()),
        () if mail.user.is_some() && mail.password_file.is_none() => Err("写了用户名，还要写密码".to_owned()),
        () => Ok(()),
    }
}
