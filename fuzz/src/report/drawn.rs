//! Entries of two maps side by side, as a picture: the lowest address at the bottom, each range as
//! high as the logarithm of its length, and a mark on what differs.

use growstack::{Addr, EntryFlags};
use svg::Document;
use svg::node::element::{Group, Line, Rectangle, Style, Text, Title};

use super::table::Around;
use crate::answer::Row;
use crate::trace::RowText;

/// The geometry, in pixels.
const LABELS: u32 = 112;
const COLUMN: u32 = 140;
const BETWEEN: u32 = 12;
const TOP: u32 = 30;
const LOWEST: u32 = 22;

/// Light or dark as the reader's system is; named, since the picture may stand in a page.
const STYLE: &str = "
.maps { --ink: #1d1f21; --soft: #5c6166; --rule: #dcddd8; --fill: #f1f1ec; --bad: #b3261e; --wash: #fbe3df; }
@media (prefers-color-scheme: dark) {
  .maps { --ink: #e4e4df; --soft: #9ea4a9; --rule: #33373b; --fill: #202427; --bad: #ff8a7a; --wash: #4a2320; } }
.maps text { fill: var(--ink); font: 11px ui-monospace, Menlo, 'DejaVu Sans Mono', monospace; }
.maps .addr { fill: var(--soft); text-anchor: end; }
.maps .name { text-anchor: middle; font-weight: bold; }
.maps line, .maps .room { stroke: var(--rule); fill: none; }
.maps .entry rect { fill: var(--fill); stroke: var(--soft); }
.maps .differs rect { fill: var(--wash); stroke: var(--bad); stroke-width: 2.5; }
";

pub(super) fn draw(around: &Around<'_>) -> String {
    let lines = around.shown();
    let rows = lines.iter().flatten().flatten();
    let axis = Axis::new(rows.flat_map(|row| [row.range.start(), row.range.end()]).collect());
    if axis.at.is_empty() || around.columns.len() < 2 {
        return String::new();
    }
    let (width, height) = (LABELS + 2 * COLUMN + BETWEEN + 4, axis.height() + TOP + 8);
    let mut document = Document::new()
        .set("class", "maps")
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .add(Style::new(STYLE))
        .add(axis.labels(width));
    for (number, column) in around.columns.iter().enumerate() {
        let x = LABELS + u32::try_from(number).unwrap_or(0) * (COLUMN + BETWEEN);
        let name = Text::new(column.name).set("class", "name");
        let room = Rectangle::new().set("class", "room").set("x", x).set("y", TOP);
        document = document
            .add(name.set("x", x + COLUMN / 2).set("y", 18))
            .add(room.set("width", COLUMN).set("height", axis.height()));
        for line in &lines {
            if let Some(row) = line[number] {
                document = document.add(entry(&axis, x, row, around.differs(line)));
            }
        }
    }
    document.to_string()
}

fn entry(axis: &Axis, x: u32, row: &Row, differs: bool) -> Group {
    let (top, bottom) = (axis.y(row.range.end()), axis.y(row.range.start()));
    let grows = match row.flags {
        flags if flags.contains(EntryFlags::GROWS_DOWN) => " ↓",
        flags if flags.contains(EntryFlags::GROWS_UP) => " ↑",
        _ => "",
    };
    let left = row.shown_avail().get();
    let left = if left > 0 { format!(" {left:#x}") } else { String::new() };
    let mark = if differs { "≠ " } else { "" };
    let label = Text::new(format!("{mark}{}{grows}{left}", row.prot));
    let place = Rectangle::new().set("x", x).set("y", top).set("width", COLUMN);
    Group::new()
        .set("class", if differs { "entry differs" } else { "entry" })
        .add(place.set("height", bottom.saturating_sub(top)))
        .add(label.set("x", x + 8).set("y", u32::midpoint(top, bottom) + 4))
        .add(Title::new(RowText(row).to_string()))
}

/// Addresses in order, each with its distance from the lowest.
struct Axis {
    at: Vec<(Addr, u32)>,
}

impl Axis {
    fn new(mut edges: Vec<Addr>) -> Self {
        edges.sort_unstable();
        edges.dedup();
        let (mut at, mut height, mut last) = (Vec::new(), 0, None);
        for edge in edges {
            if let Some(last) = last {
                // Twelve bits are a page, and each further bit two pixels.
                let bits = u64::BITS - edge.wrapping_sub(last).get().leading_zeros();
                height += LOWEST + 2 * bits.saturating_sub(12).min(20);
            }
            at.push((edge, height));
            last = Some(edge);
        }
        Self { at }
    }

    fn height(&self) -> u32 {
        self.at.last().map_or(0, |(_, height)| *height)
    }

    /// The distance of an address from the top of the picture.
    fn y(&self, address: Addr) -> u32 {
        let below = self.at.iter().rev().find(|(edge, _)| *edge <= address);
        TOP + self.height() - below.map_or(0, |(_, height)| *height)
    }

    fn labels(&self, width: u32) -> Group {
        self.at.iter().fold(Group::new(), |group, (edge, _)| {
            let y = self.y(*edge);
            let line = Line::new().set("x1", LABELS - 4).set("x2", width - 2);
            let text = Text::new(edge.to_string()).set("class", "addr");
            group.add(line.set("y1", y).set("y2", y)).add(text.set("x", LABELS - 8).set("y", y + 4))
        })
    }
}
