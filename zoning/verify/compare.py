"""What is stored held against what was derived: differences with file, place and both values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.coded import in_text
from zoning.errors import Check, Level, Text

if TYPE_CHECKING:
    from zoning.plan import Plan


#: Values by key.
Column: TypeAlias = Mapping[Any, Any] | pd.Series


@dataclass
class Findings:
    """What an audit found, and what it could not look at.

    Attributes
    ----------
    checks : list of Check
        One per statement that was proved or refuted.
    """

    checks: list[Check] = field(default_factory=list)

    def add(
        self, name: str, ok: bool, text: Text, where: str = "city", *, level: Level = "error",
        measured: Any = None, limit: Any = None, unit: str = "",
    ) -> None:  # fmt: skip
        """Note a statement."""
        self.checks.append(Check(name, level, ok, measured, limit, unit, where, text))

    def not_looked_at(self, what: Text) -> None:
        """Note what was not looked at, and why."""
        self.add("verify.not_looked_at", True, what, level="note")

    def column(
        self, name: str, place: str, stored: Column, derived: Column, *,
        tolerance: float = 0.0, source: Text,
    ) -> None:  # fmt: skip
        """Hold a column against what was derived, key by key.

        Two series with the same keys are compared as a whole, so that millions of rows cost what
        they must; only rows that differ are then looked at one by one.

        Parameters
        ----------
        name : str
            Of the check.
        place : str
            File, table and column.
        stored, derived : mapping or Series
            Value by key.
        tolerance : float
            Largest difference of numbers.
        source : Text
            What it was derived from.
        """
        stored, derived = narrowed(stored, derived, tolerance)
        off = [
            key for key in {**stored, **derived}
            if key not in stored or key not in derived
            or not same(stored[key], derived[key], tolerance)
        ]  # fmt: skip
        if not off:
            text = Text(f"{place}: as derived from {source.en}", f"{place}：与{source.zh}推得一致")
            self.add(name, True, text, place)
            return
        first = min(off, key=str)
        had, right = shown(stored, first), shown(derived, first)
        n = len(off)
        text = Text(
            f"{place} of {first} is {had}, from {source.en} {right}"
            + (f" ({n} places differ)" if n > 1 else ""),
            f"{place} {first} 为 {had}，由{source.zh}应为 {right}"
            + (f"（共 {n} 处不一致）" if n > 1 else ""),
        )
        self.add(name, False, text, f"{place}: {first}", measured=had, limit=right)

    def frame(
        self, name: str, place: str, stored: pd.DataFrame, derived: pd.DataFrame, *, source: Text,
        tolerance: float = 0.0, columns: Iterable[str] | None = None,
    ) -> None:  # fmt: skip
        """Hold the columns of a table against derived ones on the same index."""
        for column in derived.columns if columns is None else columns:
            if column not in stored:
                text = Text(f"{place} lacks the column {column}", f"{place} 缺少字段 {column}")
                self.add(name, False, text, f"{place}: {column}")
                continue
            self.column(
                name, f"{place}, {column}", stored[column], derived[column],
                tolerance=tolerance, source=source,
            )  # fmt: skip


def narrowed(
    stored: Column, derived: Column, tolerance: float = 0.0
) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Leave out the rows of two series that are surely the same."""
    if isinstance(stored, pd.Series) and isinstance(derived, pd.Series):
        a, b = _keyed(stored), _keyed(derived)
        if not a.index.equals(b.index) and a.index.is_unique and b.index.is_unique:
            b = b.reindex(a.index) if len(a) == len(b) and a.index.isin(b.index).all() else b
        if a.index.equals(b.index):
            off = ~_surely_same(a, b, tolerance)
            stored, derived = a[off], b[off]
    both = (values(c) if isinstance(c, pd.Series) else c for c in (stored, derived))
    return next(both), next(both)


def _keyed(column: pd.Series) -> pd.Series:
    """Give keys as the text that people read, those in the column and those of its index."""
    column = in_text(column)
    if isinstance(column.index, pd.MultiIndex) or pd.api.types.is_string_dtype(column.index.dtype):
        return column
    return column.set_axis(column.index.map(str))


def _surely_same(a: pd.Series, b: pd.Series, tolerance: float) -> npt.NDArray[np.bool_]:
    """Say of which rows :func:`same` would say yes; of others it is asked."""
    kinds = [_kind(c) for c in (a, b)]
    gone = a.isna().to_numpy(bool), b.isna().to_numpy(bool)
    alike = gone[0] & gone[1]
    if kinds == ["whole", "whole"]:
        x, y = (c.astype("Int64").fillna(0).to_numpy(np.int64) for c in (a, b))
        equal = np.abs(x - y) <= tolerance
    elif kinds == ["text", "text"]:
        equal = a.eq(b).fillna(value=False).to_numpy(bool)
    elif {"whole", "real"} >= set(kinds):
        x, y = (c.astype("Float64").to_numpy(np.float64, na_value=np.nan) for c in (a, b))
        # A row within the room of fractions that is off a whole number is asked again.
        room = tolerance or np.where(x == np.rint(x), 0.0, 1e-9 * np.abs(x))
        equal = np.abs(x - y) <= room
    else:
        equal = np.zeros(len(a), dtype=bool)
    sure: npt.NDArray[np.bool_] = alike | (equal & ~gone[0] & ~gone[1])
    return sure


def _kind(column: pd.Series) -> str:
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return "bool"
    if pd.api.types.is_integer_dtype(kind):
        return "whole"
    if pd.api.types.is_float_dtype(kind):
        return "real"
    return "text" if pd.api.types.is_string_dtype(kind) and str(kind) != "object" else "any"


def values(column: pd.Series) -> dict[Any, Any]:
    """Give a column as plain values by key; missing ones are ``None``."""
    cells = column.to_numpy(dtype=object, na_value=None).tolist()  # arrow cells are slow one by one
    names = column.index.to_numpy(dtype=object).tolist()
    keys = [tuple(map(str, k)) if isinstance(k, tuple) else str(k) for k in names]
    return dict(zip(keys, cells, strict=True))


def missing(value: Any) -> bool:
    """Whether a value is none: ``None``, ``<NA>`` or not a number."""
    return value is None or value is pd.NA or bool(value != value)


def same(a: Any, b: Any, tolerance: float = 0.0) -> bool:
    """Whether two values are the same; whole numbers exactly, others to 1e-9 of their size."""
    if a is None or b is None:
        return a is None and b is None
    if isinstance(a, str) or isinstance(b, str):
        return str(a) == str(b)
    if isinstance(a, bool) or isinstance(b, bool):
        return bool(a) == bool(b)
    try:
        gap = abs(a - b)
    except TypeError:
        return bool(a == b)
    whole = float(a).is_integer() and float(b).is_integer()
    room = tolerance or (0.0 if whole else 1e-9 * max(abs(a), abs(b)))
    return bool(gap <= room)


def shown(known: Mapping[Any, Any], key: Any) -> Any:
    """Give a value for people."""
    if key not in known:
        return "absent"
    value = known[key]
    return "missing" if value is None else value


_AGAIN = Text("the plan, made again", "由方案重新生成")


def least(stored: Any, made: Iterable[Any]) -> list[tuple[str, Any, Any]]:
    """Compare with what each language makes, until one is the same; else with the nearest."""
    nearest: list[tuple[str, Any, Any]] | None = None
    for right in made:
        off = list(differences(stored, right))
        if not off:
            return off
        nearest = off if nearest is None or len(off) < len(nearest) else nearest
    return nearest or []


def langs(plan: Plan) -> tuple[str, str]:
    """Give the language of a plan, then the other."""
    lang = plan.config.plan.lang
    return lang, "en" if lang == "zh" else "zh"


def made_here(plan: Plan) -> bool:
    """Say whether this version made the plan, as run.json has it."""
    from zoning import __version__

    return bool(plan.run.get("software", {}).get("zoning") == __version__)


def say(found: Findings, plan: Plan, name: str, off: list[tuple[str, Any, Any]]) -> None:
    """Tell the first difference; a file that another version wrote may differ in its words."""
    if not off:
        text = Text(f"{name}: as the plan makes it", f"{name}：与方案一致")
        found.add("verify.output", True, text, name)
        return
    place, had, right = off[0]
    text = Text(f"{name}, {place} is {_short(had)}, from {_AGAIN.en} {_short(right)}"
                + (f" ({len(off)} places differ)" if len(off) > 1 else ""),
                f"{name}，{place} 为 {_short(had)}，{_AGAIN.zh}应为 {_short(right)}"
                + (f"（共 {len(off)} 处不一致）" if len(off) > 1 else ""))  # fmt: skip
    found.add("verify.output", False, text, f"{name}: {place}", measured=_short(had),
              limit=_short(right), level="error" if made_here(plan) else "warning")  # fmt: skip


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 80 else text[:77] + "..."


def differences(a: Any, b: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Walk two trees and give every place where they differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            yield from differences(a.get(key, "absent"), b.get(key, "absent"), f"{path}/{key}")
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            yield f"{path}/length", len(a), len(b)
        for n, (x, y) in enumerate(zip(a, b, strict=False)):
            yield from differences(x, y, f"{path}/{n}")
    elif not same(a, b):
        yield path or "/", a, b
