//! Runs the tasks in any order, and finds those that were not woken although they could go on.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use websocket_proto::asynchronous::{Transport, WebSocketStream};
use websocket_proto::connection::Role;

use crate::scripted::World;
use crate::talk::{Ear, Talk};
use crate::tasks::{Ends, reading, sinking, streaming, whole, writing};
use crate::{Mode, Op, Patience, Plan};

/// Whether a task was woken.
#[derive(Default)]
pub struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub struct Task {
    pub future: Pin<Box<dyn Future<Output = ()>>>,
    pub woken: Arc<Flag>,
    pub is_done: bool,
}

pub struct Executor {
    pub tasks: Vec<Task>,
    pub world: Rc<RefCell<World>>,
    pub talks: [Rc<Talk>; 2],
}

impl Executor {
    pub fn spawn<T: Transport + Unpin + 'static, R: Role + Unpin + 'static>(
        &mut self,
        socket: WebSocketStream<T, R>,
        plan: &Plan<'_>,
        own: &Rc<Talk>,
        peer: &Rc<Talk>,
    ) {
        let ear = Ear {
            own: Rc::clone(own),
            peer: Rc::clone(peer),
            parts: Vec::new(),
            skips_above: plan.conditions.skips_above,
        };
        let limited = |ops: &[(Op, Patience)]| ops.iter().take(40).copied().collect::<Vec<_>>();
        let (reads, writes) = (limited(&plan.reads), limited(&plan.writes));
        let conditions = plan.conditions.clone();
        match plan.mode {
            Mode::Whole => self.push(whole(socket, [reads, writes].concat(), ear, conditions)),
            Mode::Halves => {
                let (reader, writer) = socket.into_split();
                let ends = Ends::default();
                self.push(reading(reader, reads, ear.clone(), Rc::clone(&ends)));
                self.push(writing(writer, writes, ear, conditions, ends));
            }
            Mode::Shared => {
                let socket = Rc::new(RefCell::new(socket));
                self.push(streaming(Rc::clone(&socket), reads, ear.clone()));
                self.push(sinking(socket, writes, ear, conditions));
            }
        }
    }

    pub fn push(&mut self, future: impl Future<Output = ()> + 'static) {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        self.tasks.push(Task { future: Box::pin(future), woken, is_done: false });
    }

    pub fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        if task.is_done {
            return;
        }
        task.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.woken));
        task.is_done = task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
    }

    pub fn run(mut self, schedule: &[u8]) {
        for byte in schedule.iter().take(200) {
            match byte {
                // For something or for nothing.
                0..160 => self.poll(usize::from(*byte) % self.tasks.len()),
                160..200 => self.world.borrow_mut().wake_all(),
                200..230 => {
                    let now =
                        self.world.borrow().now + Duration::from_millis(u64::from(*byte - 199));
                    self.world.borrow_mut().advance(now);
                }
                230.. => {
                    self.expire();
                }
            }
        }
        // Everything is written and read that can be, with the time that the time-outs leave.
        self.world.borrow_mut().release();
        self.settle();
        for _ in 0..4 {
            self.expire();
            self.settle();
        }
        for talk in &self.talks {
            talk.stop.set(true);
        }
        for task in &self.tasks {
            task.woken.0.store(true, Ordering::Relaxed);
        }
        self.settle();
        // From now on every wait has a limit.
        for _ in 0..20 {
            if self.tasks.iter().all(|task| task.is_done) {
                return;
            }
            assert!(self.expire(), "a task waits for ever");
            self.settle();
        }
        panic!("a task does not come to its end");
    }

    /// Lets time pass up to the next deadline, and returns whether there is one.
    pub fn expire(&mut self) -> bool {
        let timer = self.world.borrow().next_timer();
        if let Some(deadline) = timer {
            self.world.borrow_mut().advance(deadline);
        }
        timer.is_some()
    }

    /// Runs all tasks that are woken, until none is.
    pub fn settle(&mut self) {
        let mut idle = 0;
        loop {
            let moved = self.world.borrow().moved;
            let woken: Vec<usize> = (0..self.tasks.len())
                .filter(|&index| {
                    let task = &self.tasks[index];
                    !task.is_done && task.woken.0.load(Ordering::Relaxed)
                })
                .collect();
            if woken.is_empty() {
                break;
            }
            for index in woken {
                self.poll(index);
            }
            // A task may pause between pieces of work that it has read before.
            idle = if self.world.borrow().moved == moved { idle + 1 } else { 0 };
            assert!(idle < 2000, "the tasks are busy with nothing");
        }
        self.assert_nothing_was_missed();
    }

    /// Polls the tasks that were not woken: none of them may have something to do.
    pub fn assert_nothing_was_missed(&mut self) {
        for index in 0..self.tasks.len() {
            let state = |this: &Self| {
                let done = this.talks.iter().map(|talk| talk.done.get()).sum::<u64>();
                (this.tasks[index].is_done, this.world.borrow().moved, done)
            };
            let before = state(self);
            self.poll(index);
            assert_eq!(state(self), before, "task {index} was not woken");
            // A future may lose its patience, which is no progress.
            let mut round = 0;
            while self
                .tasks
                .iter()
                .any(|task| !task.is_done && task.woken.0.load(Ordering::Relaxed))
            {
                for index in 0..self.tasks.len() {
                    if self.tasks[index].woken.0.load(Ordering::Relaxed) {
                        self.poll(index);
                    }
                }
                round += 1;
                assert!(round < 200_000, "the tasks are never done");
            }
        }
    }
}
