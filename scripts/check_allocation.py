"""Hold the allocation against an independent solver on random worlds; print a table of figures.

python scripts/check_allocation.py [--worlds 500] [--glpk]

Each world is a lattice of 4 x 4 units with random zones, quotas, floors, locks and limits with
coefficients; every third has a boundary term, every fourth whole units, and rules are tight enough
that about a third cannot hold together. The judge is the exported question, solved by SciPy's HiGHS
(interior point, or its own branch and bound) or by GLPK, which share no code with the methods here.
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
    units = sorted(set(pieces["unit"]))
    locks = [Lock("x", "out", (units[int(rng.integers(len(units)))],))] if seed % 5 == 0 else []
    how: dict[str, Any] = {}
    if seed % 3 == 0 or seed % 4 == 0:
        how = {"edges": edges_of(pieces), "boundary_weight": 0.05 if seed % 3 == 0 else 0.0,
               "whole_units": seed % 4 == 0}  # fmt: skip
    return pieces, limits, locks, how


def judged(question: Any, glpk: bool) -> float | None:
    """Give the optimum of the exported question by another solver; ``None``: infeasible."""
    if glpk:
        return _glpk(question)
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


def compare(seed: int, glpk: bool = False) -> tuple[str, float]:
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
    best = judged(programme(pieces, limits, locks, edges), glpk)
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
                k = mended.index(next(x for x in mended if (x.kind, x.code) == rule.key[:2]))
                old = mended[k]
                new = ({"floor_m2": old.floor_m2 - amount} if rule.side == "floor"
                       else {"cap_m2": (old.cap_m2 or 0) + amount})  # fmt: skip
                mended[k] = replace(old, **new)
            assert find_conflict(pieces, mended, held, whole_units=whole) is None, (seed, repair)
        return "infeasible", 0.0
    assert best is not None, seed
    assert plan.certificate.ok, (seed, plan.certificate.text)
    slack = 1e-3 + 1e-6 * abs(best)
    assert plan.objective <= best + slack, (seed, plan.objective, best)
    assert plan.bound is not None and plan.bound >= best - slack, (seed, plan.bound, best)
    # Whole m2 in units of a few hundred m2 cost up to some tens of suitability-m2.
    assert plan.objective >= best - (slack if whole else 200.0), (seed, plan.objective, best)
    kind = plan.method if not how else plan.method + (" whole" if whole else " boundary")
    return kind, best - plan.objective


def main() -> None:
    """Compare many worlds and print what was found, by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--glpk", action="store_true")
    given = parser.parse_args()
    found = [compare(seed, given.glpk) for seed in range(given.worlds)]
    table = pd.DataFrame(found, columns=["kind", "apart"]).groupby("kind")["apart"]
    print(table.agg(["size", "max", "median"]).to_string())
    print(f"{given.worlds} worlds agree")


if __name__ == "__main__":
    main()
