"""Running mutants, stage by stage."""

import queue
import threading
import time
from collections import Counter

from alone import Tree
from combined import Combined
from stages import CHECK, STAGES, next_stage

# Mutants taken at a time where each takes seconds at most.
BATCH = 10


def run(mutants, every, items, results, jobs, budget):
    """Runs what is not done of `mutants`, stage by stage, until the time is spent: first what is in
    one program, then the rest, and then what is left of either in the slowest stage, that of all
    tests. `every` are all mutants there are."""
    end = time.monotonic() + budget if budget else None
    due = [mutant for mutant in mutants if next_stage(mutant, results.of(mutant)) is not None]
    if not due:
        return
    # Copied before anything takes long: the project may go on changing.
    combined, alone = Combined(items), [Tree(items) for _ in range(jobs)]
    combined.combine({mutant.number for mutant in every if results.of(mutant) == "unviable"})
    inside = [mutant for mutant in due if mutant.number in combined.numbers]
    outside = [mutant for mutant in due if mutant.number not in combined.numbers]
    for stages in (STAGES[:-1], STAGES[-1:]):
        run_stages(inside, results, [combined] * jobs, stages, end)
        run_stages(outside, results, alone, stages, end)


def run_stages(mutants, results, trees, stages, end):
    """Runs mutants through stages in trees, a thread for each, until the time `end`."""
    failures = []
    alone = not isinstance(trees[0], Combined)
    for stage in stages:
        index = STAGES.index(stage)
        due = [mutant for mutant in mutants if next_stage(mutant, results.of(mutant), alone) == index]
        # Results are kept after each batch.
        batch = 1 if stage is STAGES[-1] or (alone and stage is not CHECK) else BATCH
        batches = queue.SimpleQueue()
        for start in range(0, len(due), batch):
            batches.put(due[start : start + batch])
        started, counts, lock = time.monotonic(), Counter(), threading.Lock()

        def work(tree):
            while not failures and not (end and time.monotonic() >= end):
                try:
                    outcomes = tree.run(stage, batches.get_nowait())
                except queue.Empty:
                    return
                except Exception as failure:  # told by the main thread
                    failures.append(failure)
                    return
                with lock:
                    results.add(outcomes)
                    counts.update(outcome.split()[0] for _, outcome in outcomes)
                    done = sum(counts.values())
                    each = (time.monotonic() - started) / done
                    told = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
                    print(f"{stage.name}: {done} of {len(due)}: {told}; {each:.1f} s each", flush=True)

        workers = [threading.Thread(target=work, args=(tree,)) for tree in trees]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if failures:
            raise failures[0]
