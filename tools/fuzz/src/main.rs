// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The program behind `cargo xtask fuzz`.
//!
//! It runs itself as a child, with a limit for its memory: what ends a process rather than a function
//! (a stack that overflows, memory that there is not) is found, too.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use fuzz::engine::{self, Options, read_slot};
use fuzz::guard::{self, Panic};
use fuzz::report::Failure;
use fuzz::{Target, targets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Gives each parser of untrusted bytes wrong ones.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask fuzz",
    bin_name = "cargo xtask fuzz",
    max_term_width = 100
)]
struct Cli {
    /// Targets with one of these in their names [default: all]
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// How many inputs each target is given
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    cases: u64,
    /// What the numbers begin with: the same, and the inputs are the same
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// End each target after so many seconds, even before all cases
    #[arg(long, value_name = "T")]
    seconds: Option<f64>,
    /// How long one input may take, in seconds
    #[arg(long, value_name = "T", default_value_t = 20.0)]
    patience: f64,
    /// How many at a time [default: processors]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// List the targets
    #[arg(long)]
    list: bool,
    /// Try this input alone, on each of the targets
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Write what came out to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where inputs that fail are written to
    #[arg(long, value_name = "DIR", default_value = "target/ferrite/fuzz")]
    out: PathBuf,
}

/// Set for the child.
const CHILD: &str = "FERRITE_FUZZ_CHILD";
/// How much memory a child may map, in KiB.
const MEMORY: u64 = 8 << 20;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = if std::env::var_os(CHILD).is_some() || cli.list {
        work(&cli)
    } else {
        watch(&cli)
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn work(cli: &Cli) -> Result<ExitCode> {
    let targets = targets::matching(&cli.filters);
    if targets.is_empty() {
        bail!("no target has such a name; --list has all");
    }
    if cli.list {
        for target in targets {
            println!("{:24} {}", target.name, target.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(file) = &cli.replay {
        return replay(&targets, file);
    }
    let jobs = match cli.jobs {
        Some(jobs) => jobs,
        None => std::thread::available_parallelism()?.get(),
    };
    let options = Options {
        cases: cli.cases,
        seed: cli.seed,
        time: cli.seconds.map(Duration::from_secs_f64),
        patience: Duration::from_secs_f64(cli.patience),
        jobs,
        out: cli.out.clone(),
    };
    let bar = bar(cli.cases * targets.len() as u64);
    let done = |report: &fuzz::report::Report| bar.suspend(|| eprintln!("{}", report.line()));
    let outcome = engine::run(&targets, &options, &|cases| bar.inc(cases), &done)?;
    bar.finish_and_clear();
    eprintln!("{}", outcome.summary());
    if let Some(path) = &cli.json {
        fs::write(path, serde_json::to_string_pretty(&outcome)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::from(u8::from(!outcome.is_good())))
}

/// A bar on a terminal, nothing elsewhere: each target has its line.
fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
    let style = ProgressStyle::with_template(
        "fuzz [{bar:30}] {human_pos}/{human_len} {per_sec} [{elapsed}, {eta} left]",
    );
    bar.set_style(style.expect("a constant template").progress_chars("=> "));
    bar
}

fn replay(targets: &[Target], file: &Path) -> Result<ExitCode> {
    let input = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut failed = 0;
    for target in targets {
        match guard::run(target, &input) {
            Ok(_) => eprintln!("{} ... ok", target.name),
            Err(panic) => {
                failed += 1;
                let Panic { place, message } = panic;
                eprintln!("{} ... FAILED: {message}\n  in {place}", target.name);
            }
        }
    }
    eprintln!("{} passed, {failed} failed", targets.len() - failed);
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// Runs this program as a child, and says what it died of.
fn watch(cli: &Cli) -> Result<ExitCode> {
    let (status, id) = child(&std::env::args().skip(1).collect::<Vec<_>>())?;
    let Some(signal) = status.signal() else {
        return Ok(ExitCode::from(
            u8::try_from(status.code().unwrap_or(2)).unwrap_or(2),
        ));
    };
    eprintln!("the process has died of signal {signal}; one of these inputs did it:");
    for entry in fs::read_dir(&cli.out)?.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if !name
            .to_string_lossy()
            .starts_with(&format!("running.{id}."))
        {
            continue;
        }
        let slot = read_slot(&path);
        let _ = fs::remove_file(&path);
        let Ok((name, input)) = slot else { continue };
        let Some(target) = targets::all().into_iter().find(|t| t.name == name) else {
            continue;
        };
        let panic = Panic {
            place: "?".to_owned(),
            message: format!("the process died of signal {signal} while this was tried"),
        };
        let failure = Failure::new(&target, &cli.out, &input, panic)?;
        let file = failure.file.display().to_string();
        let (again, _) = child(&[name.clone(), "--replay".to_owned(), file])?;
        if again.success() {
            let _ = fs::remove_file(&failure.file);
        } else {
            eprintln!("{}\n  with --seed {}", failure.text(&name), cli.seed);
        }
    }
    Ok(ExitCode::FAILURE)
}

fn child(arguments: &[String]) -> Result<(ExitStatus, u32)> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe()?)
        .args(arguments)
        .env(CHILD, "1")
        .spawn()
        .context("cannot run sh")?;
    // sh becomes the program: its number stays.
    let id = child.id();
    Ok((child.wait()?, id))
}
