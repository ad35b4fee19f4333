//! Panics as findings.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The result of `work`, or the words of its panic. Nobody may look at what it left half done.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        text.unwrap_or("no message").to_owned()
    })
}
