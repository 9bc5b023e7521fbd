"""How far plans lie apart: the rows of the programme by hand, and when no more plans are made."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from zoning.allocation import allocate
from zoning.allocation.files.programme import programme
from zoning.allocation.proof.bounded import Boundary
from zoning.capacity import Limit, Lock
from zoning.questions import alternatives as room
from zoning.questions.alternatives import _Apart, _most, _room, alternatives, elsewhere

#: Five square metres may be built: of 3 at 0.9, 4 at 0.8 and 2 at 0.5.
PIECES = pd.DataFrame(
    {"unit": ["u2", "u1", "u3"], "area_m2": 9, "built_m2": 0, "free_m2": [3, 4, 2],
     "suitability": [0.9, 0.8, 0.5]},
    index=pd.Index(["u2|t", "u1|t", "u3|t"], name="piece"),
)  # fmt: skip
CITY = [Limit("city", "city", cap_m2=5)]


def question(n):
    return SimpleNamespace(
        cost=np.array([-0.5, 0.0, -0.25])[:n], constant=2.0,
        matrix=sparse.csr_array(np.ones((1, n))),
        low=np.array([-np.inf]), high=np.array([9.0]), lower=np.zeros(n), upper=np.full(n, 7.0),
        whole=np.zeros(n, bool),
    )  # fmt: skip


def test_rows_that_measure_land_elsewhere_than_in_plans_of_parts():
    apart = _Apart(3, np.array([10.0, 4.0, 0.0]), whole=False)
    apart.plan(np.array([0.0, 1.0, 0.0]))  # nothing of the first, a part of the second
    apart.plan(np.array([10.0, 4.0, 0.0]))  # all: nothing can lie elsewhere
    rows, (low, high), (lower, upper), whole = apart.stacked(question(3), 20.0)
    # Columns: x0 x1 x2, more of the second (d), whether so (b), the smallest of all sums (t).
    assert rows.toarray().tolist() == [
        [1, 1, 1, 0, 0, 0],  # the question itself
        [0, 0, 0, 1, -3, 0],  # d <= 3 b
        [0, -1, 0, 1, 1, 0],  # d <= x1 - 1 + 1 (1 - b)
        [1, 0, 0, 1, 0, -1],  # t <= x0 + d
        [0, 0, 0, 0, 0, -1],  # t <= 0
        [-0.5, 0, -0.25, 0, 0, 0],  # worth at least 20, less the constant
    ]
    assert low.tolist() == [-np.inf, -np.inf, -np.inf, 0, 0, -np.inf]
    assert high.tolist() == [9, 0, 0, np.inf, np.inf, -18]
    assert lower.tolist() == [0] * 6 and upper.tolist() == [7, 7, 7, 3, 1, 14]
    assert whole.tolist() == [False] * 4 + [True, False]


def test_rows_that_measure_land_elsewhere_than_in_plans_of_whole_units():
    apart = _Apart(2, np.array([10.0, 4.0]), whole=True)
    apart.plan(np.array([0.0, 4.0]))
    rows, sides, (lower, upper), whole = apart.stacked(question(2), 20.0)
    assert rows.toarray().tolist() == [[1, 1, 0], [10, 0, -1], [-0.5, 0, 0]]
    assert [s.tolist() for s in sides] == [[-np.inf, 0, -np.inf], [9, np.inf, -18]]
    assert (lower.tolist(), upper.tolist()) == ([0, 0, 0], [7, 7, 14])
    assert whole.tolist() == [False] * 3


def test_what_a_choice_stands_for_is_its_room_or_all_free_land_of_its_unit():
    lock = [Lock("l", "out", ("u1",))]
    table = PIECES.sort_index()
    parts = programme(PIECES, CITY, lock, None)
    assert _most(parts, table, None, 3, False).tolist() == [0, 3, 2]
    none = pd.DataFrame({"a": [], "b": [], "length_m": []})
    units = programme(PIECES, CITY, lock, Boundary(none, 0.0, True))
    assert _most(units, table, np.array([0, 1, 2]), 3, True).tolist() == [0, 3, 2]
    assert _room(PIECES, CITY, lock, table).tolist() == [0, 3, 2]
    assert _room(PIECES, CITY, lock, PIECES).tolist() == [3, 0, 2]


def test_the_smallest_area_elsewhere_than_in_any_earlier_plan():
    one, two, three = (pd.Series(x, list("abc")) for x in ([5, 0, 3], [0, 4, 5], [5, 1, 3]))
    assert elsewhere(two, [one, three]) == 5 and elsewhere(three, [one, two]) == 1
    assert elsewhere(one, [one]) == 0 and elsewhere(one[::-1], [two]) == 5


def answers(monkeypatch, *given):
    """Let the solver give these plans of the sorted pieces; a word is its status."""
    asked, turn = [], iter(given)

    def solve(cost, **how):
        asked.append((cost, how))
        x, bound, status = next(turn)
        return SimpleNamespace(answer=lambda: x, bound=bound, status=status)

    monkeypatch.setattr(room, "branch_and_bound", solve)
    monkeypatch.setattr(room, "_ROUNDING", 0.0)
    return asked


def test_the_solver_is_asked_for_the_plan_farthest_from_all_earlier_ones(monkeypatch):
    best = allocate(PIECES, CITY)
    assert best.new_m2.to_dict() == {"u2|t": 3, "u1|t": 2, "u3|t": 0}
    asked = answers(monkeypatch, (np.array([4.0, 1.0, 0.0]), -2.5, "time"),
                    (np.array([3.0, 0.0, 2.0]), -0.5, "proved"))  # fmt: skip
    found = alternatives(PIECES, CITY, best, 3, 0.25)
    assert [a.allocation.new_m2.to_dict() for a in found] == [
        {"u2|t": 1, "u1|t": 4, "u3|t": 0}, {"u2|t": 0, "u1|t": 3, "u3|t": 2}]  # fmt: skip
    # 2 of u1 are new; then 2 of u3, and 1 of u1 besides where the best is compared.
    assert [(a.elsewhere_m2, a.most_m2, a.status) for a in found] == [
        (2, 2.5, "time"), (2, 2.0, "proved")]  # fmt: skip
    for cost, how in asked:
        assert cost[:-1].tolist() == [0] * (len(cost) - 1) and cost[-1] == -1
        assert (how["gap"], how["seconds"]) == (1e-3, 60.0)
        assert len(how["lower"]) == len(how["upper"]) == len(how["whole"]) == len(cost)
        assert (
            how["rows"].shape == (len(how["low"]), len(cost)) and (how["low"] <= how["high"]).all()
        )
    one = found[0].allocation
    assert one.objective == one.suitability_m2 == pytest.approx(0.9 + 3.2)
    assert one.bound == pytest.approx(best.objective) and one.boundary_m is None
    assert one.gap == pytest.approx((best.objective - 4.1) / best.objective)
    # Worth at least three quarters of the best.
    assert asked[0][1]["high"][-1] == pytest.approx(-0.75 * best.objective)


def test_square_metres_that_rounding_may_cost_are_left_to_it(monkeypatch):
    best = allocate(PIECES, CITY)
    seen = []

    def solve(cost, **how):
        seen.append(how["high"][-1])
        return SimpleNamespace(answer=lambda: None, bound=0.0, status="proved")

    monkeypatch.setattr(room, "branch_and_bound", solve)
    assert alternatives(PIECES, CITY, best, 3, 0.5) == []
    assert seen == [pytest.approx(-0.5 * best.objective - 200)]


def test_no_more_plans_are_made_where_none_differs_or_somebody_stops(monkeypatch):
    best = allocate(PIECES, CITY)
    same, other = np.array([2.0, 3.0, 0.0]), np.array([3.0, 2.0, 0.0])
    answers(monkeypatch, (same, -0.1, "proved"))
    assert alternatives(PIECES, CITY, best, 4, 0.5) == []
    asked = answers(monkeypatch, (other, -1.0, "interrupted"))
    (found,) = alternatives(PIECES, CITY, best, 4, 0.5, seconds=3.0, gap=0.5)
    assert (found.elsewhere_m2, found.most_m2, found.status) == (1, 1.0, "interrupted")
    assert (asked[0][1]["gap"], asked[0][1]["seconds"]) == (0.5, 3.0)
    assert alternatives(PIECES, CITY, best, 1, 0.5) == []


def test_plans_of_whole_units_take_all_that_may_be_built_of_them(monkeypatch):
    none = pd.DataFrame({"a": [], "b": [], "length_m": []})
    how = Boundary(none, 0.0, True)
    best = allocate(PIECES, CITY, whole_units=True, edges=none)
    built = best.new_m2.to_dict()
    chosen = np.array([0.0, 0.51, 0.5])
    asked = answers(monkeypatch, (chosen, -1.0, "proved"))
    found = alternatives(PIECES, CITY, best, 2, 1.0, how=how)
    assert built != {"u2|t": 3, "u1|t": 0, "u3|t": 0}
    assert [a.allocation.new_m2.to_dict() for a in found] == [
        {"u2|t": 3, "u1|t": 0, "u3|t": 0}] * len(found)  # fmt: skip
    assert asked[0][1]["high"][-1] == pytest.approx(0.0)
