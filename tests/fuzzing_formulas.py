"""Formulas of policies and rules of methods, damaged one by one: checked, then computed.

A file of a policy is mostly words; here every input is a formula, so that the language itself is
what is tried. Those that are taken are computed on a few rows with unknown, huge and odd values.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoning.base.shipped import data_path

#: What a formula is made of; beside what people leave in files of every kind.
WORDS = [
    b" and ", b" or ", b"not ", b" in ", b"(", b")", b",", b"==", b">=", b"<", b"!=", b"**", b"//",
    b"%", b"*", b"/", b"+", b"-", b"~", b"sum(", b"share(", b"where(", b"look(", b"total(",
    b"rank(", b"mean(", b"steps(", b"weighted(", b"clip(", b"'x'", b"None", b"True", b"lambda: 1",
    b"a.b", b"a[0]", b"f'{a}'", b"9" * 400, b"1e999", b"1j", b"...", b" if 1 else ", b" for x in ",
    b"(" * 60, b"-" * 200, b":=", b"*a", b"by=", b"\\N{DIGIT ONE}", b"\xef\xbc\x88",
]  # fmt: skip
_ROWS = 4


def _policies() -> list[Path]:
    return [p for p in sorted(data_path("policies").glob("*.toml")) if p.stem != "functions"]


@functools.cache
def _scope() -> Any:
    """Join what all shipped policies name, so that each of their formulas fits."""
    from zoning.policy.kinds import Scope
    from zoning.policy.read import read_policy

    columns: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    steps: dict[str, Any] = {}
    blocks: dict[str, Any] = {}
    for path in _policies():
        policy = read_policy(path)
        steps |= policy.steps
        blocks |= policy.blocks
        columns |= {p.name: p.kind for p in policy.parameters.values()}
        for table in policy.tables.values():
            columns |= table.kinds
            tables[table.name] = {**tables.get(table.name, {}), **table.kinds}
    return Scope(columns, tables, steps, blocks)


@functools.cache
def _data() -> Any:
    """Give every column a few values: usual, 0, huge, unknown."""
    from zoning.policy.evaluate import Data
    from zoning.zones.rules import Value

    scope = _scope()
    columns = {}
    for name, kind in scope.columns.items():
        if kind.kind == "text":
            cells = np.array(["x", "", "key", "甲"], dtype=object)
        else:
            cells = np.array([2.5, 0.0, 1e300, np.nan])
        known = np.array([True, True, True, False])
        columns[name] = Value(cells, known)
    return Data(_ROWS, columns, steps=scope.steps, blocks=scope.blocks)


def formula_seeds() -> tuple[bytes, ...]:
    """Give every formula, rounding and closing check of the shipped policies."""
    found = set[str]()
    for path in _policies():
        found.update(
            _texts(tomllib.loads(path.read_text(encoding="utf-8")), ("formula", "rule", "total"))
        )
    return tuple(t.encode() for t in sorted(found))


def rule_seeds() -> tuple[bytes, ...]:
    """Give every rule of the shipped methods, and some with each part of the language."""
    found = {
        "zone in ('key', 'optimised') and not slope_deg > 25", "built_share >= 0.3 or x != 'x'",
        "not (a < 1 and b <= 2) or c == 3", "0.1 < built_share < 0.9", "-1 < slope_deg",
    }  # fmt: skip
    for path in sorted(data_path("methods").glob("*.toml")):
        found.update(_texts(tomllib.loads(path.read_text(encoding="utf-8")), ("when",)))
    return tuple(t.encode() for t in sorted(found))


def _texts(data: Any, keys: tuple[str, ...]) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key in keys and isinstance(value, str):
                yield value
            else:
                yield from _texts(value, keys)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value, keys)


def take_formula(path: Path) -> None:
    """Check a formula, and compute it where it reads nothing of other tables."""
    from zoning.policy.evaluate import evaluate
    from zoning.policy.formula import compile_formula

    formula = compile_formula(_text(path), _scope())
    if not formula.far:
        evaluate(formula, _data())


@functools.cache
def _rows() -> pd.DataFrame:
    numbers = ["built_share", "redline_share", "farmland_share", "slope_deg", "a", "b", "c"]
    texts = ["zone", "x", "guidance_grade", "constraint_grade", "intensity_grade"]
    return pd.DataFrame({**{n: [0.5, 0.0, 1e300, None] for n in numbers},
                         **{t: ["key", "", "甲", None] for t in texts}})  # fmt: skip


def take_rule(path: Path) -> None:
    """Check a rule and answer it for a few rows."""
    from zoning.zones.rules import compile_rule

    rows = _rows()
    compile_rule(_text(path), list(rows.columns)).evaluate(rows)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")
