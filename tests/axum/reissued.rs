//! What a log-out ends of a log-in that was reissued: the row of the token that it brings, and no other.

use std::time::Duration;

use crate::{
    jar::Jar,
    service::{SESSION, Service},
};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

/// Logged in 8 days ago, so that the next request reissues the session.
async fn due(service: &Service) -> Jar {
    let jar = service.logged_in(1).await;
    service.clock.advance(8 * DAY);
    jar
}

async fn answers(service: &Service, jar: &Jar) -> String {
    jar.clone().get(&service.app(), "/").await.body
}

#[tokio::test]
async fn with_grace_a_cookie_copied_before_the_reissue_is_refused_after_it() {
    let service = Service::with(|settings| settings.grace(MINUTE)).await;
    let mut jar = due(&service).await;
    let copied = jar.clone();
    assert_eq!(jar.get(&service.app(), "/").await.set_names(), [SESSION]);
    jar.post(&service.app(), "/log-out").await;
    assert_eq!(answers(&service, &copied).await, "user 1", "other requests may be on their way");
    service.clock.advance(MINUTE);
    assert_eq!(answers(&service, &copied).await, "nobody");
    assert_eq!(answers(&service, &jar).await, "nobody");
}

#[tokio::test]
async fn without_grace_it_lasts_until_it_expires_or_all_sessions_are_ended() {
    for everywhere in [false, true] {
        let service = Service::new().await;
        let mut jar = due(&service).await;
        let copied = jar.clone();
        jar.get(&service.app(), "/").await;
        let path = if everywhere { "/log-out-everywhere" } else { "/log-out" };
        jar.post(&service.app(), path).await;
        assert_eq!(answers(&service, &jar).await, "nobody");
        let left = if everywhere { "nobody" } else { "user 1" };
        assert_eq!(answers(&service, &copied).await, left);
        service.clock.advance(6 * DAY);
        assert_eq!(answers(&service, &copied).await, "nobody", "14 days after the log-in");
    }
}

#[tokio::test]
async fn a_log_out_with_the_token_before_leaves_what_a_reissue_on_its_way_brings() {
    for grace in [None, Some(MINUTE)] {
        let set = |settings: phoenix_token::store::Settings| match grace {
            Some(grace) => settings.grace(grace),
            None => settings,
        };
        let service = Service::with(set).await;
        let mut jar = due(&service).await;
        let mut on_its_way = jar.clone();
        on_its_way.get(&service.app(), "/").await;
        jar.post(&service.app(), "/log-out").await;
        jar.cookies.extend(on_its_way.cookies);
        assert_eq!(answers(&service, &jar).await, "user 1");
        jar.post(&service.app(), "/log-out-everywhere").await;
        assert_eq!(service.rows().await, 0);
    }
}
