"""Rules of a verdict as data, in three values: what is not known is never green.

An area that is known only between two bounds makes a rule true or false where every area between
them does. A comparison with a constant changes its truth at that constant alone, so it is enough to
look at the two ends, at every constant between them and at a point between any two of those.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from pathlib import Path

import numpy as np

from zoning.base import strict
from zoning.base.shipped import data_path
from zoning.errors import Text, raise_all
from zoning.review.site.measured import rule_columns
from zoning.zones.rules import Rule, Value, compile_rule

#: Levels of a verdict from the worst to the best: an unknown may hide a red.
LEVELS = ("red", "unknown", "yellow", "green")
NAMES = {
    "red": Text("red", "红灯"), "yellow": Text("yellow", "黄灯"), "green": Text("green", "绿灯"),
    "unknown": Text("unknown", "无法判定"),
}  # fmt: skip
GROUPS = {
    "siting": Text("Siting", "项目选址"),
    "supply": Text("Land and other supply", "要素保障"),
    "control": Text("Other control", "其他管控"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A rule: where it is true the question has this level."""

    rule: Rule
    level: str
    text: Text


@dataclass(frozen=True, slots=True)
class Question:
    """A question: the layer it is asked of, its rules, and what is said where none is true."""

    code: str
    group: str
    layer: str
    text: Text
    show: str
    none: Text
    cases: tuple[Case, ...]
    source: str
    evidence: str
    needed: bool = False
    """Whether a site is unknown at best while nobody gave the layer of the question."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All questions in the order of the slip, and what is never asked."""

    questions: tuple[Question, ...]
    never: tuple[tuple[str, Text], ...]
    source: str


def load_rules(path: Path | None = None) -> Rules:
    """Read the questions; all problems of a file at once.

    Parameters
    ----------
    path : Path, optional
        By default the shipped ones (data/review/site-rules.toml).

    Raises
    ------
    InputError
        With every unknown key, level, column or expression, and its line.

    Examples
    --------
    >>> rules = load_rules()
    >>> [q.code for q in rules.questions][:4]
    ['place', 'landuse', 'basic_farmland', 'redline']
    """
    file = data_path("review", "site-rules.toml") if path is None else path
    document = strict.read(Path(file))
    top = strict.Reader(document.data, str(file), document=document, code="site-rules")
    source = top.get("source", kind=str) or ""
    top.evidence()
    questions = tuple(_question(d) for d in top.tables("question"))
    never = []
    for d in top.tables("never"):
        code = d.get("code", kind=str) or ""
        never.append((code, Text(d.get("en", kind=str) or "", d.get("zh", kind=str) or "")))
        d.close()
    if not questions:
        top.fail("has no question", "没有问题")
    codes = [q.code for q in questions]
    for code in sorted({c for c in codes if codes.count(c) > 1}):
        top.fail(f"question '{code}' stands twice", f"问题“{code}”重复")
    top.close()
    raise_all(top.problems)
    return Rules(questions, tuple(never), source)


def _question(d: strict.Reader) -> Question:
    code = d.get("code", kind=str) or ""
    known = rule_columns()
    cases = []
    for c in d.tables("rule"):
        when = c.get("when", kind=str) or "True"
        level = c.choice("level", strict.REQUIRED, LEVELS)
        text = Text(c.get("en", kind=str) or "", c.get("zh", kind=str) or "")
        c.close()
        try:
            rule = compile_rule(when, known, where=c.where("when"))
        except Exception as error:
            d.problems.extend(getattr(error, "problems", ()))
            continue
        _fields(c, text, known)
        cases.append(Case(rule, level, text))
    none = Text(d.get("none_en", "", kind=str), d.get("none_zh", "", kind=str))
    _fields(d, none, known)
    show = d.get("show", "", kind=str)
    if show and show not in known:
        d.fail(f"show names no column: {show}", f"show 不是可用的列：{show}", key="show")
    found = Question(
        code, d.choice("group", strict.REQUIRED, tuple(GROUPS)), d.get("layer", kind=str) or "",
        Text(d.get("en", kind=str) or "", d.get("zh", kind=str) or ""), show, none, tuple(cases),
        d.get("source", kind=str) or "", d.evidence(), bool(d.get("needed", False, kind=bool)),
    )  # fmt: skip
    d.close()
    return found


def _fields(d: strict.Reader, text: Text, known: Sequence[str]) -> None:
    """Hold the places for areas in a text against the columns."""
    import string

    for one in text:
        try:
            names = [n for _, n, _, _ in string.Formatter().parse(one) if n is not None]
        except ValueError:
            d.fail(f"braces do not close: {one!r}", f"花括号不成对：{one!r}")
            continue
        for name in names:
            if name not in known:
                d.fail(f"'{{{name}}}' is no column", f"“{{{name}}}”不是可用的列")


def between(rule: Rule, low: Mapping[str, float], high: Mapping[str, float]) -> bool | None:
    """Say whether a rule holds whatever the values between two bounds.

    Parameters
    ----------
    rule : Rule
    low, high : mapping of column to number
        A column that is absent is not known at all.

    Returns
    -------
    bool or None
        None where it depends on where the value lies, or on what is not known.

    Examples
    --------
    >>> rule = compile_rule("a > 3 and a < 5", ["a"])
    >>> [between(rule, {"a": x}, {"a": y}) for x, y in ((4, 4.5), (0, 10), (6, 9))]
    [True, None, False]
    """
    points = {c: _points(rule, c, low, high) for c in rule.columns}
    if _two_columns(rule.text) and any(len(p) > 1 for p in points.values()):
        return None  # where two columns are compared their truth changes at no constant
    seen: set[bool | None] = set()
    for values in product(*points.values()):
        given = {c: Value(v, v is not None) for c, v in zip(points, values, strict=True)}
        given = {c: Value(np.nan if v.data is None else v.data, v.known) for c, v in given.items()}
        truth = rule.decide(given)
        seen.add(bool(np.all(truth.true)) if bool(np.all(truth.known)) else None)
        if len(seen) > 1 or None in seen:
            return None
    return next(iter(seen))


@cache
def _two_columns(text: str) -> bool:
    """Say whether a rule compares one column with another."""
    return any(
        isinstance(node, ast.Compare)
        and sum(isinstance(x, ast.Name) for x in (node.left, *node.comparators)) > 1
        for node in ast.walk(ast.parse(text.strip(), mode="eval"))
    )


def _points(
    rule: Rule, column: str, low: Mapping[str, float], high: Mapping[str, float]
) -> list[float | None]:
    """Give the values of a column at which the truth of a rule may differ."""
    if column not in low or np.isnan(low[column]) or np.isnan(high[column]):
        return [None]
    a, b = float(low[column]), float(high[column])
    if a == b:
        return [a]
    cuts = sorted({c.number for c in rule.cuts if c.column == column and a < c.number < b})
    ends = [a, *cuts, b]
    middle = [(x + y) / 2 for x, y in pairwise(ends)]
    return [*ends, *middle]


def judge(
    question: Question, low: Mapping[str, float], high: Mapping[str, float]
) -> tuple[str, Text]:
    """Give the level of a question and what is said.

    Parameters
    ----------
    question : Question
    low, high : mapping of column to number
        Of one site.

    Returns
    -------
    level : str
        The worst of its rules: a rule that may hold counts as unknown.
    text : Text
        Of the first rule that decides it, with places for areas.
    """
    worst, text = "green", question.none
    for case in question.cases:
        holds = between(case.rule, low, high)
        if holds is False:
            continue
        if case.level == "green":  # it says what is there and changes no level
            text = case.text if text is question.none else text
            continue
        level = case.level if holds else "unknown"
        if LEVELS.index(level) < LEVELS.index(worst):
            worst, text = level, case.text
    return worst, text
