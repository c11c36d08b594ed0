// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! All that one kernel's guests are made of, and one guest's run from start to verdicts.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::archive::{self, Archive};
use super::console::Splitter;
use super::device::{DEVICES, Device};
use super::judge::{End, Expected, Judge, Progress, Record};
use super::qemu::{self, Guest, Heard, Machine};
use super::scenario::Scenario;
use super::server::{self, Servers};
use super::{Built, boot, image, program, stock};
use crate::ctx::Ctx;
use crate::kernels::{Arch, Kernel, KernelSpec};
use crate::setup::{self, GuestTools, Program};

/// How long a guest may take to reach its init.
const BOOT_TIMEOUT: Duration = Duration::from_secs(90);
/// How long it may take between two tests, or to power off.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(40);
/// How long a guest that hangs may take to say where it hangs.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What one kernel's guests are made of.
#[derive(Debug)]
pub struct Lab {
    /// The kernel.
    pub kernel: Kernel,
    /// The programs inside.
    pub tools: GuestTools,
    /// The virtual machine.
    pub qemu: Program,
}

impl Lab {
    /// Fetches what is not there yet.
    ///
    /// # Errors
    ///
    /// Something cannot be fetched.
    pub fn fetch(ctx: &Ctx, spec: &KernelSpec) -> Result<Self> {
        Ok(Self {
            kernel: setup::kernel(ctx, spec)?,
            tools: setup::guest_tools(ctx, spec.arch)?,
            qemu: setup::qemu(ctx)?,
        })
    }
}

/// What a guest is started for.
#[derive(Debug)]
pub struct Mission<'a> {
    /// What it is made of.
    pub lab: &'a Lab,
    /// Our modules.
    pub built: &'a Built,
    /// How it boots.
    pub boot: &'static boot::Config,
    /// What it runs, in this order; nothing for a person at the console.
    pub scenarios: &'a [&'a Scenario],
    /// Which of their own tests the modules run that have some: words with commas between them.
    pub unit_filter: &'a str,
    /// Where its initramfs, command and logs go.
    pub dir: &'a Path,
    /// What devices a person's guest has; all of them, if this is empty.
    pub devices: &'a [&'static Device],
}

/// Hears the final verdict on the scenario with this index.
pub type Settled<'a> = &'a mut dyn FnMut(usize, Record);

/// What a guest's run has shown, beside the verdicts.
#[derive(Debug)]
pub struct Run {
    /// How long the guest took to its init, by the host's clock, if it came that far.
    pub init: Option<Duration>,
    /// How it ended.
    pub end: End,
    /// What was said outside any test.
    pub stray: Vec<String>,
    /// The whole console.
    pub console: PathBuf,
}

impl Run {
    /// Whether the kernel stood still or ended before it came to its init: nothing of ours has run by then.
    #[must_use]
    pub fn is_stillborn(&self) -> bool {
        self.init.is_none()
    }
}

impl Mission<'_> {
    /// Puts the guest together.
    ///
    /// # Errors
    ///
    /// A file that belongs into it is missing or cannot be written.
    pub fn machine(&self, ctx: &Ctx, servers: &Servers) -> Result<Machine> {
        let lab = self.lab;
        let spec = &lab.kernel.spec;
        fs::create_dir_all(self.dir)?;
        let loaded = distinct(self.scenarios, |s| &s.stock);
        let mut extra = distinct(self.scenarios, |s| &s.brings);
        extra.extend(&loaded);
        extra.sort_unstable();
        extra.dedup();
        let mut kept = ctx.out.join("guest").join(spec.id);
        if !extra.is_empty() {
            kept.push(extra.join("+"));
        }
        let init = ctx.root.join("tests/qemu/guest/init");
        let base = archive::base(&kept, &lab.kernel, &lab.tools.busybox, &init, &extra)?;
        let mut bytes = read(&base)?;
        bytes.extend(self.payload(ctx, &loaded)?);
        let initrd = self.dir.join("initrd.cpio");
        fs::write(&initrd, bytes).with_context(|| format!("cannot write {}", initrd.display()))?;
        let config = fs::read_to_string(&lab.kernel.config)
            .with_context(|| format!("cannot read {}", lab.kernel.config.display()))?;
        let image = if self.boot.stub {
            lab.kernel.image.clone()
        } else {
            image::unpacked(
                &lab.kernel.image,
                &config,
                &ctx.out.join("guest").join(spec.id),
            )?
        };
        Ok(Machine {
            cpu: self.boot.cpu(spec.arch),
            cpus: self.cpus(),
            image,
            initrd,
            cmdline: self.boot.cmdline(&config),
            disk: self.wants_disk().then(|| lab.tools.disk.clone()),
            platform: self.boot.devices,
            devices: self.devices(),
            counting: None,
            sockets: servers.dir().to_owned(),
        })
    }

    /// As many as the scenarios want, who want the same.
    fn cpus(&self) -> &'static str {
        self.scenarios.first().map_or("2", |s| s.cpus(self.boot))
    }

    /// Starts what serves the guest's devices.
    ///
    /// # Errors
    ///
    /// Something of it cannot be built or started.
    pub fn servers(&self, ctx: &Ctx) -> Result<Servers> {
        fs::create_dir_all(self.dir)?;
        Servers::start(ctx, &self.devices(), self.dir)
    }

    /// The devices that any of the scenarios asks for, each once; for a person those that were asked
    /// for.
    fn devices(&self) -> Vec<&'static Device> {
        if self.scenarios.is_empty() && self.devices.is_empty() {
            return DEVICES.iter().collect();
        }
        let mut devices = self.devices.to_vec();
        devices.extend(self.scenarios.iter().flat_map(|s| &s.devices));
        devices.sort_by_key(|device| device.slot());
        devices.dedup();
        devices
    }

    fn wants_disk(&self) -> bool {
        self.scenarios.is_empty() || self.scenarios.iter().any(|s| s.tools)
    }

    /// The second archive: our modules, the scenarios and the plan.
    fn payload(&self, ctx: &Ctx, loaded: &[&str]) -> Result<Vec<u8>> {
        let mut archive = Archive::default();
        archive.directory("modules")?;
        let modules = if self.boot.counts && !self.built.counted.is_empty() {
            &self.built.counted
        } else {
            &self.built.ko_files
        };
        for path in modules {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            archive.file(&format!("modules/{name}"), &read(path)?)?;
        }
        // They are more than half of the archive.
        let is_unit = self.scenarios.is_empty() || self.scenarios.iter().any(|s| s.unit);
        for path in self.built.unit.iter().filter(|_| is_unit) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            archive.file(&format!("unit/{name}"), &read(path)?)?;
        }
        if let Some(root) = &self.built.install_root {
            archive.tree("installed/lib/modules", &root.join("lib/modules"))?;
        }
        let firmware = tempfile::tempdir()?;
        server::write_firmware(ctx, &self.devices(), firmware.path())?;
        archive.tree("lib/firmware", firmware.path())?;
        let guest = ctx.root.join("tests/qemu/guest");
        let words = [
            "lib.sh",
            "case.sh",
            "installed.sh",
            "growth.sh",
            "phy.sh",
            "nouveau.sh",
        ];
        for name in words {
            archive.file(&format!("ferrite/{name}"), &read(&guest.join(name))?)?;
        }
        let info = read(&ctx.root.join("tools/nova-info/nova-info"))?;
        archive.program("bin/nova-info", &info)?;
        let kernel = &self.lab.kernel;
        let arch = kernel.spec.arch;
        for name in ["cycle", "ask", "pci"] {
            let program = program::compiled(ctx, kernel, arch, name, self.dir)?;
            archive.program(&format!("ferrite/{name}"), &program)?;
        }
        if arch == Arch::X86_64 {
            let narrow = self.dir.join("narrow");
            let ask = program::compiled(ctx, kernel, Arch::I386, "ask", &narrow)?;
            archive.program("ferrite/ask32", &ask)?;
        }
        let mut plan = String::new();
        for scenario in self.scenarios {
            let _ = writeln!(plan, "{}", scenario.name);
            let inside = format!("ferrite/scenarios/{}.sh", scenario.name);
            archive.file(&inside, &read(&scenario.path)?)?;
        }
        archive.file("ferrite/plan", plan.as_bytes())?;
        let spec = &self.lab.kernel.spec;
        let arch = match spec.arch {
            Arch::X86_64 => "amd64",
            Arch::I386 => "i386",
        };
        let mode = if self.scenarios.is_empty() {
            "shell"
        } else {
            "test"
        };
        let disk = if self.wants_disk() { "yes" } else { "no" };
        let env = format!(
            "FERRITE_KERNEL={}\nFERRITE_ARCH={arch}\nFERRITE_BOOT={}\nFERRITE_MODE={mode}\n\
             FERRITE_DISK={disk}\nFERRITE_STOCK='{}'\nFERRITE_UNIT='{}'\n",
            spec.id,
            self.boot.name,
            loaded.join(" "),
            self.unit_filter,
        );
        archive.file("ferrite/env", env.as_bytes())?;
        archive.finish()
    }

    /// Checks that every module that a scenario names was built.
    ///
    /// # Errors
    ///
    /// One was not.
    pub fn check_modules(&self) -> Result<()> {
        let built: Vec<_> = self
            .built
            .ko_files
            .iter()
            .map(|path| stock::module_name(&path.to_string_lossy()))
            .collect();
        for scenario in self.scenarios {
            for module in &scenario.modules {
                ensure!(
                    built.contains(&module.replace('-', "_")),
                    "scenario {} uses {module}.ko, which was not built for {}",
                    scenario.name,
                    self.lab.kernel.spec.id
                );
            }
        }
        Ok(())
    }

    /// Runs the guest to its end; `settled` hears of every scenario once, in their order, as soon
    /// as its verdict is final.
    ///
    /// # Errors
    ///
    /// The harness fails; whatever the guest does is in the result.
    pub fn run(&self, ctx: &Ctx, show_qemu: bool, scale: f64, settled: Settled<'_>) -> Result<Run> {
        let mut servers = self.servers(ctx)?;
        let machine = self.machine(ctx, &servers)?;
        let run = self.run_machine(ctx, &machine, show_qemu, scale, settled)?;
        servers.check()?;
        Ok(run)
    }

    /// Runs a guest that [`Mission::machine`] has put together, and that may have got more since.
    ///
    /// # Errors
    ///
    /// As [`Mission::run`].
    pub fn run_machine(
        &self,
        ctx: &Ctx,
        machine: &Machine,
        show_qemu: bool,
        scale: f64,
        settled: Settled<'_>,
    ) -> Result<Run> {
        self.check_modules()?;
        let command = machine.command(&self.lab.qemu);
        if show_qemu {
            ctx.ui.line(qemu::as_shell(&command));
        }
        let expected = self.scenarios.iter().map(|scenario| Expected {
            name: scenario.name.clone(),
            allow: scenario.allow.clone(),
            farewell: scenario.farewell.clone(),
        });
        let mut watch = Watch {
            guest: Guest::start(command, self.dir)?,
            splitter: Splitter::default(),
            judge: Judge::new(expected.collect()),
            reported: 0,
            started: Instant::now(),
            init: None,
            scale,
            deadline: Instant::now() + BOOT_TIMEOUT.mul_f64(scale),
        };
        let end = watch.watch(self.scenarios, settled)?;
        if end == End::Exited {
            watch.guest.wait()?;
        }
        watch.report(self.scenarios.len(), end, settled);
        Ok(Run {
            init: watch.init,
            end,
            stray: watch.judge.stray().to_vec(),
            console: self.dir.join("console.log"),
        })
    }
}

/// What the scenarios have of something, each once.
fn distinct<'a>(scenarios: &[&'a Scenario], of: fn(&Scenario) -> &[String]) -> Vec<&'a str> {
    let all = scenarios.iter().flat_map(|scenario| of(scenario));
    let mut all: Vec<_> = all.map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A guest, and the patience that is left with it.
struct Watch {
    guest: Guest,
    splitter: Splitter,
    judge: Judge,
    reported: usize,
    started: Instant,
    init: Option<Duration>,
    scale: f64,
    deadline: Instant,
}

impl Watch {
    fn watch(&mut self, scenarios: &[&Scenario], settled: Settled<'_>) -> Result<End> {
        let mut running = None;
        loop {
            let patience = self.deadline.saturating_duration_since(Instant::now());
            let heard = self.guest.hear(patience)?;
            for progress in self.read(heard_bytes(&heard)) {
                let patience = match progress {
                    Progress::Init => {
                        self.init = Some(self.started.elapsed());
                        PAUSE_TIMEOUT
                    }
                    Progress::Started(index) => {
                        running = Some(index);
                        self.report(index, End::Exited, settled);
                        scenarios.get(index).map_or(PAUSE_TIMEOUT, |s| s.timeout)
                    }
                    Progress::Ended(_) => {
                        running = None;
                        PAUSE_TIMEOUT
                    }
                    Progress::Finished | Progress::Dead => PAUSE_TIMEOUT,
                };
                self.deadline = Instant::now() + patience.mul_f64(self.scale);
            }
            match heard {
                Heard::Closed => {
                    let rest = self.splitter.finish();
                    if let Some(line) = rest {
                        self.judge.feed(&line);
                    }
                    return Ok(End::Exited);
                }
                Heard::Bytes(_) if Instant::now() < self.deadline => {}
                Heard::Bytes(_) | Heard::Silence => {
                    if running.is_some() || self.init.is_none() {
                        self.last_words()?;
                    }
                    return Ok(End::Killed);
                }
            }
        }
    }

    /// Reports all tests before this one that are not reported yet.
    fn report(&mut self, until: usize, end: End, settled: Settled<'_>) {
        while self.reported < until {
            settled(self.reported, self.judge.record(self.reported, end));
            self.reported += 1;
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Vec<Progress> {
        let lines = self.splitter.push(bytes);
        lines
            .iter()
            .filter_map(|line| self.judge.feed(line))
            .collect()
    }

    /// Has a guest that hangs say where, for the log.
    fn last_words(&mut self) -> Result<()> {
        for key in [b'w', b'l'] {
            self.guest.sysrq(key);
            let end = Instant::now() + LAST_WORDS;
            while let Some(patience) = end.checked_duration_since(Instant::now()) {
                // They go to the log only: a backtrace that we have asked for is no complaint.
                if matches!(self.guest.hear(patience)?, Heard::Closed) {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn heard_bytes(heard: &Heard) -> &[u8] {
    match heard {
        Heard::Bytes(bytes) => bytes,
        _ => &[],
    }
}
