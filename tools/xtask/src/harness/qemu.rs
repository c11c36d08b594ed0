// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The virtual machine: its command line, its console, its end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::device::Device;
use crate::setup::Program;

/// What a guest is made of.
#[derive(Debug)]
pub struct Machine {
    /// QEMU's CPU model.
    pub cpu: &'static str,
    /// How many of them.
    pub cpus: &'static str,
    /// The kernel's image.
    pub image: PathBuf,
    /// The initramfs.
    pub initrd: PathBuf,
    /// The kernel's command line.
    pub cmdline: String,
    /// The disk with the tools.
    pub disk: Option<PathBuf>,
    /// What the boot adds, before other devices: what follows `-device`.
    pub platform: &'static [&'static str],
    /// The devices that not every guest has.
    pub devices: Vec<&'static Device>,
    /// Where the sockets are of those that are processes of their own.
    pub sockets: PathBuf,
    /// What a guest has whose instructions are counted.
    pub counting: Option<Counting>,
}

/// A guest whose instructions are counted: one CPU, whose clock is the number of instructions that
/// it has executed, so that the same guest does the same again.
#[derive(Debug)]
pub struct Counting {
    /// The plugin that counts.
    pub plugin: PathBuf,
    /// Where its report goes.
    pub report: PathBuf,
    /// Where the kernel's half of the address space begins.
    pub kernel: u64,
    /// A disk that the guest writes to.
    pub symbols: PathBuf,
}

impl Counting {
    fn arguments(&self) -> Vec<OsString> {
        let mut plugin = OsString::from("file=");
        plugin.push(doubled(&self.plugin));
        plugin.push(",out=");
        plugin.push(doubled(&self.report));
        plugin.push(format!(",kernel={:#x}", self.kernel));
        let mut drive = OsString::from("if=none,id=symbols,format=raw,file=");
        drive.push(doubled(&self.symbols));
        [
            "-icount".into(),
            "shift=0,sleep=off".into(),
            "-rtc".into(),
            "base=2026-01-01T00:00:00,clock=vm".into(),
            "-seed".into(),
            "1".into(),
            "-plugin".into(),
            plugin,
            "-drive".into(),
            drive,
            "-device".into(),
            "virtio-blk-pci,drive=symbols,serial=symbols".into(),
        ]
        .into()
    }
}

/// A path, as the value of one of QEMU's options: a comma would end it.
fn doubled(path: &Path) -> OsString {
    path.to_string_lossy().replace(',', ",,").into()
}

impl Machine {
    /// QEMU's arguments.
    ///
    /// The console is multiplexed with QEMU's own escapes: the harness sends a break that way
    /// (`Ctrl-A B`, magic SysRq), a person at the console leaves that way (`Ctrl-A X`).
    /// One gibibyte of memory is more than i386 maps: the last eighth is high memory, from which
    /// the page cache is filled first, so that a driver that forgets to map a page is found out.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = [
            "-no-user-config",
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-machine",
            "q35,accel=tcg",
            "-smp",
            self.cpus,
            "-m",
            "1G",
            "-cpu",
            self.cpu,
            "-chardev",
            "stdio,id=console,mux=on,signal=off",
            "-serial",
            "chardev:console",
        ]
        .map(OsString::from)
        .to_vec();
        arguments.extend(["-kernel".into(), self.image.clone().into()]);
        arguments.extend(["-initrd".into(), self.initrd.clone().into()]);
        arguments.extend(["-append".into(), self.cmdline.clone().into()]);
        let platform = self.platform.iter();
        arguments.extend(platform.flat_map(|device| ["-device".into(), OsString::from(device)]));
        if let Some(disk) = &self.disk {
            let mut drive = OsString::from("if=none,id=tools,format=raw,readonly=on,file=");
            drive.push(disk);
            arguments.extend(["-drive".into(), drive]);
            arguments.extend(["-device".into(), "virtio-blk-pci,drive=tools".into()]);
        }
        if self.devices.iter().any(|device| device.server().is_some()) {
            // Their DMA needs memory that can be mapped by others.
            arguments.extend([
                "-object".into(),
                "memory-backend-memfd,id=memory,size=1G,share=on".into(),
                "-machine".into(),
                "memory-backend=memory".into(),
            ]);
        }
        let devices = self.devices.iter();
        arguments.extend(devices.flat_map(|device| device.arguments(&self.sockets)));
        arguments.extend(self.counting.iter().flat_map(Counting::arguments));
        arguments
    }

    /// The command that starts it.
    #[must_use]
    pub fn command(&self, qemu: &Program) -> Command {
        let mut command = qemu.command();
        command.args(self.arguments());
        command
    }
}

/// A command as a person can paste it into a shell.
#[must_use]
pub fn as_shell(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted: Vec<_> = words.map(|word| quote(&word.to_string_lossy())).collect();
    quoted.join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/.,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// How long the console is left alone after something was read from it. A UART hands over one letter at a
/// time: to be woken for each takes both sides more time than the letter is worth. The pipe holds 64 KiB.
const A_MOMENT: Duration = Duration::from_millis(10);

/// What came from the console.
#[derive(Debug)]
pub enum Heard {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// Nothing, for as long as the caller would wait.
    Silence,
    /// The end: QEMU has closed it.
    Closed,
}

/// A guest that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Guest {
    child: Child,
    stdin: Option<ChildStdin>,
    console: Receiver<Vec<u8>>,
    log: File,
}

impl Guest {
    /// Starts QEMU, and keeps in `dir` the console, the command and QEMU's own messages.
    ///
    /// # Errors
    ///
    /// QEMU cannot be executed, or the directory cannot be written.
    pub fn start(mut command: Command, dir: &Path) -> Result<Self> {
        let log = File::create(dir.join("console.log"))?;
        fs::write(dir.join("qemu.sh"), format!("{}\n", as_shell(&command)))?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(dir.join("qemu.log"))?)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let stdin = child.stdin.take();
        let mut stdout = child.stdout.take().context("QEMU has no output")?;
        let (sender, console) = mpsc::channel();
        // The thread ends when QEMU closes its end or nobody listens any more.
        std::thread::spawn(move || {
            let mut buffer = [0; 16384];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
                std::thread::sleep(A_MOMENT);
            }
        });
        Ok(Self {
            child,
            stdin,
            console,
            log,
        })
    }

    /// Waits for bytes from the console and keeps them in the log.
    ///
    /// # Errors
    ///
    /// The log cannot be written.
    pub fn hear(&mut self, patience: Duration) -> Result<Heard> {
        match self.console.recv_timeout(patience) {
            Ok(bytes) => {
                self.log.write_all(&bytes).context("cannot write the log")?;
                Ok(Heard::Bytes(bytes))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Heard::Silence),
            Err(RecvTimeoutError::Disconnected) => Ok(Heard::Closed),
        }
    }

    /// Sends a magic SysRq key: `w` has the kernel show what is blocked, `l` where each CPU is.
    pub fn sysrq(&mut self, key: u8) {
        if let Some(stdin) = &mut self.stdin {
            // A guest that is past answering is what this is for: no error matters.
            let _ = stdin.write_all(&[1, b'b', key]);
            let _ = stdin.flush();
        }
    }

    /// Waits for QEMU, which has closed its console.
    ///
    /// # Errors
    ///
    /// It cannot be waited for.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Already gone, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        let mut command = Command::new("/opt/q emu");
        command.args(["-append", "console=ttyS0 a='b'", "-m", "1G", ""]);
        assert_eq!(
            as_shell(&command),
            r"'/opt/q emu' -append 'console=ttyS0 a='\''b'\''' -m 1G ''"
        );
    }

    #[test]
    fn the_disk_is_read_only_and_devices_are_added() {
        let machine = machine("edu");
        let arguments = machine.arguments();
        let at = |wanted: &str| arguments.iter().position(|a| a == wanted).unwrap();
        assert!(
            arguments
                .iter()
                .any(|a| a.to_string_lossy().contains("readonly=on"))
        );
        // It has to be there before what it is for.
        assert!(at("intel-iommu") < at("virtio-blk-pci,drive=tools"));
        assert!(arguments.ends_with(&["-device".into(), "edu,bus=edu-port".into()]));
        assert!(!arguments.contains(&"-object".into()));
    }

    #[test]
    fn a_device_of_ours_reaches_the_memory() {
        let arguments = machine("ring").arguments();
        assert!(arguments.contains(&"memory-backend-memfd,id=memory,size=1G,share=on".into()));
        let device = arguments.last().unwrap().to_string_lossy();
        let device: serde_json::Value = serde_json::from_str(&device).unwrap();
        assert_eq!(device["socket"]["path"], "/s/ring");
        assert_eq!(device["bus"], "ring-port");
    }

    fn machine(device: &str) -> Machine {
        Machine {
            cpu: "max",
            cpus: "2",
            image: "k".into(),
            initrd: "i".into(),
            cmdline: "c".into(),
            disk: Some("d,d.img".into()),
            platform: &["intel-iommu"],
            devices: vec![super::super::device::find(device).unwrap()],
            sockets: "/s".into(),
            counting: None,
        }
    }
}
