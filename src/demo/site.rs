//! The sample world's web server.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri, header};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use xxhash_rust::xxh3::xxh3_64;

use crate::demo::layouts::page;
use crate::demo::listings::listing;
use crate::demo::world::{DemoWorld, SITES, Site};

/// A running server, which stops when dropped.
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub base: String,
    state: Arc<ServerState>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves another world from now on: a later time of this one.
    pub fn show(&self, world: DemoWorld) {
        *self.state.world.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct ServerState {
    world: RwLock<Arc<DemoWorld>>,
    base: String,
}

impl ServerState {
    fn world(&self) -> Arc<DemoWorld> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Serves a world on a free loopback port.
pub async fn start(world: DemoWorld) -> std::io::Result<Server> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let shared = Arc::new(ServerState { world: RwLock::new(Arc::new(world)), base: base.clone() });
    let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
    let task = tokio::spawn(async move {
        if let Err(e) = axum::serve(listener, app).await {
            tracing::error!("sample site: {e}");
        }
    });
    Ok(Server { base, state: shared, task })
}

async fn answer(State(shared): State<Arc<ServerState>>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let Some((site, body, content_type)) = document(&shared, uri.path()) else { return plain(StatusCode::NOT_FOUND) };
    let bytes = if site.gb18030 { encoding_rs::GB18030.encode(&body).0.into_owned() } else { body.into_bytes() };
    let tag = format!("\"{:016x}\"", xxh3_64(&bytes));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return plain(StatusCode::NOT_MODIFIED);
    }
    Response::builder().header(header::CONTENT_TYPE, content_type).header(header::ETAG, tag).body(Body::from(bytes)).unwrap_or_default()
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Returns the document at a path: `/SITE/`, `/SITE/rss.xml` … or `/SITE/SLUG.html`.
fn document(shared: &ServerState, path: &str) -> Option<(Site, String, &'static str)> {
    let (id, rest) = path.strip_prefix('/')?.split_once('/')?;
    let site = SITES.into_iter().find(|s| s.id == id)?;
    if let Some(slug) = rest.strip_suffix(".html") {
        let world = shared.world();
        let story = world.page(id, slug)?;
        return Some((site, page(&world, &site, story), "text/html"));
    }
    let known = ["", "rss.xml", "atom.xml", "sitemap.xml", "api/list"];
    if !known.contains(&rest) {
        return None;
    }
    let (text, content_type) = listing(&shared.world(), &site, &shared.base);
    Some((site, text, content_type))
}
