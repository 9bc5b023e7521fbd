"""Protected land of every kind: from the tables of plan.toml to one layer each.

Red lines keep a layer of their own, because their levels and areas have an account of their own;
every other kind stands in one layer of protections.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Problem, Text
from zoning.inputs.cells import no_numbers, numbers_of
from zoning.inputs.codes import check_codes, clean_codes
from zoning.inputs.columns import cut_heads
from zoning.inputs.redlines import type_words
from zoning.inputs.spots import features, labels
from zoning.inputs.vector import missing_column
from zoning.planfile.layers import InputsPart, ProtectionColumns, ProtectionLayer

if TYPE_CHECKING:
    import geopandas as gpd

#: Columns of a protection and the names that a file may give them without being asked.
_KNOWN = {
    "code": ("code",), "name": ("name",), "type": ("type",), "level": ("level",),
    "published_m2": ("published_m2",), "source": ("source",), "year": ("year", "source_year"),
}  # fmt: skip
#: Names that columns get in the account of red lines; others of the planner step aside.
_OF_ACCOUNT = ("area_code", "source_year", "feature")
_LEVELS = {"一级": 1, "二级": 2, "三级": 3, "一级管控区": 1, "二级管控区": 2, "I": 1, "II": 2}
#: Kinds of which the parcels of a file are one area unless a column of codes is named.
_ONE_AREA = ("basic_farmland", "lock")


def load_kinds() -> pd.DataFrame:
    """Read the kinds of protection.

    Returns
    -------
    DataFrame, index ``kind`` (code), in the order of tables
        ``zh``, ``en``, ``column`` (the sum of areas), ``colour``, ``counted`` (whether
        ``protected_m2`` counts it in a scheme without replacing overlays).

    Examples
    --------
    >>> load_kinds().loc["basic_farmland", ["zh", "column"]].tolist()
    ['永久基本农田', 'basic_farmland_m2']
    """
    return _kinds().copy()


@cache  # asked for by every account
def _kinds() -> pd.DataFrame:
    table = pd.DataFrame(load_toml("protections", "kinds.toml")["kind"])
    return table.rename(columns={"code": "kind"}).set_index("kind")


def protection_layers(inputs: InputsPart) -> tuple[ProtectionLayer, ...]:
    """Give every layer of protections, those under old names too, with their old meaning.

    Examples
    --------
    >>> old = InputsPart.model_validate({"locks": [{"path": "a.gpkg", "code": "A"}]})
    >>> [(p.kind, p.code) for p in protection_layers(old)]
    [('lock', 'A')]
    """
    found = list(inputs.protections)
    if inputs.redlines is not None:
        part = inputs.redlines
        stated = part.model_fields_set
        columns = ProtectionColumns(
            code=part.code, name=part.name,
            type=part.type if "type" in stated else None,
            level=part.level,
        )  # fmt: skip
        whole = 2 if part.level is None else None
        found.append(_layer(part, "redline", columns=columns, level=whole))
    if inputs.cores is not None:
        core = inputs.cores
        columns = ProtectionColumns(code=core.code, name=core.name)
        found.append(_layer(core, "core", columns=columns))
    for lock in inputs.locks:
        found.append(
            _layer(lock, "lock", code=lock.code, name=lock.name or None, source=lock.source)
        )
    return tuple(found)


def _layer(part: Any, kind: str, **more: Any) -> ProtectionLayer:
    """Give a layer under an old name its new one."""
    where = {k: getattr(part, k) for k in ("path", "layer", "crs", "encoding", "repair", "datum")}
    return ProtectionLayer.model_validate({**where, "kind": kind, **more})


def old_names(inputs: InputsPart) -> list[Finding]:
    """Tell the new names of old tables, which this release still reads."""
    given = [
        ("[inputs.redlines]", "redline", inputs.redlines is not None),
        ("[inputs.cores]", "core", inputs.cores is not None),
        ("[[inputs.locks]]", "lock", bool(inputs.locks)),
    ]
    return [
        Finding(
            Text(f"{old} is an old name", f"{old} 为旧写法"), "plan.toml", level="note",
            remedy=Text(
                f'use [[inputs.protections]], kind = "{kind}"; the next release reads that only',
                f'请改用 [[inputs.protections]]，kind = "{kind}"；下一版本不再支持旧写法',
            ),
            code="old-name",
        )
        for old, kind, there in given if there
    ]  # fmt: skip


def tidy(frame: gpd.GeoDataFrame, part: ProtectionLayer) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Bring a layer to the columns of protections.

    Parameters
    ----------
    frame : GeoDataFrame
        As it was read, with its own columns.
    part : ProtectionLayer
        What plan.toml says of it.

    Returns
    -------
    GeoDataFrame
        ``kind``, ``code``, ``name``, ``type``, ``level`` (Int64), ``published_m2`` (Int64),
        ``source``, ``year`` (Int64), geometry. Other columns are kept behind.
    list of Problem
    """
    import geopandas as gpd

    taken, problems = _columns(frame, part)
    values: dict[str, Any] = {"kind": part.kind}
    for name in _KNOWN:
        whole = getattr(part, name, None)
        values[name] = whole if name not in taken else frame[taken[name]]
    table = pd.DataFrame(values, index=frame.index)
    for name in ("type", "name", "source"):
        table[name] = table[name].astype("string")
    table["code"] = clean_codes(table["code"]) if "code" in taken else part.code or part.kind
    table["level"], wrong = _levels(table["level"], part, frame)
    problems += wrong
    if part.kind == "redline" and part.level is None and "level" not in taken:
        table["level"] = table["level"].fillna(2)
    if part.kind == "redline":
        table["type"] = table["type"].str.strip().replace(type_words())
    scale = part.columns.published_m2
    if "published_m2" in taken and not isinstance(scale, str | None):
        table["published_m2"] = numbers_of(table["published_m2"]) * scale.factor
    for name in ("published_m2", "year"):
        table[name] = numbers_of(table[name]).astype("Float64").round().astype("Int64")
    if "code" in taken:
        problems += check_codes(
            table[["code"]], part.path, labels(frame), unique=False, shapes=frame.geometry
        )
    # Land without names and codes is called by what protects it.
    unnamed = table["code"].replace(part.kind, load_kinds().at[part.kind, "zh"])
    table["name"] = table["name"].fillna(unnamed)
    others = [c for c in frame.columns if c not in taken.values() and c not in table]
    table[[c for c in others if c != "geometry"]] = frame[[c for c in others if c != "geometry"]]
    out = gpd.GeoDataFrame(table, geometry=frame.geometry, crs=frame.crs)
    out.attrs.update(frame.attrs)
    return out, problems


def unread(frame: gpd.GeoDataFrame, part: ProtectionLayer) -> list[Finding]:
    """Tell what of a layer is not read: columns whose names a shapefile cut, areas in words.

    Parameters
    ----------
    frame : GeoDataFrame
        As it was read, with its own columns.
    part : ProtectionLayer
    """
    taken, _ = _columns(frame, part)
    lacking = {n: usual for n, usual in _KNOWN.items()
               if n not in taken and getattr(part, n, None) is None}  # fmt: skip
    heads = [c for c in frame.columns if c not in taken.values()]
    told = cut_heads(heads, lacking, part.path, "[inputs.protections.columns]")
    for name in ("published_m2", "year"):
        if name in taken:
            told += no_numbers(frame[taken[name]], part.path)
    return told


def _columns(
    frame: gpd.GeoDataFrame, part: ProtectionLayer
) -> tuple[dict[str, str], list[Problem]]:
    """Find the column of each value: the one that is named, else one of a known name."""
    known = [str(c) for c in frame.columns if c != "geometry"]
    taken: dict[str, str] = {}
    problems: list[Problem] = []
    for name, usual in _KNOWN.items():
        asked = getattr(part.columns, name)
        asked = asked if isinstance(asked, str | None) else asked.from_
        if asked is not None and asked not in known:
            problems.append(missing_column(asked, known, part.path, name))
        elif asked is not None and getattr(part, name, None) is not None:
            problems.append(Problem(
                Text(f"{name} is stated for the whole layer and as a column",
                     f"{name} 既按整个图层给出，又指定了字段"),
                f"[[inputs.protections]] {part.path}",
                remedy=Text("state one of them", "请只保留其一"), code="stated-twice"))  # fmt: skip
        elif asked is not None:
            taken[name] = asked
        elif getattr(part, name, None) is None and not (name == "code" and part.kind in _ONE_AREA):
            usual = ("area_code", *usual) if (name, part.kind) == ("code", "redline") else usual
            taken[name] = next((c for c in usual if c in known), "")
    taken = {name: column for name, column in taken.items() if column}
    if "code" not in taken and part.code is None and part.kind not in _ONE_AREA:
        # Areas that are told apart by a name that was asked for keep their names.
        taken |= {"code": taken["name"]} if part.columns.name in taken.values() else {}
    coded = part.code is not None or part.columns.code is not None or "code" in taken
    if part.kind == "redline" and not coded:
        problems.append(missing_column("area_code", known, part.path, "code"))
    return taken, problems


def _levels(
    column: pd.Series, part: ProtectionLayer, frame: gpd.GeoDataFrame
) -> tuple[pd.Series, list[Problem]]:
    """Read levels as numbers, also where they stand in words."""
    text = column.astype("string").str.strip()
    read = [_LEVELS.get(v, v) for v in text.fillna("").tolist()]
    number = pd.Series(pd.to_numeric(read, errors="coerce"), index=column.index, dtype="float64")
    bad = text.notna() & (number.isna() | (number % 1 != 0))
    problems = [
        Problem(
            Text(f"level is {value!r}", f"级别为 {value!r}"), part.path, measured=str(value),
            remedy=Text("levels are whole numbers such as 1 and 2", "级别应为整数，如 1、2"),
            code="protection-level", spots=features(frame, text == value, text),
        )
        for value in sorted(set(text[bad]))
    ]  # fmt: skip
    return number.mask(bad).astype("Float64").astype("Int64"), problems


def dissolve(frames: Iterable[gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Put layers of protections together: one feature per kind, code and level.

    Returns
    -------
    GeoDataFrame or None
        Sorted by kind, code and level; None where there are none.
    """
    import geopandas as gpd

    given = list(frames)
    if not given:
        return None
    columns = ["kind", *_KNOWN]
    table = pd.concat([f[[*columns, "geometry"]] for f in given], ignore_index=True)
    order = {kind: i for i, kind in enumerate(load_kinds().index)}
    keys = [table["kind"].map(order).to_numpy(), table["code"], table["level"]]
    rows = []
    for _, part in table.groupby(keys, sort=True, dropna=False):
        first = {c: part[c].dropna().iloc[0] if part[c].notna().any() else pd.NA for c in columns}
        if part["name"].nunique() > 1 and (part["code"] == first["kind"]).all():
            # Parcels that are one area: the name of one of them is not that of all.
            first["name"] = load_kinds().at[first["kind"], "zh"]
        shapes = part.geometry.to_numpy()
        known = part["published_m2"].dropna()
        if known.nunique() > 1:
            first["published_m2"] = int(known.sum())
        rows.append(
            {**first, "geometry": shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)}
        )
    out = gpd.GeoDataFrame(rows, geometry="geometry", crs=given[0].crs)
    for name in ("level", "published_m2", "year"):
        out[name] = out[name].astype("Int64")
    for name in ("kind", "code", "name", "type", "source"):
        out[name] = out[name].astype("string")
    return out


def redline_frame(frames: Iterable[gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Put layers of red lines together under the names of their account."""
    import geopandas as gpd

    given = list(frames)
    if not given:
        return None
    table = pd.concat(given, ignore_index=True).drop(columns="kind")
    table = table.rename(columns={c: f"given_{c}" for c in _OF_ACCOUNT})  # the planner's own
    table = table.rename(columns={"code": "area_code", "year": "source_year"})
    table["level"] = table["level"].fillna(0).astype("int64")
    table["area_code"] = table["area_code"].astype(str)
    if "status" not in table:
        table["status"] = pd.NA
    frame = gpd.GeoDataFrame(table, geometry="geometry", crs=given[0].crs)
    return frame.sort_values(["area_code", "level"], ignore_index=True)


def upgrade_ledger(atoms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring the ledger of a plan of version 0.1.0, with ``core`` and ``lock``, to sets.

    Returns
    -------
    atoms : DataFrame
        With ``protection_set`` and ``protected_by``.
    sets : DataFrame
        What the sets mean; cores of that version have no codes, so all are ``core``.
    """
    pairs = list(zip(atoms["core"], atoms["lock"], strict=True))
    members = [
        (*((("core", "core"),) if core else ()), *(("lock", c) for c in lock.split("+") if c))
        for core, lock in pairs
    ]
    number = {(): 0} | {m: i for i, m in enumerate(sorted(set(members) - {()}), 1)}
    at = int(atoms.columns.get_indexer(["core"])[0])
    out = atoms.drop(columns=["core", "lock"])
    out.insert(at, "protection_set", [number[m] for m in members])
    kinds = ["+".join(sorted({kind for kind, _ in m})) for m in members]
    out.insert(at + 1, "protected_by", kinds)
    rows = [(i, kind, code, pd.NA) for m, i in number.items() for kind, code in m]
    sets = pd.DataFrame(rows, columns=["protection_set", "kind", "code", "level"])
    return out, sets.astype({"level": "Int64"})


def counted_by_default() -> list[str]:
    """Name the kinds that ``protected_m2`` counts where no overlay of the scheme replaces zones."""
    kinds = load_kinds()
    return list(kinds.index[kinds["counted"]])
