//! The files of a new institute.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::config::taxonomy::Topic;
use crate::config::{Region, Settings, Taxonomy, quoted};
use crate::setup::answers::{AnswerError, Question, SetupAnswers};
use crate::setup::sources::starter_sources;

/// Columns with their quotas, if no others are named.
pub const DEFAULT_COLUMNS: [(&str, usize); 5] = [("行业动态", 10), ("行业趋势", 5), ("行业报告", 4), ("财经数据", 5), ("金融要点", 5)];
/// Quota of a column that the default does not have.
const QUOTA: usize = 5;

/// What is written, checked as the service reads it.
#[derive(Debug)]
pub struct SetupPlan {
    /// Text of qingbao.toml.
    pub settings_text: String,
    /// The same, read.
    pub settings: Settings,
    /// Text of sources.toml with the known sources, if it starts with them; further addresses are tried first.
    pub sources_text: Option<String>,
    /// Path and text of taxonomy.toml, if there are own industries.
    pub taxonomy: Option<(PathBuf, String)>,
    /// Name of the first admin.
    pub admin: String,
}

impl SetupPlan {
    /// Returns the files for the answers; `folder` is the absolute one of qingbao.toml.
    ///
    /// # Errors
    /// Every answer that cannot be taken.
    pub fn new(answers: &SetupAnswers, folder: &Path) -> Result<Self, Vec<AnswerError>> {
        let wrong: Vec<AnswerError> = QUESTIONS.into_iter().filter_map(|q| answers.check(q).err()).collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let internal = |chinese: String| vec![AnswerError { question: Question::Industries, chinese }];
        let region = answers.region().map_err(|e| vec![e])?;
        let own_file = (!answers.own_industries.is_empty()).then(|| folder.join("taxonomy.toml"));
        let settings_text = settings_text(answers, &region, own_file.as_deref());
        let settings = Settings::parse("qingbao.toml", &settings_text).map_err(|e| internal(e.chinese()))?;
        let mut taxonomy = Taxonomy::load_for(None, &region).map_err(|e| internal(e.chinese()))?;
        for own in &answers.own_industries {
            let (name, terms) = (own.name.trim(), own.terms.iter().map(|t| t.trim().to_owned()));
            // more words for one of the set
            match taxonomy.industries.iter_mut().find(|t| t.name == name) {
                Some(known) => known.terms.extend(terms),
                None => taxonomy.industries.push(Topic { name: name.to_owned(), terms: terms.collect(), ..Topic::default() }),
            }
        }
        let sources_text = answers.starter_sources.unwrap_or(true).then(|| starter_sources(&region, &taxonomy));
        let taxonomy = own_file.map(|path| (path, taxonomy.to_toml()));
        let admin = Some(answers.admin.trim()).filter(|a| !a.is_empty()).unwrap_or("admin").to_owned();
        Ok(Self { settings_text, settings, sources_text, taxonomy, admin })
    }

    /// Returns the name of a publication of a city.
    pub fn usual_publication(region: &Region) -> String {
        format!("{}竞争情报快递", region.levels.first().unwrap_or(&region.city))
    }
}

const QUESTIONS: [Question; 11] = [
    Question::Organiser,
    Question::City,
    Question::Publication,
    Question::Industries,
    Question::OwnIndustries,
    Question::Columns,
    Question::At,
    Question::Recipients,
    Question::Mail,
    Question::Admin,
    Question::Sources,
];

fn settings_text(a: &SetupAnswers, region: &Region, taxonomy: Option<&Path>) -> String {
    let publication = Some(a.publication.trim()).filter(|p| !p.is_empty()).map_or_else(|| SetupPlan::usual_publication(region), str::to_owned);
    let at = Some(a.at.trim()).filter(|t| !t.is_empty()).unwrap_or("07:30");
    let quota = |name: &str| DEFAULT_COLUMNS.iter().find(|c| c.0 == name).map_or(QUOTA, |c| c.1);
    let columns: Vec<&str> =
        if a.columns.is_empty() { DEFAULT_COLUMNS.iter().map(|c| c.0).collect() } else { a.columns.iter().map(|c| c.trim()).collect() };
    let mut out =
        String::from("# qingbao 的设置，由 qingbao setup 写成；没有写的项用默认值。\n# 全部的项见 deploy/qingbao.toml，改动在半分钟内生效。\n\n");
    if let Some(path) = taxonomy {
        let _ = writeln!(out, "taxonomy = {}   # 行业、栏目、地名的词\n", quoted(&path.display().to_string()));
    }
    let _ = writeln!(out, "[region]\ncity = {}\nprovince = {}", quoted(&region.city), quoted(&region.province));
    if !region.industries.is_empty() {
        let _ = writeln!(out, "industries = {}   # 现成的产业目录", quoted(&region.industries));
    }
    let _ = writeln!(out, "\n[publication]\nname = {}\norganiser = {}\ncolumns = [", quoted(&publication), quoted(a.organiser.trim()));
    for name in columns {
        let _ = writeln!(out, "    {{ name = {}, quota = {} }},", quoted(name), quota(name));
    }
    let recipients: Vec<String> = a.recipients.iter().map(|r| quoted(r.trim())).collect();
    let _ = writeln!(out, "]\nat = {}   # 每个工作日这时寄出草稿\nrecipients = [{}]", quoted(at), recipients.join(", "));
    if let Some(mail) = &a.mail {
        let _ = writeln!(out, "\n[mail]\nfrom = {}", quoted(mail.from.trim()));
        if mail.host.is_empty() {
            out.push_str("# 没有写 [mail.smtp]：信件写成 .eml 文件，在数据文件夹的 outbox 里\n");
        } else {
            let tls = if mail.tls.is_empty() { "implicit" } else { &mail.tls };
            let _ = writeln!(out, "\n[mail.smtp]\nhost = {}\ntls = {}", quoted(&mail.host), quoted(tls));
            if let Some(port) = mail.port {
                let _ = writeln!(out, "port = {port}");
            }
            for (key, value) in [("user", &mail.user), ("password_file", &mail.password_file)] {
                if let Some(value) = value {
                    let _ = writeln!(out, "{key} = {}", quoted(value));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{MailAnswers, OwnIndustry};

    fn answers() -> SetupAnswers {
        SetupAnswers {
            organiser: "洛阳市示例研究所".to_owned(),
            city: "洛阳".to_owned(),
            industries: "national-strategic".to_owned(),
            recipients: vec!["编辑部 <bianji@example.cn>".to_owned()],
            ..SetupAnswers::default()
        }
    }

    fn plan(a: &SetupAnswers) -> Result<SetupPlan, Vec<AnswerError>> {
        SetupPlan::new(a, Path::new("/etc/qingbao"))
    }

    #[test]
    fn a_few_answers_make_files_that_the_service_reads() {
        let p = plan(&answers()).unwrap();
        let publication = &p.settings.publication;
        assert_eq!((publication.name.as_str(), publication.organiser.as_str()), ("洛阳竞争情报快递", "洛阳市示例研究所"));
        assert_eq!(p.settings.region.levels, ["洛阳", "河南"]);
        assert_eq!(p.settings.mail.from.name(), Some("洛阳竞争情报快递"));
        let taxonomy = p.settings.load_taxonomy().unwrap();
        assert!(taxonomy.industry_names().contains(&"数字创意".to_owned()));
        let list = crate::config::SourceList::parse("s", p.sources_text.as_deref().unwrap(), &p.settings.vocabulary(&taxonomy)).unwrap();
        let regions: std::collections::BTreeSet<_> = list.sources.iter().filter_map(|s| s.region.as_deref()).collect();
        assert_eq!(regions.into_iter().collect::<Vec<_>>(), ["全国", "河南"]);
        assert!(p.taxonomy.is_none());
    }

    #[test]
    fn own_industries_columns_and_a_mail_account_are_written() {
        let a = SetupAnswers {
            own_industries: vec![OwnIndustry { name: "轴承".to_owned(), terms: vec!["轴承".to_owned(), "滚子".to_owned()] }],
            columns: vec!["行业动态".to_owned(), "领导关注".to_owned()],
            mail: Some(MailAnswers {
                from: "快递 <a@example.cn>".to_owned(),
                host: "smtp.example.cn".to_owned(),
                user: Some("a@example.cn".to_owned()),
                password_file: Some("/etc/qingbao/credentials/smtp_password".to_owned()),
                ..MailAnswers::default()
            }),
            starter_sources: Some(false),
            ..answers()
        };
        let p = plan(&a).unwrap();
        assert_eq!(p.settings.publication.column_names(), ["行业动态", "领导关注"]);
        assert_eq!(p.settings.mail.smtp.as_ref().map(|s| (s.host.as_str(), s.port)), Some(("smtp.example.cn", 465)));
        let (path, text) = p.taxonomy.unwrap();
        assert_eq!(p.settings.taxonomy, Some(path));
        assert_eq!(Taxonomy::parse("t", &text).unwrap().industries.last().map(|t| t.name.clone()), Some("轴承".to_owned()));
        assert!(!text.lines().any(|l| l.starts_with("levels")), "the levels follow [region], also after it changes");
        assert!(p.sources_text.is_none());
    }

    #[test]
    fn a_district_whose_name_others_have_too_is_written_in_full() {
        let p = plan(&SetupAnswers { city: "江苏省南京市鼓楼区".to_owned(), ..answers() }).unwrap();
        assert_eq!((p.settings.region.city.as_str(), p.settings.publication.name.as_str()), ("江苏省南京市鼓楼区", "鼓楼竞争情报快递"));
    }

    #[test]
    fn a_name_is_taken_once() {
        let twice = vec!["行业动态".to_owned(), " 行业动态".to_owned()];
        let wrong = plan(&SetupAnswers { columns: twice, ..answers() }).unwrap_err();
        assert_eq!(wrong.iter().map(|e| e.question).collect::<Vec<_>>(), [Question::Columns]);
    }

    #[test]
    fn every_wrong_answer_is_named_at_once() {
        let a =
            SetupAnswers {
                city: "鼓楼区".to_owned(), industries: "nothing".to_owned(), recipients: vec!["x".to_owned()], ..SetupAnswers::default()
            };
        let got: Vec<_> = plan(&a).unwrap_err().into_iter().map(|e| e.question).collect();
        assert_eq!(got, [Question::Organiser, Question::City, Question::Industries, Question::Recipients]);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_breaks_the_files(organiser in ".{1,30}", name in ".{1,30}", column in ".{1,20}", term in ".{2,20}") {
            let a = SetupAnswers {
                organiser,
                publication: name,
                columns: vec![column],
                own_industries: vec![OwnIndustry { name: "自选".to_owned(), terms: vec![term] }],
                ..answers()
            };
            if let Ok(p) = plan(&a) {
                proptest::prop_assert_eq!(p.settings.publication.organiser.as_str(), a.organiser.trim());
                proptest::prop_assert!(p.taxonomy.is_some_and(|(_, text)| Taxonomy::parse("t", &text).is_ok()));
            }
        }
    }
}
