"""AHP against published examples, entropy and CRITIC against paper, scales against hand values."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.weights import (
    Scale,
    ahp,
    combine_weights,
    critic_weights,
    entropy_weights,
    group_judgement,
    normalised,
    read_pairwise,
    scored,
)


def square(rows: list[list[float]], names: list[str] | None = None) -> pd.DataFrame:
    names = names or list("abcdefgh"[: len(rows)])
    return pd.DataFrame(rows, index=names, columns=names)


#: T. L. Saaty, "How to make a decision: the analytic hierarchy process" (1990), buying a house:
#: eight criteria; published priorities and lambda_max 9.669, CI 0.238, CR 0.169.
HOUSE = square(
    [
        [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
        [1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
        [1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5],
        [1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8],
        [1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6],
        [1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6],
        [3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2],
        [4, 7, 5, 8, 6, 6, 2, 1],
    ]
)
#: T. L. Saaty, "Decision making with the analytic hierarchy process" (2008), drinks:
#: published priorities .177 .019 .042 .116 .190 .129 .327, CR .022.
DRINKS = square(
    [
        [1, 9, 5, 2, 1, 1, 1 / 2],
        [1 / 9, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
        [1 / 5, 3, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9],
        [1 / 2, 9, 3, 1, 1 / 2, 1, 1 / 3],
        [1, 9, 4, 2, 1, 2, 1 / 2],
        [1, 9, 3, 1, 1 / 2, 1, 1 / 3],
        [2, 9, 9, 3, 2, 3, 1],
    ],
    ["coffee", "wine", "tea", "beer", "soda", "milk", "water"],
)


def test_ahp_published_house() -> None:
    out = ahp(HOUSE)
    published = [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333]
    assert out.weights.to_numpy() == pytest.approx(published, abs=0.001)
    assert out.lambda_max == pytest.approx(9.669, abs=0.001)
    assert out.consistency_index == pytest.approx(0.238, abs=0.001)
    assert out.consistency_ratio == pytest.approx(0.169, abs=0.001)
    assert not out.consistent
    # The odd judgement of this example is c over g: 6, where the weights say about 1.1.
    assert out.worst.loc[0, ["row", "column"]].tolist() == ["c", "g"]
    assert "c over g" in out.tell("en") and "c 对 g" in out.tell("zh")


def test_ahp_published_drinks() -> None:
    out = ahp(DRINKS)
    published = [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert out.weights.to_numpy() == pytest.approx(published, abs=0.001)
    assert out.consistency_ratio == pytest.approx(0.022, abs=0.002)
    assert out.consistent and "below" in out.tell("en")


positive = st.lists(st.floats(0.1, 10), min_size=2, max_size=6)


@settings(max_examples=30, deadline=None)
@given(positive, st.randoms())
def test_ahp_consistent_matrix_gives_its_weights_back(w: list[float], random: object) -> None:
    names = list("abcdef"[: len(w)])
    m = square([[x / y for y in w] for x in w], names)
    out = ahp(m)
    assert out.weights.to_numpy() == pytest.approx(np.array(w) / sum(w))
    assert out.consistency_ratio == pytest.approx(0, abs=1e-9)
    assert out.worst["factor"].max() == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 7), st.randoms())
def test_ahp_invariant_under_order_and_names(seed: int, n: int, random: object) -> None:
    rng = np.random.default_rng(seed)
    a = np.ones((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            a[i, j] = rng.choice([1 / 5, 1 / 3, 1, 2, 7])
            a[j, i] = 1 / a[i, j]
    m = square(a.tolist())
    order = list(m.index)
    random.shuffle(order)
    one, two = ahp(m), ahp(m.loc[order, order])
    assert two.weights[m.index].tolist() == one.weights.tolist()  # the same digits
    assert two.consistency_ratio == one.consistency_ratio
    other = dict(zip(m.index, [f"k{9 - i}" for i in range(n)], strict=True))
    three = ahp(m.rename(index=other, columns=other))
    assert three.weights.to_numpy() == pytest.approx(one.weights.to_numpy(), abs=1e-10)


def test_ahp_half_matrix_and_typed_mirrors() -> None:
    full = ahp(square([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]))
    nan = float("nan")
    for rows in (
        [[1, 3, 5], [nan, 1, 3], [nan, nan, 1]],
        [[nan, nan, nan], [1 / 3, nan, nan], [1 / 5, 1 / 3, nan]],
        [[1, 3, 5], [0.33, 1, 3], [0.2, 0.33, 1]],
    ):
        assert ahp(square(rows)).weights.to_numpy() == pytest.approx(full.weights.to_numpy())


def test_ahp_names_every_wrong_cell() -> None:
    bad = square([[1, 3, -2], [3, 1, float("nan")], [1, float("nan"), 2]])
    with pytest.raises(InputError) as caught:
        ahp(bad)
    places = [p.where for p in caught.value.problems]
    assert places == ["AHP a / b", "AHP a / c", "AHP b / c", "AHP c"]
    with pytest.raises(InputError):
        ahp(pd.DataFrame([[1, 2], [0.5, 1]], index=["a", "b"], columns=["b", "a"]))
    with pytest.raises(InputError):
        ahp(square([[1.0] * 16 for _ in range(16)], [f"c{i}" for i in range(16)]))


def test_group_judgement_keeps_reciprocals_and_experts_weights() -> None:
    one, two = square([[1, 2], [1 / 2, 1]]), square([[1, 8], [1 / 8, 1]])
    g = group_judgement([one, two], experts=[3, 1])
    assert g.loc["a", "b"] == pytest.approx(2 ** (3 / 4) * 8 ** (1 / 4))
    assert g.loc["a", "b"] * g.loc["b", "a"] == pytest.approx(1)
    with pytest.raises(InputError):
        group_judgement([one, two], experts=[1])
    with pytest.raises(InputError):
        group_judgement([one, square([[1, 2], [0.5, 1]], ["a", "z"])])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_read_pairwise_csv(tmp_path, encoding: str) -> None:
    path = tmp_path / "判断 矩阵.csv"
    path.write_text(",水,土\n水,1,1/3\n土,,1\n", encoding=encoding)
    assert ahp(read_pairwise(path)).weights.to_dict() == pytest.approx({"水": 0.25, "土": 0.75})
    path.write_text(",水,土\n水,1,many\n土,1/0,1\n", encoding=encoding)
    with pytest.raises(InputError) as caught:
        read_pairwise(path)
    assert len(caught.value.problems) == 2


def test_read_pairwise_xlsx_and_dates(tmp_path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in ((None, "a", "b"), ("a", 1, "1/4"), ("b", None, 1)):
        book.active.append(row)
    book.save(tmp_path / "m.xlsx")
    assert ahp(read_pairwise(tmp_path / "m.xlsx")).weights.tolist() == pytest.approx([0.2, 0.8])
    import datetime as dt

    book.active["C2"] = dt.datetime(2024, 1, 4)
    book.save(tmp_path / "m.xlsx")
    with pytest.raises(InputError, match="date"):
        read_pairwise(tmp_path / "m.xlsx")
    with pytest.raises(InputError):
        read_pairwise(tmp_path / "none.csv")


def test_entropy_by_hand() -> None:
    # a: p = 0, 1/3, 2/3: e = (ln 3 - 2/3 ln 2) / ln 3; b: p = 0, 0, 1: e = 0.
    out = entropy_weights(pd.DataFrame({"a": [0, 1, 2], "b": [0, 0, 2]}))
    spread = 2 / 3 * np.log(2) / np.log(3)
    assert out["a"] == pytest.approx(spread / (spread + 1))
    # Less is better turns the values over: 2, 1, 0 as "less" is 0, 1, 2.
    turned = entropy_weights(pd.DataFrame({"a": [2, 1, 0], "b": [0, 0, 2]}), less=("a",))
    assert turned.tolist() == pytest.approx(out.tolist())


def test_critic_by_hand() -> None:
    # min-max: a 0 .5 1, b 1 .5 0, c 0 1 1; s = .5, .5, 1/sqrt(3); r_ab = -1,
    # r_ac = sqrt(3)/2 = -r_bc.
    out = critic_weights(pd.DataFrame({"a": [0, 1, 2], "b": [2, 1, 0], "c": [0, 2, 2]}))
    h = np.sqrt(3) / 2
    c = np.array([0.5 * (2 + 1 - h), 0.5 * (2 + 1 + h), 1 / np.sqrt(3) * (1 - h + 1 + h)])
    assert out.to_numpy() == pytest.approx(c / c.sum())


worlds = st.tuples(st.integers(0, 10_000), st.integers(3, 12), st.integers(2, 5))


@settings(max_examples=30, deadline=None)
@given(worlds, st.floats(0.01, 1000), st.floats(-50, 50), st.randoms())
@pytest.mark.parametrize("weigh", [entropy_weights, critic_weights])
def test_units_and_row_order_do_not_matter(weigh, world, factor, shift, random) -> None:
    seed, n, m = world
    x = pd.DataFrame(np.random.default_rng(seed).normal(size=(n, m)), columns=list("abcde")[:m])
    base = weigh(x)
    assert base.sum() == pytest.approx(1) and (base >= 0).all()
    changed = x.copy()
    changed["a"] = changed["a"] * factor + shift
    assert weigh(changed).to_numpy() == pytest.approx(base.to_numpy(), rel=1e-6, abs=1e-9)
    order = list(x.index)
    random.shuffle(order)
    assert weigh(x.loc[order]).tolist() == base.tolist()  # the same digits


def test_missing_and_flat_columns_are_named() -> None:
    x = pd.DataFrame({"a": [1, None, 3], "b": [2, 2, 2], "c": [1, 2, 3]}, index=["t1", "t2", "t3"])
    with pytest.raises(InputError) as caught:
        normalised(x)
    assert [p.where for p in caught.value.problems] == ["a", "b"]
    assert "t2" in caught.value.tell("zh")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 6))
def test_least_squares_is_the_nearest_without_negative_parts(seed: int, sets: int, m: int) -> None:
    """No coefficients >= 0 come nearer to the equations of the game; by trying every support."""
    rng = np.random.default_rng(seed)
    w = rng.dirichlet(np.ones(m), sets)
    given_ = {str(k): pd.Series(row, index=list("abcdef"[:m])) for k, row in enumerate(w)}
    got = combine_weights(given_, "least-squares").to_numpy()
    g, d = w @ w.T, np.diag(w @ w.T)
    best = np.linalg.norm(d)
    for size in range(1, sets + 1):
        for support in itertools.combinations(range(sets), size):
            a = np.linalg.lstsq(g[:, support], d, rcond=None)[0]
            if (a >= 0).all():
                best = min(best, np.linalg.norm(g[:, support] @ a - d))
    if np.linalg.matrix_rank(w) < sets:
        return
    # The weights fix the coefficients up to a factor, so search the best factor of the answer.
    parts = np.linalg.lstsq(w.T, got, rcond=None)[0]
    scale = (g @ parts) @ d / ((g @ parts) @ (g @ parts))
    assert (parts > -1e-9).all()
    assert np.linalg.norm(scale * g @ parts - d) <= best + 1e-6


def test_data_that_cannot_be_weighed_are_refused() -> None:
    with pytest.raises(InputError, match="not finite in rows 1"):
        entropy_weights(pd.DataFrame({"a": [1.0, np.inf, 3.0], "b": [1.0, 2.0, 4.0]}))
    for weigh in (entropy_weights, critic_weights):
        with pytest.raises(InputError, match="2 rows at least, not 0"):
            weigh(pd.DataFrame({"a": [], "b": []}, dtype=float))
    apart = {"x": pd.Series({"a": 1.0, "b": 0.0}), "y": pd.Series({"a": 0.0, "b": 1.0})}
    with pytest.raises(InputError, match="nothing is left"):
        combine_weights(apart, "product")
    with pytest.raises(InputError, match="must not be negative"):
        combine_weights(apart, "linear", shares={"x": 2.0, "y": -1.0})


def test_combinations() -> None:
    a, b = pd.Series({"x": 0.8, "y": 0.2}), pd.Series({"y": 0.6, "x": 0.4})
    assert combine_weights({"a": a, "b": b}).to_dict() == pytest.approx({"x": 0.6, "y": 0.4})
    one_third = combine_weights({"a": a, "b": b}, shares={"a": 1, "b": 2})
    assert one_third["x"] == pytest.approx(0.8 / 3 + 0.8 / 3)
    product = combine_weights({"a": a, "b": b}, "product")
    assert product["x"] == pytest.approx(0.32 / (0.32 + 0.12))
    same = combine_weights({"a": a, "b": a}, "least-squares")
    assert same.to_dict() == pytest.approx(a.to_dict())
    with pytest.raises(InputError):
        combine_weights({"a": a, "b": pd.Series({"x": 1.0})})
    with pytest.raises(InputError):
        combine_weights({"a": a, "b": pd.Series({"x": 1.0, "y": 1.0})})


@pytest.mark.parametrize(
    ("scale", "value", "expected"),
    [
        (Scale("none"), 0.3, 0.3),
        (Scale("linear", 0, 0.5), 0.1, 20),
        (Scale("linear", 0, 0.5), 0.9, 100),
        (Scale("linear", 60, 20), 30, 75),
        (Scale("log", 10, 1000), 100, 50),
        (Scale("log", 10, 1000), 1, 0),
        (Scale("log", 1000, 10), 1, 100),
        (Scale("table", at=(3, 8), scores=(5, 4, 3)), 3, 4),
        (Scale("table", at=(3, 8), scores=(5, 4, 3), equal="below"), 3, 5),
        (Scale("points", at=(0, 10), scores=(0, 100)), 2.5, 25),
        (Scale("minmax"), 30, 20),
        (Scale("minmax", reverse=True), 30, 80),
    ],
)
def test_scales_by_hand(scale: Scale, value: float, expected: float) -> None:
    column = pd.Series([value, 20.0, 70.0]) if scale.kind == "minmax" else pd.Series([value])
    assert float(scored(column, scale).iloc[0]) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(worlds, st.floats(0.01, 1000), st.sampled_from(["minmax", "zscore", "breaks"]))
def test_scores_read_off_the_data_are_scale_free(world, factor, kind) -> None:
    seed, n, _ = world
    x = pd.Series(np.random.default_rng(seed).normal(size=n + 3))
    scale = Scale(kind, classes=3)
    assert scored(x * factor, scale).to_numpy(dtype=float) == pytest.approx(
        scored(x, scale).to_numpy(dtype=float), abs=1e-6
    )
    assert scored(x[::-1], scale)[::-1].tolist() == scored(x, scale).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_natural_breaks_against_mapclassify(seed: int) -> None:
    import mapclassify

    from zoning.weights.scaling import natural_breaks

    x = np.random.default_rng(seed).gamma(2.0, 10.0, 60)
    for k in (2, 3, 5):
        assert natural_breaks(x, k) == pytest.approx(mapclassify.FisherJenks(x, k=k).bins[:-1])


def test_natural_breaks_by_all_splits() -> None:
    from itertools import combinations

    from zoning.weights.scaling import natural_breaks

    x = np.sort(np.random.default_rng(3).normal(size=11).round(1))  # with ties

    def cost(cuts: tuple[float, ...]) -> float:
        group = np.searchsorted(cuts, x, side="left")
        return sum(((x[group == g] - x[group == g].mean()) ** 2).sum() for g in set(group))

    best = min(cost(c) for c in combinations(np.unique(x)[:-1], 3))
    assert cost(natural_breaks(x, 4)) == pytest.approx(best)
    assert natural_breaks(x[::-1], 4) == natural_breaks(x, 4)
    with pytest.raises(InputError):
        natural_breaks(np.array([1.0, 1.0, np.nan]), 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_entropy_and_critic_against_other_libraries(seed):
    """CRITIC as scikit-criteria and pymcdm give it; entropy written out again."""
    pymcdm = pytest.importorskip("pymcdm.weights")
    skc = pytest.importorskip("skcriteria.preprocessing.weighters")
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 9, (12, 4))
    table = pd.DataFrame(x, columns=list("abcd"))
    y = normalised(table).to_numpy()
    assert critic_weights(table).to_numpy() == pytest.approx(pymcdm.critic_weights(x), abs=1e-9)
    other = skc.critic_weights(y, np.ones(4, dtype=int), correlation="pearson")
    assert critic_weights(table).to_numpy() == pytest.approx(other, abs=1e-9)
    p = y / y.sum(axis=0)
    logs = np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)
    spread = 1 + logs.sum(axis=0) / np.log(12)
    assert entropy_weights(table).to_numpy() == pytest.approx(spread / spread.sum())
