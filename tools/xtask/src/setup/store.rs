// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The cache of sets: what is pinned, what is unpacked, and the way from one to the other.
//!
//! A set is one directory `sets/NAME` with a stamp in it. It appears by a rename, when everything in
//! it is complete, so that an interrupted run leaves either the whole set or nothing. The stamp says
//! what the lock file said at that time; as long as it says so still, the set is used as it is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::apt::{Apt, Deb, Universe, spec};
use super::lock::{Lock, Pins, fingerprint};
use super::sources;
use super::unpack::Tree;
use crate::ctx::Ctx;

/// Which versions to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Policy {
    /// Those in the lock file; the newest only where the archive has them no more.
    Pinned,
    /// The newest of each series, to be written into the lock file.
    Newest,
    /// The newest for these sets and for those that the lock file does not have yet.
    NewestOf(BTreeSet<String>),
}

/// Package files, by the universe that each is from.
pub(super) type Resolved = Vec<(Universe, Vec<Deb>)>;

/// How one set is made.
pub(super) struct Recipe<'a> {
    /// Its name in the lock file and in the cache.
    pub(super) name: &'a str,
    /// To be raised when `finish` does something else with the same packages.
    pub(super) layout: u32,
    /// Unpack only these paths, as `tar` has them in the packages; all when empty.
    pub(super) only: &'a [String],
    /// Finds the newest packages.
    pub(super) newest: &'a dyn Fn(&Store<'_>) -> Result<Resolved>,
    /// Makes of the unpacked tree what is kept; tells which packages it took something from, where
    /// that is not all of them, so that the others need not be fetched again.
    pub(super) finish: &'a dyn Fn(&mut Tree) -> Result<Option<BTreeSet<String>>>,
}

/// A set that lies in the cache.
#[derive(Debug, Clone)]
pub(super) struct Set {
    /// The directory.
    pub(super) dir: PathBuf,
    /// What it was made from.
    pub(super) packages: Pins,
}

impl Set {
    /// The first package whose name fits, as name and version.
    pub(super) fn package(&self, fits: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
        let mut pins = self.packages.values().flatten();
        let pin = pins.find(|pin| fits(&pin.name))?;
        Some((&pin.name, &pin.version))
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    layout: u32,
    /// The fingerprint of what the lock file pinned the set to.
    pinned: String,
    packages: Pins,
}

/// The cache, opened for one command.
pub(super) struct Store<'a> {
    /// Where the cache is, and how to speak.
    pub(super) ctx: &'a Ctx,
    policy: Policy,
    lock: RefCell<Lock>,
    apts: RefCell<BTreeMap<Universe, Rc<Apt>>>,
    /// What this command has resolved anew.
    renewed: RefCell<BTreeSet<String>>,
}

impl<'a> Store<'a> {
    /// Opens the cache; reads the lock file and nothing else.
    ///
    /// # Errors
    ///
    /// The lock file is damaged.
    pub(super) fn open(ctx: &'a Ctx, policy: Policy) -> Result<Self> {
        Ok(Self {
            ctx,
            policy,
            lock: RefCell::new(Lock::load(&lock_path(ctx))?),
            apts: RefCell::default(),
            renewed: RefCell::default(),
        })
    }

    /// Whether the newest versions of a set are wanted, to be pinned.
    pub(super) fn renews(&self, name: &str) -> bool {
        match &self.policy {
            Policy::Pinned => false,
            Policy::Newest => true,
            Policy::NewestOf(sets) => {
                sets.contains(name) || !self.lock.borrow().set.contains_key(name)
            }
        }
    }

    /// Writes what was resolved into the lock file.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn save_lock(&self) -> Result<()> {
        self.lock.borrow().save(&lock_path(self.ctx))
    }

    /// The private apt of one universe.
    ///
    /// # Errors
    ///
    /// There is no apt or no mirror; the message says what to do.
    pub(super) fn apt(&self, universe: Universe) -> Result<Rc<Apt>> {
        if let Some(apt) = self.apts.borrow().get(&universe) {
            return Ok(Rc::clone(apt));
        }
        let apt = Rc::new(Apt::open(self.ctx, universe, &sources::archive()?)?);
        self.apts.borrow_mut().insert(universe, Rc::clone(&apt));
        Ok(apt)
    }

    /// The private apt of one universe, with indexes of today.
    ///
    /// # Errors
    ///
    /// As [`Store::apt`]; or no index can be fetched.
    pub(super) fn fresh_apt(&self, universe: Universe) -> Result<Rc<Apt>> {
        let apt = self.apt(universe)?;
        if !apt.is_updated() {
            apt.update(self.ctx)?;
        }
        Ok(apt)
    }

    /// Where a set lies, if it is there and is what is wanted.
    pub(super) fn present(&self, name: &str, layout: u32) -> Option<Set> {
        if self.renews(name) && !self.renewed.borrow().contains(name) {
            return None;
        }
        let dir = self.ctx.cache.join("sets").join(name);
        let text = std::fs::read_to_string(dir.join(STAMP)).ok()?;
        let stamp: Stamp = serde_json::from_str(&text).ok()?;
        let pinned = fingerprint(self.lock.borrow().set.get(name));
        (stamp.layout == layout && stamp.pinned == pinned).then_some(Set {
            dir,
            packages: stamp.packages,
        })
    }

    /// A set, fetched if it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be resolved, downloaded or unpacked.
    pub(super) fn ensure(&self, recipe: &Recipe<'_>) -> Result<Set> {
        if let Some(set) = self.present(recipe.name, recipe.layout) {
            return Ok(set);
        }
        let guard = self.exclusive()?;
        // Another process may have fetched it while this one waited.
        if let Some(set) = self.present(recipe.name, recipe.layout) {
            return Ok(set);
        }
        let set = self
            .fetch(recipe)
            .with_context(|| format!("cannot set up {}", recipe.name));
        drop(guard);
        set
    }

    fn exclusive(&self) -> Result<File> {
        self.ctx
            .exclusive(&self.ctx.cache, "is fetching into the cache")
            .with_context(|| {
                format!(
                    "cannot write to the cache, {}; make it yours, or set FERRITE_CACHE to a directory of your own",
                    self.ctx.cache.display()
                )
            })
    }

    fn fetch(&self, recipe: &Recipe<'_>) -> Result<Set> {
        let sets = self.ctx.cache.join("sets");
        let debs = self.ctx.cache.join("archives");
        let staged = sets.join(".new");
        for dir in [&sets, &debs] {
            std::fs::create_dir_all(dir)?;
        }
        remove(&staged)?;

        let resolved = self.resolve(recipe)?;
        let resolved = self.download(recipe, resolved, &debs)?;
        let mut tree = Tree::new(&staged)?;
        let bar = self.ctx.ui.step(format!("unpacking {}", recipe.name));
        for (_, packages) in &resolved {
            for deb in packages {
                tree.add(&deb.pin.name, &debs.join(&deb.file), recipe.only)?;
            }
        }
        tree.relative_links()?;
        let used = (recipe.finish)(&mut tree)?;
        bar.finish_and_clear();

        let mut packages = Pins::new();
        for (universe, debs) in &resolved {
            let pins = debs.iter().map(|deb| deb.pin.clone());
            let pins = pins.filter(|pin| used.as_ref().is_none_or(|used| used.contains(&pin.name)));
            packages.entry(*universe).or_default().extend(pins);
        }
        packages.values_mut().for_each(|pins| pins.sort());
        packages.retain(|_, pins| !pins.is_empty());
        if self.renews(recipe.name) {
            let mut lock = self.lock.borrow_mut();
            lock.set.insert(recipe.name.to_owned(), packages.clone());
        }
        let stamp = Stamp {
            layout: recipe.layout,
            pinned: fingerprint(self.lock.borrow().set.get(recipe.name)),
            packages,
        };
        std::fs::write(staged.join(STAMP), serde_json::to_string(&stamp)?)?;
        self.renewed.borrow_mut().insert(recipe.name.to_owned());
        let dir = sets.join(recipe.name);
        let old = sets.join(".old");
        remove(&old)?;
        if dir.exists() {
            std::fs::rename(&dir, &old)?;
        }
        std::fs::rename(&staged, &dir).context("cannot move the new set to its place")?;
        remove(&old)?;
        // Debian's files can be had again; two copies of them need not lie around.
        remove(&debs)?;
        Ok(Set {
            dir,
            packages: stamp.packages,
        })
    }

    /// The packages to take: the pinned ones while the archive has them.
    fn resolve(&self, recipe: &Recipe<'_>) -> Result<Resolved> {
        let pins = self.lock.borrow().set.get(recipe.name).cloned();
        let Some(pins) = pins.filter(|_| !self.renews(recipe.name)) else {
            return (recipe.newest)(self);
        };
        match self.locate(&pins)? {
            Ok(resolved) => Ok(resolved),
            Err(reason) => {
                self.ctx.ui.line(format!(
                    "{}: the archive does not have what packages.lock names ({}); taking the newest of its series",
                    recipe.name,
                    first_line(&reason)
                ));
                (recipe.newest)(self)
            }
        }
    }

    /// Finds pinned packages; the inner error says why the archive does not have them.
    fn locate(&self, pins: &Pins) -> Result<Result<Resolved, String>> {
        let mut resolved = Resolved::new();
        for (universe, pins) in pins {
            let specs: Vec<_> = pins.iter().map(spec).collect();
            let apt = self.apt(*universe)?;
            let mut found = apt.locate(&specs);
            if found.is_err() && !apt.is_updated() {
                apt.update(self.ctx)?;
                found = apt.locate(&specs);
            }
            let debs = match found {
                Ok(debs) => debs,
                Err(reason) => return Ok(Err(format!("{reason:#}"))),
            };
            for pin in pins {
                let same = |deb: &&Deb| deb.pin.name == pin.name;
                let Some(deb) = debs.iter().find(same) else {
                    bail!("apt says nothing about {}", spec(pin));
                };
                // One version has one content: either the lock file or the archive is wrong.
                if deb.pin.sha256 != pin.sha256 {
                    bail!(
                        "{} has another hash in the archive than in packages.lock; if you trust \
                         the mirror, `cargo xtask setup --update-lock` accepts it",
                        spec(pin)
                    );
                }
            }
            resolved.push((*universe, debs));
        }
        Ok(Ok(resolved))
    }

    /// Downloads; when the archive has changed since its index was read, reads it and tries again.
    fn download(&self, recipe: &Recipe<'_>, resolved: Resolved, to: &Path) -> Result<Resolved> {
        let all = |resolved: &Resolved| -> Result<()> {
            for (universe, debs) in resolved {
                let apt = self.apt(*universe)?;
                apt.download(self.ctx, recipe.name, debs, to)?;
                for deb in debs {
                    check(&to.join(&deb.file), &deb.pin.sha256)?;
                }
            }
            Ok(())
        };
        let Err(error) = all(&resolved) else {
            return Ok(resolved);
        };
        let mut stale = false;
        for (universe, _) in &resolved {
            let apt = self.apt(*universe)?;
            if !apt.is_updated() {
                stale = true;
                apt.update(self.ctx).with_context(|| format!("{error:#}"))?;
            }
        }
        if !stale {
            return Err(error);
        }
        let resolved = self.resolve(recipe)?;
        all(&resolved)?;
        Ok(resolved)
    }
}

const STAMP: &str = ".stamp";

/// The lock file. `FERRITE_PACKAGES_LOCK` names another one, for trying a version out.
fn lock_path(ctx: &Ctx) -> PathBuf {
    std::env::var_os("FERRITE_PACKAGES_LOCK")
        .map_or_else(|| ctx.root.join("tools/xtask/packages.lock"), PathBuf::from)
}

fn check(path: &Path, sha256: &str) -> Result<()> {
    let found = super::sha256(path)?;
    if found != sha256 {
        let _ = std::fs::remove_file(path);
        bail!(
            "{} has the hash {found} and not {sha256}; it was removed, try again",
            path.display()
        );
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
