"""How far a township is from another zone, and the smallest single change that takes it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.weights.scaling import Scale
from zoning.zones.decide import Decision, decide
from zoning.zones.method import Dimension, Method, Term
from zoning.zones.rules import Rule
from zoning.zones.scoring import Floats, stood_in
from zoning.zones.table import GradeTable, Objects

#: How far past a cut a value is put to see what lies behind it, as a share of the scale.
_STEP = 1e-9


@dataclass(frozen=True)
class Nearest:
    """The nearest other zone in the space of dimension scores."""

    margin: Floats
    runner_up: Objects


def nearest(method: Method, decision: Decision, table: GradeTable) -> Nearest:
    """Distance to the nearest cut of one dimension that changes the zone, as a share of its span.

    All other dimensions are held. Closed form: the distance to a grade is the distance to its
    nearer end. NaN and ``""`` where the zone is unknown or no single dimension can change it.
    """
    values = {a: decision.scores[a].value for a in table.axes}
    cuts = {a: method.dimension(a).cuts for a in table.axes}
    return nearest_of(method, decision.zone, values, decision.grades, cuts, table)


def nearest_of(
    method: Method,
    zones: Objects,
    values: Mapping[str, Floats],
    graded: Mapping[str, npt.NDArray[np.int64]],
    cuts: Mapping[str, Sequence[float | Floats]],
    table: GradeTable,
) -> Nearest:
    """As `nearest`, for arrays of any shape and cuts that differ from row to row (draws)."""
    shape = zones.shape
    margin = np.full(shape, np.inf)
    runner_up = np.full(shape, "", object)
    grades = [graded[a] for a in table.axes]
    known = np.logical_and.reduce([g >= 0 for g in grades])
    held = [np.maximum(g, 0) for g in grades]
    for axis, name in enumerate(table.axes):
        d, own, value = method.dimension(name), cuts[name], values[name]
        for other in range(len(d.grades)):
            moved = [*held[:axis], np.full(shape, other), *held[axis + 1 :]]
            zone = table.zone[tuple(moved)]
            low = own[other - 1] if other > 0 else -np.inf
            high = own[other] if other < len(own) else np.inf
            with np.errstate(invalid="ignore"):
                gap = np.maximum(np.maximum(low - value, value - high), 0.0) / d.span
                better = known & (zone != zones) & (gap < margin)
            margin = np.where(better, gap, margin)
            runner_up = np.where(better, zone, runner_up)
    return Nearest(np.where(np.isinf(margin), np.nan, margin), runner_up)


def flips(
    method: Method,
    values: Mapping[str, Floats],
    decision: Decision,
    index: pd.Index,
    *,
    table: GradeTable | None,
    rules: tuple[Rule, ...],
) -> pd.DataFrame:
    """Find the smallest change of one indicator that changes the zone of each row.

    Candidates in closed form (where a dimension reaches a cut on a linear, log or broken-line
    scale; every edge of a step scale; every number that a rule compares with) are each tried with
    the whole method, so what is reported does change the zone. "Smallest" is measured on the
    term's scale (0 to 100), for unscaled terms on the span of the dimension, for rules on the span
    of the column (`span_of`): always a share of a scale, so that methods can be compared.

    Returns
    -------
    DataFrame on ``index``
        ``flip_indicator``, ``flip_from``, ``flip_to``, ``flip_zone``, ``flip_size`` (share of the
        scale); missing where no single change does it.
    """
    tries = _joined([*_by_dimension(method, values, decision, rules), *_by_rule(rules, values)])
    # What is not known does not change: there is nothing that it would change from.
    there = np.isfinite(tries["now"]) & np.isfinite(tries["to"])
    tries = tries[there & (decision.zone[tries["row"]] != "")]
    rows, which = tries["row"].to_numpy(), tries["indicator"].to_numpy()
    changed = {k: np.where(which == k, tries["probe"], v[rows]) for k, v in values.items()}
    after = decide(method, changed, table=table, rules=rules).zone
    tries = tries.assign(zone=after)[(after != decision.zone[rows]) & (after != "")]
    best = tries.sort_values(["row", "size", "indicator", "to"])
    best = best.drop_duplicates("row").set_index("row").reindex(range(len(index)))
    out = pd.DataFrame(index=index)
    for name in ("indicator", "zone"):
        out[f"flip_{name}"] = pd.array(best[name].to_numpy(object), "string")
    for name in ("now", "to", "size"):
        known = best[name].to_numpy(np.float64)
        out[f"flip_{'from' if name == 'now' else name}"] = pd.array(known, "Float64")
    return out


class _Tries(NamedTuple):
    """Candidates: one indicator of every row changed to a value just before, at or after ``to``."""

    indicator: str
    row: npt.NDArray[np.int64]
    now: Floats
    to: Floats
    probe: Floats
    size: Floats


def _tries(indicator: str, x: Floats, to: Floats, size: Floats, step: float) -> _Tries:
    nudge = np.repeat([-step, 0.0, step], x.size)
    three = np.tile(to, 3)
    row = np.tile(np.arange(x.size), 3)
    return _Tries(indicator, row, np.tile(x, 3), three, three + nudge, np.tile(size, 3))


def _joined(tries: list[_Tries]) -> pd.DataFrame:
    names = np.concatenate([np.full(t.row.size, t.indicator, object) for t in tries])
    rest = {f: np.concatenate([getattr(t, f) for t in tries]) for f in _Tries._fields[1:]}
    return pd.DataFrame({"indicator": names, **rest})


def _by_dimension(
    method: Method, values: Mapping[str, Floats], decision: Decision, rules: tuple[Rule, ...]
) -> list[_Tries]:
    found: list[_Tries] = []
    for d in method.dimensions:
        scores = decision.scores[d.name]
        weights = np.array([t.weight for t in d.terms])
        # Terms that were skipped because they are missing carry no weight in their row.
        total = weights @ ~np.isnan(scores.terms)
        cuts = [*d.cuts, *(c.number for rule in rules for c in rule.cuts if c.column == d.name)]
        for term, s in zip(d.terms, scores.terms, strict=True):
            x = stood_in(term, values[term.indicator])
            if term.scale.kind == "table":
                found += _steps(term, x, s)
            elif d.combine != "mean" or term.weight > 0:
                span = d.span if term.scale.kind == "none" else 100.0
                for cut in cuts:
                    need = _needed(d, term, s, cut, scores.value, total)
                    to = _inverse(term.scale, need)
                    size = np.abs(need - s) / span
                    found.append(_tries(term.indicator, x, to, size, _reach(d, term)))
    return found


def _needed(
    d: Dimension, term: Term, s: Floats, cut: float, value: Floats, total: Floats
) -> Floats:
    """Score that a term needs to bring its dimension to a cut."""
    if d.combine != "mean":
        return np.full(s.size, cut)
    return s + (cut - value) * total / term.weight


def _steps(term: Term, x: Floats, s: Floats) -> list[_Tries]:
    """Try every edge of a step scale; where all steps score alike none changes anything."""
    found: list[_Tries] = []
    if max(term.scale.scores) == min(term.scale.scores):
        return found
    for i, edge in enumerate(term.scale.at):
        size = np.where(x < edge, _gap(term.scale, s, i + 1), _gap(term.scale, s, i))
        step = _STEP * max(1.0, abs(edge))
        found.append(_tries(term.indicator, x, np.full(x.size, edge), size, step))
    return found


def _gap(scale: Scale, s: Floats, step: int) -> Floats:
    """Size of a move onto another step of a table, in shares of its range of scores."""
    gap: Floats = np.abs(scale.scores[step] - s) / (max(scale.scores) - min(scale.scores))
    return gap


def _reach(d: Dimension, term: Term) -> float:
    """Give a step that is felt by the score and invisible to people."""
    scale = term.scale
    ends = scale.at if scale.kind == "points" else (scale.low, scale.high)
    return _STEP * (d.span if scale.kind == "none" else max(abs(e) for e in ends))


def _inverse(scale: Scale, s: Floats) -> Floats:
    """Value with a score; NaN beyond the scale's ends."""
    if scale.kind == "none":
        return s
    s = np.where((s >= 0.0) & (s <= 100.0), s, np.nan)
    if scale.kind == "points":
        y = np.asarray(scale.scores)
        if (np.diff(y) <= 0).all():
            return np.interp(-s, -y, scale.at)
        rises = bool((np.diff(y) >= 0).all())  # up and down a score has several values
        return np.interp(s, y, scale.at) if rises else np.full(s.shape, np.nan)
    t = s / 100.0
    if scale.kind == "log":
        out: Floats = np.exp(np.log(scale.low) + t * (np.log(scale.high) - np.log(scale.low)))
        return out
    return scale.low + t * (scale.high - scale.low)


def _by_rule(rules: tuple[Rule, ...], values: Mapping[str, Floats]) -> list[_Tries]:
    found: list[_Tries] = []
    for cut in dict.fromkeys(c for rule in rules for c in rule.cuts):
        x = values.get(cut.column)
        if x is not None:
            step = _STEP * (abs(cut.number) or 1.0)
            to = np.full(x.size, cut.number)
            size = np.abs(x - cut.number) / span_of(cut.column, x, cut.number)
            found.append(_tries(cut.column, x, to, size, step))
    return found


def span_of(column: str, values: Floats, number: float = 0.0) -> float:
    """Length of the scale of a column that a rule reads: what margins and draws are shares of.

    1 for shares; else the range of its values, or the number itself where all are alike.

    Examples
    --------
    >>> span_of("built_share", np.array([0.1, 0.2])), span_of("slope_deg", np.array([1.0, 21.0]))
    (1.0, 20.0)
    >>> span_of("slope_deg", np.array([3.0, np.nan]), 15.0)
    15.0
    """
    if column.endswith("_share"):
        return 1.0
    known = values[np.isfinite(values)]
    reach = float(known.max() - known.min()) if known.size else 0.0
    return reach or abs(number) or 1.0


def as_known(zone: Objects) -> npt.NDArray[np.object_]:
    """Turn ``""`` into ``<NA>``."""
    return np.where(zone == "", pd.NA, zone)
