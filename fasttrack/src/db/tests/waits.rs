//! What was given up is not done, and nothing else is given up with it.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{units::Items, *};
use crate::db::{Meter, RowPlan};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_not_done() {
    for bench in benches(DbOptions::default()).await {
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let in_the_way = tokio::spawn({
            let (db, begun, go_on) = (Db::clone(&bench), Arc::clone(&begun), Arc::clone(&go_on));
            async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        tx.query(insert("wanted")).await?;
                        begun.notify_one();
                        go_on.notified().await;
                        Err::<(), _>(Error::NotFound("gone again".into()))
                    })
                })
                .await
            }
        });
        begun.notified().await;

        let meter = Arc::new(Meter::default());
        let plan: Arc<dyn RowPlan> = Arc::new(Items::named(&bench));
        let row = |name| bench.insert(Arc::clone(&plan), vec![text(name)]);
        let wanted = meter.watch(async { tokio::join!(bench.add("wanted"), row("wanted")) });
        let other = tokio::spawn({
            let (db, plan) = (Db::clone(&bench), Arc::clone(&plan));
            async move { db.insert(plan, vec![text("other")]).await }
        });
        assert!(timeout(Duration::from_millis(200), wanted).await.is_err(), "nothing was in the way");
        assert!(meter.give_up());
        go_on.notify_one();
        assert!(matches!(in_the_way.await.unwrap(), Err(Error::NotFound(_))));
        assert_eq!(other.await.unwrap().unwrap(), Some(b"other".to_vec()));

        bench.add("last").await.unwrap();
        sleep(Duration::from_millis(300)).await;
        assert_eq!(bench.names().await, ["last", "other"]);
        let late = meter.watch(async { timeout(Duration::from_secs(10), bench.add("late")).await });
        assert!(matches!(late.await, Ok(Err(_))), "it was given up before it began");
    }
}
