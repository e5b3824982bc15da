//! What `docs/embedding.md` shows, compiled.

use std::time::Duration;

use super::host::{Greeting, Provide, hello};
use crate::kit::shown::check_page;

fn until_told_to_stop() -> std::future::Ready<()> {
    std::future::ready(())
}

#[expect(dead_code, reason = "it serves on a port that a test cannot have")]
async fn program(state: Greeting) -> Result<(), Box<dyn std::error::Error>> {
    use fasttrack::{config::Config, http::salvo::prelude::*};

    let tracker = resources::application().embed(&Config::from_environment()?).await?;
    let router = Router::new().hoop(Provide(state)).push(Router::with_path("hello").get(hello)).push(tracker.router());

    let server = Server::new(TcpListener::new("127.0.0.1:8000").bind().await);
    let handle = server.handle();
    tokio::spawn(server.serve(router));

    until_told_to_stop().await;
    tracker.begin_stop();
    handle.stop_graceful(Duration::from_secs(15));
    tracker.stop().await;
    Ok(())
}

#[test]
fn what_the_page_shows_compiles() {
    let page = include_str!("../../../docs/embedding.md").replace("tracker::application", "resources::application");
    check_page(&page, include_str!("shown.rs"), 1);
}
