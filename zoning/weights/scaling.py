"""From values to scores: min-max, z, grading tables, fuzzy membership, natural breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import InputError

Floats = npt.NDArray[np.float64]

#: Scores of a fitted z-scale run from 0 at -3 to 100 at +3 standard deviations (own choice).
_Z_REACH = 3.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How a value becomes a score.

    Attributes
    ----------
    kind : str
        ``none`` (the value is the score), ``linear`` and ``log`` (from 0 at ``low`` to 100 at
        ``high``, clipped), ``table`` (steps), ``points`` (straight lines between points: fuzzy
        membership), ``minmax`` and ``zscore`` and ``breaks`` (read off the data, then linear or
        steps).
    low, high : float
        Ends of a linear or log scale in the indicator's unit; ``low`` above ``high`` reverses it.
    at, scores : tuple of float
        Edges and one more scores of ``table``; points of ``points``.
    equal : {"above", "below"}
        Where a value equal to an edge belongs.
    classes : int
        Number of natural breaks.
    reverse : bool
        For scales read off the data: less is a higher score.
    """

    kind: str
    low: float = 0.0
    high: float = 1.0
    at: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    equal: str = "above"
    classes: int = 5
    reverse: bool = False


def scored(values: pd.Series, scale: Scale) -> pd.Series:
    """Score a column: fit the scale to it if it needs to be, then apply it; ``<NA>`` stays.

    Examples
    --------
    >>> s = pd.Series([2.0, 10.0, None, 6.0])
    >>> scored(s, Scale("minmax", reverse=True)).tolist()
    [100.0, 0.0, <NA>, 50.0]
    >>> scored(s, Scale("points", at=(0.0, 4.0, 8.0), scores=(0.0, 100.0, 0.0))).tolist()
    [50.0, 0.0, <NA>, 50.0]
    """
    x = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    y = scale_values(fit_scale(scale, x, name=str(values.name)), x)
    out = pd.Series(y, index=values.index, name=values.name).astype("Float64")
    return out.mask(np.isnan(y), pd.NA)


def fit_scale(scale: Scale, x: Floats, *, name: str = "") -> Scale:
    """Read the ends or steps of a scale off the data, so that it stands still afterwards.

    Raises
    ------
    InputError
        If the data have fewer than two different values.

    Examples
    --------
    >>> fit_scale(Scale("minmax"), np.array([3.0, 1.0, 2.0])).high
    3.0
    """
    if scale.kind not in ("minmax", "zscore", "breaks"):
        return scale
    known = np.sort(x[np.isfinite(x)])
    if known.size < 2 or known[0] == known[-1]:
        raise InputError.one(
            f"{name!r} has fewer than two different values, so {scale.kind} has no scale",
            f"{name!r} 的不同取值少于两个，{scale.kind} 无法定标",
            where=name,
            code="no-spread",
        )
    if scale.kind == "breaks":
        cuts = natural_breaks(known, scale.classes, where=name)
        scores = tuple(float(s) for s in np.linspace(0.0, 100.0, len(cuts) + 1))
        return Scale(
            "table", at=cuts, equal="below", scores=scores[::-1] if scale.reverse else scores
        )
    low, high = float(known[0]), float(known[-1])
    if scale.kind == "zscore":
        # Sorted first, so that the result does not depend on the order of the rows.
        middle, reach = float(known.mean()), _Z_REACH * float(known.std())
        low, high = middle - reach, middle + reach
    return Scale("linear", high, low) if scale.reverse else Scale("linear", low, high)


def natural_breaks(x: Floats, classes: int, *, where: str = "") -> tuple[float, ...]:
    """Natural breaks (Fisher-Jenks): upper ends of all classes but the last.

    Dynamic programming for the least sum of squares within classes; the same as
    ``mapclassify.FisherJenks`` (held in the tests), without its seconds of import.

    Raises
    ------
    InputError
        If there are fewer different values than classes.

    Examples
    --------
    >>> natural_breaks(np.array([1.0, 1.1, 5.0, 5.2, 9.0]), 3)
    (1.1, 5.2)
    """
    known = np.sort(x[np.isfinite(x)])
    if np.unique(known).size < classes:
        raise InputError.one(
            f"fewer than {classes} different values, so no {classes} natural classes",
            f"不同取值少于 {classes} 个，无法自然断点分 {classes} 级",
            where=where,
            code="no-spread",
        )
    values, counts = np.unique(known, return_counts=True)
    # Centred, so that the sums of squares keep their digits.
    at = values - values.mean()
    n, sums, squares = (
        np.concatenate([[0.0], np.cumsum(counts * at**power)]) for power in (0, 1, 2)
    )
    size = values.size
    best = np.concatenate([[0.0], np.full(size, np.inf)])  # cost of the first j values
    starts = []
    for _ in range(classes):
        following, start = np.full(size + 1, np.inf), np.zeros(size + 1, dtype=np.int64)
        for j in range(1, size + 1):
            inside = squares[j] - squares[:j] - (sums[j] - sums[:j]) ** 2 / (n[j] - n[:j])
            total = best[:j] + inside
            start[j] = int(np.argmin(total))
            following[j] = total[start[j]]
        best = following
        starts.append(start)
    ends, j = [], size
    for start in reversed(starts[1:]):
        j = int(start[j])
        ends.append(float(values[j - 1]))
    return tuple(reversed(ends))


def scale_values(scale: Scale, x: Floats) -> Floats:
    """Scores of values on a fitted scale; NaN stays NaN.

    Examples
    --------
    >>> scale_values(Scale("linear", 0.0, 0.5), np.array([0.1, 0.9])).tolist()
    [20.0, 100.0]
    """
    if scale.kind == "none":
        return x.astype(np.float64)
    if scale.kind == "table":
        scores = np.asarray(scale.scores)
        side: Literal["left", "right"] = "right" if scale.equal == "above" else "left"
        out: Floats = scores[np.searchsorted(np.asarray(scale.at), x, side=side)].astype(np.float64)
    elif scale.kind == "points":
        out = np.interp(x, scale.at, scale.scores)
    else:
        low, high = scale.low, scale.high
        if scale.kind == "log":
            low, high = np.log(low), np.log(high)
            x = np.log(np.maximum(x, min(scale.low, scale.high)))
        out = np.clip(100.0 * (x - low) / (high - low), 0.0, 100.0) + 0.0  # no -0.0
    return np.where(np.isnan(x), np.nan, out)
