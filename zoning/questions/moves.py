"""New land that lies elsewhere than before, held by position.

A province has two thousand rules, and without one of them thousands of pieces change: written with
their codes they took a third of the memory of pricing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoning.base.areas import Ints


@dataclass(frozen=True, eq=False)
class Moves:
    """How much new land each piece gains or loses.

    Parameters
    ----------
    pieces : Index
        Codes of all pieces.
    row : int array
        Positions of those that change.
    change_m2 : int array
        What each of them gains, m2, never 0.

    Examples
    --------
    >>> moves = Moves.of(pd.Index(["a|s", "b|t", "c|t"]), np.array([-5, 0, 5]))
    >>> moves.series().to_dict(), moves.moved_m2, moves.where(np.array(["s", "t", "t"]))
    ({'a|s': -5, 'c|t': 5}, 5, 't +0.00 km², s -0.00 km²')
    """

    pieces: pd.Index
    row: np.ndarray[Any, np.dtype[np.int32]]
    change_m2: Ints

    @classmethod
    def of(cls, pieces: pd.Index, change: Ints) -> Moves:
        """Keep the pieces that change, of a list of all of them."""
        row = np.flatnonzero(change)
        return cls(pieces, row.astype(np.int32), change[row])

    @property
    def moved_m2(self) -> int:
        """Land that is built elsewhere, m2."""
        return int(-self.change_m2[self.change_m2 < 0].sum())

    def series(self) -> pd.Series:
        """Give the changes by the code of the piece."""
        return pd.Series(self.change_m2, index=self.pieces[self.row], name="change_m2")

    def where(self, township: Any, most: int = 3) -> str:
        """Name the townships with the largest change, in km2.

        Parameters
        ----------
        township : array or None
            Township of every piece; nothing is said without it.
        most : int
            How many are named.
        """
        if township is None or not len(self.row):
            return ""
        of = pd.Series(township.take(self.row))
        by = pd.Series(self.change_m2).groupby(of, observed=True).sum()
        by = by.iloc[np.lexsort([by.abs()])[::-1]].head(most)
        return ", ".join(f"{name} {m2 / 1e6:+.2f} km²" for name, m2 in by.items() if m2)
