//! `initdb` takes half a second, a copy of its result a tenth of that: it runs once in a process for each kind of cluster.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::home::Home;
use crate::interrupt::{self, Guard};
use crate::{Binaries, ClusterOptions, Error, server_user};

/// What decides how a new data directory looks: the server and the arguments of `initdb`.
type Key = (Binaries, Vec<String>);

/// The data directories made so far, each with what removes it.
static TEMPLATES: Mutex<BTreeMap<Key, (PathBuf, Guard)>> = Mutex::new(BTreeMap::new());

/// Fills the data directory of a cluster.
pub(crate) fn copy_into(home: &mut Home, binaries: &Binaries, options: &ClusterOptions) -> Result<(), Error> {
    let template = template(binaries, options)?;
    copy_data(home, &template)
}

/// Fills the data directory of a cluster with a copy of another one's.
pub(crate) fn copy_data(home: &mut Home, data: &Path) -> Result<(), Error> {
    let mut copy = server_user::command("cp")?;
    copy.arg("-R").arg(data).arg(home.data());
    run(home, copy)
}

fn template(binaries: &Binaries, options: &ClusterOptions) -> Result<PathBuf, Error> {
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (binaries.clone(), options.initdb_arguments(&locales(options)[0]));
    if let Some((data, _)) = templates.get(&key) {
        return Ok(data.clone());
    }
    let mut home = Home::create()?;
    initdb(&mut home, binaries, options)?;
    let data = home.data();
    templates.insert(key, (data.clone(), interrupt::guard(move || drop(home))));
    Ok(data)
}

/// Where the system does not know `C.UTF-8` (an old libc), `C` has the same order.
fn locales(options: &ClusterOptions) -> Vec<String> {
    options.locale.clone().map_or_else(|| vec!["C.UTF-8".to_owned(), "C".to_owned()], |locale| vec![locale])
}

fn initdb(home: &mut Home, binaries: &Binaries, options: &ClusterOptions) -> Result<(), Error> {
    let mut result = Ok(());
    for locale in locales(options) {
        let mut command = server_user::command(binaries.program("initdb"))?;
        command.arg("--pgdata").arg(home.data()).args(options.initdb_arguments(&locale));
        result = run(home, command);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn run(home: &mut Home, mut command: Command) -> Result<(), Error> {
    let program = PathBuf::from(command.get_program());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = home.run(command).map_err(|source| Error::Spawn { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::Program {
        program,
        status: output.status,
        output: String::from_utf8_lossy(&text).trim().to_owned(),
    })
}
