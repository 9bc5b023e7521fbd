"""How well two zonings agree, against the definitions counted place by place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from zoning.zones import compare, load_method
from zoning.zones.agreement import agreement, figure_of_merit
from zoning.zones.compare import cohen_kappa


@pytest.mark.parametrize("seed", range(4))
def test_measures_are_those_of_the_places_themselves(seed):
    """Every place for itself: a class that one of the two lacks has no row or no column."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    one, two = rng.choice(list("abc"), n), rng.choice(list("bcd"), n)
    matrix = pd.crosstab(pd.Series(one), pd.Series(two))
    found = agreement(matrix)
    classes = [*matrix.index, *(c for c in matrix.columns if c not in matrix.index)]
    share = {c: (np.mean(one == c), np.mean(two == c)) for c in classes}
    chance = sum(a * b for a, b in share.values())
    same = np.mean(one == two)
    assert found.total == n and found.overall == pytest.approx(same)
    assert found.kappa == pytest.approx((same - chance) / (1 - chance))
    quantity = sum(abs(a - b) for a, b in share.values()) / 2
    assert found.quantity == pytest.approx(quantity)
    assert found.allocation == pytest.approx(1 - same - quantity)
    assert found.merit.to_dict() == pytest.approx({
        c: np.sum((one == c) & (two == c)) / np.sum((one == c) | (two == c)) for c in classes
    })  # fmt: skip


def test_one_class_alone_agrees_and_of_nothing_nothing_is_known():
    alone = agreement(pd.DataFrame([[3.0]], index=["a"], columns=["a"]))
    assert (alone.total, alone.overall, alone.kappa, alone.quantity, alone.allocation) == (
        3, 1, 1, 0, 0)  # fmt: skip
    nothing = agreement(pd.DataFrame([[0, 0]], index=["a"], columns=["a", "b"]))
    assert nothing.total == 0 and nothing.merit.isna().tolist() == [True, True]
    for value in (nothing.overall, nothing.kappa, nothing.quantity, nothing.allocation):
        assert np.isnan(value)
    # A class that neither has is no agreement and no difference.
    rare = agreement(pd.DataFrame([[2, 0], [0, 0]], index=["a", "b"], columns=["a", "b"]))
    assert rare.merit["a"] == 1 and pd.isna(rare.merit["b"])


def test_what_both_change_of_what_either_changes():
    one, two = pd.Series([4, 0, 2]), pd.Series([1, 3, 2])
    assert figure_of_merit(one, two) == 3 / 9
    assert np.isnan(figure_of_merit(one * 0, two * 0)) and figure_of_merit(one, two * 0) == 0


@pytest.mark.parametrize("seed", range(4))
def test_kappa_is_that_of_the_rows_that_both_class(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 30))
    one, two = (pd.Series(rng.choice(["a", "b", "c", None], n)) for _ in range(2))
    rows = [(x, y) for x, y in zip(one, two, strict=True)
            if pd.notna(x) and pd.notna(y)]  # fmt: skip
    same = sum(x == y for x, y in rows) / len(rows)
    chance = sum(
        sum(x == c for x, _ in rows) * sum(y == c for _, y in rows) for c in "abc"
    ) / len(rows) ** 2  # fmt: skip
    wanted = 1.0 if chance == 1 else (same - chance) / (1 - chance)
    assert cohen_kappa(one, two) == pytest.approx(wanted)
    assert cohen_kappa(one, two.iloc[::-1]) == pytest.approx(wanted), "rows meet by their codes"
    assert np.isnan(cohen_kappa(one, pd.Series([None] * n)))


def test_methods_side_by_side_are_counted_row_by_row(monkeypatch):
    said = {"m": ["a", "a", "a", None, None], "n": ["a", "a", "b", "b", None],
            "o": ["a", "b", "c", None, None]}  # fmt: skip
    monkeypatch.setattr(compare, "with_indicators", lambda table: table)
    monkeypatch.setattr(compare, "zones_of", lambda full, method: pd.Series(
        said[method.name], index=full.index, dtype="string"))  # fmt: skip
    table = pd.DataFrame(index=[f"t{k}" for k in range(5)])
    base = load_method("two-matrices")
    found = compare.compare_methods(table, [replace(base, name=n) for n in said])
    wanted = pd.DataFrame(said, index=table.index, dtype="string").assign(
        agree=[3, 2, 1, 1, 0], zone=pd.array(["a", "a", None, None, None], "string"),
        status=pd.array(["accept", "flag", "review", "review", "review"], "string"),
    )  # fmt: skip
    pd.testing.assert_frame_equal(found.table, wanted)
    assert found.review.index.tolist() == ["t2", "t3", "t4"]
    for one in said:
        for two in said:
            pair = cohen_kappa(wanted[one], wanted[two])
            assert found.kappa.loc[one, two] == (1.0 if one == two else pytest.approx(pair))
