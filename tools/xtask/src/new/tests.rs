// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn text_of<'a>(plan: &'a Plan, path: &str) -> &'a str {
    let file = plan.files.iter().find(|(p, _)| p == Path::new(path));
    let (_, bytes) = file.unwrap_or_else(|| panic!("no {path} in {:?}", plan.files));
    std::str::from_utf8(bytes).unwrap()
}

/// A driver author gets a package, a test in the kernel, and a scenario, whatever the kind.
#[test]
fn every_kind_makes_a_whole_driver() {
    let root = root();
    let kinds = kinds(&root).unwrap();
    assert!(kinds.iter().any(|k| k.name == "minimal"));
    for kind in &kinds {
        let plan = plan(&root, "zebra", &kind.name, None).unwrap();
        let (manifest, _) = plan
            .files
            .iter()
            .find(|(p, _)| p.ends_with("Cargo.toml"))
            .unwrap();
        let dir = manifest.parent().unwrap().display().to_string();
        let manifest = text_of(&plan, &format!("{dir}/Cargo.toml"));
        assert!(manifest.contains("name = \"zebra\""), "{manifest}");
        assert!(
            manifest.contains("path = \"../../../rust/kernel\""),
            "{manifest}"
        );
        let library = text_of(&plan, &format!("{dir}/src/lib.rs"));
        assert!(library.contains("#![forbid(unsafe_code)]"));
        assert!(library.contains("name: \"zebra\""), "{library}");
        let scenario = text_of(&plan, "tests/qemu/scenarios/zebra.sh");
        let parsed =
            crate::harness::scenario::Scenario::parse(Path::new("zebra.sh"), scenario).unwrap();
        assert!(
            parsed.modules.contains(&"zebra".to_owned()),
            "{}",
            kind.name
        );
        for (path, bytes) in &plan.files {
            let text = std::str::from_utf8(bytes).unwrap();
            let old = Names::new(&kind.module, "", library);
            assert_eq!(old.apply(text), text, "{}", path.display());
        }
        let workspace = plan.workspace.expect("no glob covers it");
        assert!(workspace.contains(&format!("\"{dir}\"")));
    }
}

#[test]
fn nothing_is_overwritten() {
    let root = root();
    let error = |name: &str, path: Option<&str>| {
        plan(&root, name, "minimal", path.map(Path::new))
            .unwrap_err()
            .to_string()
    };
    assert!(error("zebra", Some("drivers/block")).contains("is there already"));
    assert!(error("abi", None).contains("Cargo.lock"));
    assert!(error("load", Some("../elsewhere")).contains("in this tree"));
    assert!(error("load", Some("/tmp/elsewhere")).contains("in this tree"));
    // A scenario may have a name that no package has.
    assert!(error("modprobe", None).contains("tests/qemu/scenarios/modprobe.sh is there"));
    let kind = plan(&root, "zebra", "nonesuch", None)
        .unwrap_err()
        .to_string();
    assert!(
        kind.contains("minimal") && kind.contains("The smallest module"),
        "{kind}"
    );
}

#[test]
fn what_was_planned_is_written_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), "old").unwrap();
    let plan = Plan {
        files: vec![("a/b/c.rs".into(), b"text".to_vec())],
        workspace: Some("new".to_owned()),
    };
    write(dir.path(), &plan).unwrap();
    assert_eq!(fs::read(dir.path().join("a/b/c.rs")).unwrap(), b"text");
    assert_eq!(fs::read(dir.path().join("Cargo.toml")).unwrap(), b"new");
    assert!(write(dir.path(), &plan).is_err());
}
