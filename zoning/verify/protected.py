"""Accounts of protected land, added up again: kinds, areas, levels, places and units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.areas import classes
from zoning.verify.compare import Findings, missing

_WING = "protections"
_FROM = Text("the ledger", "账目")
_SUMS = ("area_m2", "built_m2", "farmland_m2", "water_m2")
#: The row that brings the sum of kinds to their union; a unit that nothing protects.
_REST, _BARE = "overlap", "none"
Sums = dict[str, dict[str, int]]


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Hold every table of protected land against the atoms and the sets that lie over them.

    Parameters
    ----------
    plan : Plan
    atoms : DataFrame
        Of `zoning.verify.areas.parts`, in the order of the ledger.
    found : Findings
    """
    given = next((c for c in plan.contributions if c.wing == _WING), None)
    if given is None or "protection_set" not in plan.ledger:
        return
    tables = {t.name: t.frame for t in given.tables}
    kinds = [str(k["code"]) for k in load_toml("protections", "kinds.toml")["kind"]]
    under = np.array([frozenset(u.split("+")) - {""} for u in atoms["under"]], dtype=object)
    over = {k: np.fromiter((k in u for u in under), bool, len(under)) for k in kinds}
    right: dict[str, Sums] = {"protection_kinds": _kinds(plan, atoms, over, under)}
    zone = plan.units.get("zone", None)
    places = {
        "county": atoms["county"], "township": atoms["township"],
        "zone": None if zone is None else atoms["unit"].map(zone.astype(object)),
    }  # fmt: skip
    for key, codes in places.items():
        if codes is not None:
            right[f"protection_by_{key}"] = _by_place(atoms, codes, over)
    right["protection_areas"], right["protection_levels"] = _by_set(plan, atoms)
    right["protection_units"] = _units(atoms, over)
    keys = {"protection_kinds": ["kind"], "protection_areas": ["kind", "code"],
            "protection_levels": ["kind", "level"], "protection_units": ["unit"]}  # fmt: skip
    for name, sums in right.items():
        if name in tables:
            by = keys.get(name, [name.removeprefix("protection_by_"), "kind"])
            _hold(name, tables[name], by, sums, found)
    if "protection_units" in tables:
        _hold_units(tables["protection_units"], atoms, over, kinds, found)
    if "published_m2" in tables.get("protection_areas", ()):
        _hold_published(tables["protection_areas"], found)


def _hold(name: str, table: pd.DataFrame, by: list[str], right: Sums, found: Findings) -> None:
    """Compare the whole numbers of a table, row by row."""
    keys = [_key(row) for row in table[by].itertuples(index=False, name=None)]
    columns = {c for row in right.values() for c in row}
    for column in sorted(columns & set(table.columns)):
        had = {k: None if missing(v) else int(v) for k, v in zip(keys, table[column], strict=True)}
        want = {k: row.get(column) for k, row in right.items()}
        found.column("verify.protections", f"plan.gpkg: {name}, {column}", had, want,
                     source=_FROM)  # fmt: skip


def _key(parts: Iterable[Any]) -> str:
    """Join the keys of a row; a level is a whole number, what is missing a dash."""
    said = ["-" if missing(p) else p for p in parts]
    return ", ".join(str(int(p)) if isinstance(p, float) else str(p) for p in said)


def _sum(atoms: pd.DataFrame, here: Any) -> dict[str, int]:
    return {c: int(atoms[c].to_numpy(np.int64)[here].sum()) for c in _SUMS if c in atoms}


def _kinds(plan: Plan, atoms: pd.DataFrame, over: Mapping[str, Any], under: Any) -> Sums:
    """Add up each kind, what it alone keeps open, and the row that closes the table."""
    out = {k: _sum(atoms, here) for k, here in over.items() if here.any()}
    union = _sum(atoms, np.fromiter((bool(u) for u in under), bool, len(under)))
    rest = {c: union[c] - sum(r[c] for r in out.values()) for c in union}
    if "built_m2" in atoms:
        known = classes(plan)
        used = [known.get(int(v), {}).get("group") is not None for v in atoms["landuse"]]
        bare = (atoms["built_m2"] == 0) & (atoms["water_m2"] == 0) & np.array(used)
        for kind in out:
            alone = np.fromiter((u == {kind} for u in under), bool, len(under))
            out[kind]["kept_m2"] = int(atoms["area_m2"].to_numpy()[alone & bare].sum())
    for kind, count in _counted(plan).items():
        if kind in out:
            out[kind]["areas"] = count
    return {**out, _REST: rest}


def _counted(plan: Plan) -> dict[str, int]:
    """Count the areas of each kind: in the layer, and red lines in their sets."""
    layers = [x.frame for c in plan.contributions for x in c.layers if x.name == _WING]
    out = {str(k): len(set(t["code"])) for f in layers for k, t in f.groupby("kind")}
    return {**out, "redline": len(set(plan.red_sets["area_code"]))}


def _by_place(atoms: pd.DataFrame, codes: pd.Series, over: Mapping[str, Any]) -> Sums:
    """Add up each kind in each place; land in no place has a row of its own."""
    said = np.array(["-" if missing(c) else str(c) for c in codes], dtype=object)
    names, at = np.unique(said, return_inverse=True)
    out: Sums = {}
    for kind, here in over.items():
        totals = {
            c: np.bincount(at[here], atoms[c].to_numpy(np.float64)[here], len(names))
            for c in _SUMS if c in atoms
        }  # fmt: skip
        for i in sorted(set(at[here].tolist())):
            out[f"{names[i]}, {kind}"] = {c: int(v[i]) for c, v in totals.items()}
    return out


def _by_set(plan: Plan, atoms: pd.DataFrame) -> tuple[Sums, Sums]:
    """Count each atom once for every area over it, and once for the strictest level of a kind."""
    table = plan.tables.get("protection_sets")
    areas: dict[int, set[tuple[str, str]]] = {}
    levels: dict[tuple[int, str], list[int]] = {}
    rows = () if table is None else zip(
        table["protection_set"], table["kind"], table["code"], table["level"], strict=True
    )  # fmt: skip
    for number, kind, code, level in rows:
        areas.setdefault(int(number), set()).add((str(kind), str(code)))
        own = levels.setdefault((int(number), str(kind)), [])
        if not missing(level):
            own.append(int(level))
    by_set = atoms.groupby(plan.ledger["protection_set"].to_numpy())[
        [c for c in _SUMS if c in atoms]
    ].sum()  # fmt: skip
    by_area: Sums = {}
    by_level: Sums = {}
    for number, row in by_set.iterrows():
        for pair in areas.get(int(number), ()):
            _add(by_area, _key(pair), row)
        for kind in {k for k, _ in areas.get(int(number), ())}:
            own = levels[int(number), kind]
            _add(by_level, _key((kind, min(own) if own else None)), row)
    return by_area, by_level


def _add(sums: Sums, key: str, row: pd.Series) -> None:
    into = sums.setdefault(key, dict.fromkeys(row.index, 0))
    for column, value in row.items():
        into[str(column)] += int(value)


def _units(atoms: pd.DataFrame, over: Mapping[str, Any]) -> Sums:
    """Give what of each unit is protected by anything."""
    any_kind = np.logical_or.reduce([*over.values()])
    area = pd.Series(np.where(any_kind, atoms["area_m2"], 0))
    size = area.groupby(atoms["unit"].to_numpy()).sum()
    return {str(u): {"area_m2": int(v)} for u, v in size.items()}


def _hold_units(
    table: pd.DataFrame, atoms: pd.DataFrame, over: Mapping[str, Any], kinds: list[str],
    found: Findings,
) -> None:  # fmt: skip
    """Hold the share of each unit, and the kind that covers most of it."""
    unit = atoms["unit"].to_numpy()
    area = atoms["area_m2"].to_numpy(np.int64)
    whole = pd.Series(area).groupby(unit).sum()
    sizes = pd.DataFrame({k: pd.Series(np.where(over[k], area, 0)).groupby(unit).sum()
                          for k in kinds})  # fmt: skip
    most = sizes.idxmax(axis=1).where(sizes.max(axis=1) > 0, _BARE)  # the first of equal ones
    keys = table["unit"].astype(str)
    found.column("verify.protections", "plan.gpkg: protection_units, kind",
                 dict(zip(keys, table["kind"].astype(str), strict=True)),
                 {str(u): str(k) for u, k in most.items()}, source=_FROM)  # fmt: skip
    shares = {
        u: int(a) / int(whole[u]) for u, a in zip(keys, table["area_m2"], strict=True) if u in whole
    }
    found.column("verify.protections", "plan.gpkg: protection_units, protected_share",
                 {u: float(v) for u, v in zip(keys, table["protected_share"], strict=True)},
                 shares, source=_FROM)  # fmt: skip


def _hold_published(table: pd.DataFrame, found: Findings) -> None:
    keys = [_key(row) for row in table[["kind", "code"]].itertuples(index=False, name=None)]
    left = table["area_m2"].astype("Int64") - table["published_m2"].astype("Int64")
    found.column(
        "verify.protections", "plan.gpkg: protection_areas, difference_m2",
        {k: None if missing(v) else int(v)
         for k, v in zip(keys, table["difference_m2"], strict=True)},
        {k: None if missing(v) else int(v) for k, v in zip(keys, left, strict=True)},
        source=Text("the two other columns", "另外两列"),
    )  # fmt: skip
