//! The models for the halves of both adapters. The modules `blocking` and `asynchronous` have the
//! tests, which pass the limit on preemptions.

pub(crate) mod answers;
pub(crate) mod closing;
pub(crate) mod endings;
pub(crate) mod halves;
