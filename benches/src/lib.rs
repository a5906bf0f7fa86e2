//! Data that several benchmarks use.

pub mod workload;
