"""Read nested plain data strictly: unknown keys, wrong kinds, all problems at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from zoning.errors import Problem, Text, suggest

REQUIRED: Any = object()
EVIDENCE = ("S", "C", "M-high", "M-med", "M-low", "I", "own")
SCALES = ("none", "linear", "log", "table", "points", "minmax", "zscore", "breaks")
ZONES = ("optimised", "key", "moderate", "balance")
OUTCOMES = (*ZONES, "review")
#: Columns of the townships table that no dimension or matrix may be called.
RESERVED = frozenset(
    [
        "zone",
        "rule",
        "runner_up",
        "margin",
        "flip",
        "status",
        "flag",
        "zone_reason",
        "name",
        "county",
        "county_name",
        "township",
        "area_m2",
        "geometry",
    ]
)


class Reader:
    """A mapping that remembers which keys were asked for."""

    def __init__(self, data: Any, where: str, problems: list[Problem] | None = None):
        self.where = where
        self.problems: list[Problem] = [] if problems is None else problems
        self.asked: set[str] = set()
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if not isinstance(data, Mapping):
            self.fail("must be a table", "须为表")

    def child(self, key: str, data: Any) -> Reader:
        """Read a part of the data; its problems join ours."""
        return Reader(data, f"{self.where}:{key}", self.problems)

    def fail(self, en: str, zh: str, remedy: Text | None = None) -> None:
        """Note a problem of this part."""
        self.problems.append(Problem(Text(en, zh), self.where, remedy=remedy, code="method"))

    def get(self, key: str, default: Any = REQUIRED, *, kind: Any) -> Any:
        """Give a value of the right kind, or the default."""
        self.asked.add(key)
        if key not in self.data:
            if default is REQUIRED:
                self.fail(f"key {key!r} is missing", f"缺少键 {key!r}")
                return None
            return default
        value = self.data[key]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if isinstance(value, tuple) and list in kinds:
            value = list(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and bool not in kinds):
            self.fail(f"{key} = {value!r} is of the wrong kind", f"{key} = {value!r} 类型不对")
            return None if default is REQUIRED else default
        return value

    def number(
        self,
        key: str,
        default: Any = REQUIRED,
        *,
        above: float = -math.inf,
        at_least: float = -math.inf,
    ) -> float:
        """Give a finite number within bounds."""
        value = self.get(key, default, kind=(int, float))
        if value is None:
            return math.nan
        if not math.isfinite(value) or value <= above or value < at_least:
            self.fail(f"{key} = {value!r} is out of range", f"{key} = {value!r} 超出范围")
        return float(value)

    def numbers(self, key: str, values: Iterable[Any]) -> tuple[float, ...]:
        """Give finite numbers."""
        found: list[Any] = list(values)
        if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in found):
            self.fail(f"{key} must be numbers", f"{key} 须为数字")
            return ()
        if not all(math.isfinite(v) for v in found):
            self.fail(f"{key} must be finite", f"{key} 须为有限数")
        return tuple(float(v) for v in found)

    def words(self, key: str, values: Any) -> tuple[str, ...]:
        """Give a list of words."""
        if not isinstance(values, (list, tuple)) or not all(isinstance(v, str) for v in values):
            self.fail(f"{key} must be a list of words", f"{key} 须为词的列表")
            return ()
        return tuple(values)

    def choice(self, key: str, default: Any, allowed: tuple[str, ...]) -> str:
        """Give one of the allowed words."""
        value = self.get(key, default, kind=str)
        if value is not None and value not in allowed:
            close = suggest(value, allowed)
            self.fail(
                f"{key} = {value!r} is none of {', '.join(allowed)}",
                f"{key} = {value!r} 不在 {', '.join(allowed)} 之中",
                Text(f"did you mean {close!r}?", f"是否指 {close!r}?") if close else None,
            )
        return value or ""

    def table(self, key: str) -> Mapping[str, Any]:
        """Give a table, empty if absent."""
        found: Mapping[str, Any] = self.get(key, {}, kind=Mapping)
        return found

    def tables(self, key: str) -> list[Reader]:
        """Give the tables of an array of tables."""
        found = self.get(key, [], kind=list)
        return [self.child(f"{key}[{i + 1}]", part) for i, part in enumerate(found)]

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.data:
            if key not in self.asked:
                close = suggest(key, sorted(self.asked))
                self.problems.insert(
                    0,
                    Problem(
                        Text(f"unknown key {key!r}", f"未知的键 {key!r}"),
                        self.where,
                        remedy=Text(f"did you mean {close!r}?", f"是否指 {close!r}?")
                        if close
                        else None,
                        code="unknown-key",
                    ),
                )
