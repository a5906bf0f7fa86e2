//! The chat and the interface `WebSocket` in Chromium and Firefox. `interop/browsers.sh` runs these
//! tests.

mod browser;
mod chat;
mod chromium;
mod firefox;
mod http2;
mod peer;
mod remote;
mod websocket;

mod in_chromium {
    use super::chromium::Chromium;
    use super::{chat, http2, websocket};

    #[tokio::test]
    async fn events_come_in_order() {
        websocket::events_come_in_order::<Chromium>().await;
    }

    #[tokio::test]
    async fn close_codes_arrive_with_reasons() {
        websocket::close_codes_arrive_with_reasons::<Chromium>().await;
    }

    #[tokio::test]
    async fn all_types_are_echoed_up_to_the_limit() {
        websocket::all_types_are_echoed_up_to_the_limit::<Chromium>(false).await;
    }

    #[tokio::test]
    async fn all_types_are_echoed_compressed() {
        websocket::all_types_are_echoed_up_to_the_limit::<Chromium>(true).await;
    }

    #[tokio::test]
    async fn the_buffered_amount_drains() {
        websocket::the_buffered_amount_drains::<Chromium>().await;
    }

    #[tokio::test]
    async fn subprotocols_extensions_and_pings() {
        websocket::subprotocols_extensions_and_pings::<Chromium>().await;
    }

    #[tokio::test]
    async fn the_chat_works_over_tls() {
        chat::the_chat_works_over_tls::<Chromium>().await;
    }

    #[tokio::test]
    async fn a_websocket_is_a_stream_of_an_http2_connection() {
        http2::a_websocket_is_a_stream_of_an_http2_connection::<Chromium>().await;
    }

    #[tokio::test]
    async fn a_wrong_invite_is_explained() {
        chat::a_wrong_invite_is_explained::<Chromium>().await;
    }

    #[tokio::test]
    async fn a_text_over_the_limit_is_explained() {
        chat::a_text_over_the_limit_is_explained::<Chromium>().await;
    }

    #[tokio::test]
    async fn the_page_connects_again_when_the_server_is_back() {
        chat::the_page_connects_again_when_the_server_is_back::<Chromium>().await;
    }

    #[tokio::test]
    async fn the_page_is_usable_without_a_pointer() {
        chat::the_page_is_usable_without_a_pointer::<Chromium>().await;
    }

    #[tokio::test]
    async fn screenshots() {
        chat::screenshots_in_chromium().await;
    }
}

mod in_firefox {
    use super::firefox::Firefox;
    use super::{chat, http2, websocket};

    #[tokio::test]
    async fn events_come_in_order() {
        websocket::events_come_in_order::<Firefox>().await;
    }

    #[tokio::test]
    async fn close_codes_arrive_with_reasons() {
        websocket::close_codes_arrive_with_reasons::<Firefox>().await;
    }

    #[tokio::test]
    async fn all_types_are_echoed_up_to_the_limit() {
        websocket::all_types_are_echoed_up_to_the_limit::<Firefox>(false).await;
    }

    #[tokio::test]
    async fn all_types_are_echoed_compressed() {
        websocket::all_types_are_echoed_up_to_the_limit::<Firefox>(true).await;
    }

    #[tokio::test]
    async fn the_buffered_amount_drains() {
        websocket::the_buffered_amount_drains::<Firefox>().await;
    }

    #[tokio::test]
    async fn subprotocols_extensions_and_pings() {
        websocket::subprotocols_extensions_and_pings::<Firefox>().await;
    }

    #[tokio::test]
    async fn the_chat_works_over_tls() {
        chat::the_chat_works_over_tls::<Firefox>().await;
    }

    #[tokio::test]
    async fn a_websocket_is_a_stream_of_an_http2_connection() {
        http2::a_websocket_is_a_stream_of_an_http2_connection::<Firefox>().await;
    }

    #[tokio::test]
    async fn a_wrong_invite_is_explained() {
        chat::a_wrong_invite_is_explained::<Firefox>().await;
    }

    #[tokio::test]
    async fn a_text_over_the_limit_is_explained() {
        chat::a_text_over_the_limit_is_explained::<Firefox>().await;
    }

    #[tokio::test]
    async fn the_page_connects_again_when_the_server_is_back() {
        chat::the_page_connects_again_when_the_server_is_back::<Firefox>().await;
    }

    #[tokio::test]
    async fn the_page_is_usable_without_a_pointer() {
        chat::the_page_is_usable_without_a_pointer::<Firefox>().await;
    }

    #[tokio::test]
    async fn screenshots() {
        chat::screenshots_in_firefox().await;
    }
}

#[tokio::test]
async fn two_browsers_chat_through_two_servers() {
    chat::two_browsers_chat_through_two_servers().await;
}
