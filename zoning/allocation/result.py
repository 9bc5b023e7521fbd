"""What an allocation hands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.proof.certificate import Certificate
from zoning.capacity.rules import Limit


@dataclass(frozen=True)
class Allocation:
    """New construction land, how it was found and what was proved.

    Parameters
    ----------
    new_m2 : Series of int64, index ``piece``
        New land in square metres, in the order of the pieces that were given.
    method : str
        The method that was used: ``nested``, ``lp``, ``milp``, ``lp-boundary``, ``cuts-boundary``,
        ``cuts`` or ``lp`` + ``-whole``, ``milp-whole``.
    objective : float
        Sum of suitability x new land in m2, less lambda x boundary (m2).
    bound, gap : float or None
        No plan is better than the bound; gap = (bound - objective) / abs(bound).
    seconds : float
        Time spent.
    certificate : Certificate
        The proof, by independent code.
    limits : DataFrame, one row per limit
        ``kind, code, floor_m2, cap_m2, used_m2, left_m2, price`` (suitability per m2 of cap;
        ``<NA>`` where the method gives none). Of a limit with a coefficient the amounts are in its
        unit, rounded up under a cap.
    unknown : int
        Pieces with free land held at 0 because suitability or zone is missing.
    suitability_m2 : float
        Sum of suitability x new land.
    boundary_m : float or None
        Length of boundary, where neighbours were given.
    status : {"proved", "time", "interrupted"}
        Why the search ended: the gap asked for is proved, time was over, or the user stopped it.
    stages : DataFrame or None, index ``piece``
        With phases ``by_NAME_m2`` (built by the end of each but the last), with land that may go
        ``reduced_m2``.
    goals : tuple of Reached
        What goals before the last one reached; see :mod:`zoning.allocation.goals`.
    edges : DataFrame or None
        ``a, b, length_m, flow``: with the prices, all that the bound needs.
    """

    new_m2: pd.Series
    method: str
    objective: float
    bound: float | None
    gap: float | None
    seconds: float
    certificate: Certificate
    limits: pd.DataFrame
    unknown: int = 0
    suitability_m2: float = 0.0
    boundary_m: float | None = None
    edges: pd.DataFrame | None = None
    status: str = "proved"
    stages: pd.DataFrame | None = None
    goals: tuple[Any, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the facts of the run as plain data (without the land itself)."""
        return {
            "method": self.method,
            "status": self.status,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": self.seconds,
            "unknown": self.unknown,
            "suitability_m2": self.suitability_m2,
            "boundary_m": self.boundary_m,
            "certificate": self.certificate.as_dict(),
            **({"goals": [g.as_dict() for g in self.goals]} if self.goals else {}),
        }


def limit_table(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    new: pd.Series,
    prices: Mapping[int, float] | None,
) -> pd.DataFrame:
    """List used and left land and the price of every limit."""
    land = new.reindex(pieces.index).astype("int64")
    used = [
        limit.used(pieces, limit.land(pieces, land), up=limit.cap_m2 is not None)
        for limit in limits
    ]
    table = pd.DataFrame(
        {
            "kind": [limit.kind for limit in limits],
            "code": [limit.code for limit in limits],
            "floor_m2": np.array([limit.floor_m2 for limit in limits], dtype=np.int64),
            "cap_m2": pd.array([limit.cap_m2 for limit in limits], dtype="Int64"),
            "used_m2": np.array(used, dtype=np.int64),
        }
    )
    table["left_m2"] = table["cap_m2"] - table["used_m2"]
    if any(limit.phase for limit in limits):
        table.insert(2, "phase", pd.array([x.phase or pd.NA for x in limits], dtype="string"))
    values = [None if prices is None else prices.get(k, 0.0) for k in range(len(limits))]
    table["price"] = pd.array(values, dtype="Float64")
    return table
