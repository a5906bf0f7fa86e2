//! The documents say what is true.

mod front_page;
mod guide;
mod rfc_map;
