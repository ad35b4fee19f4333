//! Panics as divergences.

use std::panic::{self, AssertUnwindSafe, catch_unwind};

/// The result of `work`, or the message of its panic. Nobody may look at what it left half done.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        text.unwrap_or("no message").to_owned()
    })
}

/// Does `work` without a printed message for each of its panics.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = work();
    panic::set_hook(hook);
    result
}
