"""Published questions as tables of units, zones, features and limits."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from test_cli import zoning

from zoning import api
from zoning.allocation.files.begin import State, Task, begin

#: Documented in docs/allocation.md, section 14.
PROBLEM = """costs = "costs.csv"
amounts = "amounts.csv"
limits = "limits.csv"
locks = "locks.csv"
boundary = "edges.csv"
boundary_weight = {weight}
every_unit = {every}
"""


def write(folder: Path, tables: dict[str, pd.DataFrame], weight: float, every: bool) -> Path:
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    path = folder / "problem.toml"
    path.write_text(PROBLEM.format(weight=weight, every=str(every).lower()), "utf-8")
    return path


def minimum_set() -> dict[str, pd.DataFrame]:
    """The minimum set of Marxan and prioritizr: one zone, targets, a boundary."""
    cost = {"u1": 4, "u2": 3, "u3": 5, "u4": 2, "u5": 4, "u6": 3}
    amount = {("fox", "u1"): 2, ("fox", "u2"): 1, ("fox", "u5"): 3, ("orchid", "u3"): 2,
              ("orchid", "u4"): 1, ("orchid", "u6"): 2}  # fmt: skip
    sides = [("u1", "u2"), ("u2", "u3"), ("u4", "u5"), ("u5", "u6"), ("u1", "u4"), ("u2", "u5"),
             ("u3", "u6")]  # fmt: skip
    return {
        "costs": pd.DataFrame([(u, "reserve", c) for u, c in cost.items()],
                              columns=["unit", "zone", "cost"]),
        "amounts": pd.DataFrame([(f, u, "reserve", a) for (f, u), a in amount.items()],
                                columns=["limit", "unit", "zone", "amount"]),
        "limits": pd.DataFrame({"limit": ["fox", "orchid"], "lower": [3, 3], "upper": [None] * 2}),
        "locks": pd.DataFrame({"unit": ["u3"], "zone": ["reserve"], "locked": [0]}),
        "edges": pd.DataFrame([(a, b, 1.0) for a, b in sides], columns=["a", "b", "weight"]),
    }  # fmt: skip


def land_use() -> dict[str, pd.DataFrame]:
    """Allocation to exclusive uses with least area of each (every unit gets one)."""
    worth = {"a": (5, 2), "b": (4, 3), "c": (2, 4), "d": (1, 3)}
    pairs = [(u, z, 10 - w) for u, ws in worth.items() for z, w in zip(("town", "farm"), ws,
                                                                      strict=True)]  # fmt: skip
    return {
        "costs": pd.DataFrame(pairs, columns=["unit", "zone", "cost"]),
        "amounts": pd.DataFrame([("town_ha", u, "town", 10) for u in worth],
                                columns=["limit", "unit", "zone", "amount"]),
        "limits": pd.DataFrame({"limit": ["town_ha"], "lower": [10], "upper": [20]}),
        "locks": pd.DataFrame({"unit": ["d"], "zone": ["farm"], "locked": [1]}),
        "edges": pd.DataFrame([("a", "b", 1.0), ("b", "c", 1.0), ("c", "d", 1.0)],
                              columns=["a", "b", "weight"]),
    }  # fmt: skip


def best_by_hand(tables: dict[str, pd.DataFrame], weight: float, every: bool) -> float:
    """Try every assignment."""
    costs = {(r.unit, r.zone): r.cost for r in tables["costs"].itertuples()}
    units, zones = sorted({u for u, _ in costs}), sorted({z for _, z in costs})
    best = float("inf")
    for choice in itertools.product([*zones, *([] if every else [None])], repeat=len(units)):
        of = dict(zip(units, choice, strict=True))
        if any((of[r.unit] == r.zone) != bool(r.locked) for r in tables["locks"].itertuples()):
            continue
        sums = {r.limit: 0.0 for r in tables["limits"].itertuples()}
        for r in tables["amounts"].itertuples():
            sums[r.limit] += r.amount * (of[r.unit] == r.zone)
        rows = tables["limits"].itertuples()
        if any(sums[r.limit] < r.lower or (r.upper == r.upper and r.upper is not None
                                           and sums[r.limit] > r.upper) for r in rows):  # fmt: skip
            continue
        total = sum(costs[u, z] for u, z in of.items() if z is not None)
        for r in tables["edges"].itertuples():
            total += weight * r.weight * sum((of[r.a] == z) != (of[r.b] == z) for z in zones)
        best = min(best, total)
    return best


@pytest.mark.parametrize(
    ("tables", "weight", "every"),
    [(minimum_set(), 0.0, False), (minimum_set(), 0.5, False), (minimum_set(), 2.0, False),
     (land_use(), 0.0, True), (land_use(), 1.5, True)],
)  # fmt: skip
def test_published_questions_are_solved_as_by_hand(tmp_path, tables, weight, every):
    found = api.solve(write(tmp_path, tables, weight, every))
    assert found.cost == pytest.approx(best_by_hand(tables, weight, every))


def test_the_command_writes_units_and_limits_beside_what_was_reached(tmp_path):
    path = write(tmp_path, minimum_set(), 0.5, False)
    assert zoning("solve", path, "-o", tmp_path / "best.csv").returncode == 0
    units = pd.read_csv(tmp_path / "best.csv")
    assert set(units["unit"]) == {f"u{k}" for k in range(1, 7)}
    targets = pd.read_csv(tmp_path / "best_targets.csv")
    assert targets["kept"].all()


def test_a_start_keeps_targets_and_is_never_worse_than_everything():
    """A complete graph, as one public folder has it: all units together cost no boundary."""
    rng = np.random.default_rng(5)
    for n in (12, 40):
        a, b = np.triu_indices(n, 1)
        amounts = sparse.csc_array(rng.random((2, n)) * (rng.random((2, n)) < 0.6))
        targets = amounts.sum(axis=1) * 0.4
        task = Task(rng.random(n), np.zeros(n), np.ones(n), amounts, targets, a, b, np.ones(len(a)))
        z = begin(task)
        assert (amounts @ z >= targets - 1e-9).all()
        assert task.value(z) <= task.cost.sum() + 1e-9
        # No single unit can be flipped with gain.
        for i in range(n):
            other = z.copy()
            other[i] = not other[i]
            if (amounts @ other >= targets).all():
                assert task.value(other) >= task.value(z) - 1e-9


def test_what_flips_save_is_kept_up_to_date():
    rng = np.random.default_rng(3)
    a, b = np.triu_indices(9, 1)
    amounts = sparse.csc_array(rng.random((2, 9)))
    task = Task(rng.random(9), np.zeros(9), np.ones(9), amounts, np.zeros(2), a, b,
                rng.random(len(a)))  # fmt: skip
    state = State(task, np.zeros(9, dtype=bool))
    for i in rng.integers(0, 9, 30).tolist():
        state.flip(i)
        again = State(task, state.z)
        np.testing.assert_allclose(state.pull, again.pull, atol=1e-12)
        np.testing.assert_allclose(state.held, again.held, atol=1e-12)
