"""Measure the allocation: seconds, memory and gap at three sizes, beside HiGHS and a greedy.

    python scripts/bench_allocation.py [--sizes 4121 107000 1000000] [--highs-seconds 60]
    python scripts/bench_allocation.py --targets 1000 10000 100000 [--marks 10 60]

The worlds are made up (seeds below): smooth suitability and existing construction with noise, 5 %
of the units cut by the city's edge, a fifth without free land. Whole units stand under one cap, as
the published comparisons do; fractions under cap, zone caps and quotas. Times are wall clock of one
process, without reading files; memory is the peak of the process so far (0 where unknown).
``--targets`` measures minimum sets with twenty targets and a heavy boundary: the gap after so many
seconds, beside plain HiGHS and annealing (`annealing.py`), each gap against the best bound of all.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
from annealing import anneal

from zoning.allocation import allocate
from zoning.allocation.files import targets
from zoning.allocation.files.begin import Task
from zoning.allocation.files.branch import branch
from zoning.allocation.files.programme import programme
from zoning.allocation.methods.solver import watching
from zoning.allocation.proof.bounded import Boundary
from zoning.base.shipped import load_toml
from zoning.capacity import Limit, account, cap_rules
from zoning.planfile.models import CapPart, Config
from zoning.questions.curves import cap_ladder
from zoning.questions.prices import prices

#: Flips of one annealing for each unit: fewer end worse, more do not end in time.
ANNEALING_FLIPS = 3000
RULES = cap_rules(Config(cap=CapPart.model_validate(load_toml("capacity", "caps.toml")["cap"])))


def smooth(rng: np.random.Generator, side: int, width: float) -> np.ndarray:
    """Ranks (0..1) of Gaussian noise that is smooth over ``width`` units."""
    wave = np.fft.rfft2(rng.standard_normal((side, side)))
    y, x = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    flat = np.fft.irfft2(wave * np.exp(-10 * (x**2 + y**2) * width**2), (side, side)).ravel()
    return np.argsort(np.argsort(flat)) / flat.size


def world(n: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pieces (one per unit) and edges of a lattice with ``n`` units."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n)))
    at = np.arange(n)
    row, col = at // side, at % side
    suitability = np.clip(0.75 * smooth(rng, side, 4)[:n] + 0.25 * rng.random(n), 0, 1)
    township, red = smooth(rng, side, 3)[:n], smooth(rng, side, 5)[:n]
    area = np.full(n, 1_000_000)
    edge = rng.random(n) < 0.05
    area[edge] = rng.integers(1000, 1_000_000, int(edge.sum()))
    built = (np.clip((township - 0.45) * 1.6, 0, 1) ** 1.5 * area * 0.9).astype(np.int64)
    free = ((area - built) * np.where(red > 0.78, 0, rng.uniform(0.4, 1, n))).astype(np.int64)
    dense = np.where(township > 0.4, "key", "moderate")
    zone = np.where(red > 0.8, "balance", np.where(township > 0.8, "optimised", dense))
    units = np.array([f"1kmN{3500 + r:04d}E{400 + c:04d}" for r, c in zip(row, col, strict=True)])
    block = max(2, side // 8)
    townships = [
        f"t{r * block // side:03d}{c * block // side:03d}" for r, c in zip(row, col, strict=True)
    ]
    pieces = pd.DataFrame(
        {
            "unit": units,
            "township": townships,
            "county": [t[:3] for t in townships],
            "zone": zone,
            "township_zone": np.where(zone == "balance", "moderate", zone),
            "area_m2": area,
            "built_m2": built,
            "free_m2": free,
            "suitability": suitability,
        },
        index=pd.Index([f"{u}|{t}" for u, t in zip(units, townships, strict=True)], name="piece"),
    )
    right, up = at[(col < side - 1) & (at + 1 < n)], at[at + side < n]
    a, b = np.r_[units[right], units[up]], np.r_[units[right + 1], units[up + side]]
    return pieces, pd.DataFrame({"a": a, "b": b, "length_m": 1000.0})


def greedy(pieces: pd.DataFrame, edges: pd.DataFrame, cap: int, lam: float) -> float:
    """Add the unit with the best gain per m2, its boundary included, until the cap is full."""
    import heapq

    n = len(pieces)
    land = pieces["free_m2"].to_numpy()
    worth = pieces["suitability"].to_numpy().round(9) * land
    core = (pieces["built_m2"] > 0.5 * pieces["area_m2"]).to_numpy()
    index = pd.Index(pieces["unit"])
    a, b = index.get_indexer(edges["a"]), index.get_indexer(edges["b"])
    here, there = np.r_[a, b], np.r_[b, a]
    order = np.argsort(here, kind="stable")
    there, start = there[order], np.searchsorted(here[order], np.arange(n + 1))
    weight = lam * 1e6
    chosen, left, total = core.copy(), cap, -weight * float((core[a] != core[b]).sum())

    def gain(i: int) -> float:
        if core[i]:
            return float(worth[i])
        same = chosen[there[start[i] : start[i + 1]]]
        return float(worth[i] + weight * (2 * same.sum() - len(same)))

    heap = [(-gain(i) / land[i], i) for i in np.flatnonzero(land > 0).tolist()]
    heapq.heapify(heap)
    done = np.zeros(n, dtype=bool)
    while heap:
        key, i = heapq.heappop(heap)
        now = gain(i)
        if done[i] or land[i] > left or now <= 0 or -now / land[i] > key + 1e-12:
            continue
        done[i], chosen[i] = True, True
        left, total = left - int(land[i]), total + now
        for j in there[start[i] : start[i + 1]].tolist():
            if land[j] > 0 and not done[j]:
                heapq.heappush(heap, (-gain(j) / land[j], j))
    return total


def plain_highs(pieces: Any, limits: Any, how: Boundary, seconds: float) -> dict[str, Any]:
    """Give the exported problem to HiGHS as it is."""
    from zoning.allocation.methods.solver import branch_and_bound

    q = programme(pieces, limits, (), how)
    start = time.perf_counter()
    found = branch_and_bound(
        q.cost, rows=q.matrix, low=q.low, high=q.high, lower=q.lower, upper=q.upper,
        whole=q.whole, gap=1e-4, seconds=seconds,
    )  # fmt: skip
    took = time.perf_counter() - start
    value = None if found.x is None else -float(q.cost @ found.x)
    return {"seconds": took, "objective": value, "bound": -found.bound}


ROWS: list[dict[str, Any]] = []
#: Processor time when the last result was noted: that of a result includes making its question.
CLOCK = [0.0]


def peak_mb() -> int:
    """Peak memory of this process; 0 on systems that do not say."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def note(n: int, what: str, seconds: float, gap: float | None, **more: Any) -> None:
    """Keep and show one result."""
    peak = peak_mb()
    now = time.process_time()
    cpu, CLOCK[0] = now - CLOCK[0], now
    row = {"units": n, "what": what, "seconds": seconds, "cpu": cpu, "gap": gap, "peak_mb": peak}
    row |= more
    ROWS.append(row)
    print(json.dumps(row), file=sys.stderr, flush=True)


def measure(n: int, lam: float, highs_seconds: float) -> None:
    """All measurements of one size."""
    pieces, edges = world(n)
    CLOCK[0] = time.process_time()
    one = [Limit("city", "city", cap_m2=int(pieces["free_m2"].sum() * 0.3))]
    acc = account(pieces, RULES, int(pieces["area_m2"].sum()))
    plan = allocate(pieces, acc.limits)
    note(n, "no boundary", plan.seconds, plan.gap, method=plan.method)
    plan = allocate(pieces, one, boundary_weight=lam, edges=edges, whole_units=True, gap=2e-4)
    note(n, "whole units, one cap", plan.seconds, plan.gap, method=plan.method)
    start = time.perf_counter()
    value = greedy(pieces, edges, one[0].cap_m2 or 0, lam)
    bound = plan.bound or 0.0
    note(n, "greedy with boundary", time.perf_counter() - start, (bound - value) / abs(bound))
    if n <= 200_000:
        for limits, word in ((one, "one cap"), (acc.limits, "all limits")):
            plan = allocate(pieces, limits, boundary_weight=lam, edges=edges)
            note(n, f"fractions, {word}", plan.seconds, plan.gap, method=plan.method)
    if n > 20_000:
        return
    for limits, word in ((one, "one cap"), (acc.limits, "all limits")):
        plan = allocate(pieces, limits, boundary_weight=lam, edges=edges, whole_units=True)
        note(n, f"whole units, {word}, proved", plan.seconds, plan.gap, method=plan.method)
        how = Boundary(edges, lam, True)
        found = plain_highs(pieces, limits, how, highs_seconds)
        note(n, f"HiGHS alone, {word}", found["seconds"],
             None if found["objective"] is None
             else (found["bound"] - found["objective"]) / abs(found["bound"]))  # fmt: skip
    start = time.perf_counter()
    cap_ladder(pieces, RULES, int(pieces["area_m2"].sum()))
    note(n, "ladder of 17 caps", time.perf_counter() - start, None)
    red = released(pieces)
    for value in (0.0, lam):
        start = time.perf_counter()
        found = prices(pieces, acc.limits, red, boundary_weight=value, edges=edges)
        note(n, f"{len(found.prices)} prices, lambda {value}", time.perf_counter() - start,
             max(p.upper - p.lower for p in found.prices) / found.base.objective)  # fmt: skip


def minimum_set(n: int, features: int = 20, weight: float = 1.0, seed: int = 3) -> Task:
    """Make a minimum set on a lattice: 30 % of each feature, an edge as dear as a cheap unit."""
    from scipy import sparse

    rng = np.random.default_rng(seed)
    side, at = int(np.ceil(np.sqrt(n))), np.arange(n)
    col = at % side
    cost = np.exp(1.5 * smooth(rng, side, 3)[:n] + 0.5 * rng.random(n))
    held = []
    for _ in range(features):
        wide = smooth(rng, side, rng.uniform(1, 6))[:n]
        held.append(np.where(wide > rng.uniform(0.6, 0.95), wide * rng.random(n), 0))
    amounts = sparse.csc_array(np.array(held))
    right, up = at[(col < side - 1) & (at + 1 < n)], at[at + side < n]
    a, b = np.r_[right, up], np.r_[right + 1, up + side]
    return Task(cost, np.zeros(n), np.ones(n), amounts, 0.3 * np.asarray(amounts.sum(axis=1)), a, b,
                np.full(len(a), weight))  # fmt: skip


def until_marks(run: Any, marks: list[float]) -> list[tuple[float, float]]:
    """Run a search that tells how far it is; give the best value and bound known at each mark."""
    said = [(0.0, np.inf, -np.inf)]

    def watch(seconds: float, best: float | None, bound: float | None) -> None:
        now = time.perf_counter() - start
        said.append((now, np.inf if best is None else best, -np.inf if bound is None else bound))

    start = time.perf_counter()
    with watching(watch):
        value, bound = run()
    said.append((min(time.perf_counter() - start, marks[-1]), value, bound))
    return [
        (min(v for t, v, _ in said if t <= mark), max(b for t, _, b in said if t <= mark))
        for mark in marks
    ]


def with_cpu(run: Any, spent: list[float]) -> Any:
    """Run, and note the processor seconds: beside other programs they are fewer than the marks."""
    start = time.process_time()
    found = run()
    spent.append(time.process_time() - start)
    return found


def measure_targets(n: int, marks: list[float]) -> list[str]:
    """Rows of a table: gaps of three ways at every mark."""
    task = minimum_set(n)

    def ours() -> tuple[float, float]:
        found = targets.solve(task, gap=1e-4, seconds=marks[-1])
        return np.inf if found.x is None else task.value(found.x > 0.5), found.bound

    def plain() -> tuple[float, float]:
        every = np.ones(n, dtype=bool)
        found = branch(task, every, ~every, 1e-4, marks[-1], scaled=False)
        return np.inf if found.x is None else task.value(found.x[:n] > 0.5), found.bound

    spent: list[float] = []
    found = {
        "zoning": with_cpu(lambda: until_marks(ours, marks), spent),
        "HiGHS alone": with_cpu(lambda: until_marks(plain, marks), spent),
    }
    values = with_cpu(lambda: anneal(task, marks, ANNEALING_FLIPS), spent)
    if values is not None:
        found["annealing"] = [(np.inf if v != v else v, -np.inf) for v in values]
    best = max(bound for pairs in found.values() for _, bound in pairs)
    rows = []
    for (way, pairs), cpu in zip(found.items(), spent, strict=False):
        cells = []
        for value, bound in pairs:
            gap = "no plan" if not np.isfinite(value) else f"{(value - best) / value:.2%}"
            own = "none" if not np.isfinite(bound) else f"{bound:,.1f}"
            cells += [f"{value:,.1f}" if np.isfinite(value) else "", gap, own]
        rows.append(f"| {n:,} | {way} | " + " | ".join(cells) + f" | {cpu:.0f} |")
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def main_targets(sizes: list[int], marks: list[float]) -> None:
    """Measure minimum sets and print a table in Markdown."""
    heads = [f"{w} after {m:g} s" for m in marks for w in ("cost", "gap", "own bound")]
    heads.append("processor s")
    print("| units | way | " + " | ".join(heads) + " |")
    print("|--:|---" + "|--:" * len(heads) + "|")
    for n in sizes:
        print("\n".join(measure_targets(n, marks)))


def released(pieces: pd.DataFrame, lines: int = 71, seed: int = 2) -> pd.DataFrame:
    """Made-up land that only one of 71 red lines protects."""
    rng = np.random.default_rng(seed)
    closed = pieces.index[pieces["zone"] == "balance"]
    return pd.DataFrame(
        {
            "rule_code": [f"R{k:02d}" for k in rng.integers(0, lines, len(closed))],
            "piece": closed,
            "released_m2": rng.integers(0, 400_000, len(closed)),
            "suitability": pieces.loc[closed, "suitability"].to_numpy(),
            "township_zone": np.where(
                rng.random(len(closed)) < 0.5, pieces.loc[closed, "township_zone"], None
            ),
        }
    )


def main() -> None:
    """Run and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4121, 107_000, 1_000_000])
    parser.add_argument("--lambda", dest="lam", type=float, default=0.1)
    parser.add_argument("--highs-seconds", type=float, default=60.0)
    parser.add_argument("--targets", type=int, nargs="*", default=[], help="sizes of minimum sets")
    parser.add_argument("--marks", type=float, nargs="+", default=[10.0, 60.0])
    options = parser.parse_args()
    allocate(*warm_up())
    if options.targets:
        main_targets(options.targets, options.marks)
        return
    for n in options.sizes:
        measure(n, options.lam, options.highs_seconds)
    print("| units | what | method | seconds | processor s | gap | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for row in ROWS:
        gap = "" if row["gap"] is None else f"{row['gap']:.1e}"
        print(f"| {row['units']:,} | {row['what']} | {row.get('method', '')} | {row['seconds']:.3f}"
              f" | {row['cpu']:.2f} | {gap} | {row['peak_mb']} |")  # fmt: skip


def warm_up() -> tuple[pd.DataFrame, list[Limit]]:
    """Give a small question, so that imports are not measured."""
    pieces, _ = world(100)
    return pieces, [Limit("city", "city", cap_m2=10**7)]


if __name__ == "__main__":
    main()
