//! A replacement for the coders if the feature `deflate` is off. permessage-deflate is never
//! negotiated then, so no value of the uninhabited types exists.

use bytes::Bytes;

use crate::deflate::{Compression, Preferences, Terms};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::websocket::Config;

#[derive(Clone, Debug)]
pub(in crate::websocket) struct Settings;

impl Settings {
    pub(in crate::websocket) const fn new() -> Self {
        Self
    }

    pub(in crate::websocket) const fn preferences(&self) -> Option<Preferences> {
        None
    }
}

#[derive(Debug)]
pub(in crate::websocket) enum Deflating {}

impl Deflating {
    pub(in crate::websocket) const fn negotiated(
        _: &Settings,
        _: Option<&Terms>,
        _is_client: bool,
    ) -> Option<Self> {
        None
    }

    pub(in crate::websocket) const fn set_compression(&mut self, _: Compression) {
        match *self {}
    }

    pub(in crate::websocket) const fn release_memory(&mut self) {
        match *self {}
    }

    pub(in crate::websocket) const fn forget(&mut self) {
        match *self {}
    }

    pub(in crate::websocket) const fn applies(&self, _len: usize, _is_whole: bool) -> bool {
        match *self {}
    }

    pub(in crate::websocket) const fn compress(&mut self, _payload: &[u8], _fin: bool) -> Bytes {
        match *self {}
    }

    pub(in crate::websocket) const fn takes(&self, _: Option<&Compressed>) -> bool {
        match *self {}
    }

    pub(in crate::websocket) const fn compress_prepared(
        &mut self,
        _payload: &Bytes,
        _: Option<&Compressed>,
    ) -> Bytes {
        match *self {}
    }
}

#[derive(Debug)]
pub(in crate::websocket) enum Inflating {}

impl Inflating {
    pub(in crate::websocket) const fn negotiated(
        _: &Config,
        _: Option<&Terms>,
        _is_client: bool,
    ) -> Option<Self> {
        None
    }

    pub(in crate::websocket) const fn push(
        &mut self,
        _: Kind,
        _bytes: &[u8],
        _last: bool,
    ) -> Result<(), ProtocolError> {
        match *self {}
    }

    pub(in crate::websocket) const fn take_skipped(&mut self) -> Option<u64> {
        match *self {}
    }

    pub(in crate::websocket) const fn take_dropped(&mut self) -> usize {
        match *self {}
    }

    pub(in crate::websocket) const fn take_produced(&mut self) -> usize {
        match *self {}
    }

    pub(in crate::websocket) const fn len(&self) -> usize {
        match *self {}
    }

    pub(in crate::websocket) const fn take(&mut self) -> Bytes {
        match *self {}
    }

    pub(in crate::websocket) const fn lend(&mut self) -> &[u8] {
        match *self {}
    }

    pub(in crate::websocket) const fn drop_lent(&mut self) {
        match *self {}
    }

    pub(in crate::websocket) const fn discard(&mut self) {
        match *self {}
    }

    pub(in crate::websocket) const fn release_memory(&mut self) {
        match *self {}
    }
}

/// The compressed form of a prepared message.
#[derive(Clone, Debug)]
pub(in crate::websocket) enum Compressed {}

impl Compressed {
    pub(in crate::websocket) const fn payload(&self) -> &Bytes {
        match *self {}
    }
}
