//! Servers killed, backends terminated, connections lost or silent, no room left, a disk that fails:
//! each operation ends in its time, what was ended stays ended, and what was acknowledged is not
//! lost.
//!
//! `PHOENIX_TOKEN_KILLS` sets how often each server is killed, 60 times without it.
#![cfg(any(feature = "postgres", feature = "mysql"))]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports, reason = "one database alone needs a part of it")
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

#[path = "common/databases.rs"]
mod databases;
#[path = "common/load.rs"]
#[allow(unreachable_pub, reason = "a helper of tests")]
mod load;
#[path = "common/proxy.rs"]
#[allow(unreachable_pub, reason = "a helper of tests")]
mod proxy;

use std::time::Duration;

use databases::{
    Breakable,
    server::{Server, failing_disk},
};
use load::{Load, WAIT};
use proxy::Proxy;
use tokio::time::sleep;

fn kills() -> u32 {
    std::env::var("PHOENIX_TOKEN_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(60)
}

/// A server of its own; says that the test is skipped where none can be had.
fn server<P: Breakable>(disk: Option<u32>) -> Option<Server> {
    let server = P::home(disk).and_then(P::start_in);
    server.map_err(|why| databases::skip(&why)).ok()
}

/// Blocks this thread, and lets the runtime's others go on.
fn restart(server: &mut Server) {
    tokio::task::block_in_place(|| {
        server.kill();
        server.restart().unwrap();
    });
}

async fn a_server_killed_in_mid_load_loses_nothing_that_was_acknowledged<P: Breakable>() {
    let server = P::home(None).and_then(P::start_to_be_killed);
    let Ok(mut server) = server.map_err(|why| databases::skip(&why)) else { return };
    let load = Load::on(P::pool(server.port, WAIT).await).await;
    for _ in 0..kills() {
        load.during(async {
            sleep(Duration::from_millis(250)).await;
            restart(&mut server);
            sleep(Duration::from_millis(100)).await;
        })
        .await;
    }
    load.check(&format!("{}, SIGKILL {} times", P::NAME, kills())).await;
}

async fn connections_cut_or_silent_are_errors_in_time<P: Breakable>() {
    let Some(server) = server::<P>(None) else { return };
    let proxy = Proxy::to(server.port).await;
    let load = Load::on(P::pool(proxy.port, WAIT).await).await;
    load.during(async {
        for _ in 0..5 {
            sleep(Duration::from_millis(100)).await;
            proxy.cut();
        }
        for _ in 0..2 {
            sleep(Duration::from_millis(200)).await;
            proxy.hole();
            sleep(WAIT * 2).await;
            proxy.mend();
        }
        sleep(Duration::from_millis(500)).await;
    })
    .await;
    load.check(&format!("{}, network", P::NAME)).await;
}

/// The server may give up where it cannot write its log; it starts again once there is room.
async fn a_full_disk_is_an_error_and_nothing_is_lost<P: Breakable>() {
    let Some(mut server) = server::<P>(Some(192)) else { return };
    let load = Load::on(P::pool(server.port, WAIT).await).await;
    for _ in 0..3 {
        load.during(async {
            sleep(Duration::from_millis(300)).await;
            server.home.fill();
            sleep(Duration::from_millis(1500)).await;
            server.home.free();
        })
        .await;
        restart(&mut server);
    }
    assert!(load.has_failed_with(P::FULL), "the disk was not full");
    load.check(&format!("{}, disk full", P::NAME)).await;
}

async fn a_disk_that_fails_is_an_error_and_nothing_is_lost<P: Breakable>() {
    let Some(mut server) = server::<P>(None) else { return };
    let faults = match failing_disk() {
        Ok(faults) => faults,
        Err(why) => return databases::skip(&why),
    };
    let load = Load::on(P::pool(server.port, WAIT).await).await;
    load.during(load.acknowledged()).await;
    for _ in 0..5 {
        server.environment.clone_from(&faults);
        restart(&mut server);
        load.during(sleep(Duration::from_millis(1000))).await;
        server.environment.clear();
        restart(&mut server);
        load.during(load.acknowledged()).await;
    }
    let log = server.log();
    assert!(P::FAILED.iter().any(|words| log.contains(words)), "no fault: {log}");
    load.check(&format!("{}, EIO", P::NAME)).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn terminated_backends_are_errors_and_no_more() {
    use databases::{Place as _, postgres::Postgres};
    let Some(server) = server::<Postgres>(None) else { return };
    let admin = Postgres::pool(server.port, WAIT).await;
    let load = Load::on(Postgres::pool(server.port, WAIT).await).await;
    load.during(async {
        for _ in 0..20 {
            sleep(Duration::from_millis(50)).await;
            let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
            let _ = sqlx::query(terminate).execute(&admin).await;
        }
    })
    .await;
    load.check(&format!("{}, backends terminated", Postgres::NAME)).await;
}

/// The tests above go on when a child of the killed server does not see that its parent is gone.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_again_though_a_child_of_it_does_not_go() {
    use databases::{Place as _, postgres::Postgres};
    let Some(mut server) = server::<Postgres>(None) else { return };
    let pool = Postgres::pool(server.port, WAIT).await;
    let child = Postgres::number(&pool, "SELECT pg_backend_pid()::bigint").await;
    let stopped = std::process::Command::new("kill").args(["-STOP", &child.to_string()]).status();
    assert!(stopped.unwrap().success());
    restart(&mut server);
    let pool = Postgres::pool(server.port, WAIT).await;
    assert_eq!(Postgres::number(&pool, "SELECT 1::bigint").await, 1);
}

on_every_server! {
    a_server_killed_in_mid_load_loses_nothing_that_was_acknowledged
    connections_cut_or_silent_are_errors_in_time
    a_full_disk_is_an_error_and_nothing_is_lost
    a_disk_that_fails_is_an_error_and_nothing_is_lost
}
