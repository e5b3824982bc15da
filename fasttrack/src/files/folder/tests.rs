//! A folder of files on a disk.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    time::Duration,
};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn opened() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path().join("a/files")).await.unwrap();
    (place, folder)
}

async fn put(folder: &Folder, row: i64, bytes: &[u8]) -> Key {
    let mut upload = folder.receive().await.unwrap();
    for part in bytes.chunks(7_001) {
        upload.write(part).await.unwrap();
    }
    let key = Key::new(row).unwrap();
    folder.put(upload.finish().await.unwrap(), &key).await.unwrap();
    key
}

async fn read(folder: &Folder, key: &Key, bytes: usize, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
    let mut reading = folder.read(key, bytes as u64, range).await?;
    let mut found = Vec::new();
    while let Some(piece) = reading.next().await? {
        assert!(piece.len() <= PIECE_BYTES);
        found.extend_from_slice(&piece);
    }
    Ok(found)
}

/// What lies in a folder, by path, the empty folders aside.
fn listed(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(listed(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

async fn walked(folder: &Folder, before: SystemTime, limit: usize) -> Vec<Key> {
    let (mut walk, mut found) = (folder.walk(before), Vec::new());
    while let Some(mut keys) = walk.next(limit).await.unwrap() {
        assert!(!keys.is_empty() && keys.len() <= limit);
        found.append(&mut keys);
    }
    found.sort();
    found
}

#[tokio::test]
async fn what_is_put_is_read_until_it_is_removed() {
    let (_place, folder) = opened().await;
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let key = put(&folder, 7, &bytes).await;
    assert_eq!(read(&folder, &key, bytes.len(), 0..200_000).await.as_deref(), Ok(&bytes[..]));
    assert_eq!(read(&folder, &key, bytes.len(), 65_530..131_100).await.as_deref(), Ok(&bytes[65_530..131_100]));
    assert_eq!(read(&folder, &key, bytes.len(), 5..5).await.as_deref(), Ok(&[][..]));
    assert_eq!(read(&folder, &key, 199_999, 0..1).await, Err(StoreError::Missing), "others lie there than were put");
    let mut reading = folder.read(&key, 200_000, 0..200_000).await.unwrap();
    folder.remove(&key).await.unwrap();
    folder.remove(&key).await.unwrap();
    let mut left = 200_000;
    while let Some(piece) = reading.next().await.unwrap() {
        left -= piece.len();
    }
    assert_eq!(left, 0, "who reads reads to the end");
    assert_eq!(read(&folder, &key, bytes.len(), 0..1).await, Err(StoreError::Missing));
}

#[tokio::test]
async fn nobody_else_may_look() {
    let (place, folder) = opened().await;
    let key = put(&folder, 1, b"x").await;
    let root = place.path().join("a/files");
    let [outer, inner] = key.folders();
    for path in [root.clone(), root.join(RECEIVED), root.join(outer), root.join(outer).join(inner)] {
        assert_eq!(mode(&path), 0o700, "{}", path.display());
    }
    assert_eq!(mode(&folder.path(&key)), 0o600);
    assert_eq!(listed(&root), [format!("{outer}/{inner}/{key}")]);
}

#[tokio::test]
async fn what_is_not_put_leaves_nothing() {
    let (place, folder) = opened().await;
    let mut upload = folder.receive().await.unwrap();
    upload.write(&vec![1; 100_000]).await.unwrap();
    assert_eq!(listed(place.path()).len(), 1);
    drop(upload);
    let received = folder.receive().await.unwrap().finish().await.unwrap();
    drop(received);
    assert_eq!(listed(place.path()), [""; 0]);
}

#[tokio::test]
async fn what_was_received_is_known() {
    let (_place, folder) = opened().await;
    let mut upload = folder.receive().await.unwrap();
    let blanks = vec![b' '; 100_000];
    for part in [&b"{\"a\":"[..], &blanks, b"\"\xc3", b"\xa9\"}"] {
        upload.write(part).await.unwrap();
    }
    let mut received = upload.finish().await.unwrap();
    assert_eq!((received.bytes(), received.is_text(), received.head().len()), (100_010, true, 8_192));
    assert_eq!(received.sha256(), "b84fc73ae9044442759df5a3289378bf600636efbca50b80f14f8cd0fa07f1bf");
    assert_eq!(received.is_json().await, Ok(true));
}

#[tokio::test]
async fn a_walk_finds_what_is_old_and_ours() {
    let (place, folder) = opened().await;
    let mut keys = Vec::new();
    for row in 1..=20 {
        keys.push(put(&folder, row, b"x").await);
    }
    keys.sort();
    let root = place.path().join("a/files");
    let strange = Key::new(3).unwrap();
    let [outer, inner] = keys[0].folders();
    fs::create_dir_all(root.join("zz/zz")).unwrap();
    for path in [
        "zz/zz/x".to_owned(),
        "README".to_owned(),
        format!("{outer}/{inner}/{strange}.part"),
        format!("{outer}/{strange}"),
    ] {
        fs::write(root.join(path), b"x").unwrap();
    }
    // One of our form that lies where no key of ours is looked for, and a link of the name of one.
    let elsewhere = Key::parse(&format!("{}-3", "f".repeat(32))).unwrap();
    fs::write(root.join(outer).join(inner).join(elsewhere.as_str()), b"x").unwrap();
    let link = Key::parse(&format!("{outer}{inner}{}-3", "e".repeat(28))).unwrap();
    symlink("/etc/hostname", root.join(outer).join(inner).join(link.as_str())).unwrap();
    let later = SystemTime::now() + Duration::from_mins(1);
    for limit in [1, 3, 20, 500] {
        assert_eq!(walked(&folder, later, limit).await, keys, "{limit} at a time");
    }
    let earlier = SystemTime::now() - Duration::from_mins(1);
    assert_eq!(walked(&folder, earlier, 9).await, []);
}

#[tokio::test]
async fn what_was_received_and_never_put_is_thrown_away_when_it_is_old() {
    let (place, folder) = opened().await;
    let left = format!("{}{PART}", Key::new(1).unwrap());
    let received = place.path().join("a/files").join(RECEIVED);
    for name in [left.as_str(), "notes.part", "other"] {
        fs::write(received.join(name), b"x").unwrap();
    }
    folder.forget_received(SystemTime::now() - Duration::from_mins(1)).await.unwrap();
    assert_eq!(listed(&received).len(), 3);
    folder.forget_received(SystemTime::now() + Duration::from_mins(1)).await.unwrap();
    assert_eq!(listed(&received), ["notes.part", "other"]);
}

#[tokio::test]
async fn what_is_no_folder_is_refused_in_words() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("real")).unwrap();
    symlink(at("real"), at("link")).unwrap();
    fs::write(at("file"), b"").unwrap();
    for (name, words) in [
        ("link", "which is a symbolic link; name the folder that it leads to"),
        ("file", "which is no folder"),
        ("file/below", "which cannot be looked at"),
    ] {
        let refused = Folder::open(at(name)).await.unwrap_err();
        assert!(refused.starts_with("FILES names /") && refused.contains(words), "{refused}");
    }
    assert_eq!(listed(&at("real")), [""; 0]);
}
