"""From indicators to scores and grades, vectorised; scales read off the data are fixed first."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import floats
from zoning.errors import Problem, Text, meant, raise_all, suggest
from zoning.indicators import AT_HAND, numeric_columns
from zoning.weights.scaling import fit_scale, natural_breaks, scale_values
from zoning.zones.method import Dimension, Method, Term
from zoning.zones.weighing import weigh

Floats = npt.NDArray[np.float64]


logger = logging.getLogger(__name__)

#: Columns that a run measures, and the input that they come from. Without that input they are
#: unknown everywhere; an attribute that the planner left out is an error.
MEASURED = {
    "built_m2": "land use",
    "farmland_m2": "land use",
    "water_m2": "land use",
    "redline_m2": "red lines",
}


@dataclass(frozen=True)
class Scores:
    """Scores of one dimension and of its terms.

    Attributes
    ----------
    value : float array, shape (n,)
        NaN where unknown.
    terms : float array, shape (terms, n)
    """

    value: Floats
    terms: Floats


def numbers(table: pd.DataFrame, names: tuple[str, ...]) -> dict[str, Floats]:
    """Give columns as floats, NaN where missing; complain about text and infinities.

    Raises
    ------
    InputError
        Missing columns (with a suggestion), text, infinite values; all at once.

    Examples
    --------
    >>> numbers(pd.DataFrame({"a": [1, None]}), ("a",))["a"].tolist()
    [1.0, nan]
    """
    columns, problems = numeric_columns(table, names)
    for name in names:
        part = AT_HAND[name].part if name in AT_HAND else name
        if name in columns:
            continue
        if part in MEASURED:
            logger.info("no %s: %s is unknown everywhere", MEASURED[part], name)
            columns[name] = pd.Series(pd.NA, table.index, "Float64")
        else:
            problems.append(_absent(name, part, table))
    raise_all(problems)
    return {k: floats(v) for k, v in columns.items()}


def _absent(name: str, part: str, table: pd.DataFrame) -> Problem:
    known = [str(c) for c in table.columns]
    close = suggest(part, known) or suggest(name, known)
    made = f" (made from {part!r})" if part != name else ""
    made_zh = f"（由 {part!r} 计算）" if part != name else ""
    remedy = meant(
        close,
        Text(
            f"add the column {part!r}, or leave the indicator out of the method",
            f"补充字段 {part!r}，或在方法中去掉该指标",
        ),
    )
    what = Text(f"no column for indicator {name!r}{made}", f"没有指标 {name!r} 的字段{made_zh}")
    return Problem(what, "townships", remedy=remedy, code="missing-column")


def fit(method: Method, values: Mapping[str, Floats]) -> Method:
    """Fix every scale and cut that the method reads off the data.

    Weights from judgements or from the data are worked out as well. The result has only ``none``,
    ``linear``, ``log``, ``table`` and ``points`` scales and plain cuts, so that one township can be
    judged, and changed, with all others held as they are.

    Raises
    ------
    InputError
        If an indicator that is scaled by the data has fewer than two different values.
    """
    dimensions = []
    for d in method.dimensions:
        terms = tuple(
            replace(t, scale=fit_scale(t.scale, values[t.indicator], name=t.indicator))
            for t in d.terms
        )
        fitted = replace(d, terms=terms)
        if d.weighting is not None:
            joined = weigh(fitted, d.weighting, score(fitted, values).terms)["weight"]
            pairs = zip(terms, joined.to_numpy(), strict=True)
            heavy = tuple(replace(t, weight=float(w)) for t, w in pairs)
            fitted = replace(fitted, terms=heavy, weighting=None)
        if d.breaks:
            cuts = _between(score(fitted, values).value, len(d.grades), d.name)
            fitted = replace(fitted, cuts=cuts, breaks=False)
        dimensions.append(fitted)
    return replace(method, dimensions=tuple(dimensions))


def _between(value: Floats, classes: int, name: str) -> tuple[float, ...]:
    """Cuts midway between natural classes, so that no score lies on a cut."""
    known = np.unique(value[np.isfinite(value)])
    upper = natural_breaks(value, classes, where=name)
    return tuple(float(u + known[np.searchsorted(known, u, side="right")]) / 2.0 for u in upper)


def score(dimension: Dimension, values: Mapping[str, Floats]) -> Scores:
    """Score of a fitted dimension: weighted mean (or extreme) of its term scores.

    A missing value follows the term's policy: the score is unknown, the term is skipped, or a
    stated number stands in.
    """
    rows = []
    skip = []
    for term in dimension.terms:
        rows.append(scale_values(term.scale, stood_in(term, values[term.indicator])))
        skip.append(np.isnan(rows[-1]) & (term.missing == "skip"))
    s, left_out = np.array(rows), np.array(skip)
    weights = np.array([t.weight for t in dimension.terms])
    return Scores(combine(dimension.combine, s, left_out, weights), s)


def stood_in(term: Term, x: Floats) -> Floats:
    """Put the number that the policy of a term states in the place of what is missing."""
    return x if isinstance(term.missing, str) else np.where(np.isnan(x), term.missing, x)


def combine(how: str, s: Floats, left_out: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Join term scores ``s`` (terms, n) under ``weights`` (terms,) or (draws, terms)."""
    if how != "mean":
        extreme = np.fmax if how == "max" else np.fmin
        unknown = (np.isnan(s) & ~left_out).any(axis=0)
        joined = extreme.reduce(s)
        out: Floats = np.where(unknown, np.nan, joined)
        return np.broadcast_to(out, (*weights.shape[:-1], s.shape[1])).astype(np.float64)
    if len(s) == 1:  # no sum, so a value on a cut stays on it
        only: Floats = np.where(left_out[0], np.nan, s[0])
        return np.broadcast_to(only, (*weights.shape[:-1], s.shape[1])).astype(np.float64)
    total = weights @ (~left_out).astype(np.float64)
    with np.errstate(invalid="ignore"):  # 0 of 0, where every term is left out
        mean: Floats = (weights @ np.where(left_out, 0.0, s)) / total
    return mean


def grade(dimension: Dimension, value: Floats) -> npt.NDArray[np.int64]:
    """Grade of scores, 0 for the lowest; -1 where unknown.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> d = load_method("two-matrices").dimension("intensity")
    >>> grade(d, np.array([0.1499, 0.15, 0.30, 0.3001, np.nan])).tolist()
    [0, 1, 1, 2, -1]
    """
    out = np.zeros(np.shape(value), np.int64)
    for cut, equal in zip(dimension.cuts, dimension.equal, strict=True):
        out += (value >= cut) if equal == "above" else (value > cut)
    return np.where(np.isnan(value), -1, out)
