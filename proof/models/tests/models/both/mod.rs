//! The models that the halves of both adapters run. The modules `blocking` and `asynchronous` have
//! the tests, which say how many preemptions are possible.

pub(crate) mod answers;
pub(crate) mod closing;
pub(crate) mod endings;
pub(crate) mod halves;
