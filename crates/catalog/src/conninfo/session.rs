//! What a session asks for besides who and where.

use std::time::Duration;

use postgres::config::ChannelBinding;

use super::defaults;
use super::settings::Settings;
use crate::Error;

/// What a session asks for besides who and where.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) application_name: String,
    pub(crate) channel_binding: ChannelBinding,
    /// `None` waits for ever.
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) keepalives: bool,
    pub(crate) keepalives_count: Option<u32>,
    pub(crate) keepalives_idle: Option<Duration>,
    pub(crate) keepalives_interval: Option<Duration>,
    pub(crate) options: Option<String>,
    pub(crate) target: Target,
    pub(crate) tcp_user_timeout: Option<Duration>,
}

/// `target_session_attrs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Any,
    PreferStandby,
    Primary,
    ReadOnly,
    ReadWrite,
    Standby,
}

impl Session {
    /// Reads them.
    pub(super) fn read(settings: &Settings) -> Result<Session, Error> {
        let seconds = |keyword| Ok::<_, Error>(settings.number::<u32>(keyword)?.filter(|n| *n > 0).map(secs));
        Ok(Session {
            application_name: ["application_name", "fallback_application_name"]
                .iter()
                .find_map(|keyword| settings.owned(keyword))
                .unwrap_or_else(|| defaults::APPLICATION_NAME.to_owned()),
            channel_binding: settings.word("channel_binding", CHANNEL_BINDINGS, ChannelBinding::Prefer)?,
            connect_timeout: match settings.number::<i32>("connect_timeout")? {
                None => Some(defaults::CONNECT_TIMEOUT),
                Some(seconds) => u32::try_from(seconds).ok().filter(|n| *n > 0).map(secs),
            },
            keepalives: settings.number::<i32>("keepalives")? != Some(0),
            keepalives_count: settings.number::<u32>("keepalives_count")?.filter(|n| *n > 0),
            keepalives_idle: seconds("keepalives_idle")?,
            keepalives_interval: seconds("keepalives_interval")?,
            options: settings.owned("options"),
            target: settings.word("target_session_attrs", TARGETS, Target::Any)?,
            tcp_user_timeout: settings
                .number::<u64>("tcp_user_timeout")?
                .filter(|n| *n > 0)
                .map(Duration::from_millis),
        })
    }
}

fn secs(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

const CHANNEL_BINDINGS: &[(&str, ChannelBinding)] = &[
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

const TARGETS: &[(&str, Target)] = &[
    ("any", Target::Any),
    ("prefer-standby", Target::PreferStandby),
    ("primary", Target::Primary),
    ("read-only", Target::ReadOnly),
    ("read-write", Target::ReadWrite),
    ("standby", Target::Standby),
];

impl Default for Session {
    fn default() -> Session {
        Session {
            application_name: defaults::APPLICATION_NAME.to_owned(),
            channel_binding: ChannelBinding::Prefer,
            connect_timeout: Some(defaults::CONNECT_TIMEOUT),
            keepalives: true,
            keepalives_count: None,
            keepalives_idle: None,
            keepalives_interval: None,
            options: None,
            target: Target::Any,
            tcp_user_timeout: None,
        }
    }
}
