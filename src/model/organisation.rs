//! Kinds of organisations, by the endings of their names.

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationKind {
    Company,
    Institute,
    Authority,
    University,
    Association,
    Other,
}

impl OrganisationKind {
    /// Returns the kind that a name's ending tells.
    pub fn of(name: &str) -> Self {
        // longer endings first: 科学院 is no 学院
        const ENDINGS: [(&str, OrganisationKind); 38] = [
            ("公司", OrganisationKind::Company),
            ("集团", OrganisationKind::Company),
            ("（集团）", OrganisationKind::Company),
            ("银行", OrganisationKind::Company),
            ("分行", OrganisationKind::Company),
            ("支行", OrganisationKind::Company),
            ("股份", OrganisationKind::Company),
            ("控股", OrganisationKind::Company),
            ("科技", OrganisationKind::Company),
            ("科学院", OrganisationKind::Institute),
            ("工程院", OrganisationKind::Institute),
            ("研究院", OrganisationKind::Institute),
            ("研究所", OrganisationKind::Institute),
            ("研究中心", OrganisationKind::Institute),
            ("设计院", OrganisationKind::Institute),
            ("实验室", OrganisationKind::Institute),
            ("医院", OrganisationKind::Institute),
            ("大学", OrganisationKind::University),
            ("学院", OrganisationKind::University),
            ("分校", OrganisationKind::University),
            ("协会", OrganisationKind::Association),
            ("学会", OrganisationKind::Association),
            ("商会", OrganisationKind::Association),
            ("联合会", OrganisationKind::Association),
            ("促进会", OrganisationKind::Association),
            ("基金会", OrganisationKind::Association),
            ("联盟", OrganisationKind::Association),
            ("委员会", OrganisationKind::Authority),
            ("管委会", OrganisationKind::Authority),
            ("人民政府", OrganisationKind::Authority),
            ("法院", OrganisationKind::Authority),
            ("检察院", OrganisationKind::Authority),
            ("海关", OrganisationKind::Authority),
            ("委", OrganisationKind::Authority),
            ("局", OrganisationKind::Authority),
            ("厅", OrganisationKind::Authority),
            ("部", OrganisationKind::Authority),
            ("署", OrganisationKind::Authority),
        ];
        ENDINGS.iter().find(|(end, _)| name.ends_with(end)).map_or(Self::Other, |(_, kind)| *kind)
    }

    /// A stable code for other programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Institute => "institute",
            Self::Authority => "authority",
            Self::University => "university",
            Self::Association => "association",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_tells_the_kind() {
        use OrganisationKind::*;
        for (name, kind) in [
            ("许昌云鹭新材料有限公司", Company),
            ("云鹭集团", Company),
            ("示例科学院", Institute),
            ("示例学院", University),
            ("示例行业协会", Association),
            ("许昌市示例局", Authority),
            ("云鹭", Other),
        ] {
            assert_eq!(OrganisationKind::of(name), kind, "{name}");
        }
    }
}
