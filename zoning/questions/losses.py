"""What each unit is worth to the plan: the loss if it is barred, or if all its land is built.

The plan is made again with the unit locked. Both ends of a loss are proved: with w, b the worth and
bound of the plan and w', b' those with the lock, ``max(0, w - b') <= loss <= max(0, b - w')``. On
nested limits both ends are equal. A unit that takes nothing loses nothing when barred; one that is
built in full loses nothing when forced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from zoning.allocation.allocate import allocate
from zoning.allocation.model import room_of
from zoning.allocation.result import Allocation
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InfeasibleError

COLUMNS = ("barred_lower", "barred_upper", "forced_lower", "forced_upper")


def losses(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    base: Allocation,
    *,
    locks: Sequence[Lock] = (),
    units: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    **how: Any,
) -> pd.DataFrame:
    """Bound what the plan loses when one unit is barred or forced, suitability-m2.

    Parameters
    ----------
    pieces, limits, locks, **how
        As for :func:`zoning.allocation.allocate`.
    base : Allocation
        The plan under them.
    units : sequence of str, optional
        By default all units with free land.
    progress : callable, optional
        Called with units done and units in all.

    Returns
    -------
    DataFrame, index ``unit``
        ``barred_lower, barred_upper, forced_lower, forced_upper``; ``<NA>`` where the rules do
        not hold together with the lock.

    Examples
    --------
    >>> pieces = pd.DataFrame({"unit": ["a", "b"], "free_m2": [50, 50],
    ...                        "suitability": [0.9, 0.4]}, index=["a|t", "b|t"])
    >>> rules = [Limit("city", "city", cap_m2=50)]
    >>> losses(pieces, rules, allocate(pieces, rules)).round(6).values.tolist()
    [[25.0, 25.0, 0.0, 0.0], [0.0, 0.0, 25.0, 25.0]]
    """
    room = room_of(pieces, limits).groupby(pieces["unit"], observed=True).sum()
    new = base.new_m2.reindex(pieces.index).groupby(pieces["unit"], observed=True).sum()
    wanted = list(room.index[room > 0] if units is None else units)
    held = {u for lock in locks for u in lock.units}
    rows = []
    for done, unit in enumerate(wanted):
        if progress is not None:
            progress(done, len(wanted))
        row: list[float | None] = []
        for kind, idle in (("out", new[unit] == 0), ("in", new[unit] == room[unit])):
            if idle or unit in held:
                row += [0.0, 0.0]
                continue
            lock = Lock("loss", kind, (str(unit),))  # type: ignore[arg-type]
            row += _loss(pieces, limits, base, (*locks, lock), how)
        rows.append(row)
    if progress is not None:
        progress(len(wanted), len(wanted))
    table = pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(wanted, name="unit"))
    return table.astype("Float64")


def _loss(
    pieces: pd.DataFrame, limits: Sequence[Limit], base: Allocation, locks: Sequence[Lock],
    how: dict[str, Any],
) -> list[float | None]:  # fmt: skip
    try:
        other = allocate(pieces, limits, locks=locks, **how)
    except InfeasibleError:
        return [None, None]
    bound = base.objective if base.bound is None else base.bound
    theirs = other.objective if other.bound is None else other.bound
    return [max(0.0, base.objective - theirs), max(0.0, bound - other.objective)]
