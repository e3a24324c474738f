//! A server that falls silent: whatever it was asked, other letters go on after a bounded wait.

use std::time::{Duration, Instant};

use super::smtp_stub::SmtpStub;
use super::{Office, names};

/// `[mail.smtp] timeout` of these tests: it bounds every step.
const LIMIT: Duration = Duration::from_secs(1);

async fn hanging(step: &'static str) -> SmtpStub {
    let stub = SmtpStub::start(Duration::ZERO, false).await;
    *stub.hang_at.lock().unwrap() = Some(step);
    stub
}

fn settings(stub: &SmtpStub, tls: &str) -> String {
    format!(
        "[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"{tls}\"\nuser = \"me\"\npassword_file = \"password\"\ntimeout = \"{}s\"\npause = \"0s\"\n",
        stub.port,
        LIMIT.as_secs()
    )
}

fn send(office: &Office) -> (String, Duration) {
    std::fs::write(office.path().join("password"), "secret \r\n").unwrap();
    let start = Instant::now();
    (tokio::task::block_in_place(|| office.run(&["digest", "send"])), start.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_silent_at_any_step_holds_up_no_other_letter() {
    // the step, and what becomes of the letter that met it
    let table = [
        ("GREETING", "queued", 0),
        ("EHLO", "queued", 0),
        ("AUTH", "queued", 0),
        ("MAIL", "queued", 0),
        ("RCPT", "queued", 0),
        ("DATA", "queued", 0),
        ("DOT", "queued", 1),
        ("QUIT", "sent", 0),
    ];
    for (step, state, doubts) in table {
        let stub = hanging(step).await;
        let office = Office::new(&names(&["slow", "next"]), &settings(&stub, "none"));
        let (told, took) = send(&office);
        let letter = office.letters().remove(0);
        assert_eq!((office.state("slow"), letter.ambiguous_attempts), (state, doubts), "{step}: {told}");
        assert_eq!((office.state("next"), stub.letters_to("next").len()), ("sent", 1), "{step}: {told}");
        assert!(took < LIMIT * 8, "{step} took {took:?}");
        assert!(state == "sent" || letter.reply.unwrap().contains("no answer of the server to"), "{step}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_silent_at_starttls_gets_no_password() {
    let stub = hanging("STARTTLS").await;
    let office = Office::new(&names(&["slow"]), &settings(&stub, "starttls"));
    let (told, took) = send(&office);
    assert_eq!((office.state("slow"), *stub.logins.lock().unwrap()), ("queued", 0), "{told}");
    assert!(took < LIMIT * 8 && office.letters()[0].reply.as_deref().unwrap().contains("STARTTLS"), "{took:?} {told}");
}
