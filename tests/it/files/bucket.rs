//! Files in a bucket of S3: as on a disk, and what is different where somebody else has the bytes.

use fasttrack::{
    Application,
    testing::{TestApp, json},
};
use serde_json::Value;

use super::{A_DAY, Office, PNG, RESOURCES, sha256};
use crate::driver::{Bucket, Trouble, wait_until};

/// What keys begin with there.
const PREFIX: &str = "some/where/";

fn office(bucket: &Bucket) -> Office {
    let settings = bucket.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Office::with(&settings)
}

/// Waits until so many objects lie there.
#[track_caller]
fn wait_for(bucket: &Bucket, count: usize) {
    wait_until(&format!("{count} objects lie there"), || bucket.objects().len() == count);
}

#[test]
fn what_is_sent_lies_in_the_bucket_and_is_read_from_it() {
    let bucket = Bucket::start();
    let office = office(&bucket);
    let plan = office.plan();
    let path = format!("{plan}/anything");
    let bytes: Vec<u8> = (0..300_001_u32).map(|number| number.to_le_bytes()[1]).collect();
    assert_eq!(office.put(&path, "application/octet-stream", &bytes).status, 200);
    let objects = bucket.objects();
    let (name, stored) = objects.first_key_value().unwrap();
    assert_eq!((objects.len(), stored), (1, &bytes));
    let key = name.strip_prefix(PREFIX).unwrap();
    let digits = key.rsplit('/').next().unwrap();
    assert_eq!(key, format!("{}/{}/{digits}", &digits[..2], &digits[2..4]), "as in a folder");
    assert!(office.stored().is_empty(), "nothing of it is left on the disk");

    assert_eq!(office.get(&path).body, bytes);
    assert_eq!(office.get(&plan).json()["anything"]["sha256"], sha256(&bytes));
    let part = office.call("GET", &path).header("range", "bytes=100000-200000").expect(206);
    assert_eq!(part.body, bytes[100_000..=200_000]);
    assert_eq!(office.call("HEAD", &path).expect(200).header("content-length"), Some("300001"));
    assert_eq!(office.put(&path, "application/json", b"{\"a\":[1]}").status, 200);
    wait_for(&bucket, 1);
    assert_eq!(office.get(&path).body, b"{\"a\":[1]}");
    office.call("DELETE", &path).expect(204);
    wait_for(&bucket, 0);
    office.call("GET", &path).refused(404);
}

#[test]
fn what_is_not_answered_well_is_asked_again() {
    let bucket = Bucket::start();
    let office = office(&bucket);
    let path = format!("{}/drawing", office.plan());
    for trouble in [[Trouble::Busy, Trouble::Silence], [Trouble::Silence, Trouble::Busy]] {
        bucket.asked();
        bucket.trouble(&trouble);
        assert_eq!(office.put(&path, "image/png", PNG).status, 200, "{trouble:?}");
        let asked = bucket.asked();
        assert_eq!(asked.iter().filter(|asked| asked.starts_with("PUT ")).count(), 3, "{asked:?}");
        bucket.trouble(&trouble);
        assert_eq!(office.get(&path).body, PNG);
    }
    wait_for(&bucket, 1);
    bucket.trouble(&[Trouble::Busy; 2]);
    office.call("DELETE", &path).expect(204);
    wait_for(&bucket, 0);
}

#[test]
fn nothing_is_acknowledged_that_is_not_there() {
    let bucket = Bucket::start();
    let office = office(&bucket);
    let plan = office.plan();
    let path = format!("{plan}/drawing");
    for (trouble, words) in [
        (Trouble::Silence, "files cannot be kept or read just now"),
        (Trouble::Busy, "files cannot be kept or read just now"),
        (Trouble::Corrupts, "files cannot be kept or read just now"),
        (Trouble::Full, "the disk is full"),
    ] {
        bucket.trouble(&[trouble; 3]);
        let refused = office.call("PUT", &path).body("image/png", PNG).refused(503);
        assert!(refused.detail.contains(words), "{trouble:?}: {}", refused.detail);
        assert_eq!(office.get(&plan).json()["drawing"], Value::Null);
        bucket.trouble(&[]);
        office.call("GET", &path).refused(404);
    }
    assert_eq!(office.put(&path, "image/png", PNG).status, 200);
    bucket.trouble(&[Trouble::Silence; 3]);
    office.call("GET", &path).refused(503);
    assert_eq!(office.get(&path).body, PNG);
    // What was refused leaves nothing for good.
    wait_for(&bucket, 1);
}

/// Whoever was told that it took too long has nothing put in the place of what was sent since.
#[test]
fn what_took_too_long_is_not_done_afterwards() {
    let bucket = Bucket::start();
    let office = office(&bucket);
    let plan = office.plan();
    let path = format!("{plan}/anything");
    bucket.trouble(&[Trouble::Late]);
    let refused = office.call("PUT", &path).body("application/octet-stream", b"late").refused(503);
    assert!(refused.detail.contains("took too long"), "{}", refused.detail);
    assert_eq!(office.get(&plan).json()["anything"], Value::Null);
    assert_eq!(office.put(&path, "application/octet-stream", b"since").status, 200);
    wait_for(&bucket, 2);
    assert_eq!(office.get(&path).body, b"since");
    office.call("DELETE", &path).expect(204);
    assert_eq!(office.get(&plan).json()["anything"], Value::Null);
}

#[test]
fn a_file_is_read_on_from_where_a_connection_broke() {
    let bucket = Bucket::start();
    let office = office(&bucket);
    let path = format!("{}/anything", office.plan());
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    assert_eq!(office.put(&path, "application/octet-stream", &bytes).status, 200);
    bucket.asked();
    bucket.trouble(&[Trouble::BreaksOff; 4]);
    assert_eq!(office.get(&path).body, bytes);
    assert_eq!(bucket.asked().len(), 5);
}

#[test]
fn what_nobody_has_is_swept_from_the_bucket_page_by_page() {
    let bucket = Bucket::start();
    let office = office(&bucket);
    let path = format!("{}/drawing", office.plan());
    office.put(&path, "image/png", PNG);
    let kept = bucket.objects().into_keys().next().unwrap();
    for number in 0..1_203_u32 {
        let digits = format!("{number:08x}{}", "0".repeat(24));
        bucket.put(&format!("{PREFIX}{}/{}/{digits}-1", &digits[..2], &digits[2..4]), b"lost");
    }
    let others = [
        "README".to_owned(),
        format!("{PREFIX}README"),
        format!("{PREFIX}00/00/ff000000000000000000000000000000-1"),
        format!("elsewhere/00/00/{}-1", "0".repeat(32)),
    ];
    for name in &others {
        bucket.put(name, b"somebody else's");
    }
    office.app.advance(A_DAY / 2);
    assert_eq!(bucket.objects().len(), 1_204 + others.len(), "it may belong to who is still at it");
    office.app.advance(A_DAY);
    let left: Vec<_> = bucket.objects().into_keys().collect();
    let mut expected: Vec<_> = others.into_iter().chain([kept.clone()]).collect();
    expected.sort();
    assert_eq!(left, expected);
    // One that somebody else takes out is missed.
    bucket.take_out(&kept);
    let ada = office.app.login(&office.ada);
    assert!(office.app.as_(&ada).call("GET", &path).refused(404).detail.contains("not there any more"));
}

#[test]
fn a_bucket_that_cannot_be_used_stops_the_start() {
    let bucket = Bucket::start();
    let started = |name: &str, value: &str| {
        let setup = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none");
        let setup = bucket.settings().iter().fold(setup, |setup, (name, value)| setup.set(name, value));
        setup.set(name, value).try_start().map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(started("AWS_REGION", "eu-central-1"), Ok(()));
    for (name, value, words) in [
        ("AWS_SECRET_ACCESS_KEY", "another", "which cannot be used: it refuses: 403 SignatureDoesNotMatch"),
        ("AWS_ACCESS_KEY_ID", "another", "which cannot be used: it refuses: 403 InvalidAccessKeyId"),
        ("AWS_ACCESS_KEY_ID", "", "which is opened by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; set both"),
        ("FILES", "s3://another", "which cannot be used: it refuses: 404 NoSuchBucket"),
    ] {
        let refused = started(name, value).unwrap_err();
        let place = if name == "FILES" { "s3://another/" } else { "s3://attic/some/where/" };
        assert!(refused.contains(&format!("FILES names {place}, {words}")), "{refused}");
        assert!(!refused.contains("wJalrXUtnFEMI"), "{refused}");
    }
    assert!(bucket.objects().is_empty(), "{:?}", bucket.objects().keys());
}

#[test]
fn a_bucket_that_is_away_is_found_later() {
    let bucket = Bucket::start();
    bucket.trouble(&[Trouble::Silence; 3]);
    let office = office(&bucket);
    let path = format!("{}/drawing", office.plan());
    assert_eq!(office.put(&path, "image/png", PNG).status, 200);
    assert_eq!(office.get(&path).body, PNG);
}

/// The same with a server that others have written, which `TEST_S3_URL` names: `http://KEY:SECRET@127.0.0.1:9000/bucket`.
#[test]
fn a_bucket_of_another_make_does_as_well() {
    let Ok(url) = std::env::var("TEST_S3_URL") else {
        eprintln!("left out without TEST_S3_URL: files in a bucket of another make");
        return;
    };
    let (address, name) = url.rsplit_once('/').unwrap();
    let (key, address) = address.split_once("://").unwrap().1.split_once('@').unwrap();
    let (key_id, secret) = key.split_once(':').unwrap();
    let files = format!("s3://{name}/{}", crate::driver::unique("run"));
    let office = Office::with(&[
        ("FILES", &files),
        ("AWS_ENDPOINT_URL", &format!("http://{address}")),
        ("AWS_ACCESS_KEY_ID", key_id),
        ("AWS_SECRET_ACCESS_KEY", secret),
    ]);
    let bytes: Vec<u8> = (0..11_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let paths: Vec<_> = (0..5).map(|_| format!("{}/anything", office.plan())).collect();
    for path in &paths {
        assert_eq!(office.put(path, "application/octet-stream", &bytes).status, 200);
        let part = office.call("GET", path).header("range", "bytes=5000000-5000099").expect(206);
        assert_eq!(part.body, bytes[5_000_000..5_000_100]);
    }
    assert_eq!(sha256(&office.get(&paths[0]).body), sha256(&bytes));
    office.app.advance(A_DAY * 2);
    let ada = office.app.login(&office.ada);
    let ada = office.app.as_(&ada);
    for path in &paths {
        ada.call("GET", path).expect(200);
        ada.call("DELETE", path).expect(204);
        ada.call("GET", path).refused(404);
    }
    let title = ada.patch(paths[0].trim_end_matches("/anything"), &json!({ "title": "x" })).expect(200).json();
    assert_eq!(title["anything"], Value::Null);
}
