//! Folders of files that are there whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use shadow::interrupt::guard_path;

/// Files by their path in a folder.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// How many of the files in the way are named.
const MOST_NAMED: usize = 5;

/// Refuses a folder that holds anything; done before the work, and again by [`write`].
pub(crate) fn must_be_free(folder: &Path) -> anyhow::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            bail!("{} is a file, not a folder", folder.display())
        }
        entries => entries.with_context(|| format!("cannot read the folder {}", folder.display()))?,
    };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    if names.is_empty() {
        return Ok(());
    }
    let more = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    bail!(
        "the folder {} is not empty: it holds {}{more}; name another, or empty it first",
        folder.display(),
        names.join(", ")
    )
}

/// Writes all files into a folder that is empty or not there yet. They are put together beside it, under a name that begins with
/// a dot, and take its name when they are complete.
pub(crate) fn write(folder: &Path, files: &Files) -> anyhow::Result<()> {
    must_be_free(folder)?;
    let exists = folder.exists();
    // What exists may be all that we can write to: a mounted volume, a folder given to us.
    let parent = if exists { folder } else { parent_of(folder) };
    let cannot = || format!("cannot write the folder {}", folder.display());
    if !exists {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    let stage = parent.join(format!(".endstate-{}", std::process::id()));
    let staged = guard_path(&stage);
    fs::create_dir(&stage).and_then(|()| fill(&stage, files)).with_context(cannot)?;
    if exists {
        move_up(&stage, folder).with_context(cannot)?;
    } else {
        fs::rename(&stage, folder).with_context(cannot)?;
        staged.keep();
    }
    Ok(())
}

/// Puts a text in place of that of a file; its folder is made where it is missing.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let parent = parent_of(path);
    fs::create_dir_all(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stage = parent.join(format!(".{name}.endstate-{}", std::process::id()));
    let staged = guard_path(&stage);
    fs::write(&stage, text)?;
    fs::rename(&stage, path)?;
    staged.keep();
    Ok(())
}

fn parent_of(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn fill(stage: &Path, files: &Files) -> io::Result<()> {
    for (path, text) in files {
        let path = stage.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// Moves what is in `stage` to the folder around it; what an interruption finds half done is removed.
fn move_up(stage: &Path, folder: &Path) -> io::Result<()> {
    let mut moved = Vec::new();
    for entry in fs::read_dir(stage)? {
        let entry = entry?;
        let target = folder.join(entry.file_name());
        moved.push(guard_path(&target));
        fs::rename(entry.path(), target)?;
    }
    moved.into_iter().for_each(shadow::interrupt::Guard::keep);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        [("a.sql", "1"), ("tables/b.yaml", "2")].map(|(path, text)| (path.into(), text.to_owned())).into()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_and_an_empty_folder_are_written_whole() {
        let root = tempfile::tempdir().unwrap();
        let new = root.path().join("deep/new");
        write(&new, &files()).unwrap();
        assert_eq!(names(&new), ["a.sql", "tables"]);
        assert_eq!(names(new.parent().unwrap()), ["new"]);
        let empty = root.path().join("empty");
        fs::create_dir(&empty).unwrap();
        write(&empty, &files()).unwrap();
        assert_eq!(names(&empty), ["a.sql", "tables"]);
        assert_eq!(fs::read_to_string(empty.join("tables/b.yaml")).unwrap(), "2");
    }

    #[test]
    fn what_holds_something_is_refused_by_name_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..7 {
            fs::write(root.path().join(format!("file{number}")), "").unwrap();
        }
        let error = write(root.path(), &files()).unwrap_err().to_string();
        assert!(error.contains("file0, file1, file2, file3, file4 and 2 more"), "{error}");
        assert_eq!(names(root.path()).len(), 7);
        let error = write(&root.path().join("file0"), &files()).unwrap_err().to_string();
        assert!(error.contains("is a file"), "{error}");
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        // Its name is too long for any file system.
        let files: Files = [("x".repeat(300).into(), String::new()), ("a".into(), String::new())].into();
        assert!(write(&root.path().join("out"), &files).is_err());
        assert_eq!(names(root.path()), [""; 0]);
    }
}
