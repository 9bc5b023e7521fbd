"""Decisions on record: read from a file or a GIS layer, checked for staleness, applied last."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning.base import strict
from zoning.errors import InputError, Problem, Text, raise_all, suggest
from zoning.schemes import DEFAULT, Scheme, load_scheme

if TYPE_CHECKING:
    import geopandas as gpd

#: Columns of a decision; ``was`` is what the method said when the decision was taken, if known.
COLUMNS = ("level", "code", "zone", "reason", "who", "date", "was")
_NEEDED = ("level", "code", "zone", "reason", "who", "date")
#: Name of the layer that GIS staff edit.
LAYER = "decisions"


def read_overrides(
    path: str | Path, layer: str | None = None, scheme: Scheme | None = None
) -> pd.DataFrame:
    """Read decisions from CSV, XLSX, TOML (``[[decision]]``) or a GeoPackage layer.

    In a layer from `decision_layer` only rows with a ``decided_zone`` are decisions. Zones are
    those of ``scheme``, by code or by name.

    Returns
    -------
    DataFrame, sorted by level and code
        The columns of `COLUMNS`, as strings.

    Raises
    ------
    InputError
        Everything that is wrong, row by row: unknown zones, missing reasons, names or dates, two
        decisions on the same place.
    """
    path = Path(path)
    rows = _rows(path, layer)
    problems: list[Problem] = []
    known: dict[tuple[str, str], int] = {}
    zones = scheme or load_scheme(DEFAULT)
    for number, row in enumerate(rows, start=1):
        problems += _check(row, f"{path.name}, decision {number}", zones)
        key = (str(row["level"]), str(row["code"]))
        if key in known:
            problems.append(
                _wrong(
                    f"decides {key[1]} again (first in decision {known[key]})",
                    f"与第 {known[key]} 条重复决定 {key[1]}",
                    f"{path.name}, decision {number}",
                )
            )
        known.setdefault(key, number)
    raise_all(problems)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype("string")
    return table.sort_values(["level", "code"], kind="stable").reset_index(drop=True)


def _rows(path: Path, layer: str | None) -> list[dict[str, Any]]:
    suffix = path.suffix.lower()
    try:
        if suffix == ".toml":
            found = _from_toml(strict.read(path))
        elif suffix == ".gpkg":
            import geopandas as gpd

            table = gpd.read_file(path, layer=layer or LAYER, ignore_geometry=True)
            found = _from_layer(pd.DataFrame(table))
        elif suffix in (".xlsx", ".xlsm"):
            found = pd.read_excel(path, dtype=object, engine="openpyxl").to_dict("records")
        else:
            found = _read_csv(path).to_dict("records")
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError.one(
            f"cannot be read: {error}", f"无法读取:{error}", where=str(path), code="bad-file"
        ) from error
    return [{k: _text(row.get(k)) for k in COLUMNS} for row in found]


def _from_toml(document: strict.Document) -> list[dict[str, Any]]:
    """Read ``[[decision]]``; unknown keys and lists in the place of words are refused."""
    whole = strict.Reader(document.data, document.where, document=document, code="decision")
    found = []
    for part in whole.tables("decision"):
        found.append({k: part.get(k, None, kind=(str, int, dt.date)) for k in COLUMNS})
        part.close()
    whole.close()
    raise_all(whole.problems)
    return found


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except UnicodeDecodeError:
        return pd.read_csv(path, dtype=str, encoding="gb18030")


def _from_layer(table: pd.DataFrame) -> list[dict[str, Any]]:
    decided = table[table["decided_zone"].notna() & (table["decided_zone"] != "")]
    level = "unit" if "unit" in decided else "township"
    return [
        {
            **row,
            "level": level,
            "code": row[level],
            "zone": row["decided_zone"],
            "was": row.get("zone"),
        }
        for row in decided.to_dict("records")
    ]


def _text(value: Any) -> str | None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, (dt.datetime, pd.Timestamp)):
        return str(value.date())
    return str(value).strip() or None


def _wrong(en: str, zh: str, where: str, remedy: Text | None = None) -> Problem:
    return Problem(Text(en, zh), where, remedy=remedy, code="decision")


def _check(row: dict[str, Any], where: str, scheme: Scheme) -> list[Problem]:
    """Find what is wrong with a decision; names of zones become their codes."""
    found = [_wrong(f"has no {k}", f"缺少 {k}", where) for k in _NEEDED if not row[k]]
    if row["level"] and row["level"] not in ("township", "unit"):
        found.append(_wrong("level is township or unit", "level 须为 township 或 unit", where))
    zone = row["zone"]
    for key in ("zone", "was"):
        row[key] = (scheme.find(row[key]) or row[key]) if row[key] else None
    if zone and not scheme.find(zone):
        close = suggest(zone, scheme.codes)
        remedy = Text(f"did you mean {close!r}?", f"是否指 {close!r}?") if close else None
        found.append(_wrong(f"unknown zone {zone!r}", f"未知分区 {zone!r}", where, remedy))
    if row["date"]:
        try:
            dt.date.fromisoformat(row["date"])
        except ValueError:
            found.append(
                _wrong(
                    f"date {row['date']!r} is not YYYY-MM-DD",
                    f"日期 {row['date']!r} 非 YYYY-MM-DD",
                    where,
                )
            )
    return found


def apply_to_townships(classes: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Put the decisions on townships in the place of what the method said.

    Examples
    --------
    >>> towns = pd.DataFrame({"zone": ["key"], "zone_reason": ["township"]}, index=["t1"])
    >>> d = pd.DataFrame({"level": ["township"], "code": ["t1"], "zone": ["moderate"]})
    >>> apply_to_townships(towns, d).loc["t1"].tolist()
    ['moderate', 'override']
    """
    out = classes.copy()
    for code, zone in _decided(decisions, "township").items():
        if code in out.index:
            out.loc[code, "zone"], out.loc[code, "zone_reason"] = zone, "override"
    return out


def of_units(decisions: pd.DataFrame) -> pd.DataFrame:
    """Give the decisions on units as `assign_units` takes them: index unit, column ``zone``."""
    return _decided(decisions, "unit").to_frame("zone")


def _decided(decisions: pd.DataFrame, level: str) -> pd.Series:
    mine = decisions[decisions["level"] == level]
    return pd.Series(mine["zone"].to_numpy(), index=mine["code"].to_numpy(), dtype="string")


def review(decisions: pd.DataFrame, towns: pd.Series, units: pd.Series) -> pd.DataFrame:
    """Check each decision against what the method says now.

    Parameters
    ----------
    decisions : DataFrame
        From `read_overrides`.
    towns, units : Series
        Zones before the decisions, by code.

    Returns
    -------
    DataFrame
        The decisions with ``method_zone`` (what the method says now) and ``state``: ``applied``,
        ``moot`` (the method now says the same), ``stale`` (the method no longer says what it said
        when the decision was taken), ``no-place`` (no such code in this plan).

    Examples
    --------
    >>> d = pd.DataFrame({"level": ["township"] * 3, "code": ["a", "b", "x"],
    ...     "zone": ["key"] * 3, "was": ["moderate", "optimised", None]})
    >>> now = pd.Series({"a": "moderate", "b": "moderate"})
    >>> review(d, now, pd.Series(dtype=str))["state"].tolist()
    ['applied', 'stale', 'no-place']
    """
    out = decisions.copy()
    now, states = [], []
    for row in decisions.itertuples():
        zones = towns if row.level == "township" else units
        here = row.code in zones.index
        zone = zones[row.code] if here else pd.NA
        now.append(zone)
        states.append(_state(here, zone, row.zone, getattr(row, "was", None)))
    out["method_zone"] = pd.Series(now, index=out.index, dtype="string")
    out["state"] = pd.Series(states, index=out.index, dtype="string")
    return out


def _state(here: bool, now: Any, decided: str, was: Any) -> str:
    if not here:
        return "no-place"
    if pd.notna(now) and now == decided:
        return "moot"
    if was is not None and pd.notna(was) and (pd.isna(now) or was != now):
        return "stale"
    return "applied"


def decision_layer(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer for GIS staff: every unit with its zone and empty fields to decide in.

    Read it back with `read_overrides`; rows without ``decided_zone`` are left alone.
    """
    layer = units[["zone", "zone_reason"]].set_geometry(units.geometry)
    for name in ("decided_zone", "reason", "who", "date"):
        layer[name] = pd.Series("", index=layer.index, dtype="string")
    return layer.reset_index(names=units.index.name or "unit")
