//! What was once found stays found out: everything in `corpus/regressions`, and tests that the
//! fuzz targets and `growstack minimize` printed.

use std::fs;
use std::path::Path;

use growstack_fuzz::regression::{agrees, passes};
use growstack_fuzz::targets::Target;

#[test]
fn committed_regressions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/regressions");
    let mut count = 0;
    for file in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let file = file.unwrap();
        if !file.file_type().is_file() {
            continue;
        }
        let (path, bytes) = (file.path(), fs::read(file.path()).unwrap());
        let parent = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("md") => continue,
            Some("trace") => agrees(str::from_utf8(&bytes).unwrap()),
            _ => passes(Target::from_name(parent).expect("a folder of a target").name(), &bytes),
        }
        count += 1;
    }
    assert!(count > 0);
}
