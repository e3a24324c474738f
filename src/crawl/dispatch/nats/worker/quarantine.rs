//! Runs a task that may have crashed a worker in a separate process. How that ends shows whether the task is to blame: a worker
//! killed from outside says nothing about its task.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::config::settings::FetchSettings;
use crate::crawl::executor::{NoopSink, Task, TaskExecutor, TaskReport};
use crate::crawl::reader::process::{self, Failure, MemoryLimit, Process};
use crate::crawl::reader::{CpuPool, Parser};
use crate::fetch::{Fetcher, NoopSiteStore};

/// The subcommand of this program that runs a task from standard input.
pub const RUN_TASK: &str = "run-task";

/// Without its parsers; a browser takes more.
const MEMORY: MemoryLimit = MemoryLimit(1_024);

/// The process's answer.
#[derive(Serialize, Deserialize)]
struct Answer {
    report: TaskReport,
    /// Milliseconds until the host may be requested again.
    host_delay_ms: u64,
}

/// The outcome of a task in a separate process.
pub(super) enum Verdict {
    /// With the delay until the host's next request.
    Done(Box<TaskReport>, Duration),
    /// It crashed its process, in this way.
    Guilty(String),
    /// The process was killed from outside or not started; the task may be sound.
    Unknown(String),
}

/// Runs a task in a separate process.
pub(super) async fn run_alone(executor: &TaskExecutor, task: &Task) -> Verdict {
    let asked = async {
        let program = executor.parser().program().map_err(|e| Failure::interrupted(&e))?;
        let head = serde_json::to_vec(executor.fetcher().settings()).map_err(|e| Failure::interrupted(&e))?;
        let body = serde_json::to_vec(task).map_err(|e| Failure::interrupted(&e))?;
        let answer = Process::start(&program, RUN_TASK, MEMORY)?.ask(&head, &body).await?;
        serde_json::from_slice::<Answer>(&answer).map_err(|e| Failure::interrupted(&e))
    };
    match asked.await {
        Ok(answer) => Verdict::Done(Box::new(answer.report), Duration::from_millis(answer.host_delay_ms)),
        Err(Failure::Crash(how) | Failure::Limit(how)) => Verdict::Guilty(how),
        Err(Failure::Interrupted(reason)) => Verdict::Unknown(reason),
    }
}

/// The child: runs the task from standard input.
///
/// # Errors
/// Standard input contains something else, or there are no threads.
pub fn run_task() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    process::serve(|head, body| {
        let settings: FetchSettings = serde_json::from_slice(head).context("no settings")?;
        let task: Task = serde_json::from_slice(&body).context("no task")?;
        process::limit_self(if task.source.render { MemoryLimit::NONE } else { MEMORY })?;
        let parser = Arc::new(Parser::new(Arc::new(CpuPool::new()?)));
        let answer = runtime.block_on(async {
            let executor = TaskExecutor::new(Arc::new(Fetcher::new(&settings, Arc::new(NoopSiteStore))?), parser);
            let report = match executor.run(&task, &NoopSink).await {
                Ok(report) => report,
                Err(never) => match never {},
            };
            let rest = task.host_key.as_deref().map_or(Duration::ZERO, |host_key| executor.fetcher().remaining_delay(host_key));
            executor.fetcher().close().await;
            anyhow::Ok(Answer { report, host_delay_ms: u64::try_from(rest.as_millis()).unwrap_or(u64::MAX) })
        })?;
        Ok(serde_json::to_vec(&answer)?)
    })
}
