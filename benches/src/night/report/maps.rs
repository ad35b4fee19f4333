//! Two maps side by side, drawn: the lowest address at the bottom, each range as high as the
//! logarithm of its length, what differs marked.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use growstack_fuzz::evidence::{EntrySeen, Grows, MapSeen};

/// Entries shown on either side of the first that differs.
const MARGIN: usize = 4;
/// The geometry, in pixels.
const LABELS: u32 = 112;
const COLUMN: u32 = 132;
const BETWEEN: u32 = 12;
const TOP: u32 = 30;
const LOWEST: u32 = 22;

/// Entries of both maps, in the order of their addresses: of the left, of the right, and whether
/// they differ.
pub type Line<'a> = (Option<&'a EntrySeen>, Option<&'a EntrySeen>, bool);

/// The entries of `left` and `right` around the first that differs.
#[must_use]
pub fn lines<'a>(left: &'a MapSeen, right: &'a MapSeen) -> Vec<Line<'a>> {
    let starts: BTreeSet<u64> =
        left.entries.iter().chain(&right.entries).map(|entry| entry.start).collect();
    let at = |map: &'a MapSeen, start: u64| map.entries.iter().find(|entry| entry.start == start);
    let all: Vec<Line<'a>> = starts
        .into_iter()
        .map(|start| {
            let (l, r) = (at(left, start), at(right, start));
            (l, r, l.map(|e| &e.text) != r.map(|e| &e.text))
        })
        .collect();
    let center = all.iter().position(|(.., differs)| *differs).unwrap_or(0);
    let first = center.saturating_sub(MARGIN);
    let last = (center + MARGIN + 1).min(all.len());
    all[first..last].to_vec()
}

/// `left` and `right` as a picture, whose colours are those of the page it stands in; nothing if
/// both are empty.
#[must_use]
pub fn draw(left: &MapSeen, right: &MapSeen) -> String {
    let lines = lines(left, right);
    let entries = || lines.iter().flat_map(|(l, r, _)| l.iter().chain(r));
    let edges: BTreeSet<u64> = entries().flat_map(|entry| [entry.start, entry.end]).collect();
    let edges: Vec<u64> = edges.into_iter().collect();
    if edges.len() < 2 {
        return String::new();
    }
    let axis = Axis::new(&edges);
    let (width, height) = (LABELS + 2 * COLUMN + BETWEEN + 4, axis.height() + TOP + 8);
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg class=\"map\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"both maps, side by side\">"
    );
    for edge in &edges {
        let y = axis.y(*edge);
        let _ = write!(
            svg,
            "<text class=\"addr\" x=\"{}\" y=\"{}\">{edge:#x}</text>\
             <line class=\"tick\" x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
            LABELS - 8,
            y + 4,
            LABELS - 4,
            width - 2,
        );
    }
    for (number, map) in [left, right].into_iter().enumerate() {
        let x = LABELS + u32::try_from(number).unwrap_or(0) * (COLUMN + BETWEEN);
        let _ = write!(
            svg,
            "<text class=\"name\" x=\"{}\" y=\"18\">{}</text>\
             <rect class=\"room\" x=\"{x}\" y=\"{TOP}\" width=\"{COLUMN}\" height=\"{}\"/>",
            x + COLUMN / 2,
            escape(&map.name),
            axis.height(),
        );
        for (l, r, differs) in &lines {
            if let Some(entry) = if number == 0 { l } else { r } {
                draw_entry(&mut svg, &axis, x, entry, *differs);
            }
        }
    }
    svg + "</svg>"
}

fn draw_entry(svg: &mut String, axis: &Axis, x: u32, entry: &EntrySeen, differs: bool) {
    let (top, bottom) = (axis.y(entry.end), axis.y(entry.start));
    let class = if differs { "entry differs" } else { "entry" };
    let mark = if differs { "≠ " } else { "" };
    let grows = match entry.grows {
        Some(Grows::Down) => " ↓",
        Some(Grows::Up) => " ↑",
        None => "",
    };
    // The words after the addresses: protections first.
    let words: Vec<&str> = entry.text.split(' ').skip(2).collect();
    let prot = words.first().copied().unwrap_or_default();
    let left = if entry.avail > 0 { format!(" {:#x}", entry.avail) } else { String::new() };
    let _ = write!(
        svg,
        "<g class=\"{class}\"><rect x=\"{x}\" y=\"{top}\" width=\"{COLUMN}\" height=\"{}\"/>\
         <text x=\"{}\" y=\"{}\">{mark}{}{grows}{left}</text><title>{}</title></g>",
        bottom.saturating_sub(top),
        x + 8,
        u32::midpoint(top, bottom) + 4,
        escape(prot),
        escape(&entry.text),
    );
}

/// Where addresses are.
struct Axis {
    /// Addresses in order, each with its distance from the lowest.
    at: Vec<(u64, u32)>,
}

impl Axis {
    fn new(edges: &[u64]) -> Self {
        let mut at = Vec::new();
        let mut height: u32 = 0;
        let mut last: Option<u64> = None;
        for &edge in edges {
            if let Some(last) = last {
                // Twelve bits are a page, and each further bit two pixels.
                let bits = u64::BITS - (edge - last).leading_zeros();
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

    /// From the top of the picture.
    fn y(&self, address: u64) -> u32 {
        let below = self.at.iter().rev().find(|(edge, _)| *edge <= address);
        TOP + self.height() - below.map_or(0, |(_, height)| *height)
    }
}

/// `text` as part of a page.
#[must_use]
pub fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(name: &str, entries: &[(u64, u64, &str)]) -> MapSeen {
        let entry = |(start, end, words): &(u64, u64, &str)| EntrySeen {
            start: *start,
            end: *end,
            grows: Some(Grows::Down),
            avail: 0x3000,
            text: format!("{start:#x} {end:#x} {words}"),
        };
        MapSeen {
            name: name.to_owned(),
            answer: String::new(),
            entries: entries.iter().map(entry).collect(),
            summary: String::new(),
        }
    }

    #[test]
    fn what_differs_is_marked_on_both_sides() {
        let same = (0x1000, 0x2000, "rw-");
        let left = map("reference", &[same, (0x5000, 0x6000, "rw-")]);
        let right = map("engine", &[same, (0x5000, 0x7000, "rw-")]);
        assert_eq!(lines(&left, &right).iter().map(|l| l.2).collect::<Vec<_>>(), [false, true]);
        let svg = draw(&left, &right);
        assert_eq!(svg.matches("entry differs").count(), 2, "{svg}");
        assert_eq!(svg.matches("≠").count(), 2);
        assert_eq!(svg.matches("class=\"entry\"").count(), 2);
        assert!(svg.contains("0x7000") && svg.contains(">reference<") && svg.contains("↓"));
    }

    #[test]
    fn higher_addresses_are_higher_up() {
        let axis = Axis::new(&[0x1000, 0x2000, 0x7fff_0000_0000]);
        assert!(axis.y(0x1000) > axis.y(0x2000));
        assert!(axis.y(0x2000) > axis.y(0x7fff_0000_0000));
        assert_eq!(axis.y(0x7fff_0000_0000), TOP);
        assert!(axis.height() < 200, "a huge gap stays on the page");
    }

    #[test]
    fn hostile_text_stays_text() {
        let left = map("<script>", &[(0, 1, "\"><script>alert(1)</script>")]);
        let svg = draw(&left, &map("engine", &[]));
        assert!(!svg.contains("<script"), "{svg}");
    }

    #[test]
    fn only_what_is_around_the_difference_is_shown() {
        let many: Vec<(u64, u64, &str)> =
            (0..100).map(|n| (n * 0x2000, n * 0x2000 + 0x1000, "rw-")).collect();
        let mut other = many.clone();
        other[50].2 = "r--";
        let (left, right) = (map("reference", &many), map("engine", &other));
        let lines = lines(&left, &right);
        assert_eq!(lines.len(), 2 * MARGIN + 1);
        assert!(lines[MARGIN].2);
    }

    #[test]
    fn empty_maps_are_not_drawn() {
        assert_eq!(draw(&map("reference", &[]), &map("engine", &[])), "");
    }
}
