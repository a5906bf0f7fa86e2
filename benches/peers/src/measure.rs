//! Times several candidates in turn.
//!
//! One repeat creates and times every candidate once, so that a slow minute of the machine affects
//! all of them. In each repeat the buffers are at other positions. The figure is the median over
//! the repeats.

use std::time::Duration;

use crate::clock;
use crate::report::{Calls, Side};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each candidate is timed.
    pub repeats: usize,
    /// How long one timing takes at least.
    pub sample: Duration,
}

impl Effort {
    /// For figures that are worth reading.
    pub const FULL: Self = Self { repeats: 11, sample: Duration::from_millis(20) };
    /// To see that everything works.
    pub const QUICK: Self = Self { repeats: 3, sample: Duration::from_millis(1) };
}

/// A connection, or whatever else is timed. A call runs it the given number of times.
pub type Pass = Box<dyn FnMut(usize)>;

/// Something to time.
pub struct Candidate<'c> {
    /// The name that the report shows.
    pub name: String,
    /// Whether it is our crate, a peer or a limit.
    pub side: Side,
    /// How often it calls the transport.
    pub calls: Calls,
    /// Creates it. The argument shifts its buffers.
    pub create: Box<dyn Fn(usize) -> Pass + 'c>,
}

/// What several repeats have found.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The median.
    pub value: f64,
    /// The range of the middle half of the repeats, divided by the median.
    pub spread: f64,
}

/// Times all candidates. The figures are nanoseconds for one pass, in the order of the candidates.
pub fn measure(candidates: &[Candidate<'_>], effort: Effort) -> Vec<Figure> {
    let passes: Vec<usize> =
        candidates.iter().map(|candidate| calibrate(candidate, effort.sample)).collect();
    let mut samples = vec![Vec::new(); candidates.len()];
    for repeat in 0..effort.repeats {
        let shift = shift(repeat);
        // Occupies memory, so that the allocator places the buffers of this repeat elsewhere.
        let ballast = vec![1_u8; 1 + shift * 3];
        for offset in 0..candidates.len() {
            // Each repeat begins with another candidate.
            let index = (repeat + offset) % candidates.len();
            let mut pass = (candidates[index].create)(shift);
            pass(2);
            let time = clock::time(|| pass(passes[index]));
            samples[index].push(time.as_nanos() as f64 / passes[index] as f64);
        }
        std::hint::black_box(ballast);
    }
    samples.into_iter().map(Figure::of).collect()
}

/// Returns how far the buffers of a repeat are shifted: another distance within a page each time,
/// and not always a multiple of a cache line.
#[must_use]
pub const fn shift(repeat: usize) -> usize {
    (repeat * 1032) % 4096
}

/// Returns how many passes take at least `sample`.
fn calibrate(candidate: &Candidate<'_>, sample: Duration) -> usize {
    let mut pass = (candidate.create)(0);
    pass(1);
    let mut passes = 1;
    loop {
        let time = clock::time(|| pass(passes));
        if time >= sample / 4 {
            let per_pass = time.as_secs_f64() / passes as f64;
            return (sample.as_secs_f64() / per_pass).ceil().max(1.0) as usize;
        }
        passes *= 2;
    }
}

impl Figure {
    /// Returns the figure of some samples.
    ///
    /// # Panics
    /// If there is no sample.
    #[must_use]
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |quantile: f64| samples[((samples.len() - 1) as f64 * quantile).round() as usize];
        Self { value: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) }
    }
}
