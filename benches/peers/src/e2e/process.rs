//! Servers in processes of their own, each on its core.

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, mem};

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the server with this name on a core.
    pub fn start(name: &str, core: usize) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(["serve", name, &core.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
        BufReader::new(stdout).read_line(&mut line)?;
        match line.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => {
                end(&mut child);
                Err(io::Error::other("it has not started"))
            }
        }
    }

    /// Returns where the server listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the processor time of all its threads, in user and in kernel mode.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        let mut clock = 0;
        // SAFETY: the pointer is valid for writes of a clock.
        let error = unsafe { libc::clock_getcpuclockid(self.child.id() as i32, &raw mut clock) };
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error));
        }
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is valid for writes of a `timespec`.
        match unsafe { libc::clock_gettime(clock, &raw mut time) } {
            0 => Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends this process when the one that started it ends.
pub fn end_with_parent() {
    // SAFETY: this request takes a signal and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Returns a core for the load generator and another for the server. Both are the same if this
/// process may use only one.
pub fn cores() -> (usize, usize) {
    // SAFETY: a set of zeroes is a set without cores.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the pointer is valid for writes of a set of this size.
    unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    // SAFETY: every core is below the size of a set.
    let is_usable = |core: &usize| unsafe { libc::CPU_ISSET(*core, &set) };
    let usable = || (0..libc::CPU_SETSIZE as usize).filter(is_usable);
    (usable().next().unwrap_or(0), usable().next_back().unwrap_or(0))
}

/// Keeps this thread, and those that it starts, on one core.
pub fn pin(core: usize) {
    // SAFETY: a set of zeroes is a set without cores.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the core comes from a set of the same size.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: the pointer is valid for reads of a set of this size.
    let result =
        unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
    assert_eq!(result, 0, "cannot stay on core {core}: {}", io::Error::last_os_error());
}
