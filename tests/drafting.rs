//! How a draft comes to be: summaries rewritten by a model only where they stay true, articles judged anew by another taxonomy.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::process::Command;

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::response::IntoResponse;

const CEMENT: &str = "河南水泥企业错峰减产";
const WIGS: &str = "许昌发制品出口增长一成";

fn article(title: &str, text: &str) -> String {
    format!(
        "<html><head><title>{title}</title></head><body><h1>{title}</h1><div><p>{text}</p><p>业内人士表示，企业正在调整生产计划，市场价格保持平稳。</p></div></body></html>"
    )
}

async fn answer(request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let key = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let now = chrono::Utc::now().to_rfc2822();
    let text = match path.as_str() {
        "/feed" => {
            let item = |path: &str, title: &str| format!("<item><title>{title}</title><link>{path}</link><pubDate>{now}</pubDate></item>");
            format!("<rss version='2.0'><channel><title>t</title>{}{}</channel></rss>", item("/1", WIGS), item("/2", CEMENT))
        }
        "/1" => article(WIGS, "许昌海关发布数据，今年前10个月许昌发制品出口150.3亿元，同比增长10.2%，产品销往一百二十个国家和地区。"),
        "/2" => article(CEMENT, "河南水泥企业12月起错峰减产，停窑60天，涉及熟料产能8000万吨，建材行业供需矛盾有望缓解。"),
        // true of the wigs, false of the cement
        "/v1/chat/completions" if key == "Bearer secret" => {
            let asked = String::from_utf8_lossy(&body).into_owned();
            let said = if asked.contains("150.3") {
                "前10个月许昌发制品出口150.3亿元，同比增长10.2%，产品销往一百二十个国家。"
            } else {
                "河南水泥企业12月起错峰减产90天，涉及熟料产能8000万吨。"
            };
            serde_json::json!({"choices": [{"message": {"content": said}}]}).to_string()
        }
        _ => return (axum::http::StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], String::new()),
    };
    (axum::http::StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewrites_are_shown_only_where_they_stay_true_and_a_new_taxonomy_counts_at_once() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
    let settings = format!("[fetch]\nhost_delay = \"0s\"\n[summarise]\nendpoint = \"{base}/v1\"\nmodel = \"m\"\nkey_file = \"key\"\n");
    write("sources.toml", format!("[[source]]\nid = \"a\"\nname = \"示例\"\nurl = \"{base}/feed\"\nallow_private = true\nweight = 1.5\n"));
    write("qingbao.toml", settings.clone());
    write("key", "secret\n".to_owned());
    let run = |args: &'static [&'static str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(dir.path());
        async move {
            let o = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
        }
    };
    run(&["once"]).await;
    let shown = run(&["digest", "show", "--why"]).await;
    assert!(shown.contains("前10个月许昌发制品出口150.3亿元，同比增长10.2%，产品销往一百二十个国家。"), "{shown}");
    assert!(shown.contains("停窑60天") && !shown.contains("90天"), "{shown}");
    assert!(shown.contains("摘要由模型改写") && shown.contains("来源权重 1.5"), "{shown}");

    write("taxonomy.toml", "[[industry]]\nname = \"水泥业\"\nterms = [\"水泥\"]\n[[column]]\nname = \"行业动态\"\n".to_owned());
    write("qingbao.toml", format!("taxonomy = \"taxonomy.toml\"\n{settings}"));
    run(&["once"]).await;
    let all = run(&["articles", "export", "--format", "csv"]).await;
    assert!(all.contains("水泥业") && !all.contains(",发制品,"), "{all}");
}
