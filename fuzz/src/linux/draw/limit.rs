//! Limits near what they are limits of.

use super::place::{any, step};
use super::view::{PAGE, View, pages};
use crate::input::Choices;
use crate::linux::{LinuxOp, Resource, VmaFlags};

/// A limit that is about to be reached, or none.
pub(super) fn limit(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let resource = match bytes.weighted(&[5, 4, 2, 3]) {
        0 => Resource::Stack,
        1 => Resource::As,
        2 => Resource::Data,
        _ => Resource::Memlock,
    };
    let none = bytes.one_in(3);
    let limit = if none { u64::MAX } else { near(view, resource, bytes) };
    LinuxOp::Setrlimit { resource, limit }
}

fn near(view: &View<'_>, resource: Resource, bytes: &mut impl Choices) -> u64 {
    let config = view.config;
    let used = match resource {
        Resource::Stack => any(view, bytes).map_or(0, |at| pages(&view.vmas[at])),
        Resource::As => config.base_pages + view.pages(VmaFlags::empty()),
        Resource::Data => config.base_data + view.data(),
        Resource::Memlock => view.pages(VmaFlags::LO),
    };
    // More is left for the larger ones, so that not everything is refused from then on.
    let left = match bytes.weighted(&[4, 4, 2]) {
        0 => bytes.below(8),
        1 => bytes.below(1 << 8),
        _ => bytes.below(1 << 11),
    };
    let limit = used.saturating_add(left).saturating_mul(PAGE);
    match bytes.weighted(&[12, 2, 1, 1]) {
        0 => limit,
        1 => limit.saturating_add_signed(step(bytes, 2).cast_signed()),
        // Not a whole number of pages.
        2 => limit.saturating_add(bytes.pick(&[1, PAGE - 1])),
        _ => 0,
    }
}
