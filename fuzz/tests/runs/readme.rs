//! The README says what is so: its picture is what the example prints, and its example compiles.

use crate::growth;
use growstack::{Freebsd9, Freebsd14};

const README: &str = include_str!("../../../README.md");

#[test]
fn the_picture_is_what_the_example_prints() {
    for picture in [growth::picture::<Freebsd9>(), growth::picture::<Freebsd14>()] {
        let picture = picture.unwrap();
        assert!(README.contains(picture.trim_end()), "the README should show:\n{picture}");
    }
}
