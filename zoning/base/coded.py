"""Keys as whole numbers inside, as text at the rim.

A code of a unit has up to sixty characters; the ledger names it once for each atom. As categories
of an index that is there anyway an atom holds four bytes of it, and rows are compared as numbers.
Writers spell the codes again (`spelled`), so no file knows of this.

Categories made here are *ordered*: they stand in the order of their texts, none twice. So the order
of the numbers is that of the texts, and `zoning.base.runs` may compare numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import Ints


def coded(numbers: npt.ArrayLike, names: pd.Index) -> pd.Categorical:
    """Give rows their keys as positions in an index of texts.

    Parameters
    ----------
    numbers : int array
        Position of the key of each row; all are there.
    names : Index
        Different texts in ascending order; held, not copied.

    Examples
    --------
    >>> list(coded([1, 0, 1], pd.Index(["a", "b"])))
    ['b', 'a', 'b']
    """
    small = np.int8 if len(names) < 1 << 7 else np.int16 if len(names) < 1 << 15 else np.int32
    # The public way would build, and keep, a table of hashes of all names to see that none is
    # twice: for a million units twice the memory that is saved.
    kind = pd.CategoricalDtype._from_fastpath(names, True)
    codes = np.asarray(numbers).astype(small)
    return pd.Categorical.from_codes(codes, dtype=kind, validate=False)


def by_text(texts: Iterable[Any]) -> pd.Categorical:
    """Give numbers to texts that occur often, such as townships, in their order.

    Examples
    --------
    >>> by_text(["b", "a", "b"]).codes.tolist()
    [1, 0, 1]
    >>> by_text(by_text(["b", "a", None, "b"])[1:]).codes.tolist()
    [0, -1, 1]
    >>> by_text(by_text(["b", "a", "b"])[2:]).categories.tolist()
    ['b']
    """
    rows = pd.Series(texts)
    if not is_coded(rows):
        number, found = pd.factorize(rows, sort=True)
        return coded(number, pd.Index(found))
    at = numbers(rows)  # of names that no row has none is kept
    used = np.unique(at[at >= 0])
    return coded(np.where(at < 0, -1, np.searchsorted(used, at)), names(rows)[used])


def is_coded(keys: Any) -> bool:
    """Whether keys are numbers in the order of their texts."""
    return isinstance(keys.dtype, pd.CategoricalDtype) and bool(keys.dtype.ordered)


def numbers(keys: pd.Series | pd.Index) -> Ints:
    """Give the numbers of coded keys; -1 is a missing one."""
    return np.asarray(keys.array.codes)


def names(keys: pd.Series | pd.Index) -> pd.Index:
    """Give the texts that coded keys are numbers of."""
    return keys.dtype.categories


def in_text(keys: pd.Series) -> pd.Series:
    """Spell a column; any other than a coded one is given as it is.

    Examples
    --------
    >>> in_text(pd.Series(by_text(["b", "a"]), name="unit")).tolist()
    ['b', 'a']
    """
    if not is_coded(keys):
        return keys
    at = numbers(keys)
    texts = names(keys).array.take(at, allow_fill=bool((at < 0).any()))
    return pd.Series(texts, index=keys.index, name=keys.name)


def spelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Spell all coded columns of a table; the others are not copied.

    Examples
    --------
    >>> spelled(pd.DataFrame({"unit": by_text(["b", "a"]), "area_m2": [1, 2]}))["unit"].tolist()
    ['b', 'a']
    """
    found = {str(c): in_text(frame[c]) for c in frame.columns if is_coded(frame[c])}
    return frame.assign(**found) if found else frame
