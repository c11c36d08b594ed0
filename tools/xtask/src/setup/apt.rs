// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! apt, as a private instance that neither reads nor writes the host's state.
//!
//! One instance is one [`Universe`]. It has its own lists and an empty list of installed packages,
//! so that what it resolves is the whole dependency closure, the same on every host. It runs as the
//! user who runs us. A suite whose index is being replaced on the mirror is left out by apt; that is
//! an error only when a wanted package is not found in the others, so it is remembered until then.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::lock::Pin;
use super::sources::{Archive, Keys};
use crate::ctx::Ctx;
use crate::kernels::{Arch, Release};

mod listing;

pub(super) use listing::Deb;

/// One Debian release for one architecture: what one resolution may draw from.
///
/// Architectures are kept apart because a broken index of one would take the suite away from the
/// other as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Universe {
    /// The release, with updates, security and backports.
    pub(super) release: Release,
    /// The architecture whose packages are wanted.
    pub(super) arch: Arch,
    /// Which part of the archive.
    pub(super) component: Component,
}

/// A part of the archive. They are kept apart: not every mirror has both, and only one is free software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Component {
    Main,
    Firmware,
}

impl Component {
    /// Debian's name.
    const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Firmware => "non-free-firmware",
        }
    }

    /// What the name of a universe ends with.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Firmware => "-firmware",
        }
    }
}

impl Universe {
    pub(super) const fn new(release: Release, arch: Arch) -> Self {
        Self {
            release,
            arch,
            component: Component::Main,
        }
    }

    /// The firmware that is not free software.
    pub(super) const fn firmware(release: Release, arch: Arch) -> Self {
        Self {
            release,
            arch,
            component: Component::Firmware,
        }
    }
}

const RELEASES: [(Release, &str); 2] =
    [(Release::Bookworm, "bookworm"), (Release::Trixie, "trixie")];

/// Debian's name of a release.
pub(super) fn codename(release: Release) -> &'static str {
    let found = RELEASES.iter().find(|(known, _)| *known == release);
    found.map_or("sid", |(_, name)| name)
}

impl Ord for Universe {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |u: &Self| (codename(u.release), u.arch.debian(), u.component.suffix());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Universe {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Universe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (release, arch) = (codename(self.release), self.arch.debian());
        write!(f, "{release}-{arch}{}", self.component.suffix())
    }
}

impl TryFrom<String> for Universe {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        for (release, _) in RELEASES {
            for arch in [Arch::X86_64, Arch::I386] {
                for universe in [Self::new(release, arch), Self::firmware(release, arch)] {
                    if universe.to_string() == text {
                        return Ok(universe);
                    }
                }
            }
        }
        Err(format!(
            "there is no Debian release and architecture '{text}'"
        ))
    }
}

impl From<Universe> for String {
    fn from(universe: Universe) -> Self {
        universe.to_string()
    }
}

/// A private apt.
#[derive(Debug)]
pub(super) struct Apt {
    universe: Universe,
    dir: PathBuf,
    origin: String,
    /// What the last update could not fetch; `None` before there was one.
    failed: RefCell<Option<Vec<String>>>,
}

impl Apt {
    /// Writes the configuration of one instance; fetches nothing.
    ///
    /// # Errors
    ///
    /// apt is not on this host, or the cache cannot be written.
    pub(super) fn open(ctx: &Ctx, universe: Universe, archive: &Archive) -> Result<Self> {
        let dir = ctx.cache.join("apt").join(universe.to_string());
        for sub in ["lists/partial", "archives/partial"] {
            let sub = dir.join(sub);
            std::fs::create_dir_all(&sub)
                .with_context(|| format!("cannot create {}", sub.display()))?;
        }
        let host = host_acquire_options()?;
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write("status", "")?;
        write("sources.list", &source_list(universe, archive, &dir)?)?;
        write("apt.conf", &configuration(universe, &dir, &host))?;
        Ok(Self {
            universe,
            dir,
            origin: format!("{} (from {})", archive.main, archive.origin),
            failed: RefCell::new(None),
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("APT_CONFIG", self.dir.join("apt.conf"))
            .env("LC_ALL", "C")
            // apt passes over packages whose files lie in its working directory.
            .current_dir(&self.dir)
            .stdin(Stdio::null());
        command
    }

    /// Whether [`Apt::update`] has run in this process.
    pub(super) fn is_updated(&self) -> bool {
        self.failed.borrow().is_some()
    }

    /// Fetches the indexes, trying again when one is just being replaced on the mirror.
    ///
    /// # Errors
    ///
    /// Not one index could be fetched and there is none from before.
    pub(super) fn update(&self, ctx: &Ctx) -> Result<()> {
        let bar = ctx
            .ui
            .step(format!("fetching the package index of {}", self.universe));
        let mut failed = Vec::new();
        for attempt in 0..2 {
            if attempt > 0 {
                std::thread::sleep(Duration::from_secs(2));
            }
            let output = self.command("apt-get").arg("update").output();
            let output = output.context("cannot run apt-get")?;
            failed = listing::failures(&String::from_utf8_lossy(&output.stderr));
            // A refused connection is a mere warning to apt, so its exit code says too little.
            if failed.is_empty() && output.status.success() {
                break;
            }
            if failed.is_empty() {
                failed.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
            }
        }
        bar.finish_and_clear();
        let reasons = failed.join("\n  ");
        self.failed.replace(Some(failed));
        if !self.has_lists() {
            bail!(
                "no package index of {} could be fetched from {}:\n  {reasons}\n\
                 Check the network (and a proxy in apt's configuration), or set {} to the base \
                 address of another Debian mirror",
                self.universe,
                self.origin,
                super::sources::MIRROR_VAR,
            );
        }
        Ok(())
    }

    /// Whether there is an index of the present mirror, however old.
    fn has_lists(&self) -> bool {
        let mut command = self.command("apt-get");
        command.args(["indextargets", "--format", "$(FILENAME)"]);
        crate::run::output(&mut command).is_ok_and(|files| !files.trim().is_empty())
    }

    /// What to add to an error about a package that was not found.
    pub(super) fn hint(&self) -> String {
        match self.failed.borrow().as_deref() {
            Some([]) | None => String::new(),
            Some(failed) => format!(
                "\nThese indexes could not be fetched, and it may be in one of them; try again \
                 later, or set {} to another mirror:\n  {}",
                super::sources::MIRROR_VAR,
                failed.join("\n  ")
            ),
        }
    }

    /// Looks up exactly these packages: names, or `name=version`.
    ///
    /// # Errors
    ///
    /// One of them is not there; the message is apt's.
    pub(super) fn locate(&self, packages: &[String]) -> Result<Vec<Deb>> {
        let mut command = self.command("apt-get");
        command
            .args(["-q", "download", "--print-uris"])
            .args(packages);
        listing::uris(&self.answer(&mut command)?)
    }

    /// Resolves packages with everything that they depend on; recommendations are left out.
    ///
    /// # Errors
    ///
    /// It cannot be resolved; the message is apt's.
    pub(super) fn closure(&self, packages: &[String], backports: bool) -> Result<Vec<Deb>> {
        let mut command = self.command("apt-get");
        command.args([
            "-qq",
            "-y",
            "install",
            "--print-uris",
            "--no-install-recommends",
        ]);
        if backports {
            let suite = format!("{}-backports", codename(self.universe.release));
            command.arg("--target-release").arg(suite);
        }
        // Here apt names no more than an MD5 sum, so that each is looked up once more.
        let files = self.answer(command.args(packages))?;
        self.locate(&listing::specs(&files))
    }

    fn answer(&self, command: &mut Command) -> Result<String> {
        let output = command.output().context("cannot run apt-get")?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let errors: Vec<_> = stderr
                .lines()
                .filter_map(|l| l.strip_prefix("E: "))
                .collect();
            bail!("{}{}", errors.join("\n"), self.hint());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The versions of a package, in the order in which apt prefers them.
    ///
    /// # Errors
    ///
    /// apt cannot be run.
    pub(super) fn versions(&self, package: &str) -> Result<Vec<String>> {
        let text = crate::run::output(self.command("apt-cache").args(["madison", package]))?;
        Ok(listing::madison(&text))
    }

    /// The names of all packages that begin with this.
    ///
    /// # Errors
    ///
    /// apt cannot be run.
    pub(super) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let text = crate::run::output(self.command("apt-cache").args(["pkgnames", prefix]))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Downloads packages into a directory. A file that is there already and has the right hash is
    /// kept, so that an interrupted download goes on with the file where it stopped.
    ///
    /// # Errors
    ///
    /// A download failed; the message is apt's.
    pub(super) fn download(&self, ctx: &Ctx, name: &str, debs: &[Deb], to: &Path) -> Result<()> {
        let mut wanted = Vec::new();
        for deb in debs {
            let path = to.join(&deb.file);
            if !path.exists() || super::sha256(&path)? != deb.pin.sha256 {
                let _ = std::fs::remove_file(&path);
                wanted.push(deb);
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let total = wanted.iter().map(|deb| deb.size).sum();
        let what = format!("fetching {name}, {} MiB", mebibytes(total));
        let bar = ctx.ui.bytes(what, total);
        let specs = wanted.iter().map(|deb| spec(&deb.pin));
        let mut command = self.command("apt-get");
        command
            .args(["-qq", "download"])
            .args(specs)
            .current_dir(to);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().context("cannot run apt-get")?;
        let watch = std::thread::scope(|scope| {
            let output = scope.spawn(|| child.wait_with_output());
            while !output.is_finished() {
                let size = |deb: &&Deb| to.join(&deb.file).metadata().map_or(0, |m| m.len());
                bar.set_position(wanted.iter().map(size).sum());
                std::thread::sleep(Duration::from_millis(60));
            }
            output.join().expect("waiting does not panic")
        });
        bar.finish_and_clear();
        let output = watch.context("cannot wait for apt-get")?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!(
                "the download of {name} from {} failed:\n{}",
                self.origin,
                stderr.trim()
            );
        }
        Ok(())
    }
}

/// How apt is told which version: `name=version`.
pub(super) fn spec(pin: &Pin) -> String {
    format!("{}={}", pin.name, pin.version)
}

/// Sizes are for people: rounded up.
fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

/// The host's proxies and other ways to reach the network.
fn host_acquire_options() -> Result<String> {
    let mut command = Command::new("apt-config");
    command.arg("dump").env("LC_ALL", "C");
    let text = crate::run::output(&mut command).context(
        "apt is needed to fetch kernels and tools, and this host has none; on a system that is not \
         Debian, install its package of apt, and the package debian-archive-keyring",
    )?;
    let wanted = [
        "Acquire::http",
        "Acquire::ftp",
        "Acquire::Check-Valid-Until",
        "Acquire::Check-Date",
    ];
    let mut kept = String::new();
    for line in text.lines() {
        if wanted.iter().any(|prefix| line.starts_with(prefix)) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    Ok(kept)
}

fn source_list(universe: Universe, archive: &Archive, dir: &Path) -> Result<String> {
    let files = match &archive.keys {
        Keys::Files(files) => files.clone(),
        Keys::Inline(key) => {
            let path = dir.join("archive-key.asc");
            std::fs::write(&path, key)?;
            vec![path]
        }
    };
    let files: Vec<_> = files.iter().map(|f| f.display().to_string()).collect();
    let options = format!("[signed-by={}]", files.join(","));
    let (code, part) = (codename(universe.release), universe.component.name());
    let mut text = String::new();
    for suffix in ["", "-updates", "-backports"] {
        text += &format!("deb {options} {} {code}{suffix} {part}\n", archive.main);
    }
    if let Some(security) = &archive.security {
        text += &format!("deb {options} {security} {code}-security {part}\n");
    }
    Ok(text)
}

fn configuration(universe: Universe, dir: &Path, host: &str) -> String {
    let arch = universe.arch.debian();
    let dir = dir.display();
    format!(
        r#"{host}Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "{dir}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Trusted "/dev/null";
Dir::Etc::TrustedParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{dir}";
Dir::State::Lists "{dir}/lists";
Dir::State::Status "{dir}/status";
Dir::Cache "{dir}";
Dir::Cache::Archives "{dir}/archives";
Dir::Cache::srcpkgcache "";
Dir::Log "{dir}";
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
"#
    )
}
