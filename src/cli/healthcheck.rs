//! `qingbao healthcheck`: asks a running service whether its loops are alive; for containers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::CommandContext;
use crate::cli::output::outln;

const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn run(context: &CommandContext) -> anyhow::Result<()> {
    let console = &context.settings.console;
    let mut address = console.listen.context("the console is off ([console] listen), so there is nobody to ask")?;
    if address.ip().is_unspecified() {
        address = SocketAddr::from(([127, 0, 0, 1], address.port()));
    }
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {}/healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", console.base_path)?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).with_context(|| format!("{address} does not answer"))?;
    anyhow::ensure!(answer.split_whitespace().nth(1) == Some("200"), "the service is not well: {}", answer.lines().last().unwrap_or_default());
    outln!("ok")?;
    Ok(())
}
