//! The documents say what is true.

mod dependencies;
mod front_page;
mod guide;
mod names;
mod rfc_map;
