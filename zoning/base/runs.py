"""Rows in the order of their keys: a group is a stretch of rows, and few keys need looking up.

The ledger and what is made of it are sorted by unit. To hash millions of codes anew for each sum
takes many times longer than the sum, so stretches are found by comparing neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base import coded
from zoning.base.areas import Ints

Flags = npt.NDArray[np.bool_]

#: From here on Arrow's hashing is worth its start (our choice).
_MANY = 1000
#: So many codes are never hashed for a few keys: pandas would keep each as a Python string.
_LARGE = 200_000
#: Keys that are compared with an index together; most others between them, and one more for so
#: many keys (our choice).
_WINDOW, _OTHERS, _ONE_IN = 4096, 500, 16


def starts(keys: Sequence[pd.Series | pd.Index]) -> Ints | None:
    """Give the first row of each group of rows that are alike in all keys.

    Parameters
    ----------
    keys : sequence of Series or Index of equal length
        Texts, whole numbers, or coded keys (`zoning.base.coded`), which are compared as numbers.

    Returns
    -------
    int64 array or None
        None where the rows are not in the order of the keys, a key is missing, or of another kind.

    Examples
    --------
    >>> starts([pd.Series(["a", "a", "b"]), pd.Series([1, 2, 2])]).tolist()
    [0, 1, 2]
    >>> starts([pd.Series(["b", "a"])]) is None
    True
    """
    if not len(keys[0]):
        return None
    alike = np.ones(len(keys[0]) - 1, dtype=bool)
    for key in keys:
        rows = _comparable(key)
        if rows is None:
            return None
        same = _compared(rows, "equal")
        # Only where all keys before are the same must this one not fall.
        at = np.flatnonzero(alike & ~same)
        if not _compared(rows, "greater", at).all():
            return None
        alike &= same
    return np.flatnonzero(np.concatenate([[True], ~alike])).astype(np.int64)


def _comparable(key: pd.Series | pd.Index) -> Any:
    """Give a key as an array of numbers or of texts; None where it is missing or neither."""
    if isinstance(key.dtype, np.dtype) and key.dtype.kind in "iu":
        return key.to_numpy()
    if coded.is_coded(key):
        at = coded.numbers(key)
        return at if at.min() >= 0 else None
    rows = arrow(key)
    return None if rows is None or rows.null_count else rows


def _compared(rows: Any, how: Literal["equal", "greater"], at: Ints | None = None) -> Flags:
    """Compare rows with those before them; ``at`` are the positions of the latter."""
    if isinstance(rows, np.ndarray):
        before, after = (rows[:-1], rows[1:]) if at is None else (rows[at], rows[at + 1])
        return np.asarray(before == after if how == "equal" else after > before)
    import pyarrow.compute as pc

    if at is None:
        before, after = rows.slice(0, len(rows) - 1), rows.slice(1)
    else:
        before, after = rows.take(at), rows.take(at + 1)
    return np.asarray(getattr(pc, how)(after, before), dtype=bool)


def arrow(texts: pd.Series | pd.Index) -> Any:
    """Give a column of texts as one Arrow array; None where it holds anything else."""
    import pyarrow as pa

    kind = texts.dtype
    if pd.api.types.is_object_dtype(kind):
        try:
            return pa.array(texts.to_numpy(), pa.large_string(), from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers, or both
            return None
    if not (isinstance(kind, pd.StringDtype) and kind.storage == "pyarrow"):
        return None
    found = pa.array(texts.array)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.cast(pa.large_string())


def added(frame: pd.DataFrame, by: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Add up columns by keys: ``frame.groupby(by)[columns].sum().reset_index()``, the same table.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["a", "a", "b"], "area_m2": [1, 2, 4]})
    >>> added(rows, ["unit"], ["area_m2"]).values.tolist()
    [['a', 3], ['b', 4]]
    """
    by, columns = list(by), list(columns)
    whole = all(t == np.int64 for t in frame[columns].dtypes)
    first = starts([frame[k] for k in by]) if whole else None
    if first is None:
        groups = frame.groupby(by, sort=True, observed=True)
        return groups[columns].sum().reset_index()
    sums = {c: np.add.reduceat(frame[c].to_numpy(), first) for c in columns}
    keys = {k: frame[k].take(first).array for k in by}
    return pd.DataFrame({**keys, **sums})


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by the texts of their index; what `sort_index` keeps of each text is left out."""
    texts = arrow(frame.index)
    if texts is None or starts([frame.index]) is not None:
        return frame if texts is not None else frame.sort_index()
    import pyarrow.compute as pc

    return frame.iloc[np.asarray(pc.array_sort_indices(texts))]


def total(values: pd.Series, keys: pd.Series, index: pd.Index) -> pd.Series:
    """Add up whole numbers by a key, 0 where there is none, as int64 on an index.

    Examples
    --------
    >>> index = pd.Index(["a", "b"], name="unit")
    >>> total(pd.Series([1, 2, 4]), pd.Series(["b", "a", "b"]), index).to_dict()
    {'a': 2, 'b': 5}
    """
    out = np.zeros(len(index), dtype=np.int64)
    at, numbers = positions(keys, index), values.to_numpy(np.int64, na_value=0)
    first = np.flatnonzero(np.concatenate([[True], at[1:] != at[:-1]])) if len(at) else at
    if len(first):
        at, numbers = at[first], np.add.reduceat(numbers, first)
    np.add.at(out, at[at >= 0], numbers[at >= 0])
    return pd.Series(out, index=index, name=values.name)


def positions(keys: pd.Series | pd.Index, index: pd.Index) -> Ints:
    """Give the position of each key in an index without duplicates, -1 where it has none.

    The same as ``index.get_indexer(keys)``; of keys that follow one another each is looked up once,
    and none where they are the index.

    Examples
    --------
    >>> positions(pd.Series(["a", "a", "c"]), pd.Index(["a", "b", "c"])).tolist()
    [0, 0, 2]
    """
    if coded.is_coded(keys):
        named = coded.names(keys)
        if named.is_(index):
            return coded.numbers(keys).astype(np.int64)
        each = np.append(positions(named, index), -1)  # a missing key is the last
        return np.asarray(each[coded.numbers(keys)], dtype=np.int64)
    many = len(keys) > _MANY or len(index) > _LARGE
    texts, there = (arrow(keys), arrow(index)) if many and len(keys) else (None, None)
    if texts is None or there is None:
        return np.asarray(index.get_indexer(pd.Index(keys)), dtype=np.int64)
    import pyarrow.compute as pc

    same = pc.equal(texts.slice(1), texts.slice(0, len(texts) - 1))
    new = np.concatenate([[True], ~np.asarray(pc.fill_null(same, False), dtype=bool)])
    each = texts if new.all() else texts.take(np.flatnonzero(new))
    at = _side_by_side(each, there)
    if at is None:
        at = _searched(each, there)
    if at is None:
        found = pc.fill_null(pc.index_in(each, there), -1)
        at = found.to_numpy(zero_copy_only=False).astype(np.int64)
    if len(each) == len(texts):
        return at
    return np.repeat(at, np.diff(np.flatnonzero(new), append=len(new)))


def _side_by_side(each: Any, there: Any) -> Ints | None:
    """Find keys that stand in the order of an index in which few others stand between them."""
    import pyarrow.compute as pc

    at = np.empty(len(each), dtype=np.int64)
    done, others = 0, 0
    while done < len(each):
        size = min(_WINDOW, len(each) - done)
        if others > _OTHERS + done // _ONE_IN or done + others + size > len(there):
            return None
        same = pc.equal(each.slice(done, size), there.slice(done + others, size))
        alike = np.asarray(pc.fill_null(same, False), dtype=bool)
        many = size if alike.all() else int(alike.argmin())
        at[done : done + many] = np.arange(done + others, done + others + many)
        done, others = done + many, others + (many < size)
    return at


def _searched(each: Any, there: Any) -> Ints | None:
    """Search codes of one length in a sorted index of that length: no table of hashes is built."""
    words = [_of_one_length(texts) for texts in (each, there)]
    if words[0] is None or words[1] is None or words[0].dtype != words[1].dtype:
        return None
    if not (words[1][1:] > words[1][:-1]).all():
        return None
    at = np.searchsorted(words[1], words[0]).astype(np.int64)
    inside = np.minimum(at, len(words[1]) - 1)
    at[words[1][inside] != words[0]] = -1
    return at


def _of_one_length(texts: Any) -> npt.NDArray[np.bytes_] | None:
    """See texts without missing ones, all of one length, as bytes of that length, uncopied."""
    if not len(texts) or texts.null_count:
        return None
    _, ends, data = texts.buffers()
    ends = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    size = int(ends[1] - ends[0])
    if not size or not (np.diff(ends) == size).all():
        return None
    plain = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if not plain.all():  # a zero at the end of a text would be lost
        return None
    return plain.view(f"S{size}")


def looked_up(values: pd.Series, keys: pd.Series | pd.Index) -> pd.Series:
    """Give what stands under each key: ``keys.map(values)`` in the kind that ``values`` has.

    Examples
    --------
    >>> size = pd.Series([1.5, 2.5], index=["a", "b"])
    >>> looked_up(size, pd.Series(["b", "b", "a"])).tolist()
    [2.5, 2.5, 1.5]
    """
    index = keys.index if isinstance(keys, pd.Series) else keys
    return taken(values, positions(keys, values.index), index)


def taken(values: pd.Series, at: Ints, index: pd.Index) -> pd.Series:
    """Take rows by their positions, onto another index; -1 gives a missing value."""
    some = bool((at < 0).any())
    if isinstance(values.dtype, np.dtype):
        found = pd.api.extensions.take(values.to_numpy(), at, allow_fill=some)
    else:
        found = values.array.take(at, allow_fill=some)
    return pd.Series(found, index=index, name=values.name)


def held_once(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Let a table hold the columns of text that another has just so, and not a second copy.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "share": [1.0, 0.5]})
    >>> held_once(rows, rows.assign(share=2.0))["share"].tolist()
    [1.0, 0.5]
    """
    texts = [c for c in frame if c in like and isinstance(frame[c].dtype, pd.StringDtype)]
    same = [c for c in texts if frame[c].array.equals(like[c].array)]
    return frame.assign(**{str(c): like[c].array for c in same})
