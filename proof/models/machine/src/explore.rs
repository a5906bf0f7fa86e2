//! Running a model in every order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `model` once for each order of its threads that can make a difference, and prints the
/// number of orders. In one order, at most `preemptions` interruptions hit a thread that could go
/// on. Threads that wait are interrupted without a limit.
///
/// # Panics
/// Panics if the model panics in one of the orders, if all its threads wait for each other, or if
/// they never end.
pub fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 10_000;
    builder.preemption_bound = builder.preemption_bound.or(preemptions);
    let begin = std::time::Instant::now();
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let bound = match builder.preemption_bound {
        Some(bound) => format!("with up to {bound} preemptions"),
        None => "without a bound".to_owned(),
    };
    let orders = orders.load(Ordering::Relaxed);
    println!("{name}: {orders} orders {bound}, {:.1} s", begin.elapsed().as_secs_f32());
}
