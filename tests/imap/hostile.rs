//! Servers that say what no server says, over TLS.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use crate::Desk;

/// Greets, accepts whatever is asked, and answers the command with this word by these bytes.
fn scripted(word: &'static str, answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (mut out, answer) = (stream.try_clone().unwrap(), answer.clone());
            std::thread::spawn(move || {
                let _ = out.write_all(b"* OK hello\r\n");
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let tag = line.split(' ').next().unwrap_or_default().to_owned();
                    if line.contains(word) {
                        let _ = out.write_all(&answer);
                        continue;
                    }
                    let said = match () {
                        () if line.contains("CAPABILITY") => "* CAPABILITY IMAP4rev1\r\n",
                        () if line.contains("EXAMINE") => "* OK [UIDVALIDITY 1] x\r\n",
                        () if line.contains("SEARCH") => "* SEARCH 1\r\n",
                        () => "",
                    };
                    let _ = out.write_all(format!("{said}{tag} OK done\r\n").as_bytes());
                }
            });
        }
    });
    port
}

fn said(port: u16) -> String {
    let desk = Desk::new(&format!("server = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nuser = \"u\"\npassword_file = \"pw\"\n"));
    std::fs::write(desk.dir.path().join("pw"), "x").unwrap();
    let o = desk.run(&["sources", "test", "letters"]);
    assert!(!o.status.success());
    String::from_utf8_lossy(&o.stderr).into_owned()
}

#[test]
fn a_server_that_says_too_much_or_nonsense_is_named() {
    let endless = [b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[HEADER]<0> {99999999999}\r\n".to_vec(), vec![b'x'; 1 << 20]].concat();
    let table = [
        ("UID FETCH", endless, "more than the"),
        ("UID FETCH", vec![b'x'; 16 << 20], "more than the"),
        ("UID SEARCH", b"garbage without end\r\n".to_vec(), "no IMAP"),
        ("UID FETCH", [b"* 1 FETCH (BODYSTRUCTURE ".to_vec(), vec![b'('; 100_000], b"\r\n".to_vec()].concat(), "nest too deep"),
        ("LOGIN", b"* BYE go away\r\n".to_vec(), "go away"),
    ];
    for (word, answer, expected) in table {
        let said = said(scripted(word, answer));
        assert!(said.contains(expected), "{word}: {said}");
    }
}
