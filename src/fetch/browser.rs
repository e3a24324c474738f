//! Renders pages in a headless Chromium, over the `DevTools` protocol.
//!
//! One browser per process, started on first use, with a limited number of tabs. Each tab has its own context behind our proxy
//! ([`super::proxy`]), so scripts reach no address that the source itself may not. The browser ends with the service, even if
//! that is killed.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::page::{EventJavascriptDialogOpening, HandleJavaScriptDialogParams};
use chromiumoxide::cdp::browser_protocol::security::SetIgnoreCertificateErrorsParams;
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::{Browser as Chromium, BrowserConfig, Page};
use futures_util::StreamExt as _;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use crate::config::settings::FetchSettings;
use crate::fetch::error::FetchError;
use crate::fetch::host::registrable_domain;
use crate::fetch::proxy::GuardProxy;
use crate::fetch::ssrf::{Resolver, check_address};
use crate::model::{Source, TlsTrust, WebUrl};

/// Names of the executable in Debian and elsewhere.
const BROWSER_NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// A profile's folder: this, then the process id.
const PROFILE_PREFIX: &str = "qingbao-browser-";
const LAUNCH_TIMEOUT: Duration = Duration::from_secs(20);
/// A page is finished if its length stays the same for this many samples.
const STABLE_SAMPLES: u32 = 3;
const SAMPLE_INTERVAL: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct RenderedPage {
    /// The address after redirects.
    pub(super) url: WebUrl,
    /// The DOM as HTML.
    pub(super) html: String,
}

struct BrowserProcess {
    chromium: Chromium,
    events: JoinHandle<()>,
    profile: PathBuf,
}

pub(super) struct Browser {
    running: Mutex<Option<BrowserProcess>>,
    tabs: Arc<Semaphore>,
    settings: FetchSettings,
}

impl Browser {
    pub(super) fn new(settings: &FetchSettings) -> Self {
        Self { running: Mutex::default(), tabs: Arc::new(Semaphore::new(settings.browser_tabs)), settings: settings.clone() }
    }

    /// Loads a page, waits until its scripts are done, and returns the DOM.
    pub(super) async fn render(&self, url: &WebUrl, source: &Source, resolver: Resolver, budget: Duration) -> Result<RenderedPage, FetchError> {
        let _tab = self.tabs.acquire().await.map_err(|e| FetchError::Browser(e.to_string()))?;
        let proxy =
            GuardProxy::start(source.clone(), url, resolver).await.map_err(|e| FetchError::Browser(format!("no proxy for the browser: {e}")))?;
        let rendered = timeout(budget + LAUNCH_TIMEOUT, self.render_behind(&proxy, url, source, budget)).await;
        let rendered = rendered.unwrap_or(Err(FetchError::Timeout(self.settings.timeout)));
        if let (Err(FetchError::Browser(_)), Some(refused)) = (&rendered, proxy.refused()) {
            return Err(refused);
        }
        rendered
    }

    async fn render_behind(&self, proxy: &GuardProxy, url: &WebUrl, source: &Source, budget: Duration) -> Result<RenderedPage, FetchError> {
        let mut running = self.running.lock().await;
        if running.as_mut().is_none_or(|r| r.events.is_finished()) {
            *running = Some(launch(&self.settings).await?);
        }
        let Some(r) = running.as_ref() else { return Err(FetchError::Browser("it did not start".to_owned())) };
        let mut context = CreateBrowserContextParams::builder().dispose_on_detach(true).proxy_server(proxy.address()).build();
        // without this, loopback addresses would bypass the proxy and its filter
        context.proxy_bypass_list = Some("<-loopback>".to_owned());
        let context = r.chromium.create_browser_context(context).await.map_err(|e| failed(&e))?;
        let target = CreateTargetParams::builder().url("about:blank").browser_context_id(context.clone()).build().map_err(FetchError::Browser)?;
        let page = r.chromium.new_page(target).await.map_err(|e| failed(&e));
        drop(running);
        let html = match &page {
            Ok(page) => self.load(page, url, source, budget).await,
            Err(e) => Err(e.clone()),
        };
        if let Some(r) = self.running.lock().await.as_ref() {
            let _ = timeout(Duration::from_secs(2), r.chromium.dispose_browser_context(context)).await;
        }
        html
    }

    async fn load(&self, page: &Page, url: &WebUrl, source: &Source, budget: Duration) -> Result<RenderedPage, FetchError> {
        let end = Instant::now() + budget;
        let _dialogs = dismiss_dialogs(page).await?;
        if source.tls == TlsTrust::Insecure {
            page.execute(SetIgnoreCertificateErrorsParams::new(true)).await.map_err(|e| failed(&e))?;
        }
        timeout(budget, page.goto(url.as_str())).await.map_err(|_| FetchError::Timeout(self.settings.timeout))?.map_err(|e| failed(&e))?;
        self.wait_until_stable(page, end).await;
        let size = r"document.documentElement ? document.documentElement.outerHTML.length : 0";
        let letters: usize = page.evaluate(size).await.map_err(|e| failed(&e))?.into_value().unwrap_or(0);
        if letters > self.settings.max_page_bytes {
            return Err(FetchError::TooLarge(self.settings.max_page_bytes));
        }
        let html = timeout(self.settings.idle_timeout, page.content()).await.map_err(|_| FetchError::Idle(self.settings.idle_timeout))?;
        let html = html.map_err(|e| failed(&e))?;
        let at = page.url().await.ok().flatten().unwrap_or_default();
        if at.starts_with("chrome-error:") {
            return Err(FetchError::Browser("the page could not be loaded".to_owned()));
        }
        let at = WebUrl::parse(&at).map_err(|e| FetchError::BadRedirect(e.to_string()))?;
        check_address(&at, source)?;
        if registrable_domain(at.host()) != registrable_domain(url.host()) {
            return Err(FetchError::BadRedirect(format!("scripts lead to another site, {}", at.host())));
        }
        Ok(RenderedPage { url: at, html })
    }

    /// Waits until the page is loaded and stops growing, at most until `end`.
    async fn wait_until_stable(&self, page: &Page, end: Instant) {
        let (mut last, mut still) = (String::new(), 0);
        while still < STABLE_SAMPLES && Instant::now() + SAMPLE_INTERVAL < end {
            sleep(SAMPLE_INTERVAL).await;
            let state = "document.readyState + ' ' + (document.body ? document.body.innerHTML.length : 0)";
            let now: String = match timeout(SAMPLE_INTERVAL * 8, page.evaluate(state)).await {
                Ok(Ok(v)) => v.into_value().unwrap_or_default(),
                _ => return,
            };
            still = if now == last && now.starts_with("complete") { still + 1 } else { 0 };
            last = now;
        }
    }

    /// Closes the browser.
    pub(super) async fn close(&self) {
        if let Some(mut r) = self.running.lock().await.take() {
            let _ = timeout(Duration::from_secs(3), r.chromium.close()).await;
            if timeout(Duration::from_secs(2), r.chromium.wait()).await.is_err() {
                let _ = r.chromium.kill().await;
            }
            r.events.abort();
            let _ = tokio::fs::remove_dir_all(&r.profile).await;
        }
    }
}

/// Closes dialogs of `alert` and the like, which would stop the page's scripts. Stops when dropped.
async fn dismiss_dialogs(page: &Page) -> Result<JoinSet<()>, FetchError> {
    let mut opened = page.event_listener::<EventJavascriptDialogOpening>().await.map_err(|e| failed(&e))?;
    let (page, mut task) = (page.clone(), JoinSet::new());
    task.spawn(async move {
        while opened.next().await.is_some() {
            let _ = page.execute(HandleJavaScriptDialogParams::new(false)).await;
        }
    });
    Ok(task)
}

fn failed(e: &chromiumoxide::error::CdpError) -> FetchError {
    FetchError::Browser(e.to_string())
}

async fn launch(settings: &FetchSettings) -> Result<BrowserProcess, FetchError> {
    let executable = find_browser(settings)?;
    let profile = std::env::temp_dir().join(format!("{PROFILE_PREFIX}{}", std::process::id()));
    remove_stale_profiles(&std::env::temp_dir());
    let wrapped = write_launcher(&profile, &executable).map_err(|e| FetchError::Browser(format!("{} cannot be prepared: {e}", profile.display())))?;
    let mut config = BrowserConfig::builder()
        .chrome_executable(wrapped)
        .user_data_dir(profile.join("profile"))
        // so that the browser's temporary files go with the profile
        .env("TMPDIR", profile.display().to_string())
        .new_headless_mode()
        .respect_https_errors()
        .launch_timeout(LAUNCH_TIMEOUT)
        .request_timeout(settings.timeout)
        .args(["disable-gpu", "disable-quic", "disable-component-update", "mute-audio", "no-default-browser-check"])
        .arg(("blink-settings", "imagesEnabled=false"))
        .arg(("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"))
        .arg(("user-agent", settings.user_agent.as_str()));
    if runs_as_root() {
        // Chromium's own sandbox refuses to run as root
        config = config.no_sandbox();
    }
    let config = config.build().map_err(FetchError::Browser)?;
    let (chromium, mut handler) =
        Chromium::launch(config).await.map_err(|e| FetchError::Browser(format!("{} does not start: {e}", executable.display())))?;
    let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
    Ok(BrowserProcess { chromium, events, profile })
}

/// Returns the browser of the settings, or one on the PATH.
///
/// # Errors
/// There is none.
pub fn find_browser(settings: &FetchSettings) -> Result<PathBuf, FetchError> {
    find(settings.browser.as_deref())
}

fn find(named: Option<&Path>) -> Result<PathBuf, FetchError> {
    if let Some(path) = named {
        return if path.is_file() {
            Ok(path.to_owned())
        } else {
            Err(FetchError::Browser(format!("{} is not there; correct [fetch] browser", path.display())))
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|dir| BROWSER_NAMES.map(|name| dir.join(name))).find(|p| p.is_file());
    found.ok_or_else(|| {
        FetchError::Browser(
            "render = true needs one, and none is installed; install the package chromium, or name it: [fetch] browser = \"PATH\"".to_owned(),
        )
    })
}

/// Removes profiles that killed processes left behind.
fn remove_stale_profiles(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|n| n.strip_prefix(PROFILE_PREFIX)?.parse::<u32>().ok());
        if process.is_some_and(|p| !Path::new("/proc").join(p.to_string()).exists()) {
            // the system refuses if it belongs to another user
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Writes a launcher into the profile: the kernel then ends the browser with this process, however that ends.
fn write_launcher(profile: &Path, executable: &Path) -> std::io::Result<PathBuf> {
    let _ = std::fs::remove_dir_all(profile);
    std::fs::create_dir_all(profile)?;
    std::fs::set_permissions(profile, std::fs::Permissions::from_mode(0o700))?;
    if !Path::new("/usr/bin/setpriv").exists() {
        return Ok(executable.to_owned());
    }
    let starter = profile.join("start");
    std::fs::write(&starter, format!("#!/bin/sh\nexec /usr/bin/setpriv --pdeathsig KILL -- '{}' \"$@\"\n", executable.display()))?;
    std::fs::set_permissions(&starter, std::fs::Permissions::from_mode(0o700))?;
    Ok(starter)
}

fn runs_as_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_the_dead_are_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        // no process id is this high
        let names = [
            format!("{PROFILE_PREFIX}{}", u32::MAX),
            format!("{PROFILE_PREFIX}{}", std::process::id()),
            "qingbao-browser-x".into(),
            "other-7".into(),
        ];
        for name in &names {
            std::fs::create_dir_all(dir.path().join(name).join("profile")).unwrap();
        }
        remove_stale_profiles(dir.path());
        let left: Vec<bool> = names.iter().map(|n| dir.path().join(n).exists()).collect();
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    fn a_machine_without_a_browser_is_told_what_to_install() {
        let e = find(Some(Path::new("/nonexistent/chromium"))).unwrap_err();
        assert!(e.to_string().contains("[fetch] browser"), "{e}");
    }
}
