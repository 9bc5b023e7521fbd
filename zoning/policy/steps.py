"""Step tables: a value for each interval, with no gap and no overlap."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zoning.errors import InputError, Problem, Text
from zoning.zones.rules import Value

#: How far rounding may carry a number from the end of a step, relative to it.
_NOISE = 1e-12
_INTERVAL = re.compile(r"\s*([\[(])\s*([^,\s]+)\s*,\s*([^,\s]+)\s*([\])])\s*")


class Interval(NamedTuple):
    """From ``low`` to ``high``, each end in or out."""

    low: float
    high: float
    low_in: bool
    high_in: bool

    def holds(self, x: float) -> bool:
        """Whether a number lies in it."""
        above = x > self.low or (self.low_in and x == self.low)
        return above and (x < self.high or (self.high_in and x == self.high))

    def __str__(self) -> str:
        """Write it as mathematics does."""
        left, right = "[" if self.low_in else "(", "]" if self.high_in else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class Steps:
    """A table of steps.

    Parameters
    ----------
    name : str
    rows : tuple of (Interval, value)
        As the source gives them; values all numbers or all text.
    """

    name: str
    rows: tuple[tuple[Interval, float | str], ...]

    @property
    def textual(self) -> bool:
        """Whether the values are words."""
        return isinstance(self.rows[0][1], str)

    def lookup(self, x: float) -> float | str:
        """Give the value of one number.

        Raises
        ------
        InputError
            If two steps claim it, or none does.
        """
        hits = [v for interval, v in self.rows if interval.holds(x)]
        if len(hits) == 1:
            return hits[0]
        told = Text(
            f"{len(hits)} steps of '{self.name}' claim {x:g}" if hits
            else f"no step of '{self.name}' holds {x:g}",
            f"“{self.name}”有 {len(hits)} 级包含 {x:g}" if hits
            else f"“{self.name}”没有一级包含 {x:g}",
        )  # fmt: skip
        raise InputError(Problem(told, f"steps.{self.name}", measured=x, code="bad-steps"))

    def problems(self, where: str = "") -> list[Problem]:
        """Find gaps and overlaps between the lowest and the highest end.

        Examples
        --------
        >>> s = parse_steps("deduct", [["(80, 90)", 1], ["(60, 80)", 2]])
        >>> [p.what.en for p in s.problems()]
        ["steps 'deduct' leave out 80"]
        """
        found = []
        ordered = sorted(self.rows, key=lambda r: (r[0].low, not r[0].low_in, r[0].high))
        for (one, _), (two, _) in itertools.pairwise(ordered):
            place = _between(one, two)
            if place is None:
                continue
            kind, at = place
            found.append(
                Problem(
                    Text(f"steps '{self.name}' leave out {at}" if kind == "gap"
                         else f"steps '{self.name}' give {at} twice",
                         f"分级“{self.name}”遗漏 {at}" if kind == "gap"
                         else f"分级“{self.name}”重复包含 {at}"),
                    where, measured=at, code=f"steps-{kind}",
                    remedy=Text("write [ or ] at the one step that is to hold it",
                                "请只在应包含它的那一级写 [ 或 ]"),
                )
            )  # fmt: skip
        return found

    def evaluate(self, value: Value) -> Value:
        """Give the value of each number; unknown outside all steps."""
        x = np.array(value.data, dtype=np.float64)
        for end in {e for i, _ in self.rows for e in (i.low, i.high) if math.isfinite(e)}:
            # 0.75 / (200 / 240) is 0.9 for people and a little less for the machine
            x[np.abs(x - end) <= _NOISE * abs(end)] = end
        data = np.full(x.shape, "", dtype=object) if self.textual else np.full(x.shape, np.nan)
        known = np.zeros(x.shape, dtype=bool)
        for i, result in self.rows:
            inside = (x > i.low) | ((x == i.low) & i.low_in)
            inside &= (x < i.high) | ((x == i.high) & i.high_in)
            data[inside] = result
            known |= inside
        return Value(data, known & np.asarray(value.known))


def _between(one: Interval, two: Interval) -> tuple[str, str] | None:
    """Say what is wrong where two neighbours meet."""
    if two.low > one.high:
        return "gap", str(Interval(one.high, two.low, not one.high_in, not two.low_in))
    if two.low < one.high:
        end = min((one.high, one.high_in), (two.high, two.high_in))
        return "overlap", str(Interval(two.low, end[0], two.low_in, end[1]))
    if one.high_in == two.low_in:
        return ("overlap" if one.high_in else "gap"), f"{one.high:g}"
    return None


def parse_steps(
    name: str, rows: Sequence[Sequence[object]], where: str = "", factor: float = 1.0
) -> Steps:
    """Read steps such as ``[["[95, 100)", 1], ["[100, 100]", 0]]``.

    Parameters
    ----------
    name : str
    rows : sequence of (interval, value)
        ``-inf`` and ``inf`` are ends too.
    where : str
    factor : float
        Base units in the unit that the ends are written in.

    Raises
    ------
    InputError
        With every row that cannot be read.

    Examples
    --------
    >>> parse_steps("k", [["(-inf, 0.8]", "green"], ["(0.8, inf)", "red"]]).lookup(0.8)
    'green'
    """
    problems, out = [], []
    for row in rows:
        interval = _interval(row[0], factor) if len(row) == 2 else None
        value = row[1] if len(row) == 2 else None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if interval is None or not (number or isinstance(value, str)):
            problems.append(_bad_row(name, row, where))
        else:
            out.append((interval, value if isinstance(value, str) else float(value)))  # type: ignore[arg-type]
    if not problems and len({isinstance(v, str) for _, v in out}) != 1:
        problems.append(_bad_row(name, rows[0] if rows else "", where))
    if problems:
        raise InputError(problems)
    return Steps(name, tuple(out))


def _interval(text: object, factor: float) -> Interval | None:
    match = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        low, high = (float(match[i]) * factor for i in (2, 3))
    except ValueError:
        return None
    low_in, high_in = (
        match[1] == "[" and math.isfinite(low),
        match[4] == "]" and math.isfinite(high),
    )
    ok = low < high or (low == high and low_in and high_in)
    return Interval(low, high, low_in, high_in) if ok else None


def _bad_row(name: str, row: object, where: str) -> Problem:
    return Problem(
        Text(f"steps '{name}': cannot read the row {row!r}", f"分级“{name}”：无法读取 {row!r}"),
        where, measured=str(row), code="bad-steps",
        remedy=Text('write ["[60, 80)", 3]: an interval and a value, values of one kind',
                    '请写作 ["[60, 80)", 3]：区间和取值，取值类型须一致'),
    )  # fmt: skip
