//! Distributions as a picture: nanoseconds over the share of growths that took no longer.

use std::fs;
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, IntoLogRange, LineSeries, Palette, Palette99,
    PathElement, SVGBackend, WHITE,
};

use super::Distribution;
use super::table::ns;

/// Width and height of a picture in pixels.
const PICTURE: (u32, u32) = (960, 600);
/// Points of a line for each further nine of the share.
const POINTS: u32 = 40;
/// Nanoseconds shown.
const SHOWN: (f64, f64) = (1.0, 1e7);

/// Draws the distributions of one size into `grow-<entries>.svg` in a folder, which is made if it
/// is not there. Returns where.
///
/// # Errors
///
/// When the file cannot be written.
pub fn draw(folder: &Path, n: usize, all: &[Distribution]) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("grow-{n}.svg"));
    let root = SVGBackend::new(&path, PICTURE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Latency of one growth, {n} entries"), ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..5.0, (SHOWN.0..SHOWN.1).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("share of growths")
        .y_desc("nanoseconds")
        .x_labels(6)
        .x_label_formatter(&|nines| share(*nines))
        .draw()?;
    let of_size = || all.iter().filter(|one| one.n == n);
    let lines = of_size()
        .map(|one| (format!("{} {}", one.caches, one.fault), &one.growths, one.ns_per_tick))
        .chain(
            of_size().take(1).map(|one| ("empty timer pair".into(), &one.empty, one.ns_per_tick)),
        );
    for (at, (label, histogram, ns_per_tick)) in lines.enumerate() {
        let style = Palette99::pick(at).stroke_width(2);
        chart
            .draw_series(LineSeries::new(points(histogram, ns_per_tick), style))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).draw()?;
    root.present()?;
    drop(chart);
    drop(root);
    Ok(path)
}

/// "99.9 %" for three nines.
fn share(nines: f64) -> String {
    let percent = 100.0 * (1.0 - 10_f64.powf(-nines));
    format!("{percent:.*} %", if nines > 2.5 { 3 } else { 0 })
}

/// The quantiles that the number of samples bears out.
pub(super) fn points(histogram: &Histogram<u64>, ns_per_tick: f64) -> Vec<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let most = (histogram.len().max(1) as f64).log10().min(5.0);
    (0..=5 * POINTS)
        .map(|step| f64::from(step) / f64::from(POINTS))
        .take_while(|nines| *nines <= most)
        .map(|nines| {
            let ticks = histogram.value_at_quantile(1.0 - 10_f64.powf(-nines));
            (nines, ns(ticks, ns_per_tick).clamp(SHOWN.0, SHOWN.1))
        })
        .collect()
}
