"""The ladder of caps for the page: what every step found, and only what changes between steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.outputs.webmap.layers import plain
from zoning.outputs.webmap.packing import deflate, varints

if TYPE_CHECKING:
    from zoning.plan import Plan
    from zoning.questions.rungs import Ladder, Step


def pack(plan: Plan, ladder: Ladder, order: pd.Index) -> dict[str, Any] | None:
    """Pack the ladder of a plan.

    Parameters
    ----------
    plan : Plan
    ladder : Ladder
    order : Index
        Codes of the units in the order of the page.

    Returns
    -------
    dict or None
        ``steps`` (facts), ``own``, and the changes of units and townships from step to step, in
        whole square metres.
    """
    pieces = plan.pieces
    if pieces is None:
        return None
    units = ladder.sums(pieces["unit"], order)
    packed = {
        "own": ladder.own,
        "steps": [_facts(s) for s in ladder.steps],
        "units": deflate(changes(units)),
    }
    if plan.townships is not None:
        towns = ladder.sums(pieces["township"], plan.townships.index)
        packed["townships"] = deflate(changes(towns))
    return packed


def _facts(step: Step) -> dict[str, Any]:
    both = {k: {"zh": t.zh, "en": t.en} for k in ("proof", "why") if (t := getattr(step, k))}
    names = ("cap_share", "cap_m2", "headroom_m2", "new_m2", "gap", "method", "grade", "price")
    return {
        **{k: plain(getattr(step, k)) for k in names[1:]},
        "cap_share": step.cap_share,
        **both,
        "failed": [{"zh": c.what.zh, "en": c.what.en} for c in step.failed],
    }


def changes(land: npt.NDArray[np.int64]) -> bytes:
    """Write a table of steps as what changes from one step to the next.

    Parameters
    ----------
    land : array of int64, steps x places

    Returns
    -------
    bytes
        For each step the number of places that change, then for each its distance from the one
        before and its difference (zigzag), as variable-length integers. The first step changes
        from 0.

    Examples
    --------
    >>> import numpy as np
    >>> list(changes(np.array([[0, 5], [0, 2]])))
    [1, 1, 10, 1, 1, 5]
    """
    parts: list[npt.NDArray[np.int64]] = []
    before = np.zeros(land.shape[1], dtype=np.int64)
    for row in land:
        at = np.flatnonzero(row != before)
        steps = row[at] - before[at]
        pairs = np.column_stack([np.diff(at, prepend=0), (steps << 1) ^ (steps >> 63)])
        parts += [np.array([len(at)], dtype=np.int64), pairs.ravel()]
        before = row
    return varints(np.concatenate(parts))
