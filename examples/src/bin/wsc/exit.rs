//! The exit codes, which `--help` lists.

use std::process::ExitCode;

use websocket_proto::tokio::{CloseCode, ConnectError, ConnectPhase, ProxyError};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Clean,
    Lost,
    Usage,
    NoConnection,
    Tls,
    Refused,
    Local,
    Interrupted,
}

impl Exit {
    pub(crate) fn of_close(code: CloseCode) -> Self {
        match code {
            CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_STATUS => Self::Clean,
            _ => Self::Lost,
        }
    }

    pub(crate) fn of_connect_error(error: &ConnectError) -> Self {
        match error {
            ConnectError::Url(_) | ConnectError::Request(_) => Self::Usage,
            ConnectError::Tls { .. } | ConnectError::NoRoots => Self::Tls,
            ConnectError::Response { .. } | ConnectError::Refused { .. } => Self::Refused,
            ConnectError::Proxy { error: ProxyError::Refused(_), .. } => Self::NoConnection,
            ConnectError::Ended { step, .. } if step.phase == ConnectPhase::Handshake => {
                Self::Refused
            }
            _ => Self::NoConnection,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Lost => 1,
            Exit::Usage => 2,
            Exit::NoConnection => 3,
            Exit::Tls => 4,
            Exit::Refused => 5,
            Exit::Local => 6,
            // A shell reports the signal SIGINT with this code.
            Exit::Interrupted => 130,
        })
    }
}
