//! The drawing itself.

use svg::Document;
use svg::node::element::{Group, Line, Rectangle, Style, Text, Title};

use super::axis::Axis;
use super::history::{Event, History, Kind, Mark, Shape};
use super::legend::{GUARD_STYLE, STYLE, class, cross, legend};

/// Room above the map: title, legend and addresses.
const TOP: f64 = 150.0;

/// Room to the right, for addresses that lean over, and below.
const MARGIN: f64 = 110.0;

/// The tallest line for an operation; one of this height has its text beside it.
const LINE: f64 = 16.0;

/// How tall a picture of many operations becomes.
const HEIGHT: f64 = 1000.0;

/// The longest text beside a line, in letters.
const LETTERS: usize = 74;

/// Pixels between the addresses above.
const APART: f64 = 24.0;

/// The measures of a picture.
struct Frame<'a> {
    history: &'a History,
    axis: Axis,
    left: f64,
    line: f64,
}

/// Draws all.
pub(super) fn draw(title: &str, history: &History) -> Document {
    let states = count(history.states.max(1));
    let line = (HEIGHT / states).min(LINE);
    let reported = line >= LINE && !history.lines.is_empty();
    let left = if reported { 6.7 * count(LETTERS) + 20.0 } else { 70.0 };
    let frame = Frame { history, axis: Axis::of(history), left, line };
    let (width, height) = (left + frame.axis.width + MARGIN, TOP + line * states + 30.0);
    let style = [STYLE, if history.guards { GUARD_STYLE } else { "" }].concat();
    let mut document = Document::new()
        .set("viewBox", (0, 0, tenth(width), tenth(height)))
        .set("width", tenth(width))
        .set("height", tenth(height))
        .add(Style::new(style))
        .add(Text::new(title).set("class", "title").set("x", 10).set("y", 22))
        .add(Text::new(frame.summary()).set("class", "faint").set("x", 10).set("y", 40))
        .add(legend(10.0, 62.0, history.guards))
        .add(frame.addresses())
        .add(if reported { frame.lines() } else { frame.ticks() });
    let order = |kind: Kind| u8::from(kind != Kind::Reserve);
    let mut shapes: Vec<&Shape> = history.shapes.iter().collect();
    // Entries lie above the room to grow that they were mapped in.
    shapes.sort_by_key(|shape| order(shape.kind));
    document = document.add(shapes.iter().fold(Group::new(), |g, s| g.add(frame.shape(s))));
    document.add(history.marks.iter().fold(Group::new(), |g, mark| frame.mark(g, mark)))
}

impl Frame<'_> {
    fn y(&self, state: usize) -> f64 {
        TOP + self.line * count(state)
    }

    fn summary(&self) -> String {
        let History { operations, most, stride, .. } = self.history;
        let mut text = format!("{operations} operations downwards, {most} entries at most");
        if *stride > 1 {
            text += &format!(", the map after every {stride} operations");
        }
        text + "; addresses to the right, unmapped stretches cut short"
    }

    /// The addresses above the map, and lines where something is left out.
    fn addresses(&self) -> Group {
        let (mut group, mut last) = (Group::new(), f64::MIN);
        let bottom = self.y(self.history.states);
        for (from, to) in &self.axis.holes {
            let x = tenth(self.left + f64::midpoint(*from, *to));
            let line = Line::new().set("class", "hole").set("x1", x).set("x2", x);
            group = group.add(line.set("y1", TOP).set("y2", tenth(bottom)));
        }
        for (addr, x) in &self.axis.starts {
            if x - last < APART {
                continue;
            }
            last = *x;
            let (x, y) = (tenth(self.left + x), TOP - 6.0);
            let text = Text::new(addr.to_string()).set("class", "faint");
            group = group.add(text.set("transform", format!("translate({x} {y}) rotate(-35)")));
        }
        group
    }

    /// Every operation beside its line.
    fn lines(&self) -> Group {
        let mut group = Group::new();
        for (state, text) in self.history.lines.iter().enumerate() {
            let y = tenth(self.y(state) + self.line - 4.0);
            let mut short: String = text.chars().take(LETTERS).collect();
            if short.len() < text.len() {
                short.push('…');
            }
            let label = Text::new(short).set("x", 10).set("y", y);
            group = group.add(label.add(Title::new(text)));
        }
        group
    }

    /// Numbers of operations, where there are too many to tell all.
    fn ticks(&self) -> Group {
        let mut group = Group::new();
        let apart = self.history.states.div_ceil(20).max(1);
        for state in (0..self.history.states).step_by(apart) {
            let y = tenth(self.y(state));
            let right = tenth(self.left + self.axis.width);
            let line = Line::new().set("class", "tick").set("x1", self.left - 6.0).set("x2", right);
            let number = Text::new((state * self.history.stride + 1).to_string());
            let number = number.set("class", "faint").set("text-anchor", "end");
            group = group
                .add(line.set("y1", y).set("y2", y))
                .add(number.set("x", self.left - 10.0).set("y", y + 4.0));
        }
        group
    }

    fn rectangle(&self, from: growstack::AddrRange, states: (usize, usize)) -> Rectangle {
        let (low, high) = (self.axis.x(from.start()), self.axis.x(from.end()));
        let (top, bottom) = (self.y(states.0), self.y(states.1));
        Rectangle::new()
            .set("x", tenth(self.left + low))
            .set("width", tenth((high - low).max(0.5)))
            .set("y", tenth(top))
            .set("height", tenth((bottom - top).max(0.5)))
    }

    fn shape(&self, shape: &Shape) -> Rectangle {
        let Shape { kind, range, from, until, text } = shape;
        let class = class(*kind);
        // Lines round what is a pixel high would hide it.
        let edge = if self.line >= 4.0 && !matches!(kind, Kind::Reserve | Kind::Guard) {
            " edge"
        } else {
            ""
        };
        let stride = self.history.stride;
        let times = format!("operations {} to {}", from * stride + 1, until * stride);
        self.rectangle(*range, (*from, *until))
            .set("class", format!("{class}{edge}"))
            .add(Title::new(format!("{text}\n{times}")))
    }

    fn mark(&self, group: Group, mark: &Mark) -> Group {
        let title = Title::new(mark.text.as_str());
        match mark.event {
            Event::Grown(range) => {
                // A line that is seen, however little a state takes.
                let height = self.line.max(3.0);
                let place = self.rectangle(range, (mark.state, mark.state + 1));
                group.add(place.set("class", "grown").set("height", tenth(height)).add(title))
            }
            Event::Refused(addr) => {
                let x = addr.map_or(0.0, |addr| self.axis.x(addr));
                let y = self.y(mark.state) + self.line / 2.0;
                group.add(cross(tenth(self.left + x), tenth(y)).add(title))
            }
        }
    }
}

/// Tenths of pixels are enough, and keep the text short.
fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn count(number: usize) -> f64 {
    number as f64
}
