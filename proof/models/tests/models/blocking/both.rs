//! The models for both adapters.

use super::Blocking;
use crate::both;

#[test]
fn a_ping_is_answered_while_a_message_is_sent() {
    both::answers::a_ping_is_answered_while_a_message_is_sent::<Blocking>(2);
}

#[test]
fn a_ping_is_answered_while_a_client_sends_a_prepared_message() {
    both::answers::a_ping_is_answered_while_a_client_sends_a_prepared_message::<Blocking>(2);
}

#[test]
fn the_newest_of_two_pings_is_answered_and_no_ping_twice() {
    both::answers::the_newest_of_two_pings_is_answered_and_no_ping_twice::<Blocking>();
}

#[test]
fn a_ping_is_received_while_the_writer_is_stuck() {
    both::answers::a_ping_is_received_while_the_writer_is_stuck::<Blocking>();
}

#[test]
fn a_server_and_its_client_close_at_once() {
    both::closing::a_server_and_its_client_close_at_once::<Blocking>(Some(3));
}

#[test]
fn a_client_and_its_server_close_at_once() {
    both::closing::a_client_and_its_server_close_at_once::<Blocking>(Some(3));
}

#[test]
fn a_message_is_sent_before_the_answer_to_a_close_or_it_is_returned() {
    both::closing::a_message_is_sent_before_the_answer_to_a_close_or_it_is_returned::<Blocking>(
        Some(3),
    );
}

#[test]
fn a_queued_message_is_written_before_the_answer_to_a_close() {
    both::closing::a_queued_message_is_written_before_the_answer_to_a_close::<Blocking>(Some(3));
}

#[test]
fn one_half_closes_while_the_other_is_in_the_middle_of_a_message() {
    both::closing::one_half_closes_while_the_other_is_in_the_middle_of_a_message::<Blocking>();
}

#[test]
fn both_halves_learn_that_the_transport_has_failed() {
    both::endings::both_halves_learn_that_the_transport_has_failed::<Blocking>();
}

#[test]
fn messages_are_received_after_the_writes_have_failed() {
    both::endings::messages_are_received_after_the_writes_have_failed::<Blocking>();
}

#[test]
fn a_ping_is_answered_when_the_writer_is_dropped() {
    both::halves::a_ping_is_answered_when_the_writer_is_dropped::<Blocking>();
}

#[test]
fn an_answer_is_sent_when_the_reader_is_dropped() {
    both::halves::an_answer_is_sent_when_the_reader_is_dropped::<Blocking>();
}

#[test]
fn halves_that_are_joined_have_lost_nothing() {
    both::halves::halves_that_are_joined_have_lost_nothing::<Blocking>();
}
