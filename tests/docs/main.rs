//! The documents say what is true.

mod rfc_map;
