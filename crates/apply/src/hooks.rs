//! SQL of people that runs with a change, and what takes it back.

use kinds::{Model, Statement};
use plan::{Round, Step};
use yaml::Problem;

use crate::pattern::Pattern;
use crate::settings::Hook;
use crate::{Error, Settings, Stage, Workspace};

/// Puts the hooks of what the stages change where they run.
pub(crate) fn add(stages: &mut [Stage], workspace: &Workspace) {
    for (name, hook) in &workspace.settings.hooks {
        let pattern = Pattern::parse(&hook.when);
        let changes = |stage: &Stage| stage.forward.iter().any(|round| is_of(&pattern, round));
        let (Some(first), Some(last)) = (stages.iter().position(changes), stages.iter().rposition(changes))
        else {
            continue;
        };
        let back = hook.back.clone().unwrap_or_default();
        let round = |text: &Option<String>, when: &str| round(name, hook, text.as_deref()?, when);
        let opens = |rounds: &mut Vec<Round>, round| rounds.splice(0..0, round).for_each(drop);
        opens(&mut stages[first].forward, round(&hook.before, "before the change"));
        stages[last].forward.extend(round(&hook.after, "after the change"));
        opens(&mut stages[last].back, round(&back.before, "before the change is taken back"));
        stages[first].back.extend(round(&back.after, "after the change was taken back"));
    }
}

/// Hooks that no object of either catalog is for, one sentence each: they never run.
pub(crate) fn idle(settings: &Settings, models: [&Model; 2]) -> Vec<String> {
    let is_idle = |(_, hook): &(&String, &Hook)| {
        let pattern = Pattern::parse(&hook.when);
        !models.iter().flat_map(|model| model.ids()).any(|id| pattern.covers(id))
    };
    let idle = settings.hooks.iter().filter(is_idle);
    idle.map(|(name, hook)| {
        format!(
            "hook {name} never runs: there is no {}, neither in the database nor in the schema",
            hook.when
        )
    })
    .collect()
}

/// Whether a round changes what a pattern names, or something in it.
fn is_of(pattern: &Pattern, round: &Round) -> bool {
    let mut ids =
        round.steps.iter().flat_map(|step| step.ids.iter().map(|(_, id)| id).chain(&step.renamed_to));
    ids.any(|id| pattern.covers(id))
}

fn round(name: &str, hook: &Hook, text: &str, when: &str) -> Option<Round> {
    let step = |range: std::ops::Range<usize>| {
        let mut statement = Statement::new(&text[range]);
        if hook.back.is_none() {
            statement.no_way_back = Some(format!("nothing says what takes hook {name} back"));
        }
        Step::hook(statement, format!("hook {name}, {when}"))
    };
    let steps: Vec<Step> = sql::split(text).ok()?.into_iter().map(step).collect();
    (!steps.is_empty()).then(|| Round::new(steps, false))
}

/// Whether any statement is a hook's.
pub(crate) fn are_in(stages: &[Stage]) -> bool {
    let rounds = stages.iter().flat_map(|stage| stage.forward.iter().chain(&stage.back));
    rounds.flat_map(|round| &round.steps).any(Step::is_hook)
}

/// A statement of a hook that failed, as a problem of the settings; any other error as it is.
pub(crate) fn blamed(error: Error, workspace: &Workspace) -> Error {
    let Error::Statement { statement, error: refused } = &error else { return error };
    let texts = |hook: &Hook| {
        let back = hook.back.clone().unwrap_or_default();
        [hook.before.clone(), hook.after.clone(), back.before, back.after]
    };
    let says = |text: &String| text.contains(statement.as_str());
    let hooks = &workspace.settings.hooks;
    let Some((name, _)) = hooks.iter().find(|(_, hook)| texts(hook).iter().flatten().any(says)) else {
        return error;
    };
    let server = refused.server();
    let message = server.map_or_else(|| refused.to_string(), |server| server.message.clone());
    let problem = Problem {
        message: format!("hook {name}: {message}"),
        place: workspace.hooks.get(name).cloned(),
        help: server.and_then(|server| server.hint.clone()),
        ..Problem::default()
    };
    Error::Yaml { problems: vec![problem] }
}
