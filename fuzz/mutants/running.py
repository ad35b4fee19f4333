"""Running mutants, stage by stage."""

import queue
import threading
import time
from collections import Counter

from alone import Tree
from combined import Combined
from stages import STAGES, next_stage

# Mutants taken at a time: results are kept after each batch.
BATCH = 30


def run(mutants, items, results, jobs, budget):
    """Runs what is not done, first what is in one program, then the rest, stage by stage, until the
    time is spent."""
    end = time.monotonic() + budget if budget else None
    due = [mutant for mutant in mutants if next_stage(mutant, results.of(mutant)) is not None]
    if not due:
        return
    combined = Combined(items)
    inside = [mutant for mutant in due if mutant.number in combined.numbers]
    run_stages(inside, results, [combined] * jobs, end)
    outside = [mutant for mutant in due if mutant.number not in combined.numbers]
    if outside:
        run_stages(outside, results, [Tree() for _ in range(jobs)], end)


def run_stages(mutants, results, trees, end):
    """Runs mutants in trees, a thread for each, until the time `end`."""
    failures = []
    alone = not isinstance(trees[0], Combined)
    for index, stage in enumerate(STAGES):
        due = [mutant for mutant in mutants if next_stage(mutant, results.of(mutant), alone) == index]
        batches = queue.SimpleQueue()
        for start in range(0, len(due), BATCH):
            batches.put(due[start : start + BATCH])
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
