//! No room on the disk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::fixture::{ARTICLES, Office};

/// A small disk of memory, and what fills it.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(at: &'a Path, size: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).status().unwrap();
        assert!(done.success(), "this test mounts a small disk: run it as root");
        Self(at)
    }

    fn fill(&self, leave_kib: u64) {
        let (free, _) = qingbao::store::available_space(self.0).unwrap();
        let take = free.saturating_sub(leave_kib << 10);
        std::fs::write(self.0.join("ballast"), vec![1u8; usize::try_from(take).unwrap()]).unwrap();
    }

    fn empty(&self) {
        let _ = std::fs::remove_file(self.0.join("ballast"));
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// The disk fills up at ever later moments of crawl, draft and mail; each time there is room again, and all comes to a good end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs root, to mount a small disk"]
async fn the_disk_is_full_at_every_kind_of_write() {
    for leave in [40, 120, 260, 500, 900, 1_400, 2_000, 2_700, 3_500, 4_500] {
        let office = Office::new().await;
        let data = office.path().join("data");
        let small = Small::mount(&data, "24m");
        assert!(office.run(&["user", "list"]).0.status.success());
        small.fill(leave);
        let (_, told) = office.run(&["once"]);
        assert!(!told.contains("panicked"), "{leave} KiB: {told}");
        small.empty();
        office.holds();
        let (o, told) = office.run(&["once"]);
        assert!(o.status.success(), "{leave} KiB, after: {told}");
        assert_eq!((office.count("article"), office.count("edition"), office.inboxes()), (ARTICLES, 1, 2), "{leave} KiB: {told}");
        office.holds();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs root, to mount a small disk"]
async fn with_little_room_left_nothing_is_fetched_and_the_rest_goes_on() {
    let office = Office::with("[store]\nmin_free_mb = 20\n", &["editor@b.example"]).await;
    let data = office.path().join("data");
    let small = Small::mount(&data, "60m");
    assert!(office.run(&["user", "list"]).0.status.success());
    small.fill(10 << 10);
    let service = office.serve();
    service.says("nothing is fetched until there is more room").await;
    let (status, ready) = service.ask("/readyz").await;
    assert!(status == 503 && ready.contains("磁盘快满了"), "{ready}");
    assert_eq!(service.ask("/healthz").await.0, 200, "it lives");
    assert_eq!(service.ask("/login").await.0, 200, "the console is there");
    // the draft goes out all the same, by what there is
    service.until("mailed", || office.inboxes() == 1).await;
    let before = office.count("article");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(office.count("article"), before, "nothing is fetched");
    small.empty();
    service.says("there is room on the disk again").await;
    service.until("fetched", || office.count("article") == ARTICLES).await;
    assert_eq!(service.ask("/readyz").await.0, 200);
    office.holds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs root, to mount a small disk"]
async fn a_backup_without_room_fails_and_the_older_one_stays() {
    let office = Office::new().await;
    assert!(office.run(&["once"]).0.status.success());
    let folder = office.path().join("backups");
    let small = Small::mount(&folder, "16m");
    assert!(office.run(&["backup", "backups/one.db"]).0.status.success());
    let before = std::fs::read(folder.join("one.db")).unwrap();
    small.fill(100);
    let (o, told) = office.run(&["backup", "backups/one.db"]);
    assert!(!o.status.success() && told.contains("full"), "{told}");
    assert_eq!(std::fs::read(folder.join("one.db")).unwrap(), before);
    assert!(!folder.join("one.db.new").exists(), "half a copy is not left");
}
