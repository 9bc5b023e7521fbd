"""Decisions on record: read from a file or a GIS layer, checked for staleness, applied last."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning.base import strict
from zoning.base.still import still
from zoning.base.words import label, missing, values
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.schemes import DEFAULT, Scheme, load_scheme

if TYPE_CHECKING:
    import geopandas as gpd

#: Columns of a decision; ``was`` is what the method said when the decision was taken, if known.
COLUMNS = ("level", "code", "zone", "reason", "who", "date", "was")
_NEEDED = ("level", "code", "zone", "reason", "who", "date")
#: Name of the layer that GIS staff edit.
LAYER = "decisions"
#: The same for townships, in the same file.
TOWNSHIP_LAYER = "decisions_townships"


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
        key = (row["level"] or "", row["code"] or "")
        if key in known and all(key):
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
    return table.sort_values(["level", "code"]).reset_index(drop=True)


def _rows(path: Path, layer: str | None) -> list[dict[str, Any]]:
    suffix = path.suffix.lower()
    try:
        if suffix == ".toml":
            found = _from_toml(strict.read(path))
        elif suffix == ".gpkg":
            found = [row for table in _layers(path, layer) for row in _from_layer(table)]
        elif suffix in (".xlsx", ".xlsm"):
            found = _from_table(pd.read_excel(path, engine="openpyxl", dtype=object), path.name)
        else:
            found = _from_table(_read_csv(path), path.name)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError.one(
            f"cannot be read: {error}", f"无法读取：{error}", where=str(path), code="bad-file"
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
        return pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    except UnicodeDecodeError:
        return pd.read_csv(path, dtype=str, encoding="gb18030")


def _from_table(table: pd.DataFrame, where: str) -> list[dict[str, Any]]:
    """Read a table under our names, or as the workbook and the layer in QGIS call its columns.

    ``township`` or ``unit`` may stand in the place of ``level`` and ``code``, ``decided_zone`` in
    that of ``zone``. A column that is missing is told once, not row by row.
    """
    called = {
        label(c, lang, table): c for lang in ("zh", "en") for table in (None, LAYER)
        for c in ("township", "unit", "decided_zone", *COLUMNS)
    }  # fmt: skip
    heads = [str(c).strip() for c in table.columns]
    table = table.set_axis([h if h in COLUMNS else called.get(h, h) for h in heads], axis=1)
    if "code" not in table and ("township" in table or "unit" in table):
        table["code"] = None
        for level in ("township", "unit"):
            if level in table:
                here = table[level].notna() & table["code"].isna()
                table.loc[here, "code"] = table.loc[here, level]
                table.loc[here, "level"] = level
    if "decided_zone" in table:
        table = table[table["decided_zone"].notna()]
        table = table.drop(columns="zone", errors="ignore").rename(columns={"decided_zone": "zone"})
    lacking = [c for c in _NEEDED if c not in table.columns]
    if lacking:
        listed, there = ", ".join(lacking), ", ".join(heads)
        raise InputError.one(
            f"has no column {listed}; its columns are {there}",
            f"缺少列 {listed}；现有列为 {there}", where=where, code="decision",
            remedy=("level is township or unit; code, zone, reason, who, date (YYYY-MM-DD)",
                    "level 填 township 或 unit；另填 code、zone、reason、who、date（年-月-日）"),
        )  # fmt: skip
    levels = {word.get(lang): code for code, word in values("decisions.level").items()
              for lang in ("zh", "en")}  # fmt: skip
    for column, words in (("level", levels), ("was", dict.fromkeys(map(missing, ("zh", "en"))))):
        if column in table:
            table[column] = [words.get(str(v).strip(), v) for v in table[column].tolist()]
    # The workbook names each column twice, for people and in files.
    twice = (table["level"] == "level") & (table["code"] == "code")
    rows: list[dict[str, Any]] = table[~twice].to_dict("records")
    return rows


def _layers(path: Path, layer: str | None) -> list[pd.DataFrame]:
    """Read the one layer that was named, or those of `decision_layer` that are there."""
    import geopandas as gpd
    import pyogrio

    path = still(path)
    there = {str(name) for name, _ in pyogrio.list_layers(path)}
    wanted = [layer] if layer else [n for n in (LAYER, TOWNSHIP_LAYER) if n in there] or [LAYER]
    return [pd.DataFrame(gpd.read_file(path, layer=n, ignore_geometry=True)) for n in wanted]


def _from_layer(table: pd.DataFrame) -> list[dict[str, Any]]:
    decided = table[table["decided_zone"].notna() & (table["decided_zone"] != "")]
    level = "unit" if "unit" in decided else "township"
    return [
        {
            **row,
            "level": level,
            "code": row[level],
            "zone": row["decided_zone"],
            "was": row.get("was", row.get("zone")),
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
        remedy = meant(close)
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

    Notes
    -----
    What the method alone says becomes the runner-up; no change of an indicator moves a decision,
    so it has no margin and no smallest change.
    """
    out = classes.copy()
    decided = _decided(decisions, "township")
    decided = decided[decided.index.isin(out.index)]
    said = out.loc[decided.index, "zone"]
    decided = decided.set_axis(said.index)  # older pandas compares alike labels of one type only
    moved = decided.index[(said.isna() | (said != decided)).to_numpy(bool)]
    if "runner_up" in out:
        out.loc[moved, "runner_up"] = said[moved]
    for column in [c for c in out if c == "margin" or c.startswith("flip")]:
        out[column] = out[column].mask(out.index.isin(moved))
    out.loc[decided.index, "zone"] = decided
    out.loc[decided.index, "zone_reason"] = "override"
    return out


def of_units(decisions: pd.DataFrame) -> pd.DataFrame:
    """Give the decisions on units as `assign_units` takes them: index unit, column ``zone``."""
    return _decided(decisions, "unit").to_frame("zone")


def _decided(decisions: pd.DataFrame, level: str) -> pd.Series:
    mine = decisions[decisions["level"] == level]
    return pd.Series(mine["zone"].to_numpy(), index=mine["code"].to_numpy(), dtype="string")


def review(decisions: pd.DataFrame, townships: pd.Series, units: pd.Series) -> pd.DataFrame:
    """Check each decision against what the method says now.

    Parameters
    ----------
    decisions : DataFrame
        From `read_overrides`.
    townships, units : Series
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
        zones = townships if row.level == "township" else units
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


def decision_layer(
    places: gpd.GeoDataFrame, decisions: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """Layer for GIS staff: every unit or township with its zone and fields to decide in.

    Parameters
    ----------
    places : GeoDataFrame, index ``unit`` or ``township``
        ``zone``, ``zone_reason`` and, for townships, ``name``.
    decisions : DataFrame, optional
        From `review`: what is already decided stands in the layer, so that no decision is lost.

    Returns
    -------
    GeoDataFrame
        With ``was`` (what the method alone says), ``decided_zone``, ``reason``, ``who``, ``date``.
        Read it back with `read_overrides`; rows without ``decided_zone`` are left alone.
    """
    level = str(places.index.name or "unit")
    columns = [c for c in ("name", "zone", "zone_reason") if c in places]
    layer = places[columns].set_geometry(places.geometry)
    layer["was"] = layer["zone"].astype("string")
    for name in ("decided_zone", "reason", "who", "date"):
        layer[name] = pd.Series("", index=layer.index, dtype="string")
    if decisions is not None:
        mine = decisions[(decisions["level"] == level) & decisions["code"].isin(layer.index)]
        mine = mine.set_index("code")
        for column, origin in (("was", "method_zone"), ("decided_zone", "zone"),
                               ("reason", "reason"), ("who", "who"), ("date", "date")):  # fmt: skip
            layer.loc[mine.index, column] = mine[origin].astype("string")
    return layer.reset_index(names=level)
