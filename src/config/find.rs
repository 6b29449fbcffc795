//! Which file is the configuration, and its bytes: upwards from a folder to the root of its repository.
//!
//! Without a repository only the folder itself is looked at: a file that somebody left in a folder above, such as the
//! one for temporary files, would change results unasked.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::error::{ConfigError, Text};

/// Its name.
pub(crate) const NAME: &str = "knee.toml";

/// More is something else, and an error message would quote it.
const LIMIT: u64 = 1 << 20;

/// The file that was asked for, or the one that is found; `None` without one.
pub(crate) fn find(explicit: Option<&Path>, from: &Path) -> Result<Option<Arc<Text>>, ConfigError> {
    let found = match explicit {
        Some(path) => Some((path.to_path_buf(), path.to_string_lossy().into_owned())),
        None => upwards(from)?,
    };
    found
        .map(|(path, name)| read(&path, name).map(Arc::new))
        .transpose()
}

/// The path and how the user would type it.
fn upwards(from: &Path) -> Result<Option<(PathBuf, String)>, ConfigError> {
    let folder = std::path::absolute(from).map_err(|source| ConfigError::Open {
        file: from.to_string_lossy().into_owned(),
        source,
    })?;
    let is_root = |folder: &Path| folder.join(".git").exists();
    let depth = folder.ancestors().position(is_root).unwrap_or(0);
    let mut folders = folder.ancestors().take(depth + 1).enumerate();
    Ok(folders.find_map(|(ups, folder)| {
        let path = folder.join(NAME);
        // A link to nowhere is found too: it is an error to tell, not a file that is not there.
        let exists = fs::symlink_metadata(&path).is_ok();
        exists.then(|| (path, format!("{}{NAME}", "../".repeat(ups))))
    }))
}

/// A file as its repository names it; without a repository its name alone, since no path of the machine is told.
pub fn in_repository(path: &Path) -> String {
    let name = || {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    let Ok(real) = fs::canonicalize(path) else {
        return name();
    };
    let root = real
        .ancestors()
        .skip(1)
        .find(|folder| folder.join(".git").exists());
    let Some(inside) = root.and_then(|root| real.strip_prefix(root).ok()) else {
        return name();
    };
    let parts = inside.iter().map(|part| part.to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

fn read(path: &Path, name: String) -> Result<Text, ConfigError> {
    let open = |source| ConfigError::Open {
        file: name.clone(),
        source,
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(open)?;
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > LIMIT {
        return Err(ConfigError::TooLarge { file: name });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = bytes.get(..valid).unwrap_or_default();
        ConfigError::NotUtf8 {
            file: name.clone(),
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            byte: bytes.get(valid).copied().unwrap_or_default(),
        }
    })?;
    Ok(Text {
        name,
        path: Some(path.to_path_buf()),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(from: &Path) -> Option<String> {
        find(None, from).unwrap().map(|text| text.name.clone())
    }

    #[test]
    fn a_file_is_told_from_the_root_of_its_repository_and_never_from_that_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("repo/tests/load");
        fs::create_dir_all(&deep).unwrap();
        let file = deep.join(NAME);
        fs::write(&file, "").unwrap();
        assert_eq!(in_repository(&file), "knee.toml");
        fs::create_dir(folder.path().join("repo/.git")).unwrap();
        assert_eq!(in_repository(&file), "tests/load/knee.toml");
        let around = deep.join("../load").join(NAME);
        assert_eq!(in_repository(&around), "tests/load/knee.toml");
        assert_eq!(in_repository(&deep.join("gone.toml")), "gone.toml");
    }

    #[test]
    fn the_nearest_file_up_to_the_repository_root_is_read_and_none_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repo");
        let deep = root.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        fs::write(folder.path().join(NAME), "").unwrap();
        assert_eq!(name(&deep), None);
        fs::write(root.join(NAME), "").unwrap();
        assert_eq!(name(&deep).unwrap(), "../../knee.toml");
        fs::write(root.join("a").join(NAME), "").unwrap();
        assert_eq!(name(&deep).unwrap(), "../knee.toml");
        fs::write(deep.join(NAME), "").unwrap();
        assert_eq!(name(&deep).unwrap(), "knee.toml");
    }

    #[test]
    fn a_worktree_has_a_git_file_and_is_a_root_too() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join(".git"), "gitdir: elsewhere").unwrap();
        fs::write(folder.path().join(NAME), "").unwrap();
        assert_eq!(name(&root.join("a")), None);
    }

    #[test]
    fn without_a_repository_only_the_folder_itself_counts() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a");
        fs::create_dir(&inner).unwrap();
        fs::write(folder.path().join(NAME), "").unwrap();
        assert_eq!(name(&inner), None);
        assert_eq!(name(folder.path()).unwrap(), "knee.toml");
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| find(Some(path), folder.path()).unwrap_err().to_string();
        let path = folder.path().join("other.toml");
        assert!(message(&path).starts_with("cannot open "));
        fs::write(&path, b"a = 1\nb = '\xff'\n").unwrap();
        assert!(
            message(&path)
                .ends_with("other.toml, line 2: expected UTF-8 text, found the byte 0xff")
        );
        fs::write(&path, vec![b'#'; 1 << 20]).unwrap();
        assert!(find(Some(&path), folder.path()).is_ok());
        fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
        assert!(message(&path).ends_with("is larger than 1 MiB, more than a configuration may be"));
        fs::create_dir(folder.path().join(NAME)).unwrap();
        assert!(find(None, folder.path()).is_err());
    }
}
