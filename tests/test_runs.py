"""Sums and look-ups of rows in order are those of pandas, whatever the order and kind of keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.base import coded, runs

WORDS = ["a", "b", "ba", "c", "é", "乡", "乡镇"]
ROWS = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), st.integers(-3, 3)), max_size=30
)


def _frame(rows: list[tuple[str, str, int]], kind: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit", "township", "area_m2"]).astype({"area_m2": "int64"})
    return frame.astype({"unit": kind, "township": kind})


@pytest.fixture(autouse=True)
def _always_by_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tables take the way of large ones."""
    monkeypatch.setattr(runs, "_MANY", 0)


@pytest.mark.parametrize("kind", ["str", "string", "object"])
@settings(max_examples=30, deadline=None)
@given(rows=ROWS, ordered=st.booleans(), by=st.sampled_from([["unit"], ["unit", "township"]]))
def test_sums_are_those_of_pandas(
    kind: str, rows: list[tuple[str, str, int]], ordered: bool, by: list[str]
) -> None:
    frame = _frame(sorted(rows) if ordered else rows, kind)
    wanted = frame.groupby(by, sort=True)[["area_m2"]].sum().reset_index()
    pd.testing.assert_frame_equal(runs.added(frame, by, ["area_m2"]), wanted)


@pytest.mark.parametrize("kind", ["str", "string", "object"])
@settings(max_examples=30, deadline=None)
@given(rows=ROWS, known=st.lists(st.sampled_from(WORDS), unique=True), ordered=st.booleans())
def test_positions_totals_and_look_ups_are_those_of_pandas(
    kind: str, rows: list[tuple[str, str, int]], known: list[str], ordered: bool
) -> None:
    frame = _frame(sorted(rows) if ordered else rows, kind)
    keys, index = frame["unit"], pd.Index(known, dtype=kind, name="unit")
    assert runs.positions(keys, index).tolist() == index.get_indexer(pd.Index(keys)).tolist()
    sums = frame.groupby("unit")["area_m2"].sum().reindex(index, fill_value=0).astype("int64")
    pd.testing.assert_series_equal(runs.total(frame["area_m2"], keys, index), sums)
    size = pd.Series(np.arange(len(known)) / 2, index=index)
    found = runs.looked_up(size, keys)
    pd.testing.assert_series_equal(found, keys.map(size).astype(float), check_names=False)


@pytest.mark.parametrize(
    "keys",
    [
        [pd.Series(["b", "a"])], [pd.Series(["a", None])], [pd.Series([1.0, 2.0])],
        [pd.Series(["a", "a"]), pd.Series([2, 1])], [pd.Series([], dtype="str")],
        [pd.Series(["a", 1], dtype=object)],
    ],
)  # fmt: skip
def test_rows_in_no_order_have_no_stretches(keys: list[Any]) -> None:
    assert runs.starts(keys) is None


def test_a_later_key_may_fall_where_an_earlier_one_rises() -> None:
    first = runs.starts([pd.Series(["a", "b", "b"]), pd.Series([2, 1, 1])])
    assert first is not None and first.tolist() == [0, 1]


def test_an_index_without_some_of_the_keys_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_OTHERS", 2)
    index = pd.Index([f"u{k:03}" for k in range(100)])
    for keys in (index[::2], index[::-1], index.drop("u050"), pd.Index(["u000", "x"])):
        assert runs.positions(keys, index).tolist() == index.get_indexer(keys).tolist()


@settings(max_examples=60, deadline=None)
@given(
    known=st.lists(st.text("abé乡\0", min_size=1, max_size=2), unique=True, min_size=1),
    keys=st.lists(st.text("abé乡\0", min_size=1, max_size=2)),
    ordered=st.booleans(),
)
def test_codes_searched_without_a_table_of_hashes_are_those_found(
    known: list[str], keys: list[str], *, ordered: bool
) -> None:
    texts = [runs.arrow(pd.Series(k, dtype="str")) for k in (sorted(known), keys)]
    wanted = pd.Index(sorted(known)).get_indexer(keys).tolist()
    there, each = texts if ordered else texts[::-1]
    found = runs._searched(each, there)
    alike = len({len(k.encode()) for k in (*known, *keys)}) == 1 and keys
    plain = all("\0" not in k for k in (*known, *keys))
    if ordered:
        assert (found is not None) == bool(alike and plain)
        assert found is None or found.tolist() == wanted
    elif found is not None:  # an index that is sorted by chance
        assert sorted(set(keys)) == keys


def test_an_index_out_of_order_is_not_searched() -> None:
    index, keys = (runs.arrow(pd.Series(list(k))) for k in ("ba", "ab"))
    assert runs._searched(keys, index) is None
    assert runs._searched(keys, keys).tolist() == [0, 1]  # type: ignore[union-attr]
    assert runs._searched(runs.arrow(pd.Series(["\0", "z"])), keys) is None


def test_missing_keys_stand_nowhere_and_what_is_missing_stays_missing() -> None:
    index = pd.Index(["a", "b"])
    keys = pd.Series(["a", None, None, "b", "x"])
    assert runs.positions(keys, index).tolist() == [0, -1, -1, 1, -1]
    names = pd.Series(["A", "B"], index=index, dtype="string")
    found = runs.looked_up(names, keys)
    assert found.dtype == "string" and found.tolist() == ["A", pd.NA, pd.NA, "B", pd.NA]
    whole = runs.looked_up(pd.Series([1, 2], index=index), keys)
    assert whole.isna().tolist() == [False, True, True, False, True]


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, ordered=st.booleans(), by=st.sampled_from([["unit"], ["unit", "township"]]))
def test_coded_keys_are_added_and_found_as_their_texts(
    rows: list[tuple[str, str, int]], ordered: bool, by: list[str]
) -> None:
    texts = _frame(sorted(rows) if ordered else rows, "str")
    keyed = texts.assign(**{k: coded.by_text(texts[k]) for k in ("unit", "township")})
    assert all(coded.is_coded(keyed[k]) for k in by)
    pd.testing.assert_frame_equal(coded.spelled(keyed), texts)
    found = coded.spelled(runs.added(keyed, by, ["area_m2"]))
    pd.testing.assert_frame_equal(found, runs.added(texts, by, ["area_m2"]))
    first, wanted = (runs.starts([f[k] for k in by]) for f in (keyed, texts))
    assert (first is None) == (wanted is None) and (first is None or (first == wanted).all())
    index = pd.Index(["a", "c", "乡"], name="unit")
    assert (runs.positions(keyed["unit"], index) == runs.positions(texts["unit"], index)).all()
    sums = (runs.total(f["area_m2"], f["unit"], index) for f in (keyed, texts))
    pd.testing.assert_series_equal(*sums)


def test_keys_coded_by_an_index_stand_where_the_numbers_say_and_missing_ones_nowhere() -> None:
    index = pd.Index(["a", "b", "c"], name="unit")
    keys = pd.Series(coded.coded([2, 0, -1], index))
    assert runs.positions(keys, index).tolist() == [2, 0, -1]
    assert runs.positions(keys, pd.Index(["c", "x"])).tolist() == [0, -1, -1]
    assert runs.starts([keys]) is None
    assert coded.in_text(keys).isna().tolist() == [False, False, True]


@pytest.mark.parametrize(("names", "size"), [(100, 1), (200, 2), (40_000, 4)])
def test_a_key_takes_no_more_bytes_than_its_names_need(names: int, size: int) -> None:
    index = pd.Index([f"{k:06d}" for k in range(names)])
    last = coded.coded([names - 1], index)
    assert last.codes.itemsize == size and list(last) == [index[-1]]


def test_few_keys_do_not_make_a_large_index_a_table_of_hashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "_MANY", 10)
    monkeypatch.setattr(runs, "_LARGE", 2)
    monkeypatch.setattr(pd.Index, "get_indexer", None)
    index = pd.Index(["a", "b", "cc"])
    assert runs.positions(pd.Series(["cc", "x"]), index).tolist() == [2, -1]
