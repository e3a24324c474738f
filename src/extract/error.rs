//! Why a page brings no article, in English and Chinese.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::wall::Wall;

/// Why a page brought no article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ExtractError {
    /// Not HTML at all.
    #[error("is no HTML page but {0}")]
    NotHtml(Cow<'static, str>),
    /// A page whose text is made by scripts, or a list, or a login form.
    #[error("holds no article text ({letters} characters found); the page may need a browser or a body selector")]
    NoContent {
        /// Characters of the best block.
        letters: usize,
    },
    /// A PDF that gives no text.
    #[error("is a PDF that cannot be read: {0}")]
    Pdf(String),
    /// A PDF whose reader was ended by its limits of memory, time or stack, and which.
    #[error("is a PDF that ends its reader ({0}); it is left out")]
    PdfCrashed(String),
    /// The extractor itself failed.
    #[error("made the extractor give up")]
    GaveUp,
    /// The extractor ended its process, and how.
    #[error("ends its parser ({0}); it is left out")]
    Crashed(String),
    /// The process that read it was killed from outside: nothing is known of it.
    #[error("could not be read: {0}")]
    Interrupted(String),
    /// A "not found" page with status 200.
    #[error("is an error page: {0:?}")]
    SoftError(String),
    /// A part of the source's own page that a script makes: what comes without a browser is the list.
    #[error("is a part of the list's own page that a script makes (#/…); set render = true for this source")]
    ScriptRoute,
    /// A captcha, a sign-in form or the like.
    #[error(transparent)]
    Wall(Wall),
}

impl ExtractError {
    /// How the page ended its parser, if it did.
    pub fn crash(&self) -> Option<&str> {
        match self {
            Self::Crashed(how) | Self::PdfCrashed(how) => Some(how),
            _ => None,
        }
    }

    /// The reason as an editor reads it.
    pub fn chinese(&self) -> String {
        match self {
            Self::NotHtml(what) => format!("不是网页而是 {what}"),
            Self::GaveUp => "网页结构异常，无法读取".to_owned(),
            Self::Crashed(_) => "网页会使解析程序异常退出，已跳过".to_owned(),
            Self::Interrupted(_) => "解析被外部中断，请重试".to_owned(),
            Self::NoContent { .. } => "网页里没有找到正文".to_owned(),
            Self::Pdf(_) => "PDF 里读不出文字（可能是扫描件）".to_owned(),
            Self::PdfCrashed(_) => "读取这个 PDF 超出了内存或时间限制，已跳过".to_owned(),
            Self::SoftError(_) => "网页提示内容不存在".to_owned(),
            Self::ScriptRoute => "链接（#/…）指向列表页自身由脚本生成的部分：请为该来源设置 render = true".to_owned(),
            Self::Wall(wall) => wall.chinese(),
        }
    }
}
