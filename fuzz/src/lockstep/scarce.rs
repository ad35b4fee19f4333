//! Operations that are short of index nodes (rule 16.7).

use growstack::{Change, PAGE_SIZE, Refusal, VmMap};

use crate::answer::Cause;
use crate::compare::{Divergence, Observed, coalesce};
use crate::engine::{KernelSpace, Settings};
use crate::objects::Kernel;
use crate::op::Op;
use crate::space::AddressSpace;

/// Runs `op` with `nodes` more index nodes to be had, then with one more, and so on, until
/// it is not refused for want of them. A refusal may have changed nothing.
pub(crate) fn short_of_nodes<K: Settings, const B: usize>(
    space: &mut KernelSpace<K, B, PAGE_SIZE>,
    op: &Op,
    nodes: Option<u8>,
    seen: &mut Observed,
    shortages: &mut u64,
) -> Result<(), Divergence> {
    let most = VmMap::<Kernel, K, B>::MAX_NODES_PER_OPERATION;
    for nodes in usize::from(nodes.unwrap_or(0)).. {
        let map = space.process.map_mut();
        map.set_node_cap(Some(map.nodes_in_use() + nodes));
        let mut changes: Vec<Change> = Vec::new();
        let (answer, cause) = space.apply(op, &mut changes);
        space.process.map_mut().set_node_cap(None);
        if cause != Cause::Refused(Refusal::OutOfNodes) {
            coalesce(&mut changes);
            (seen.answer, seen.cause, seen.changes) = (answer, cause, Some(changes));
            break;
        }
        *shortages += 1;
        let looks = matches!(op, Op::FindSpace { .. } | Op::Lookup { .. } | Op::Check { .. });
        unchanged(space, &changes, seen)
            .and_then(|()| if looks { Err("a look-up needs none".to_owned()) } else { Ok(()) })
            .and_then(
                |()| {
                    if nodes >= most { Err("none needs that many".to_owned()) } else { Ok(()) }
                },
            )
            .map_err(|what| Divergence::Broken {
                invariant: format!(
                    "refused for want of nodes with {nodes} more to be had, but {what} (16.7)"
                ),
            })?;
    }
    Ok(())
}

/// Is everything as it was `seen` to be before?
fn unchanged<K: Settings, const B: usize>(
    space: &KernelSpace<K, B, PAGE_SIZE>,
    changes: &[Change],
    seen: &Observed,
) -> Result<(), String> {
    let mut now = Observed::default();
    now.look_at(space);
    now.check?;
    if !changes.is_empty() {
        return Err("changes were reported".to_owned());
    }
    if now.rows != seen.rows {
        return Err("the entries are not what they were".to_owned());
    }
    if !now.summary.agrees(&seen.summary) {
        return Err("the counters are not what they were".to_owned());
    }
    Ok(())
}
