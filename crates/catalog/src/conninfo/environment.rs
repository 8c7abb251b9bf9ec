//! libpq's environment variables (manual, chapter "Environment Variables").

use super::parameters::PARAMETERS;
use super::settings::Settings;

/// Reads a variable of the environment; tests hand in a table.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the PG* variables say.
pub(super) fn settings(environment: Environment<'_>) -> Settings {
    let mut settings = Settings::default();
    // Older than PGSSLMODE, weaker, and still read by libpq.
    if environment("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
        settings.set("sslmode", "require");
    }
    for (keyword, variable, _) in PARAMETERS.iter().filter(|(_, variable, _)| !variable.is_empty()) {
        if let Some(value) = environment(variable) {
            settings.set(keyword, value);
        }
    }
    settings
}
