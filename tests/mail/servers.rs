//! Letters through mail servers that are not ours: Postfix, and aiosmtpd with logins; signatures judged by dkimpy.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Office, names, ports};

/// Debian's own interpreter: the packages are its.
const PYTHON: &str = "/usr/bin/python3";

/// A child process that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An authority, and a certificate of it for localhost, as PEM files.
fn certificates(folder: &Path) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(authority, &key);
    let own = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    for (name, text) in [("ca.pem", ca.pem()), ("cert.pem", leaf.pem()), ("key.pem", own.serialize_pem())] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn smtp(folder: &Path, port: u16, tls: &str, login: Option<&str>) -> String {
    let login = login.map(|password| {
        std::fs::write(folder.join("password"), password).unwrap();
        format!("user = \"editor\"\npassword_file = \"{}/password\"\n", folder.display())
    });
    let ca = folder.join("ca.pem").display().to_string();
    let login = login.unwrap_or_default();
    format!("[mail.smtp]\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nca_file = \"{ca}\"\ntimeout = \"20s\"\npause = \"0s\"\n{login}")
}

fn run(program: &str, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let o = child.wait_with_output().unwrap();
    assert!(o.status.success(), "{program} {args:?}: {}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn files(folder: &Path, ending: &str) -> Vec<Vec<u8>> {
    let named = |p: &Path| p.extension().is_some_and(|e| e == ending);
    std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| named(p)).map(|p| std::fs::read(p).unwrap()).collect()
}

#[test]
#[ignore = "needs python3-aiosmtpd, python3-dkim and openssl"]
fn logins_over_both_kinds_of_tls_are_taken_and_signatures_hold() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let (starttls, implicit) = (ports::free(), ports::free());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/server.py");
    let mut server = Command::new(PYTHON);
    server.args([script, dir.path().to_str().unwrap(), &starttls.to_string(), &implicit.to_string()]).stdout(Stdio::piped());
    let mut server = Ends(server.spawn().unwrap());
    let mut ready = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert_eq!(ready.trim(), "ready");

    let key = dir.path().join("dkim.pem").display().to_string();
    run("openssl", &["genrsa", "-traditional", "-out", &key, "2048"], b"");
    let dkim = format!("[mail.dkim]\ndomain = \"inst.example\"\nselector = \"s1\"\nkey_file = \"{key}\"\n");
    for (port, tls) in [(starttls, "starttls"), (implicit, "implicit")] {
        let office = Office::new(&names(&["a", "b"]), &(dkim.clone() + &smtp(dir.path(), port, tls, Some("secret"))));
        let told = office.run(&["digest", "send"]);
        assert!(told.contains("2 sent"), "{tls}: {told}");
        let wrong = Office::new(&names(&["a"]), &smtp(dir.path(), port, tls, Some("wrong")));
        let told = wrong.run(&["digest", "send"]);
        assert!(told.contains("0 sent, 1 waiting") && told.contains("535"), "{tls}: {told}");
    }
    // a wrong kind of TLS fails and says so; nothing goes out in plain text
    let mixed = Office::new(&names(&["a"]), &(smtp(dir.path(), starttls, "implicit", Some("secret"))).replace("20s", "3s"));
    assert!(mixed.run(&["digest", "send"]).contains("0 sent, 1 waiting"));

    let letters = files(dir.path(), "eml");
    assert_eq!(letters.len(), 4);
    let judge = "import sys, base64, subprocess, dkim\n\
        der = subprocess.run(['openssl', 'rsa', '-in', sys.argv[1], '-pubout', '-outform', 'DER'], capture_output=True, check=True).stdout\n\
        record = b'v=DKIM1; k=rsa; p=' + base64.b64encode(der)\n\
        message = sys.stdin.buffer.read()\n\
        asked = []\n\
        def dns(name, timeout=5):\n    asked.append(name); return record\n\
        assert dkim.verify(message, dnsfunc=dns), 'signature'\n\
        assert asked == [b's1._domainkey.inst.example.'], asked\n\
        assert not dkim.verify(message.replace('许昌'.encode(), b'x').replace(b'Subject:', b'Subject: x'), dnsfunc=dns)\n";
    for letter in &letters {
        run(PYTHON, &["-c", judge, &key], letter);
    }
}

#[test]
#[ignore = "needs postfix, and root"]
fn postfix_takes_letters_and_refuses_what_it_must() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let (starttls, implicit) = (ports::free(), ports::free());
    let root = dir.path().display().to_string();
    for folder in ["conf", "spool", "lib", "mail"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let main = include_str!("postfix/main.cf").replace("@ROOT@", &root);
    let master = include_str!("postfix/master.cf").replace("@STARTTLS@", &starttls.to_string()).replace("@IMPLICIT@", &implicit.to_string());
    std::fs::write(dir.path().join("conf/main.cf"), main).unwrap();
    std::fs::write(dir.path().join("conf/master.cf"), master).unwrap();
    run("chmod", &["755", &root], b"");
    run("chown", &["postfix", &format!("{root}/lib")], b"");
    run("chown", &["nobody", &format!("{root}/mail")], b"");
    let conf = format!("{root}/conf");
    run("postfix", &["-c", &conf, "start"], b"");
    let outcome = std::panic::catch_unwind(|| {
        for (port, tls) in [(starttls, "starttls"), (implicit, "implicit")] {
            let office = Office::new(&names(&["editor", "nobody", "chief"]), &smtp(dir.path(), port, tls, None));
            let told = office.run(&["digest", "send"]);
            assert!(told.contains("3 letters queued, 2 sent, 0 waiting, 1 given up"), "{tls}: {told}");
            assert_eq!([office.state("editor"), office.state("nobody"), office.state("chief")], ["sent", "failed", "sent"]);
        }
        let inbox = dir.path().join("mail/editor/new");
        let waited = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            std::fs::read_dir(&inbox).is_ok_and(|d| d.count() == 2)
        });
        assert!(waited, "two letters in the editor's inbox");
    });
    run("postfix", &["-c", &conf, "stop"], b"");
    outcome.unwrap();
}
