"""Township table in, township classes out: values, grades, the rule, the runner-up, the margin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from zoning.base import strict
from zoning.base.shipped import data_path
from zoning.errors import InputError, suggest
from zoning.indicators import at_hand, own_first
from zoning.schemes import Scheme
from zoning.zones.decide import Decision, compile_rules, decide, indicator_names
from zoning.zones.flip import as_known, flips, nearest
from zoning.zones.method import Method
from zoning.zones.parse import parse_method
from zoning.zones.rules import Rule
from zoning.zones.scoring import Floats, fit, numbers
from zoning.zones.table import GradeTable, grade_table
from zoning.zones.tell import tell_flip
from zoning.zones.weighing import inline_files

#: Columns of the default method that outputs rely on; another method leaves them missing.
FIXED = ("constraint", "guidance", "intensity")


def method_names() -> tuple[str, ...]:
    """Names of the methods that ship with the package.

    Examples
    --------
    >>> "two-matrices" in method_names()
    True
    """
    return tuple(sorted(p.stem for p in data_path("methods").glob("*.toml")))


def load_method(name_or_path: str | Path, scheme: Scheme | None = None) -> Method:
    """Read a shipped method by name, or one's own from a TOML file.

    Parameters
    ----------
    name_or_path : str or Path
        A name without suffix, or a path that ends in ``.toml``.
    scheme : Scheme, optional
        That of the plan, for a method that speaks of the plan's own zones.

    Raises
    ------
    InputError
        No such method (known names are given), unreadable TOML, or wrong content.

    Examples
    --------
    >>> load_method("two-matrices").zh
    '两次矩阵判别法'
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        known = method_names()
        if str(name_or_path) not in known:
            close = suggest(str(name_or_path), known) or ", ".join(known)
            raise InputError.one(
                f"no method {str(name_or_path)!r}",
                f"没有方法 {str(name_or_path)!r}",
                where="[zones] method",
                code="no-method",
                remedy=(
                    f"did you mean {close}? or give a path ending in .toml",
                    f"是否指“{close}”？或给出以 .toml 结尾的路径",
                ),
            )
        path = data_path("methods", f"{name_or_path}.toml")
    document = strict.read(path)
    data = inline_files(document.data, path.parent)
    return parse_method(data, where=document.where, document=document, plan=scheme)


def method_values(table: pd.DataFrame, method: Method) -> dict[str, Floats]:
    """Give the columns that a method reads, made from the table where it does not hold them.

    Numbers are floats with NaN where missing; text that rules read stays text.
    """
    return _read(with_indicators(table), method)


def with_indicators(table: pd.DataFrame) -> pd.DataFrame:
    """Put the indicators that a table allows beside its other columns; what is measured wins."""
    table = own_first(table)
    made = at_hand(table)
    extra = [c for c in table.columns if c not in made.columns]
    return pd.concat([made, table[extra]], axis=1)


def zones_of(full: pd.DataFrame, method: Method) -> pd.Series:
    """Give the zone that a method alone says, from a table `with_indicators`; ``<NA>`` unknown."""
    decision = _decide(_read(full, method), method)[0]
    return _zone(decision, full.index)


def _read(full: pd.DataFrame, method: Method) -> dict[str, Floats]:
    """Give the columns that a method reads."""
    names = indicator_names(method, full)
    texts = [n for n in names if n not in method.indicators and _is_text(full[n])]
    values = numbers(full, tuple(n for n in names if n not in texts))
    for name in texts:
        values[name] = full[name].astype(object).where(full[name].notna(), "").to_numpy(object)
    return values


def _is_text(column: pd.Series) -> bool:
    kind = column.dtype
    return not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind))


def classify_townships(table: pd.DataFrame, method: Method) -> pd.DataFrame:
    """Put townships into zones.

    Parameters
    ----------
    table : DataFrame, index township code
        ``area_m2`` and what the method's indicators are made from (see `zoning.indicators`), or
        the indicators themselves.
    method : Method

    Returns
    -------
    DataFrame on the same index
        Score and grade of each dimension (``constraint``, ``constraint_grade``, ...), outcome of
        earlier matrices (``suitability_grade``), ``zone`` (``<NA>`` unknown), ``rule``,
        ``runner_up``, ``margin`` (share of the scale to the nearest cut that changes the zone),
        ``flip`` with ``flip_indicator, flip_from, flip_to, flip_zone, flip_size, flip_en, flip_zh``
        (smallest change of one indicator that changes the zone), ``status``
        (``ok|review|unknown``), ``flag``, ``zone_reason``.

    Raises
    ------
    InputError
        Missing columns, text or infinite numbers in them, parts larger than the area.

    Examples
    --------
    >>> t = pd.DataFrame({"area_m2": [10_000_000], "built_m2": [4_000_000], "redline_m2": [0],
    ...     "farmland_m2": [1_000_000], "slope_deg": [1.0], "population": [60_000],
    ...     "gdp_10k_yuan": [900_000], "min_to_centre": [10]}, index=["t1"])
    >>> classify_townships(t, load_method("two-matrices")).loc["t1", ["zone", "rule"]].tolist()
    ['optimised', 'zone[high,high]']
    """
    values = method_values(table, method)
    decision, fitted, lookup, rules = _decide(values, method)
    out = _scores(fitted, decision, table.index)
    out["zone"] = _zone(decision, table.index)
    out["rule"] = pd.Series(as_known(decision.rule), index=table.index, dtype="string")
    change = flips(fitted, values, decision, table.index, table=lookup, rules=rules)
    if lookup is None:
        out["runner_up"], out["margin"] = change["flip_zone"], change["flip_size"]
    else:
        near = nearest(fitted, decision, lookup)
        out["runner_up"] = pd.Series(as_known(near.runner_up), index=table.index, dtype="string")
        out["margin"] = pd.Series(near.margin, index=table.index).astype("Float64")
    out["flip"] = _short(change)
    for name in change:
        out[name] = change[name]
    rows = change.to_dict("records")
    for lang in ("en", "zh"):
        words = [tell_flip(row, method, lang) for row in rows]
        out[f"flip_{lang}"] = pd.Series(words, index=table.index, dtype="string")
    review = (decision.zone == "review") | (decision.flag != "")
    status = np.where(decision.zone == "", "unknown", np.where(review, "review", "ok"))
    out["status"] = pd.Series(status, index=table.index, dtype="string")
    out["flag"] = pd.Series(as_known(decision.flag), index=table.index, dtype="string")
    reason = np.where(out["zone"].isna(), "unknown", "township")
    out["zone_reason"] = pd.Series(reason, index=table.index, dtype="string")
    return out


def _decide(
    values: dict[str, Floats], method: Method
) -> tuple[Decision, Method, GradeTable | None, tuple[Rule, ...]]:
    """Decide; give with it the method with its cuts found, and the table or rules that it reads."""
    fitted = fit(method, values)
    lookup = None if method.rules else grade_table(fitted)
    rules = compile_rules(fitted, tuple(values))
    return decide(fitted, values, table=lookup, rules=rules), fitted, lookup, rules


def _zone(decision: Decision, index: pd.Index) -> pd.Series:
    zone = as_known(np.where(decision.zone == "review", "", decision.zone))
    return pd.Series(zone, index=index, dtype="string")


def _scores(method: Method, decision: Decision, index: pd.Index) -> pd.DataFrame:
    out = pd.DataFrame(index=index)
    names = dict.fromkeys((*FIXED, *(d.name for d in method.dimensions)))
    for name in names:
        has = name in decision.scores
        value = decision.scores[name].value if has else np.full(len(index), np.nan)
        out[name] = pd.Series(value, index=index).astype("Float64")
        out.loc[np.isnan(value), name] = pd.NA
    for name in names:
        if name in decision.grades:
            words = np.array([*method.dimension(name).grades, pd.NA], object)
            out[f"{name}_grade"] = pd.Series(
                words[decision.grades[name]], index=index, dtype="string"
            )
        else:
            out[f"{name}_grade"] = pd.Series(pd.NA, index=index, dtype="string")
    steps = {"suitability": np.full(len(index), "", object), **decision.steps}
    for name, cells in steps.items():
        out[f"{name}_grade"] = pd.Series(as_known(cells), index=index, dtype="string")
    return out


def _short(change: pd.DataFrame) -> pd.Series:
    words = [
        pd.NA
        if pd.isna(row["flip_to"])
        else f"{row['flip_indicator']} {row['flip_from']:.6g} -> {row['flip_to']:.6g}: "
        f"{row['flip_zone']}"
        for row in change.to_dict("records")
    ]
    return pd.Series(words, index=change.index, dtype="string")
