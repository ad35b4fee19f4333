//! Growth refused, for each reason.

use criterion::{BenchmarkId, Criterion};
use growstack_benches::layout::Layout;
use growstack_benches::refused::{Reason, Refused};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::timed::{one_by_one, sizes};

/// Growth of a random stack that has to be refused.
pub(crate) fn refuse(c: &mut Criterion) {
    for &n in sizes() {
        let layout = Layout::stacks(n, 1);
        for reason in Reason::ALL {
            let mut random = StdRng::seed_from_u64(1);
            let mut refused = Refused::new(&layout, reason, &mut random).expect("memory");
            let mut group = c.benchmark_group(format!("grow_refused_{}", reason.name()));
            group.bench_function(BenchmarkId::from_parameter(n), |b| {
                one_by_one(
                    b,
                    &mut refused,
                    |refused| refused.fault(&mut random),
                    |refused, (addr, _)| refused.whole.process.grow(*addr, |_| ()),
                    |refused, (_, at), answer| {
                        assert!(answer.is_err_and(|refusal| reason.is(&refusal)));
                        refused.restore(*at).expect("memory");
                    },
                );
            });
            group.finish();
        }
    }
}
