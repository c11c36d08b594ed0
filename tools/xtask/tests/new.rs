// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A newcomer's first minutes: a driver of each kind, begun in a copy of the tree, is built, booted,
//! used and unloaded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use xtask::kernels::{KERNELS, KernelSpec};
use xtask::new::Kind;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A file that was removed: where it was, what it said, and when that was written.
type Removed = (PathBuf, Vec<u8>, SystemTime);

/// A copy of the tree's files, in which nothing changes that is the same already: what was built
/// there the last time stays good. Gives what was removed.
fn copy_of_the_tree(root: &Path, copy: &Path) -> Vec<Removed> {
    let list = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .unwrap();
    assert!(list.status.success(), "the tree is not a checkout of git");
    let names = String::from_utf8(list.stdout).unwrap();
    let mut removed = Vec::new();
    for top in std::fs::read_dir(copy).into_iter().flatten().flatten() {
        if top.file_name() != "target" && top.path().is_dir() {
            remove_strangers(copy, &top.path(), &names, &mut removed);
        }
    }
    for name in names.split_terminator('\0') {
        // A file that is listed may have been removed since.
        let Ok(bytes) = std::fs::read(root.join(name)) else {
            continue;
        };
        let to = copy.join(name);
        if std::fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(&to, bytes).unwrap();
    }
    removed
}

/// Removes what the copy has and the tree has not: the drivers of the last time.
fn remove_strangers(copy: &Path, dir: &Path, names: &str, removed: &mut Vec<Removed>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_strangers(copy, &path, names, removed);
            // Only if nothing is left in it.
            let _ = std::fs::remove_dir(&path);
        } else {
            let name = path.strip_prefix(copy).unwrap().to_str().unwrap();
            if !names.split_terminator('\0').any(|known| known == name) {
                let written = entry.metadata().unwrap().modified().unwrap();
                let bytes = std::fs::read(&path).unwrap();
                std::fs::remove_file(&path).unwrap();
                removed.push((path, bytes, written));
            }
        }
    }
}

/// What was removed and is there again, and says the same, is as old as it was: what was built of it the
/// last time stays good, too.
fn as_old_as_before(removed: Vec<Removed>) {
    for (path, bytes, written) in removed {
        if std::fs::read(&path).is_ok_and(|new| new == bytes) {
            let file = std::fs::File::options().append(true).open(&path).unwrap();
            file.set_modified(written).unwrap();
        }
    }
}

fn xtask(copy: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(copy)
        .env("FERRITE_ROOT", copy)
        .env(
            "FERRITE_CACHE",
            std::env::var_os("FERRITE_CACHE").unwrap_or_else(|| root().join("target/cache").into()),
        )
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{arguments:?}:\n{text}");
    text
}

fn demo(kind: &str) -> String {
    format!("demo_{}", kind.replace('-', "_"))
}

/// Lets the copy have what the tree has built already and does not depend on where it lies: `core`, what
/// the kernels have answered, and what runs in the compiler itself, which is the same for all kernels.
fn share(root: &Path, copy: &Path) {
    let (from, to) = (root.join("target/ferrite"), copy.join("target/ferrite"));
    std::fs::create_dir_all(from.join("sysroots")).unwrap();
    std::fs::create_dir_all(&to).unwrap();
    if std::fs::symlink_metadata(to.join("sysroots")).is_err() {
        std::os::unix::fs::symlink(from.join("sysroots"), to.join("sysroots")).unwrap();
    }
    let dir = |kernel: &KernelSpec, part: &str| Path::new("kernels").join(kernel.id).join(part);
    for kernel in KERNELS {
        for part in ["cc", "generated"] {
            let dir = dir(kernel, part);
            copied(&from.join(&dir), &to.join(&dir));
        }
    }
    let all = KERNELS
        .iter()
        .flat_map(|k| [dir(k, "cargo"), dir(k, "cargo-counted")]);
    let mut built = all.map(|dir| from.join(dir).join("module"));
    if let Some(built) = built.find(|dir| dir.exists()) {
        let plain = KERNELS.iter().map(|kernel| dir(kernel, "cargo"));
        for dir in plain.chain([dir(&KERNELS[0], "cargo-counted")]) {
            copied(&built, &to.join(dir).join("module"));
        }
    }
}

/// Copies a directory with its times, by which it is known what is new; unless there is one.
fn copied(from: &Path, to: &Path) {
    if from.exists() && !to.exists() {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let mut cp = Command::new("cp");
        cp.args(["-a", "--reflink=auto"]).arg(from).arg(to);
        assert!(cp.status().unwrap().success());
    }
}

/// Each kind on the default kernel, and the kind misc on all the others, too; `cargo xtask test` runs the
/// samples themselves on all of them.
#[test]
#[ignore = "builds modules and boots guests; `cargo xtask check` runs it"]
fn a_driver_of_each_kind_builds_loads_and_passes_its_tests() {
    let root = root();
    let copy = root.join("target/ferrite/new");
    let removed = copy_of_the_tree(&root, &copy);
    share(&root, &copy);
    let kinds = xtask::new::kinds(&copy).unwrap();
    assert!(!kinds.is_empty());
    for kind in &kinds {
        let name = demo(&kind.name);
        xtask(&copy, &["new", "driver", &name, "--kind", &kind.name]);
    }
    as_old_as_before(removed);
    let (first, others) = KERNELS.split_first().unwrap();
    // A guest waits for half of its time, and what is built for one kernel for nothing of another's.
    std::thread::scope(|scope| {
        let others = scope.spawn(|| misc_passes(&copy, others));
        all_pass(&copy, &kinds, first);
        others.join().unwrap();
    });
}

/// The drivers of all kinds.
fn all_pass(copy: &Path, kinds: &[Kind], kernel: &KernelSpec) {
    let only = ["--kernel", kernel.id];
    let text = xtask(copy, &[&["test", "/demo_"], &only[..]].concat());
    for kind in kinds {
        assert!(text.contains(&demo(&kind.name)), "{text}");
    }
    assert!(text.contains("test result: ok"), "{text}");
    an_event_that_is_off_costs_a_nop(copy, kernel.id);
    let text = xtask(
        copy,
        &[&["test", "--unit", "demo_minimal::"], &only[..]].concat(),
    );
    assert!(
        text.contains("demo_minimal::tests::it_starts_and_stops"),
        "{text}"
    );
}

/// The driver of the kind misc, on all of these.
fn misc_passes(copy: &Path, kernels: &[KernelSpec]) {
    let mut command = vec!["test", "/demo_misc", "--boot", "default"];
    for kernel in kernels {
        command.extend(["--kernel", kernel.id]);
    }
    let text = xtask(copy, &command);
    for kernel in kernels {
        let line = format!("test {}/demo_misc ... ok", kernel.id);
        assert!(text.contains(&line), "{text}");
    }
}

/// The driver has two events, and asks for one of them once more.
fn an_event_that_is_off_costs_a_nop(copy: &Path, kernel: &str) {
    let module = copy.join(format!(
        "target/ferrite/kernels/{kernel}/kbuild/demo_tracepoint.ko"
    ));
    let checks = xtask::link::nops::checks(&std::fs::read(module).unwrap()).unwrap();
    assert!(checks.len() >= 3, "{checks:?}");
    for check in &checks {
        assert!(check.is_nop(), "{check:?}");
        println!(
            "{}+{:#x}: {:02x?}",
            check.function, check.offset, check.code
        );
    }
}
