//! What an official briefing prints around its items.

use serde::{Deserialize, Serialize};

/// Head and 版记 of an official briefing (GB/T 9704-2012, 7.2 and 7.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Imprint {
    /// 份号, top left: the number of the printed copy, six digits.
    pub copy_number: String,
    /// 编号, top right.
    pub serial: String,
    /// 责任编辑.
    pub editor: String,
    /// 审核.
    pub reviewer: String,
    /// 签发.
    pub signer: String,
    /// 电话.
    pub phone: String,
    /// 报: recipients reported to.
    pub report_to: String,
    /// 送: recipients informed.
    pub send_to: String,
    /// 发: recipients distributed to.
    pub distribute_to: String,
    /// 印数.
    pub copies: u32,
}

impl Imprint {
    /// Returns 责任编辑：甲　审核：乙　签发：丙　电话：…, or an empty text if there are no names.
    pub fn people(&self) -> String {
        let named = [("责任编辑", &self.editor), ("审核", &self.reviewer), ("签发", &self.signer), ("电话", &self.phone)];
        let set = named.iter().filter(|(_, name)| !name.is_empty());
        set.map(|(role, name)| format!("{role}：{name}")).collect::<Vec<_>>().join("　")
    }

    /// Returns 报：…, 送：…, 发：…, as far as set.
    pub fn addressees(&self) -> Vec<String> {
        let all = [("报", &self.report_to), ("送", &self.send_to), ("发", &self.distribute_to)];
        all.iter().filter(|(_, to)| !to.is_empty()).map(|(word, to)| format!("{word}：{to}")).collect()
    }
}
