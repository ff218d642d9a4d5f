//! Logging in and out.

use axum::http::StatusCode;
use phoenix_token::{
    SecretKeyBase,
    axum::Release,
    cookie::{RememberMe, Session, SessionCookie},
    csrf_protection::CsrfToken,
    term::{Map, Term},
};

use super::{DAY, remember_me, topic};
use crate::{
    jar::Jar,
    service::{self, REMEMBER_ME, SESSION, Service, app},
};

#[tokio::test]
async fn logging_in_stores_the_token_and_its_topic_in_the_session() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    let answer = jar.post(&service.app(), "/log-in?user=7").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, Some("/")));
    assert_eq!(answer.set_names(), [SESSION]);
    let session = service.session(&jar);
    let token = *session.user_token().unwrap();
    assert_eq!(session.live_socket_id(), Some(topic(&token).as_str()));
    assert_eq!(session.len(), 2);
    let row = service.store.lookup(&service.pool, &token).await.unwrap().unwrap();
    assert_eq!(row.user_id, 7.into());
    assert_eq!(jar.get(&service.app(), "/").await.body, "user 7");
}

#[tokio::test]
async fn logging_in_clears_everything_previously_stored_in_the_session() {
    let service = Service::new().await;
    let mut planted = Session::new();
    planted.put_csrf_token(&CsrfToken::generate().unwrap());
    planted.put_term("to_be_removed", "value");
    let mut jar = Jar::default();
    service.put_session(&mut jar, &planted);
    jar.post(&service.app(), "/log-in?user=1").await;
    let keys: Vec<String> = service.session(&jar).keys().map(Into::into).collect();
    assert_eq!(keys, ["live_socket_id", "user_token"]);
}

/// What upstream lets through it puts there by `put_flash(conn, :data, [1, 300])`.
#[tokio::test]
async fn messages_that_are_no_text_outlive_logging_in_and_out() {
    let service = Service::new().await;
    let data = Term::from(vec![Term::from(1), Term::from(300)]);
    let flash = Map::from_iter([("info".into(), "hi".into()), ("data".into(), data)]);
    let mut session = Session::new();
    session.put_term("phoenix_flash", flash.clone());
    session.put_term("to_be_removed", "value");
    let mut jar = Jar::default();
    service.put_session(&mut jar, &session);
    jar.post(&service.app(), "/log-in?user=1").await;
    assert_eq!(service.session(&jar).len(), 3);
    assert_eq!(service.session(&jar).get_term("phoenix_flash"), Some(&flash.clone().into()));
    jar.post(&service.app(), "/log-out-everywhere").await;
    let after = service.session(&jar);
    assert_eq!((after.len(), after.get_term("phoenix_flash")), (1, Some(&flash.into())));
}

#[tokio::test]
async fn a_token_that_was_planted_before_logging_in_opens_nothing_after() {
    let service = Service::new().await;
    let attacker = service.logged_in(666).await;
    let mut victim = attacker.clone();
    victim.post(&service.app(), "/log-in?user=1").await;
    assert_eq!(victim.get(&service.app(), "/").await.body, "user 1");
    assert_eq!(attacker.clone().get(&service.app(), "/").await.body, "nobody");
}

#[tokio::test]
async fn giving_credentials_again_keeps_the_session_under_a_new_token() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    jar.get(&service.app(), "/put?cart=apples").await;
    let before = service.session(&jar);
    service.clock.advance(DAY);
    assert_eq!(jar.get(&service.app(), "/sudo").await.status, StatusCode::FOUND);
    let answer = jar.post(&service.app(), "/log-in?user=1").await;
    assert_eq!(answer.location(), Some("/sudo"));
    let after = service.session(&jar);
    assert_eq!(after.get_term("cart"), before.get_term("cart"));
    assert_ne!(after.user_token(), before.user_token());
    assert_eq!(service.rows().await, 1);
    let old = service.store.lookup(&service.pool, before.user_token().unwrap()).await;
    assert_eq!(old.unwrap(), None);
    assert_eq!(jar.get(&service.app(), "/sudo").await.body, "sudo of 1");
}

#[tokio::test]
async fn logging_in_as_another_user_clears_the_session_and_ends_the_one_before() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    jar.get(&service.app(), "/put?cart=apples").await;
    let before = *service.session(&jar).user_token().unwrap();
    jar.post(&service.app(), "/log-in?user=2").await;
    assert_eq!(service.session(&jar).get_term("cart"), None);
    assert_eq!(service.store.lookup(&service.pool, &before).await.unwrap(), None);
    assert_eq!(jar.get(&service.app(), "/").await.body, "user 2");
}

#[tokio::test]
async fn logging_in_leads_back_to_the_page_that_asked_for_it_once() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    let answer = jar.get(&service.app(), "/settings?tab=2").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, Some("/log-in")));
    let session = service.session(&jar);
    assert_eq!(session.flash("error"), Some("You must log in to access this page."));
    let messages = jar.get(&service.app(), "/log-in").await.body;
    assert_eq!(messages, r#"[("error", "You must log in to access this page.")]"#);
    assert_eq!(jar.get(&service.app(), "/log-in").await.body, "[]");
    let answer = jar.post(&service.app(), "/log-in?user=1").await;
    assert_eq!(answer.location(), Some("/settings?tab=2"));
    assert_eq!(service.session(&jar).take_user_return_to(), None);
}

#[tokio::test]
async fn only_a_get_or_a_head_which_plug_makes_one_of_is_led_back_to() {
    let service = Service::new().await;
    for method in ["POST", "PUT", "DELETE", "GET", "HEAD"] {
        let mut jar = Jar::default();
        assert_eq!(jar.method(&service.app(), method, "/settings").await.status, 302, "{method}");
        let noted = ["GET", "HEAD"].contains(&method).then_some("/settings");
        assert_eq!(service.session(&jar).take_user_return_to().as_deref(), noted, "{method}");
    }
}

#[tokio::test]
async fn a_page_whose_path_is_too_long_for_the_cookie_is_not_led_back_to() {
    let service = Service::new().await;
    let app = service.app();
    for length in [1500, 1526, 1527, 3200, 60_000] {
        let mut jar = Jar::default();
        let uri = format!("/settings?{}", "x".repeat(length));
        let answer = jar.get(&app, &uri).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, Some("/log-in")));
        let session = service.session(&jar);
        assert_eq!(session.flash("error"), Some("You must log in to access this page."));
        let noted = (length <= 1526).then_some(uri);
        assert_eq!(session.clone().take_user_return_to(), noted, "{length}");
        assert_eq!(jar.get(&app, "/form").await.status, 200, "there is room for its token");
    }
    // Beside much else there is no room for a shorter one either.
    let mut jar = Jar::default();
    jar.get(&app, &format!("/put?cart={}", "x".repeat(2000))).await;
    let answer = jar.get(&app, &format!("/settings?{}", "x".repeat(1000))).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, Some("/log-in")));
    let mut session = service.session(&jar);
    assert!(session.get_term("cart").is_some() && session.flash("error").is_some());
    assert_eq!(session.take_user_return_to(), None);
}

#[tokio::test]
async fn logging_in_never_leads_to_another_site() {
    let service = Service::new().await;
    for elsewhere in ["//evil.example", "https://evil.example/", "/\\evil.example", "/\r\nx: y"] {
        let mut session = Session::new();
        session.put_user_return_to(elsewhere);
        let mut jar = Jar::default();
        service.put_session(&mut jar, &session);
        let answer = jar.post(&service.app(), "/log-in?user=1").await;
        assert_eq!(answer.location(), Some("/"), "{elsewhere:?}");
    }
}

#[tokio::test]
async fn a_user_to_be_remembered_gets_the_cookie_that_phoenix_writes() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    let answer = jar.post(&service.app(), "/log-in?user=1&remember_me=true").await;
    assert_eq!(answer.set_names(), [REMEMBER_ME, SESSION]);
    let session = service.session(&jar);
    assert!(session.user_remember_me());
    let value = remember_me(&service, session.user_token().unwrap());
    assert_eq!(jar.cookies[REMEMBER_ME], value);
    assert_eq!(
        answer.set_cookies()[0],
        format!(
            "{REMEMBER_ME}={value}; path=/; expires=Fri, 16 Jan 2026 03:04:05 GMT; \
             max-age=1209600; secure; HttpOnly; SameSite=Lax"
        )
    );
    let value = &jar.cookies[SESSION];
    assert_eq!(
        answer.set_cookies()[1],
        format!("{SESSION}={value}; path=/; secure; HttpOnly; SameSite=Lax")
    );
}

#[tokio::test]
async fn who_was_remembered_in_the_session_before_is_remembered_again() {
    let service = Service::new().await;
    let mut session = Session::new();
    session.put_user_remember_me();
    let mut jar = Jar::default();
    service.put_session(&mut jar, &session);
    jar.post(&service.app(), "/log-in?user=1").await;
    assert!(jar.cookies.contains_key(REMEMBER_ME) && service.session(&jar).user_remember_me());
}

#[tokio::test]
async fn logging_out_erases_the_row_the_session_and_the_cookie_and_names_the_topic() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    jar.post(&service.app(), "/log-in?user=1&remember_me=true").await;
    let copy = jar.clone();
    let token = *service.session(&jar).user_token().unwrap();
    let answer = jar.post(&service.app(), "/log-out").await;
    assert_eq!(answer.body, format!("/ [{:?}]", topic(&token)));
    assert_eq!(
        answer.set_cookies()[0],
        format!(
            "{REMEMBER_ME}=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=0; secure; \
             HttpOnly; SameSite=Lax"
        )
    );
    assert_eq!(service.rows().await, 0);
    let session = service.session(&jar);
    assert_eq!(session.flash("info"), Some("Logged out successfully."));
    assert_eq!(session.len(), 1);
    assert_eq!(copy.clone().get(&service.app(), "/").await.body, "nobody");
}

#[tokio::test]
async fn logging_out_of_1_7_erases_the_cookie_without_the_options_it_was_set_with() {
    let service = Service::new().await;
    let auth = service.auth.clone().release(Release::V1_7);
    let answer = Jar::default().post(&app(&auth), "/log-out").await;
    assert_eq!(
        answer.set_cookies()[0],
        format!(
            "{REMEMBER_ME}=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=0; secure; \
             HttpOnly"
        )
    );
}

#[tokio::test]
async fn logging_out_works_where_nobody_is_logged_in() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    let answer = jar.post(&service.app(), "/log-out").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.set_names(), [REMEMBER_ME, SESSION]);
    assert_eq!(answer.body, "/ []");
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_of_the_users_sessions_and_no_others() {
    let service = Service::new().await;
    let (mut one, mut two) = (service.logged_in(1).await, service.logged_in(1).await);
    let mut other = service.logged_in(2).await;
    let answer = one.post(&service.app(), "/log-out-everywhere").await;
    assert_eq!(answer.location(), Some("/"));
    assert_eq!(one.get(&service.app(), "/").await.body, "nobody");
    assert_eq!(two.get(&service.app(), "/").await.body, "nobody");
    assert_eq!(other.get(&service.app(), "/").await.body, "user 2");
}

/// It holds the token that the log-in has replaced, so the next start of the browser would be nobody's.
#[tokio::test]
async fn a_remember_me_cookie_goes_on_where_credentials_are_given_again_without_asking_for_it() {
    for release in [Release::V1_7, Release::V1_8] {
        let service = Service::new().await;
        let app = app(&service.auth.clone().release(release));
        let mut jar = Jar::default();
        jar.post(&app, "/log-in?user=1&remember_me=true").await;
        let answer = jar.post(&app, "/log-in?user=1").await;
        assert_eq!(answer.set_names(), [REMEMBER_ME, SESSION]);
        let token = *service.session(&jar).user_token().unwrap();
        assert_eq!(jar.cookies[REMEMBER_ME], remember_me(&service, &token));
        assert_eq!(service.rows().await, 1);
        jar.cookies.remove(SESSION);
        assert_eq!(jar.get(&app, "/").await.body, "user 1", "{release:?}");
        // That of another session is left alone.
        let mut jar = service.logged_in(1).await;
        let other = remember_me(&service, &service.token(1).await);
        jar.cookies.insert(REMEMBER_ME.into(), other.clone());
        assert_eq!(jar.post(&app, "/log-in?user=1").await.set_names(), [SESSION]);
        assert_eq!(jar.cookies[REMEMBER_ME], other);
    }
}

/// That of another user's session is of no use any more.
#[tokio::test]
async fn logging_in_writes_a_remember_me_cookie_under_an_earlier_secret_anew_for_the_same_user() {
    let service = Service::new().await;
    let old = SecretKeyBase::new(service::SECRET.replace('w', "v")).unwrap();
    let old_cookie = SessionCookie::encrypted(&old, "enc", "sign").unwrap();
    let old_remember = RememberMe::new(&old, "my_app").unwrap();
    let auth = service.auth.clone().also_read(old_cookie, old_remember.clone()).unwrap();
    for release in [Release::V1_7, Release::V1_8] {
        let app = app(&auth.clone().release(release));
        for user in [5, 6] {
            let token = service.token(5).await;
            let mut session = Session::new();
            session.put_user_token(&token);
            let mut jar = Jar::default();
            service.put_session(&mut jar, &session);
            let value = old_remember.write_at(&token, service.clock.now()).unwrap();
            jar.cookies.insert(REMEMBER_ME.into(), value);
            // Any other page would write it anew.
            assert_eq!(jar.clone().get(&app, "/").await.set_names(), [REMEMBER_ME]);
            let answer = jar.post(&app, &format!("/log-in?user={user}")).await;
            let token = *service.session(&jar).user_token().unwrap();
            let written = if user == 5 { vec![REMEMBER_ME, SESSION] } else { vec![SESSION] };
            assert_eq!((answer.status, answer.set_names()), (StatusCode::FOUND, written));
            let is_new = jar.cookies[REMEMBER_ME] == remember_me(&service, &token);
            assert_eq!(is_new, user == 5);
            assert_eq!(jar.get(&app, "/").await.body, format!("user {user}"));
        }
    }
}
