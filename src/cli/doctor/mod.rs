//! `qingbao doctor`: checks this installation, one line per check; exit code 1 if something stops the service from working.

mod database;

use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::Utc;

use crate::cli::CommandContext;
use crate::cli::cluster_check::check_cluster;
use crate::cli::report::{Level, Report};
use crate::cli::serve::CrawlArgs;
use crate::config::settings::{DispatcherKind, MailTls, OutletKind};
use crate::crawl::reader::recognition_language;
use crate::fetch::find_browser;
use crate::libreoffice::{PdfError, find_soffice};
use crate::mail::{DeliveryResult, Transport};
use crate::outlets::Outlet;
use crate::store::{Store, available_space};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Contact neither name servers nor the mail server
    #[arg(long)]
    no_network: bool,
    #[command(flatten)]
    crawl: CrawlArgs,
}

/// Host names that are resolved.
const DNS_SAMPLE: usize = 5;
/// Open files that a crawl with console and mail may need.
const MIN_OPEN_FILES: u64 = 1024;
const MIB: u64 = 1 << 20;
/// Files named in one line.
const MAX_NAMED: usize = 3;

pub(super) async fn run(args: &Args, context: &CommandContext) -> anyhow::Result<()> {
    let (mut f, mut crawl) = (Report::default(), context.settings.crawl.clone());
    settings(&mut f, context);
    console(&mut f, context);
    smtp_tls(&mut f, context);
    outlets(&mut f, context);
    clock(&mut f, context);
    data(&mut f, context);
    limits(&mut f);
    if !args.no_network {
        names(&mut f, context);
        smtp(&mut f, context).await;
        if let Some(url) = &args.crawl.crawl {
            crawl.named(url).map_err(anyhow::Error::msg)?;
        }
        if crawl.dispatcher == DispatcherKind::Nats {
            check_cluster(&mut f, &crawl).await;
        }
    }
    f.finish()
}

fn settings(f: &mut Report, context: &CommandContext) {
    // already read: a mistake in a file ends every command with its place
    let file = context.config.as_deref().map_or_else(|| "qingbao.toml or the defaults".to_owned(), |p| p.display().to_string());
    f.line(Level::Ok, "settings", &file);
    if let Some(taxonomy) = f.require("taxonomy", context.taxonomy(), |t| format!("{} industries", t.industry_names().len())) {
        let empty = context.unfilled_columns(&taxonomy);
        for sentence in &empty {
            f.line(Level::Warning, "columns", sentence);
        }
        if empty.is_empty() {
            f.line(Level::Ok, "columns", "the taxonomy fills those of every publication");
        }
    }
    let list = f.require("sources", context.source_list(), |l| {
        format!("{}: {} sources, {} enabled", context.sources.display(), l.sources.len(), l.enabled().count())
    });
    for sentence in list.iter().flat_map(|l| context.unknown_sources(l)) {
        f.line(Level::Warning, "sources", &sentence);
    }
    let p = &context.settings.publication;
    f.check(
        !p.recipients.is_empty(),
        "recipients",
        &format!("{} get the draft of {}", p.recipients.len(), p.name),
        "nobody gets the draft; name them: [publication] recipients = [\"…\"]",
    );
    f.check(
        !context.settings.mail.operators.is_empty(),
        "operators",
        "told of letters that fail, and weekly",
        "nobody is told when mail fails; name somebody: [mail] operators = [\"…\"]",
    );
    if list.is_some_and(|l| l.enabled().any(|s| s.render)) {
        f.require("browser", find_browser(&context.settings.fetch), |p| p.display().to_string());
    }
    match find_soffice(&context.settings.pdf) {
        Err(e @ PdfError::NotInstalled) => f.line(Level::Ok, "pdf", &format!("none is made: {e}")),
        found => {
            f.require("pdf", found, |p| p.display().to_string());
        }
    }
    recognition(f, context);
    f.line(Level::Ok, "fonts", "the chart's font is built in; documents name 仿宋, 黑体 and 楷体, which Word and WPS bring");
    for file in secrets(context) {
        private(f, &file);
    }
}

/// Checks the programs that read scans.
fn recognition(f: &mut Report, context: &CommandContext) {
    if !context.settings.ocr.enabled {
        return f.line(Level::Ok, "ocr", "off ([ocr] enabled)");
    }
    match recognition_language() {
        Ok(program) => f.line(Level::Ok, "ocr", &format!("{} with Chinese", program.display())),
        Err(missing) => f.line(Level::Ok, "ocr", &format!("scans and pictures are not read: it {missing}")),
    }
}

/// Returns the files that hold secrets.
fn secrets(context: &CommandContext) -> Vec<PathBuf> {
    let mail = &context.settings.mail;
    let files = [mail.smtp.as_ref().and_then(|s| s.password_file.clone()), mail.dkim.as_ref().map(|d| d.key_file.clone())];
    let of_outlets = context.settings.outlets.iter().flat_map(|o| [o.url_file.clone(), o.secret_file.clone()]);
    files.into_iter().chain(of_outlets).flatten().collect()
}

/// Checks the files and addresses of chat robots and the like.
fn outlets(f: &mut Report, context: &CommandContext) {
    for o in &context.settings.outlets {
        match Outlet::open(o) {
            _ if o.kind == OutletKind::Mail => f.line(Level::Ok, "outlet", &format!("{}: mail to {}", o.name, o.to.len())),
            Ok(outlet) => f.line(Level::Ok, "outlet", &format!("{}: {} at {}", o.name, o.kind.as_str(), outlet.host())),
            Err(e) => f.line(Level::Error, "outlet", &format!("{}: {e}", o.name)),
        }
    }
}

fn private(f: &mut Report, file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let name = file.display();
    match std::fs::metadata(file) {
        Ok(m) if m.permissions().mode().is_multiple_of(0o100) => f.line(Level::Ok, "secret", &format!("{name} is for its owner alone")),
        Ok(_) => f.line(Level::Warning, "secret", &format!("{name} can be read by others: chmod 600 {name}")),
        Err(e) => f.line(Level::Error, "secret", &format!("{name}: {e}; check path and owner")),
    }
}

/// Checks whether editors' passwords can be read on the network.
fn console(f: &mut Report, context: &CommandContext) {
    let settings = &context.settings.console;
    let Some(address) = settings.listen else { return f.line(Level::Ok, "console", "off") };
    f.check(
        address.ip().is_loopback() || settings.https,
        "console",
        &format!("{address}, {}", if settings.https { "https in front" } else { "for this machine alone" }),
        &format!(
            "{address} is open to the network without https: passwords travel in plain text; listen on 127.0.0.1 behind a proxy with TLS and set \
             [console] public_url = \"https://…\" (deploy/nginx.conf)"
        ),
    );
    if settings.origin.is_some() && settings.address_for_mail().is_none() {
        let words = "public_url is http://: mail has no links for readers (有用, 没用, 批示), for what they write would travel in plain text";
        f.line(Level::Warning, "readers", words);
    }
    if settings.https && settings.hosts.is_empty() {
        let words = "https = true, but no name: requests for the proxy's name are refused; set [console] public_url = \"https://…\"";
        f.line(Level::Warning, "console", words);
    }
}

fn clock(f: &mut Report, context: &CommandContext) {
    let (now, calendar) = (Utc::now(), &context.settings.publication.calendar);
    let local = now.with_timezone(&calendar.zone);
    // the clock cannot be earlier than our own file
    let built = std::env::current_exe().and_then(std::fs::metadata).and_then(|m| m.modified()).ok();
    let behind = built.is_some_and(|b| b > SystemTime::now() + Duration::from_hours(24));
    if behind {
        f.line(Level::Error, "clock", &format!("{local}: earlier than this program was installed; set the clock (timedatectl set-ntp true)"));
    } else {
        f.line(Level::Ok, "clock", &format!("{}, {}", local.format("%F %H:%M"), calendar.zone));
    }
    let p = &context.settings.publication;
    let next = calendar.next_moment(p.at, now);
    f.check(
        next.is_some(),
        "calendar",
        &format!("next issue of {}: {}", p.name, next.unwrap_or_default().with_timezone(&calendar.zone).format("%F %H:%M")),
        "no issue within a year: look at [publication] days and the calendar",
    );
    if let Some(year) = calendar.lacks_year(now) {
        let words = format!("holds no make-up days of {year}; once they are decreed, put them in: calendar = \"FILE\" (docs/operator.md)");
        f.line(Level::Warning, "calendar", &words);
    }
}

fn data(f: &mut Report, context: &CommandContext) {
    let folder = context.data.display().to_string();
    let probe = context.data.join(".doctor");
    let written = std::fs::create_dir_all(&context.data).and_then(|()| std::fs::write(&probe, "x")).and_then(|()| std::fs::remove_file(&probe));
    let hint = |e: &std::io::Error| match e.kind() {
        std::io::ErrorKind::StorageFull => format!("make room on its disk, {folder} or another folder"),
        _ => format!("check owner and mode: chown -R qingbao: {folder}"),
    };
    if f.require("data", written.map_err(|e| format!("{folder} cannot be written: {e}; {}", hint(&e))), |()| folder.clone()).is_none() {
        return;
    }
    let open = loose_files(&context.data);
    f.check(
        open.is_empty(),
        "modes",
        "the data is closed to other users",
        &format!("other users of this machine may read or change {}: chmod -R g-w,o-rwx {folder}", open.join(", ")),
    );
    if let Some((free, total)) =
        f.require("disk", available_space(&context.data), |(free, total)| format!("{} of {} MB free", free / MIB, total / MIB))
    {
        let least = context.settings.store.min_free;
        if free < least {
            let words = format!("less than {} MB free of {} MB: nothing is fetched; make room, or set [store] min_free_mb", least / MIB, total / MIB);
            f.line(Level::Error, "disk", &words);
        }
    }
    if !context.data.join("qingbao.db").exists() {
        f.line(Level::Warning, "database", "there is none yet; the first `qingbao once` or `qingbao serve` makes it");
        return;
    }
    if let Some(store) = f.require("database", Store::open_beside(&context.data), |_| "opens, schema is current".to_owned()) {
        database::check(f, context, &store);
    }
}

/// Returns the first files and folders of the data folder that other users may read.
fn loose_files(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let inside = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect::<Vec<_>>();
    let first = inside(folder);
    let second = first.iter().filter(|p| p.is_dir()).flat_map(|p| inside(p));
    let all = std::iter::once(folder.to_owned()).chain(first.iter().cloned()).chain(second);
    let loose = all.filter(|p| std::fs::symlink_metadata(p).is_ok_and(|m| !m.is_symlink() && m.permissions().mode() & 0o027 != 0));
    loose.take(MAX_NAMED).map(|p| p.display().to_string()).collect()
}

fn limits(f: &mut Report) {
    let Ok(text) = std::fs::read_to_string("/proc/self/limits") else { return };
    let soft = text.lines().find_map(|l| l.strip_prefix("Max open files")).and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(n) = soft {
        f.check(
            n >= MIN_OPEN_FILES,
            "open files",
            &n.to_string(),
            &format!("{n} allowed; the unit asks for 4096, a shell by `ulimit -n {MIN_OPEN_FILES}`"),
        );
    }
}

fn names(f: &mut Report, context: &CommandContext) {
    let Ok(list) = context.source_list() else { return };
    let hosts: BTreeSet<&str> =
        list.enabled().map(|s| s.mailbox.as_ref().map_or(s.url.host(), |m| &m.server)).filter(|h| h.parse::<std::net::IpAddr>().is_err()).collect();
    let (mut found, mut lost) = (0, Vec::new());
    for host in hosts.into_iter().take(DNS_SAMPLE) {
        if (host, 443).to_socket_addrs().is_ok_and(|mut a| a.next().is_some()) {
            found += 1;
        } else {
            lost.push(host);
        }
    }
    if lost.is_empty() {
        f.line(Level::Ok, "names", &format!("{found} hosts of sources found"));
    } else if found > 0 || lost.len() == 1 {
        f.line(Level::Warning, "names", &format!("not found: {}; correct their addresses", lost.join(", ")));
    } else {
        f.line(Level::Error, "names", "no host of any source is found: is the network up, and /etc/resolv.conf right?");
    }
}

/// Checks whether mail and the mail password can be read on the network.
fn smtp_tls(f: &mut Report, context: &CommandContext) {
    let Some(smtp) = &context.settings.mail.smtp else {
        return f.line(Level::Warning, "mail", "no server is set: letters are written as files; see [mail.smtp]");
    };
    let here = smtp.host == "localhost" || smtp.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let password = if smtp.user.is_some() { "the password and all letters" } else { "all letters" };
    f.check(
        smtp.tls != MailTls::None || here,
        "mail tls",
        if smtp.tls == MailTls::None { "none, but the server is on this machine" } else { "the connection to the mail server is encrypted" },
        &format!("{password} travel in plain text to {}: set [mail.smtp] tls = \"implicit\" or \"starttls\"", smtp.host),
    );
}

async fn smtp(f: &mut Report, context: &CommandContext) {
    if context.settings.mail.smtp.is_none() {
        return;
    }
    let transport = Transport::new(&context.settings.mail, context.data.join("outbox"));
    let Some(mut transport) = f.require("password", transport, |_| "found".to_owned()) else { return };
    match transport.connect().await {
        Ok(()) => f.line(Level::Ok, "mail", "the server answers and takes the login"),
        Err(
            DeliveryResult::Later(words)
            | DeliveryResult::Refused(words)
            | DeliveryResult::LoginRefused(words)
            | DeliveryResult::Uncertain(words)
            | DeliveryResult::Accepted(words),
        ) => {
            let hint = crate::mail::hint(&words).map(|h| format!("（{h}）")).unwrap_or_default();
            f.line(Level::Error, "mail", &format!("{words}{hint}; `qingbao digest mail-test --to ADDRESS` shows each step"));
        }
    }
    transport.close().await;
}
