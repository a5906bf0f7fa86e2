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
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Lost => 1,
            Self::Usage => 2,
            Self::NoConnection => 3,
            Self::Tls => 4,
            Self::Refused => 5,
            Self::Local => 6,
            // A shell reports the signal SIGINT with this code.
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
