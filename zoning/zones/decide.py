"""From indicators to zones: the one path that classifying, flipping and stability all take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.zones.method import Method
from zoning.zones.rules import Rule, Value, compile_rule
from zoning.zones.scoring import Floats, Scores, grade, score
from zoning.zones.table import GradeTable, Objects, grade_table


@dataclass(frozen=True)
class Decision:
    """What a method says for n rows; ``zone`` is ``""`` where it is unknown.

    Attributes
    ----------
    scores : mapping of Scores
        By dimension.
    grades : mapping of int arrays
        By dimension; -1 is unknown.
    zone, rule, flag : object arrays, shape (n,)
    steps : mapping of object arrays
        Outcomes of earlier matrices.
    """

    scores: Mapping[str, Scores]
    grades: Mapping[str, npt.NDArray[np.int64]]
    zone: Objects
    rule: Objects
    flag: Objects
    steps: Mapping[str, Objects]


def rule_columns(method: Method, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Give what rules may read: indicators, dimension scores and their grades."""
    names = [d.name for d in method.dimensions]
    return (*columns, *names, *(f"{n}_grade" for n in names))


def compile_rules(method: Method, columns: tuple[str, ...]) -> tuple[Rule, ...]:
    """Check the ordered rules of a method against the columns that exist."""
    known = rule_columns(method, columns)
    return tuple(
        compile_rule(x.when, known, where=f"{method.name}:rule {x.id}") for x in method.rules
    )


def decide(
    method: Method,
    values: Mapping[str, Floats],
    *,
    table: GradeTable | None = None,
    rules: tuple[Rule, ...] = (),
) -> Decision:
    """Decide with a fitted method.

    Parameters
    ----------
    method : Method
        Fitted (see `zoning.zones.scoring.fit`).
    values : mapping of float arrays, shape (n,)
        Indicators by name, NaN where missing.
    table, rules
        The compiled form of the method, if the caller has it.

    Returns
    -------
    Decision
    """
    scores = {d.name: score(d, values) for d in method.dimensions}
    grades = {d.name: grade(d, scores[d.name].value) for d in method.dimensions}
    if method.rules:
        compiled = rules or compile_rules(method, tuple(values))
        zone, rule = first_true(method, compiled, values, scores, grades)
        flag = np.full(zone.shape, "", object)
        return Decision(scores, grades, zone, rule, flag, {})
    t = grade_table(method) if table is None else table
    g = [grades[a] for a in t.axes]
    unknown = np.logical_or.reduce([x < 0 for x in g])
    at = tuple(np.maximum(x, 0) for x in g)

    def pick(cells: Objects) -> Objects:
        return np.where(unknown, "", cells[at])

    steps = {name: pick(cells) for name, cells in t.steps.items()}
    return Decision(scores, grades, pick(t.zone), pick(t.rule), pick(t.flag), steps)


def first_true(
    method: Method,
    rules: tuple[Rule, ...],
    values: Mapping[str, Floats],
    scores: Mapping[str, Scores],
    grades: Mapping[str, npt.NDArray[np.int64]],
) -> tuple[Objects, Objects]:
    """Let the first true rule decide; an unknown rule before it leaves the row unknown."""
    columns = {
        k: Value(v, v != "" if v.dtype.kind == "O" else ~np.isnan(v)) for k, v in values.items()
    }
    for d in method.dimensions:
        v, g = scores[d.name].value, grades[d.name]
        columns[d.name] = Value(v, ~np.isnan(v))
        names = np.array([*d.grades, ""], object)
        columns[f"{d.name}_grade"] = Value(names[g], g >= 0)
    n = len(next(iter(columns.values())).data)
    zone, by = np.full(n, "", object), np.full(n, "", object)
    open_ = np.ones(n, bool)
    for line, rule in zip(method.rules, rules, strict=True):
        truth = rule.decide(columns)
        true, known = (np.broadcast_to(x, n) for x in truth)
        hit = open_ & true
        zone[hit], by[hit] = line.zone, line.id
        by[open_ & ~known] = f"unknown:{line.id}"
        open_ = open_ & known & ~true
    return zone, by


#: Columns that say how near the method was to another class.
_NEAR = ("runner_up", "margin", "flip", "flip_indicator", "flip_from", "flip_to", "flip_zone",
         "flip_size", "flip_en", "flip_zh")  # fmt: skip


def settled(classes: pd.DataFrame, said: pd.Series) -> pd.DataFrame:
    """Keep what the method alone says beside the class, and no margin where that is not the class.

    The distance to another class belongs to what the method says; where a decision on record or
    contiguity put another class in its place, no change of an indicator moves that, and what the
    method says is the runner-up.

    Parameters
    ----------
    classes : DataFrame
        After decisions and contiguity.
    said : Series
        ``zone`` before them.

    Returns
    -------
    DataFrame
        With ``method_zone``; `<NA>` in ``margin`` and ``flip`` of what was changed.

    Examples
    --------
    >>> towns = pd.DataFrame({"zone": ["key"], "zone_reason": ["contiguity"],
    ...     "runner_up": ["key"], "margin": pd.array([0.1], "Float64")}, index=["t"])
    >>> settled(towns, pd.Series(["moderate"], index=["t"])).loc["t"].tolist()
    ['key', 'contiguity', 'moderate', <NA>, 'moderate']
    """
    out = classes.copy()
    changed = out["zone_reason"].isin(["override", "contiguity"])
    moved = (changed & (said.isna() | (said != out["zone"]))).astype(bool)
    for column in _NEAR:
        if column in out:
            out[column] = out[column].mask(moved, pd.NA)
    if "runner_up" in out:
        out.loc[moved, "runner_up"] = said[moved]
    out["method_zone"] = said.astype("string")
    return out


def indicator_names(method: Method, table: pd.DataFrame) -> tuple[str, ...]:
    """Names of the columns that a method reads, from its dimensions and its rules."""
    names = list(method.indicators)
    own = set(rule_columns(method, ()))
    known = rule_columns(method, tuple(str(c) for c in table.columns))
    for line in method.rules:
        rule = compile_rule(line.when, known, where=f"{method.name}:rule {line.id}")
        names += [c for c in rule.columns if c not in own]
    return tuple(dict.fromkeys(names))
