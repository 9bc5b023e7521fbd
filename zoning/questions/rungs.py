"""A plan under many caps as data: what the slider of the map shows, solved now or kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import Check, Text


@dataclass(frozen=True, slots=True)
class Step:
    """One cap and what was found under it; without an answer ``why`` says what cannot hold.

    Parameters
    ----------
    cap_share : float
    cap_m2, headroom_m2 : int or None
    new_m2 : int or None
        New land of the whole plan.
    objective, bound, gap : float or None
    method, grade : str or None
        How it was solved, and the grade of its certificate.
    proof : Text or None
        The certificate in words.
    price : float or None
        Suitability x m2 that one more m2 of cap is worth, through the cap itself and the quotas
        that are shares of it; None where the method gives no prices.
    failed : tuple of Check
        Limits on construction that do not hold at this cap.
    why : Text or None
    """

    cap_share: float
    cap_m2: int | None = None
    headroom_m2: int | None = None
    new_m2: int | None = None
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    method: str | None = None
    grade: str | None = None
    proof: Text | None = None
    price: float | None = None
    failed: tuple[Check, ...] = ()
    why: Text | None = None


@dataclass(frozen=True)
class Ladder:
    """Steps in the order of their caps.

    Parameters
    ----------
    steps : tuple of Step
    own : int
        The step that has the plan's own cap.
    new_m2 : array of int64, steps x pieces
        New land of every piece, m2; 0 in a step without an answer.
    pieces : Index
    """

    steps: tuple[Step, ...]
    own: int
    new_m2: npt.NDArray[np.int64] = field(repr=False)
    pieces: pd.Index = field(repr=False)

    def sums(self, by: pd.Series, keys: pd.Index) -> npt.NDArray[np.int64]:
        """Add up new land by a column of the pieces.

        Parameters
        ----------
        by : Series, index of pieces
        keys : Index
            Values of ``by`` in the order wanted; others are left out.

        Returns
        -------
        array of int64, steps x keys
        """
        at = keys.get_indexer(by.reindex(self.pieces))
        found = np.zeros((len(self.steps), len(keys)), np.int64)
        for row, land in zip(found, self.new_m2, strict=True):
            np.add.at(row, at[at >= 0], land[at >= 0])
        return found
