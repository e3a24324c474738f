//! The command line.

use std::process::ExitCode;

use clap::Parser;
use qingbao::cli::{self, Cli};
use qingbao::config::ConfigError;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli::start_log(&cli);
    match cli::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {}", cli::format_error(&e));
            // 2: wrong usage or configuration; 1: the command failed
            if e.downcast_ref::<ConfigError>().is_some() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}
