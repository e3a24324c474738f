//! Reasons why a page has no article, in English and Chinese.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::wall::Wall;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ExtractError {
    #[error("is no HTML page but {0}")]
    NotHtml(Cow<'static, str>),
    /// A page filled in by scripts, a list or a login form; `letters` counts the characters of the best block.
    #[error("holds no text that is surely an article ({letters} characters of it found); the page may need a browser or a body selector")]
    NoContent { letters: usize },
    /// A PDF without extractable text.
    #[error("is a PDF that cannot be read: {0}")]
    Pdf(String),
    /// The named limit (memory, time or stack) stopped the PDF reader.
    #[error("is a PDF that ends its reader ({0}); it is left out")]
    PdfCrashed(String),
    /// An office document that is damaged or too large.
    #[error("is a document that {0}")]
    Document(String),
    /// A document that another program must convert or recognise, and why that failed.
    #[error("is {} that cannot be read: {reason}", what.english())]
    Unconverted { what: Foreign, reason: String },
    /// The programs that read it are not installed.
    #[error("is {}, and this machine lacks the programs to read it; install {}", .0.english(), .0.packages().replace('、', " "))]
    MissingProgram(Foreign),
    /// A scan, and `[ocr] enabled = false`.
    #[error("is a scan, and text recognition is off ([ocr] enabled)")]
    OcrOff,
    /// The extractor itself failed.
    #[error("made the extractor give up")]
    GaveUp,
    /// The extractor crashed its process, in the named way.
    #[error("ends its parser ({0}); it is left out")]
    Crashed(String),
    /// Something outside killed the reading process. This says nothing about the page.
    #[error("could not be read: {0}")]
    Interrupted(String),
    /// A "not found" page with status 200.
    #[error("is an error page: {0:?}")]
    SoftError(String),
    /// A route that a script of the source's own page renders: without a browser the server returns the list.
    #[error("is a part of the list's own page that a script makes (#/…); set render = true for this source")]
    ScriptRoute,
    /// A captcha, a sign-in form or similar.
    #[error(transparent)]
    Wall(Wall),
}

impl ExtractError {
    /// Returns how the page crashed its parser, if it did.
    pub fn crash(&self) -> Option<&str> {
        match self {
            Self::Crashed(how) | Self::PdfCrashed(how) => Some(how),
            _ => None,
        }
    }

    /// Returns the reason in Chinese, for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::NotHtml(what) => format!("不是网页而是 {what}"),
            Self::GaveUp => "网页结构异常，无法读取".to_owned(),
            Self::Crashed(_) => "网页会使解析程序异常退出，已跳过".to_owned(),
            Self::Interrupted(_) => "解析被外部中断，请重试".to_owned(),
            Self::NoContent { .. } => "网页里没有找到正文".to_owned(),
            Self::Pdf(_) => "PDF 里读不出文字（可能是扫描件）".to_owned(),
            Self::Document(_) => "文档损坏或太大，无法读取".to_owned(),
            Self::Unconverted { what, .. } => format!("{}，读不出文字", what.chinese()),
            Self::MissingProgram(what) => format!("{}，这台服务器没有安装读它的程序，请管理员安装 {}", what.chinese(), what.packages()),
            Self::OcrOff => "是扫描件，而文字识别已关闭（[ocr] enabled）".to_owned(),
            Self::PdfCrashed(_) => "读取这个 PDF 超出了内存或时间限制，已跳过".to_owned(),
            Self::SoftError(words) => format!("网页提示内容不存在：“{words}”"),
            Self::ScriptRoute => "链接（#/…）指向列表页自身由脚本生成的部分：请为该来源设置 render = true".to_owned(),
            Self::Wall(wall) => wall.chinese(),
        }
    }
}

/// What other programs must read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Foreign {
    /// Pictures of text: a scanned PDF, or a notice that consists of pictures.
    Scan,
    /// .doc, .wps or .rtf.
    OldDocument,
}

impl Foreign {
    fn english(self) -> &'static str {
        match self {
            Self::Scan => "a scan",
            Self::OldDocument => "an old office document",
        }
    }

    fn chinese(self) -> &'static str {
        match self {
            Self::Scan => "是扫描件或图片",
            Self::OldDocument => "是旧版 Office 文档",
        }
    }

    /// Returns the packages of Debian that read it.
    pub fn packages(self) -> &'static str {
        match self {
            Self::Scan => "tesseract-ocr、tesseract-ocr-chi-sim、poppler-utils",
            Self::OldDocument => "libreoffice-writer-nogui",
        }
    }
}
