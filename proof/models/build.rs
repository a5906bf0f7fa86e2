//! Sets a `cfg`. With this `cfg`, the library takes its locks, its socket and its clock from the
//! package `machine`.

fn main() {
    println!("cargo:rustc-cfg=websocket_proto_model");
    println!("cargo:rerun-if-changed=build.rs");
}
