//! Firms with industries named by an editor.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::audit::audit;
use crate::model::{AuditAction, Firm};
use crate::store::{Result, Store, invalid_value};

impl Store {
    /// Returns the firms that editors named, by name.
    pub fn firms(&self) -> Result<Vec<Firm>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT name, industries FROM firm ORDER BY name")?;
            let rows = s.query_map([], |r| Ok((r.get(0)?, r.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (name, json) = row?;
                Ok(Firm { name, industries: serde_json::from_str(&json).map_err(invalid_value("industries"))? })
            })
            .collect()
        })
    }

    /// Stores an editor's industries of a firm; without industries the firm is deleted.
    pub fn set_firm(&self, firm: &Firm, who: &str, now: DateTime<Utc>) -> Result<()> {
        let json = serde_json::to_string(&firm.industries).map_err(invalid_value("industries"))?;
        self.write(|t| {
            if firm.industries.is_empty() {
                t.execute("DELETE FROM firm WHERE name = ?1", [&firm.name])?;
            } else {
                let sql = "INSERT OR REPLACE INTO firm (name, industries, editor, named_at) VALUES (?1, ?2, ?3, ?4)";
                t.execute(sql, params![firm.name, json, who, now.timestamp()])?;
            }
            audit(t, who, AuditAction::NameFirm, &format!("{}：{}", firm.name, firm.industries.join("、")), now)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firm_is_named_renamed_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let firm = |industries: &[&str]| Firm { name: "云鹭控股".into(), industries: industries.iter().map(|i| (*i).into()).collect() };
        for industries in [&["食品"][..], &["化工", "建材"]] {
            store.set_firm(&firm(industries), "编辑", Utc::now()).unwrap();
            assert_eq!(store.firms().unwrap(), [firm(industries)]);
        }
        store.set_firm(&firm(&[]), "编辑", Utc::now()).unwrap();
        assert!(store.firms().unwrap().is_empty());
    }
}
