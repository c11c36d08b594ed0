// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What came out, as one page with everything in it: plots, tables, environment.

use std::fmt::Write as _;

use anyhow::{Error, Result, anyhow};
use plotters::prelude::*;

use super::results::{Case, Results, TWIN};
use super::table;

const STYLE: &str = "body { font: 15px/1.5 sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; font-size: 13px; margin: 1rem 0 }
td, th { padding: 2px 10px; border-bottom: 1px solid #ddd; text-align: left }
td.n { text-align: right; font-variant-numeric: tabular-nums }
td.above { color: #b00020; font-weight: bold }
svg { max-width: 100%; height: auto }
pre, code { background: #f4f4f4 }";

/// How many functions are listed of a case that is above its target.
const FUNCTIONS: usize = 10;

/// The page. It is XML as well, so that a test can tell whether it is well-formed.
pub(super) fn html(results: &Results) -> Result<String> {
    let mut page =
        String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n");
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<title>Ferrite: what the Rust costs</title>\n<style>{STYLE}</style></head><body>\n\
         <h1>What the Rust costs</h1>\n\
         <p>Executed instructions an operation, of a Rust module and of its twin in C in the same boot, as a ratio: \
         below 1 the Rust executes less. <em>Own</em> is what lies in the module; <em>all</em> is whatever the kernel \
         executed meanwhile, and what the target is for. A <code>rep movs</code> counts once an iteration, for both.</p>\n"
    );
    let mut kernels: Vec<&str> = results.cases.iter().map(|c| c.kernel.as_str()).collect();
    kernels.dedup();
    for kernel in kernels {
        let cases: Vec<_> = results
            .cases
            .iter()
            .filter(|c| c.kernel == kernel)
            .collect();
        let _ = write!(page, "<h2>{}</h2>\n{}\n", escaped(kernel), plot(&cases)?);
        page.push_str(&cases_table(&cases));
        for case in cases.iter().filter(|case| case.is_above_target()) {
            let _ = write!(
                page,
                "<h3>{}: where the difference is</h3>\n<table>\n",
                escaped(&case.name)
            );
            for (name, difference) in table::differences(case).iter().take(FUNCTIONS) {
                let _ = writeln!(
                    page,
                    "<tr><td class=\"n\">{difference:+.1}</td><td>{}</td></tr>",
                    escaped(name)
                );
            }
            page.push_str("</table>\n");
        }
    }
    if !results.values.is_empty() {
        page.push_str(&values_table(results));
    }
    if !results.sizes.is_empty() {
        page.push_str(&sizes_table(results));
    }
    if let Some(time) = &results.compile_time {
        let _ = writeln!(page, "<h2>Registers</h2>\n<p>{}</p>", escaped(&time.text()));
    }
    page.push_str(&environment(results));
    page.push_str("</body></html>\n");
    Ok(page)
}

fn values_table(results: &Results) -> String {
    let mut text = String::from(
        "<h2>Values</h2>\n<p>Counted by the benchmarks themselves, of Rust alone.</p>\n<table>\n\
         <tr><th>kernel</th><th>value</th><th>unit</th><th>number</th></tr>\n",
    );
    for value in &results.values {
        let _ = writeln!(text, "{}", row(&value.row(), 3, usize::MAX, ""));
    }
    text + "</table>\n"
}

fn sizes_table(results: &Results) -> String {
    let mut text = String::from(
        "<h2>Size</h2>\n<p>Bytes of code, and of the whole files. What the smallest module has, all of ours have: the \
         ratio is without that.</p>\n<table>\n<tr><th>kernel</th><th>module</th><th>against</th><th>code</th>\
         <th>without the smallest</th><th>C</th><th>ratio</th><th>file</th><th>C</th></tr>\n",
    );
    for size in &results.sizes {
        let above = if size.is_above_target() { " above" } else { "" };
        let _ = writeln!(text, "{}", row(&size.row(), 3, 6, above));
    }
    text + "</table>\n"
}

fn environment(results: &Results) -> String {
    let environment = &results.environment;
    let mut text = format!(
        "<h2>Where it ran</h2>\n<pre>{}</pre>\n<table>\n",
        escaped(&environment.command)
    );
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(
            text,
            "<tr><th>{}</th><td>{}</td></tr>",
            escaped(name),
            escaped(value)
        );
    };
    line("commit", &environment.commit);
    line("rustc", &environment.rustc);
    line("emulator", &environment.qemu);
    for (id, facts) in &results.kernels {
        line(id, &format!("{}; {}", facts.version, facts.compiler));
    }
    text.push_str("</table>\n");
    text
}

fn cases_table(cases: &[&Case]) -> String {
    let mut text = String::from(
        "<table>\n<tr><th>case</th><th>against</th><th>own, Rust</th><th>own, C</th><th>ratio</th>\
         <th>all, Rust</th><th>all, C</th><th>ratio</th></tr>\n",
    );
    for case in cases {
        for mut cells in table::rows_of(case) {
            cells.remove(0);
            let above = if cells.iter().any(|cell| cell.ends_with('!')) {
                " above"
            } else {
                ""
            };
            let _ = writeln!(text, "{}", row(&cells, 2, 7, above));
        }
    }
    text + "</table>\n"
}

/// A row whose cells but the first are numbers; one of them, the ratio, may be marked.
fn row(cells: &[String], left: usize, ratio: usize, mark: &str) -> String {
    let mut text = String::from("<tr>");
    for (index, cell) in cells.iter().enumerate() {
        let mark = if index == ratio { mark } else { "" };
        let class = if index < left { "" } else { "n" };
        let _ = write!(text, "<td class=\"{class}{mark}\">{}</td>", escaped(cell));
    }
    text + "</tr>"
}

/// The height of a case in a plot, and the width of its name.
const ROW: u32 = 22;
const LABELS: u32 = 390;
const OWN: RGBColor = RGBColor(158, 188, 218);
const ALL: RGBColor = RGBColor(49, 99, 149);
const ABOVE: RGBColor = RGBColor(176, 0, 32);

/// Bars for the ratios of each case, and a line where Rust and C are equal.
fn plot(cases: &[&Case]) -> Result<String> {
    let ratios: Vec<_> = cases
        .iter()
        .filter_map(|c| Some((*c, c.ratio(TWIN)?)))
        .collect();
    let most = ratios
        .iter()
        .flat_map(|(_, ratio)| [ratio.own, ratio.inclusive])
        .filter(|ratio| ratio.is_finite())
        .fold(1.2, f64::max);
    if ratios.is_empty() {
        return Ok(String::new());
    }
    let rows = ratios.len();
    let height = u32::try_from(rows)? * ROW + 70;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1000, height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .margin_left(LABELS)
            .x_label_area_size(40)
            .build_cartesian_2d(0.0..most * 1.02, 0.0..rows as f64)
            .map_err(broken)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .disable_y_axis()
            .x_desc("Rust / C: own (light), all (dark)")
            .draw()
            .map_err(broken)?;
        let mut bars = Vec::new();
        for (index, (case, ratio)) in ratios.iter().enumerate() {
            let bottom = (rows - 1 - index) as f64;
            let middle = chart.plotting_area().map_coordinate(&(0.0, bottom + 0.5)).1;
            let label = Text::new(case.name.clone(), (10, middle - 6), ("sans-serif", 12));
            area.draw(&label).map_err(broken)?;
            let dark = if case.is_above_target() { ABOVE } else { ALL };
            for (value, from, to, colour) in [
                (ratio.own, 0.5, 0.85, OWN),
                (ratio.inclusive, 0.15, 0.5, dark),
            ] {
                if value.is_finite() {
                    let corners = [(0.0, bottom + from), (value, bottom + to)];
                    bars.push(Rectangle::new(corners, colour.filled()));
                }
            }
        }
        chart.draw_series(bars).map_err(broken)?;
        let one = PathElement::new(vec![(1.0, 0.0), (1.0, rows as f64)], BLACK);
        chart.draw_series([one]).map_err(broken)?;
        area.present().map_err(broken)?;
    }
    Ok(svg)
}

fn broken(error: impl std::fmt::Display) -> Error {
    anyhow!("cannot draw: {error}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
