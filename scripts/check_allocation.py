"""Hold the allocation against an independent solver on random worlds; print a table of figures.

python scripts/check_allocation.py [--worlds 500] [--judge highs|glpk|cbc] [--seed 0]

Each world is a lattice of 4 x 4 units with random zones, quotas, floors, locks and limits with
coefficients; every third has a boundary term, every fourth whole units, of the others every second
land that may go and two of three phases; rules are tight enough that about a third cannot hold
together. The judge is the exported question, solved by SciPy's HiGHS
or by GLPK or CBC on the written file, which share no code with the methods here.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))


def world(seed: int) -> tuple[pd.DataFrame, list[Any], list[Any], dict[str, Any]]:
    """Make a random world: pieces, limits, locks, and how it is asked."""
    from worlds_allocation import edges_of, limits_of, pieces_of

    from zoning.capacity import Lock
    from zoning.capacity.own import add_coefficients, own_limits
    from zoning.capacity.rules import OwnLimit

    rng = np.random.default_rng(seed)
    pieces = pieces_of(seed, side=4)
    pieces["free_farmland_m2"] = (pieces["free_m2"] * rng.random(len(pieces))).astype("int64")
    pieces["cost"] = np.round(rng.random(len(pieces)) * 3, 3)
    tight = rng.uniform(0.05, 1.0)
    total = float((pieces["cost"] * pieces["free_m2"]).sum())
    own = [
        OwnLimit("farmland", "farmland", keep=float(np.round(1 - 0.5 * tight, 3))),
        OwnLimit("cost", "cost", places={"county": ("c0",)}, upper=total * 0.3 * tight,
                 lower=total * rng.uniform(0, 0.6) if seed % 2 else None, unit="yuan"),
    ]  # fmt: skip
    pieces = add_coefficients(pieces, own)
    limits = [*limits_of(pieces, seed, floors=bool(seed % 2)), *own_limits(pieces, own)]
    if seed % 4:
        pieces, limits = _staged(pieces, limits, rng, seed)
    units = sorted(set(pieces["unit"]))
    locks = [Lock("x", "out", (units[int(rng.integers(len(units)))],))] if seed % 5 == 0 else []
    how: dict[str, Any] = {}
    if seed % 3 == 0 or seed % 4 == 0:
        how = {"edges": edges_of(pieces), "boundary_weight": 0.05 if seed % 3 == 0 else 0.0,
               "whole_units": seed % 4 == 0}  # fmt: skip
    return pieces, limits, locks, how


def _staged(
    pieces: pd.DataFrame, limits: list[Any], rng: np.random.Generator, seed: int
) -> tuple[pd.DataFrame, list[Any]]:
    """Add phases and land that may go."""
    from dataclasses import replace

    from zoning.capacity import Limit
    from zoning.capacity.reductions import add_reductions, reduction_limits
    from zoning.capacity.rules import ReductionRule

    city = int(limits[0].cap_m2)
    if seed % 2:
        least = int(rng.integers(0, 400)) if seed % 5 == 0 else 0
        rules = [
            ReductionRule("old", {"county": ("c0",)}, 0.3, int(rng.integers(0, 2000)), least, 0.05),
            ReductionRule("rest", {}, 0.5, int(rng.integers(0, 2000))),
        ]
        pieces = add_reductions(pieces, rules)
        limits = [replace(x, net=x.kind in ("city", "zone")) for x in limits]
        limits += reduction_limits(pieces, rules)
    if seed % 3:
        floor = int(city * rng.uniform(0, 0.6)) if seed % 5 == 0 else 0
        limits += [
            Limit("phase", "near", floor_m2=floor, cap_m2=int(city * rng.uniform(0.2, 0.7)),
                  phase="near"),
            Limit("phase", "far"),
            Limit("phase_quota", "key", cap_m2=int(city * rng.uniform(0.05, 0.4)), phase="near"),
        ]  # fmt: skip
        if seed % 7 == 0:
            limits.append(Limit("county", "c0", floor_m2=int(rng.integers(0, 400)), phase="near"))
    return pieces, limits


def judged(question: Any, judge: str) -> float | None:
    """Give the optimum of the exported question by another solver; ``None``: infeasible."""
    if judge == "glpk":
        return _glpk(question)
    if judge == "cbc":
        return _cbc(question)
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        question.cost,
        constraints=LinearConstraint(question.matrix, question.low, question.high),
        bounds=Bounds(question.lower, question.upper),
        integrality=question.whole.astype(int),
        options={"mip_rel_gap": 0.0},
    )
    return None if found.x is None else -float(found.fun) - question.constant


def _glpk(question: Any) -> float | None:
    from zoning.allocation.files.export import write_mps

    with tempfile.TemporaryDirectory() as folder:
        path = write_mps(question, Path(folder) / "p.mps")
        out = Path(folder) / "o.txt"
        subprocess.run(["glpsol", "--freemps", str(path), "-o", str(out)],
                       capture_output=True, check=True)  # fmt: skip
        lines = out.read_text(encoding="utf-8").splitlines()
    status = next(x for x in lines if x.startswith("Status"))
    if "OPTIMAL" not in status or "UNDEFINED" in status:
        return None
    value = next(x for x in lines if x.startswith("Objective"))
    return -float(value.split("=")[1].split()[0])


def _cbc(question: Any) -> float | None:
    from zoning.allocation.files.export import write_mps

    with tempfile.TemporaryDirectory() as folder:
        path, out = write_mps(question, Path(folder) / "p.mps"), Path(folder) / "o.txt"
        subprocess.run(["cbc", str(path), "-ratioGap", "0", "-solve", "-solution", str(out)],
                       capture_output=True, check=True)  # fmt: skip
        head = out.read_text(encoding="utf-8").splitlines()[0]
    if not head.startswith("Optimal"):
        return None
    return -float(head.split("objective value")[1])


def compare(seed: int, judge: str = "highs") -> tuple[str, float]:
    """Solve one world both ways; give what kind it is and how far the answers lie apart.

    Raises
    ------
    AssertionError
        If one finds a plan and the other none, a plan is better than the optimum or worse than
        rounding explains, a bound is too low, a conflict holds together, or a repair repairs not.
    """
    from dataclasses import replace

    from zoning.allocation import allocate, find_conflict
    from zoning.allocation.files.programme import programme
    from zoning.allocation.proof.bounded import Boundary
    from zoning.capacity import Limit
    from zoning.errors import InfeasibleError

    pieces, limits, locks, how = world(seed)
    whole = bool(how.get("whole_units"))
    edges = None if not how else Boundary(how["edges"], how["boundary_weight"], whole)
    best = judged(programme(pieces, limits, locks, edges), judge)
    try:
        plan = allocate(pieces, limits, locks=locks, **how)
    except InfeasibleError:
        assert best is None, (seed, best)
        found = find_conflict(pieces, limits, locks, whole_units=whole)
        assert found is not None, seed
        for repair in (*(r for r in found.repairs if r is not None), found.joint):
            mended, held = list(limits), list(locks)
            for rule, amount in repair.changes:
                if not isinstance(rule.of, Limit):
                    held = []
                    continue
                k = limits.index(rule.of)
                old = mended[k]
                new = ({"floor_m2": old.floor_m2 - amount} if rule.side == "floor"
                       else {"cap_m2": (old.cap_m2 or 0) + amount})  # fmt: skip
                mended[k] = replace(old, **new)
            assert find_conflict(pieces, mended, held, whole_units=whole) is None, (seed, repair)
        for rule in found.members:
            less = [r for r in found.members if r is not rule]
            rest = [_alone(x, less) for x in limits]
            kept = [x for x in locks if any(r.of is x for r in less)]
            assert find_conflict(pieces, rest, kept, whole_units=whole) is None, (seed, rule.key)
        return "infeasible", 0.0
    assert best is not None, seed
    assert plan.certificate.ok, (seed, plan.certificate.text)
    slack = 1e-3 + 1e-6 * abs(best)
    assert plan.objective <= best + slack, (seed, plan.objective, best)
    assert plan.bound is not None and plan.bound >= best - slack, (seed, plan.bound, best)
    # Whole m2 in units of a few hundred m2 cost up to some tens of suitability-m2.
    assert plan.objective >= best - (slack if whole else 200.0), (seed, plan.objective, best)
    staged = "" if plan.stages is None else " staged"
    kind = plan.method + staged if not how else plan.method + (" whole" if whole else " boundary")
    return kind, best - plan.objective


def _alone(limit: Any, rules: list[Any]) -> Any:
    """Keep of a limit the sides that are among some rules."""
    from dataclasses import replace

    sides = {r.side for r in rules if r.of is limit}
    return replace(
        limit, cap_m2=limit.cap_m2 if "cap" in sides else None,
        floor_m2=limit.floor_m2 if "floor" in sides else 0,
    )  # fmt: skip


def main() -> None:
    """Compare many worlds and print what was found, by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--judge", choices=["highs", "glpk", "cbc"], default="highs")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.worlds)
    found = [compare(seed, given.judge) for seed in seeds]
    table = pd.DataFrame(found, columns=["kind", "apart"]).groupby("kind")["apart"]
    print(table.agg(["size", "max", "median"]).to_string())
    print(f"{given.worlds} worlds agree")


if __name__ == "__main__":
    main()
