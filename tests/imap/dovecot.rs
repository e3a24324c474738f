//! A dovecot with its own folder, certificate and ports.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ports;

pub const PASSWORD: &str = "geheim-密码";
/// 已读, in modified UTF-7.
const READ: &str = ".&XfKL+w-";

pub struct Dovecot {
    dir: tempfile::TempDir,
    child: Option<Child>,
    pub tls_port: u16,
    pub starttls_port: u16,
    /// Owner of the mail if the test runs as root.
    owner: Option<u32>,
}

impl Dovecot {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let owner = rustix::process::geteuid().is_root().then_some(65534);
        let mut this = Self { dir, child: None, tls_port: ports::free(), starttls_port: ports::free(), owner };
        for folder in [
            "home",
            "mail",
            "mail/new",
            "mail/cur",
            "mail/tmp",
            &format!("mail/{READ}"),
            &format!("mail/{READ}/new"),
            &format!("mail/{READ}/cur"),
            &format!("mail/{READ}/tmp"),
        ] {
            this.make_folder(folder);
        }
        this.write_certificate();
        std::fs::write(this.path("dovecot.conf"), this.settings()).unwrap();
        this.run();
        this
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn own(&self, path: &Path) {
        if let Some(owner) = self.owner {
            chown(path, Some(owner), Some(owner)).unwrap();
        }
    }

    fn make_folder(&self, name: &str) {
        std::fs::create_dir_all(self.path(name)).unwrap();
        self.own(&self.path(name));
    }

    fn write_certificate(&self) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = authority.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(authority, &key);
        let own = rcgen::KeyPair::generate().unwrap();
        let mut leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = leaf.signed_by(&own, &issuer).unwrap();
        std::fs::write(self.path("ca.pem"), ca.pem()).unwrap();
        std::fs::write(self.path("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(self.path("key.pem"), own.serialize_pem()).unwrap();
        std::fs::write(self.path("password"), PASSWORD).unwrap();
    }

    fn settings(&self) -> String {
        let dir = self.dir.path().display();
        let me = std::process::Command::new("id").arg("-un").output().unwrap();
        let me = String::from_utf8(me.stdout).unwrap().trim().to_owned();
        let users = if self.owner.is_some() { String::new() } else { format!("default_internal_user = {me}\ndefault_login_user = {me}\n") };
        let id = self.owner.unwrap_or_else(|| rustix::process::geteuid().as_raw());
        let (tls, starttls) = (self.tls_port, self.starttls_port);
        format!(
            "base_dir = {dir}/run\nlog_path = {dir}/log\nprotocols = imap\nlisten = 127.0.0.1\nssl = required\nssl_cert = <{dir}/cert.pem\n\
             ssl_key = <{dir}/key.pem\n{users}mail_location = maildir:{dir}/mail\nauth_mechanisms = plain login\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n\
             passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}\nuserdb {{\n  driver = static\n  args = uid={id} gid={id} home={dir}/home\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {starttls}\n  }}\n  inet_listener imaps {{\n    port = {tls}\n    ssl = yes\n  }}\n}}\n\
             service anvil {{\n  chroot =\n}}\nnamespace inbox {{\n  inbox = yes\n}}\n"
        )
    }

    pub fn run(&mut self) {
        let child = Command::new("/usr/sbin/dovecot").arg("-F").arg("-c").arg(self.path("dovecot.conf")).stdin(Stdio::null()).spawn().unwrap();
        self.child = Some(child);
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.tls_port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "dovecot: {}", std::fs::read_to_string(self.path("log")).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
            let _ = child.wait();
        }
    }

    /// Delivers a mail.
    pub fn deliver(&self, name: &str, raw: &[u8]) {
        let (tmp, new) = (self.path("mail/tmp").join(name), self.path("mail/new").join(name));
        std::fs::write(&tmp, raw).unwrap();
        self.own(&tmp);
        std::fs::rename(tmp, new).unwrap();
    }

    fn count(&self, folder: &str) -> usize {
        ["new", "cur"].iter().map(|f| std::fs::read_dir(self.path(folder).join(f)).unwrap().count()).sum()
    }

    pub fn in_inbox(&self) -> usize {
        self.count("mail")
    }

    pub fn in_read(&self) -> usize {
        self.count(&format!("mail/{READ}"))
    }

    /// Whether a mail has a mark that a reader set.
    pub fn has_marks(&self) -> bool {
        let cur = std::fs::read_dir(self.path("mail/cur")).unwrap();
        cur.filter_map(Result::ok).any(|e| e.file_name().to_string_lossy().rsplit(',').next().is_some_and(|f| f.contains('S')))
    }

    /// Numbers all mails anew.
    pub fn change_validity(&mut self) {
        self.stop();
        for entry in std::fs::read_dir(self.path("mail")).unwrap().map(Result::unwrap) {
            if entry.file_name().to_string_lossy().starts_with("dovecot") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
        std::thread::sleep(Duration::from_millis(1100));
        self.run();
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}
