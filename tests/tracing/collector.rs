//! A subscriber that writes every span and event into a text.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The lines that were recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().expect("no panic").clone()
    }
}

#[derive(Debug)]
struct Collector {
    /// Spans and events of a lower level are not wanted.
    least: Level,
    /// Whether the ends of spans are recorded.
    ends: bool,
    /// The names of the spans, by their ids.
    names: Mutex<Vec<&'static str>>,
    log: Log,
}

impl Default for Collector {
    fn default() -> Self {
        let (names, log) = (Mutex::default(), Log::default());
        Self { least: Level::TRACE, ends: false, names, log }
    }
}

/// Runs a conversation on a runtime of its own thread, and returns everything that was recorded.
pub(crate) fn record<T>(conversation: impl Future<Output = T>) -> (T, String) {
    record_from(Level::TRACE, conversation)
}

/// Does the same for everything of this level and above.
pub(crate) fn record_from<T>(least: Level, conversation: impl Future<Output = T>) -> (T, String) {
    run(Collector { least, ..Collector::default() }, conversation)
}

/// Records everything, and the end of each span too.
pub(crate) fn record_with_ends<T>(conversation: impl Future<Output = T>) -> (T, String) {
    run(Collector { ends: true, ..Collector::default() }, conversation)
}

fn run<T>(collector: Collector, conversation: impl Future<Output = T>) -> (T, String) {
    let log = collector.log.clone();
    let result = tracing::subscriber::with_default(collector, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(conversation)
    });
    (result, log.text())
}

impl Subscriber for Collector {
    /// Also what other crates record.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.least
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.write(attributes.metadata(), |line| attributes.record(line));
        let mut names = self.names.lock().expect("no panic");
        names.push(attributes.metadata().name());
        Id::from_u64(names.len() as u64)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        self.log.0.lock().expect("no panic").push_str(&line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.write(event.metadata(), |line| event.record(line));
    }

    /// No span is cloned, so it ends when it is dropped.
    fn try_close(&self, id: Id) -> bool {
        if self.ends {
            let name = self.names.lock().expect("no panic")[id.into_u64() as usize - 1];
            self.log.0.lock().expect("no panic").push_str(&format!("end of {name}\n"));
        }
        true
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Collector {
    fn write(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        if !metadata.target().starts_with("websocket_proto") {
            return;
        }
        let name = if metadata.is_span() { metadata.name() } else { "event" };
        let mut line = Line(format!("{} {name}:", metadata.level()));
        record(&mut line);
        let mut log = self.log.0.lock().expect("no panic");
        log.push_str(&line.0);
        log.push('\n');
    }
}

/// The fields of one span or event.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a string takes everything");
    }
}
