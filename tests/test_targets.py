"""Targets with a boundary: bounds by minimum cuts, choices, time, Ctrl-C; all choices tried."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from zoning.allocation.files import targets
from zoning.allocation.files.begin import Task, begin
from zoning.allocation.files.branch import branch
from zoning.allocation.files.selection import Selection, select
from zoning.allocation.methods.solver import Found, branch_and_bound, watching
from zoning.errors import InfeasibleError


def random_task(seed: int, n: int, many: int = 2, locks: bool = True) -> Task:
    """Units in a graph with some edges twice, amounts with gaps, targets that can be met."""
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(n, 1)
    some = rng.random(len(a)) < 0.5
    a, b = a[some], b[some]
    again = rng.integers(0, max(len(a), 1), 2) if len(a) else np.zeros(0, np.intp)
    a, b = np.r_[a, b[again]], np.r_[b, a[again]]  # the same edge once more, the other way
    amounts = rng.random((many, n)) * (rng.random((many, n)) < 0.7)
    lower, upper = np.zeros(n), np.ones(n)
    if locks and n > 4:
        lower[1], upper[3] = 1.0, 0.0
    least = amounts @ upper * rng.uniform(0.1, 0.8, many)
    return Task(rng.random(n), lower, upper, sparse.csc_array(amounts), least, a, b,
                rng.random(len(a)) * rng.choice([0.05, 0.5]))  # fmt: skip


def best_of_all(task: Task) -> float:
    values = [
        task.value(z)
        for z in (np.array(c, bool) for c in itertools.product([0, 1], repeat=len(task.cost)))
        if task.keeps(z)
    ]
    return min(values)


@pytest.mark.parametrize("seed", range(25))
def test_small_questions_are_solved_as_by_trying_all(seed):
    task = random_task(seed, 5 + seed % 5, 1 + seed % 3)
    found = targets.solve(task)
    assert found.status == "proved"
    z = found.x > 0.5
    assert task.keeps(z)
    best = best_of_all(task)
    assert task.value(z) == pytest.approx(best, abs=1e-7)
    assert found.bound <= best + 1e-7


def test_any_prices_bound_all_choices_and_what_changes_cost():
    rng = np.random.default_rng(8)
    for seed in range(12):
        task = targets.simplified(random_task(seed, 7, 2))
        search = targets._Search(task, 0.0, None)
        choices = [np.array(c, bool) for c in itertools.product([0, 1], repeat=7)]
        kept = [z for z in choices if task.keeps(z)]
        for _ in range(4):
            prices, cut = search.priced(rng.random(2) * rng.choice([0.1, 1.0, 9.0]))
            # The cut reaches the bound: nothing is given away.
            missing = task.targets - task.amounts @ cut
            assert prices.bound == pytest.approx(task.value(cut) + prices.y @ missing, abs=1e-6)
            open_ = task.lower < task.upper
            for z in kept:
                wrong = open_ & (z != (prices.reduced < 0))
                most = np.abs(prices.reduced[wrong]).max(initial=0.0)
                assert task.value(z) >= prices.bound + most - 1e-7


def test_the_bound_is_that_of_the_linear_relaxation():
    """A cut of given prices is whole, so the best prices give what the relaxation gives."""
    for seed in (1, 2, 3):
        task = targets.simplified(random_task(seed, 40, 4))
        search = targets._Search(task, 0.0, None)
        search.raise_prices(np.inf)
        n, m = 40, len(task.weight)
        step = sparse.csr_array((np.r_[np.ones(m), -np.ones(m)],
                                 (np.r_[:m, :m], np.r_[task.a, task.b])), shape=(m, n))  # fmt: skip
        eye = sparse.eye_array(m)
        rows = sparse.vstack([
            sparse.hstack([task.amounts, sparse.csr_array((4, m))]),
            sparse.hstack([step, -eye]), sparse.hstack([-step, -eye]),
        ])  # fmt: skip
        other = branch_and_bound(
            np.r_[task.cost, task.weight], rows=rows,
            low=np.r_[task.targets, np.full(2 * m, -np.inf)],
            high=np.r_[np.full(4, np.inf), np.zeros(2 * m)],
            lower=np.r_[task.lower, np.zeros(m)], upper=np.r_[task.upper, np.ones(m)],
            whole=np.zeros(n + m, bool),
        )  # fmt: skip
        relaxed = float(np.r_[task.cost, task.weight] @ other.x)
        assert search.prices.bound <= relaxed + 1e-7
        assert search.prices.bound >= relaxed * (1 - 1e-3)


def test_a_lattice_is_solved_to_the_gap_and_told_on_the_way():
    task = lattice(12, 3)
    seen = []
    with watching(lambda seconds, best, bound: seen.append((best, bound))):
        found = targets.solve(task, gap=0.02)
    z = found.x > 0.5
    assert found.status == "proved"
    assert task.keeps(z)
    assert task.value(z) - found.bound <= 0.02 * task.value(z) + 1e-9
    assert any(best is not None and bound is not None for best, bound in seen)


def lattice(side: int, many: int, seed: int = 4) -> Task:
    rng = np.random.default_rng(seed)
    n = side * side
    at = np.arange(n).reshape(side, side)
    a = np.r_[at[:, :-1].ravel(), at[:-1].ravel()]
    b = np.r_[at[:, 1:].ravel(), at[1:].ravel()]
    amounts = rng.random((many, n)) * (rng.random((many, n)) < 0.3)
    return Task(rng.random(n) + 0.5, np.zeros(n), np.ones(n), sparse.csc_array(amounts),
                0.3 * amounts.sum(axis=1), a, b, np.full(len(a), 0.4))  # fmt: skip


def test_time_is_kept_and_what_is_found_is_whole():
    task = lattice(20, 5)
    assert targets.solve(task, seconds=0.0).status == "time"
    found = targets.solve(task, seconds=0.6)
    assert task.keeps(found.x > 0.5)
    assert found.bound <= task.value(found.x > 0.5)


@pytest.mark.parametrize("step", ["raise_prices", "parts"])
def test_no_time_for_a_step_is_no_error(monkeypatch, step):
    """On a busy machine all time may be over before the first price."""
    task = random_task(11, 8, 2)
    monkeypatch.setattr(targets._Search, step, lambda self, until: None)
    found = targets.solve(task)
    assert found.status == "proved"
    assert task.value(found.x > 0.5) == pytest.approx(best_of_all(task), abs=1e-7)


def test_ctrl_c_keeps_the_best_so_far(monkeypatch):
    task = lattice(15, 4)

    def stop(self, until):
        raise KeyboardInterrupt

    monkeypatch.setattr(targets._Search, "parts", stop)
    found = targets.solve(task)
    assert found.status == "interrupted"
    assert task.keeps(found.x > 0.5)
    assert 0 <= found.bound <= task.value(found.x > 0.5)
    monkeypatch.setattr(targets._Search, "raise_prices", stop)
    assert targets.solve(task).bound == 0  # before any price
    monkeypatch.setattr(targets, "begin", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    found = targets.solve(task)
    assert (found.x, found.status) == (None, "interrupted")
    with pytest.raises(KeyboardInterrupt):
        found.answer()


def test_ctrl_c_inside_a_part_ends_the_search(monkeypatch):
    """HiGHS answers Ctrl-C with what it has; the search must not take that for a part's end."""
    task = lattice(25, 6)
    asked = []

    def stopped(task, free, z, gap, seconds, begin=None):
        asked.append(int(free.sum()))
        return Found(None, -np.inf, "interrupted")

    monkeypatch.setattr(targets, "branch", stopped)
    found = targets.solve(task)
    assert found.status == "interrupted"
    assert len(asked) == 1
    assert task.keeps(found.x > 0.5)
    assert found.bound <= task.value(found.x > 0.5)


def test_locks_that_leave_too_little_are_no_lack_of_time():
    task = random_task(3, 6, 1, locks=False)
    none = replace(task, upper=np.zeros(6))
    found = targets.solve(none)
    assert found.x is None
    assert found.status == "infeasible"
    assert branch_and_bound([], rows=np.zeros((1, 0)), low=1.0).status == "infeasible"
    assert branch_and_bound([], rows=np.zeros((1, 0)), low=0.0).status == "proved"


def test_select_takes_this_way_and_keeps_targets_however_short_the_time():
    import pandas as pd

    units = list("abcd")
    question = Selection(
        costs=pd.DataFrame({"unit": units, "zone": "s", "cost": [2.0, 1.0, 1.0, 2.0]}),
        amounts=pd.DataFrame({"constraint": "owl", "unit": units, "zone": "s", "amount": 1.0}),
        bounds=pd.DataFrame({"lower": [2.0], "upper": [None]}, index=["owl"]),
        edges=pd.DataFrame({"a": list("abc"), "b": list("bcd"), "weight": 1.0}),
    )
    found = select(question)
    assert (found.cost, found.bound, found.status) == (4.0, 4.0, "proved")
    hurried = select(question, time_limit=0.0)
    assert hurried.status in ("time", "proved")
    assert hurried.targets["kept"].all()
    assert hurried.bound <= hurried.cost
    with pytest.raises(InfeasibleError, match="owl"):
        select(replace(question, bounds=question.bounds.assign(lower=5.0)))


@pytest.mark.slow
def test_what_the_bound_decides_no_best_choice_has_otherwise():
    for seed in range(30):
        task = targets.simplified(random_task(seed, 8, 2))
        search = targets._Search(task, 0.0, None)
        search.offer(begin(task))
        search.raise_prices(np.inf)
        choices = [np.array(c, bool) for c in itertools.product([0, 1], repeat=8)]
        best = min((z for z in choices if task.keeps(z)), key=task.value)
        if task.value(best) >= search.value - 1e-9:
            continue
        otherwise = (best != (search.prices.reduced < 0)) & (task.lower < task.upper)
        assert search.undecided()[otherwise].all()
    # At the value of a bad choice the same holds for every better one.
    for seed in range(30):
        task = targets.simplified(random_task(seed, 8, 2))
        search = targets._Search(task, 0.0, None)
        search.prices, _ = search.priced(np.full(2, 0.3))
        worst = task.upper > 0.5
        search.z, search.value = worst, task.value(worst)
        for z in (np.array(c, bool) for c in itertools.product([0, 1], repeat=8)):
            if task.keeps(z) and task.value(z) < search.value:
                otherwise = (z != (search.prices.reduced < 0)) & (task.lower < task.upper)
                assert search.undecided()[otherwise].all()


def test_a_part_is_chosen_best_with_the_others_held():
    rng = np.random.default_rng(6)
    for seed in range(12):
        task = targets.simplified(random_task(seed, 9, 2, locks=False))
        z = task.upper > 0.5
        z[rng.integers(0, 9, 2)] = False
        if not task.keeps(z):
            continue
        free = rng.random(9) < 0.5
        found = branch(task, free, z, 0.0, None)
        made = z.copy()
        made[free] = found.x[: int(free.sum())] > 0.5
        every = []
        for part in itertools.product([0, 1], repeat=int(free.sum())):
            other = z.copy()
            other[free] = np.array(part, bool)
            every.append(task.value(other) if task.keeps(other) else np.inf)
        assert task.value(made) == pytest.approx(min(every), abs=1e-6)
        assert found.bound == pytest.approx(min(every), abs=1e-5)
