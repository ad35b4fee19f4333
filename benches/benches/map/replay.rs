//! The golden corpus, start to end: operations a second.

use std::fs;
use std::path::Path;

use criterion::{Criterion, Throughput};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::op::{Config, Op};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

/// Every trace on a new map; answers are not compared here.
pub(crate) fn replay(c: &mut Criterion) {
    let mut traces = Vec::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    read(&corpus, &mut traces);
    let operations: usize = traces.iter().map(|(_, ops)| ops.len()).sum();
    assert!(operations > 0, "no trace below {}", corpus.display());
    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(operations as u64)).sample_size(20);
    group.bench_function("corpus", |b| {
        let mut changes = Vec::new();
        b.iter(|| {
            for (config, ops) in &traces {
                let mut map: EngineSpace = EngineSpace::create(config);
                for op in ops {
                    changes.clear();
                    map.apply(op, &mut changes);
                }
            }
        });
    });
    group.finish();
}

fn read(folder: &Path, traces: &mut Vec<(Config, Vec<Op>)>) {
    for entry in fs::read_dir(folder).expect("the corpus is a folder of folders").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, traces);
        } else if path.extension().is_some_and(|extension| extension == "trace") {
            let text = fs::read(&path).expect("a trace can be read");
            let trace = Trace::parse(&text).expect("the corpus keeps to the format");
            traces.push((*trace.config(), trace.steps.iter().map(|step| *step.op()).collect()));
        }
    }
}
