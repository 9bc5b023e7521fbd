"""Areas and free land: units, pieces, places and accounts added up again from the ledger.

A second way: whole numbers by key in plain arrays, from the atoms, the class table and the lists of
sets that stand in the folder. Nothing here calls what the run adds up with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.coded import in_text
from zoning.base.shipped import load_toml
from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, made_here

Whole = npt.NDArray[np.int64]
FROM = Text("the ledger", "账目")
#: Columns that a plan without red lines does not know, and the one if red lines count in it.
_RED, _PROTECTED = ("redline_m2", "redline_level1_m2", "built_redline_m2"), "protected_m2"


def audit(plan: Plan, found: Findings) -> pd.DataFrame:
    """Add everything up again.

    Returns
    -------
    DataFrame
        The atoms with the part of each that every sum counts, for the other auditors.
    """
    keys(plan, found)
    atoms = parts(plan)
    sums = [c for c in atoms.columns if c.endswith("_m2")]
    for name, frame, key in (
        ("units", plan.units, "unit"),
        ("townships", plan.townships, "township"),
        ("counties", plan.counties, "county"),
    ):
        if frame is None:
            continue
        derived = add_up(atoms, [key], sums).reindex(frame.index, fill_value=0)
        file = "units.parquet" if key == "unit" else f"plan.gpkg: {name}"
        compare(plan, found, file, frame, derived)
    if plan.pieces is not None:
        derived = add_up(atoms, ["unit", "township"], sums)
        unit, township = (derived.index.get_level_values(k) for k in (0, 1))
        derived.index = pd.Index(unit.astype("str") + "|" + township.astype("str"))
        compare(plan, found, "plan.gpkg: pieces", plan.pieces, derived)
    _total(plan, found, atoms)
    _residuals(plan, found)
    return atoms


def compare(
    plan: Plan, found: Findings, place: str, stored: pd.DataFrame, derived: pd.DataFrame
) -> None:
    """Hold the columns of areas of a table against their sums."""
    unknown = not_known(plan)
    for column in derived.columns:
        if column not in stored:
            # Sums of kinds that nobody gave, and of land use without land use, are left out.
            if (derived[column] != 0).any() or column == "area_m2":
                text = Text(f"{place} lacks {column}", f"{place} 缺少 {column}")
                found.add("verify.areas", False, text, place)
            continue
        if column in unknown:
            hold_unknown(found, "verify.areas", place, stored, column)
            continue
        found.frame("verify.areas", place, stored, derived[[column]], source=FROM)


def not_known(plan: Plan) -> tuple[str, ...]:
    """Name the sums that nobody can know, as no red lines were given."""
    if plan.redlines is not None or plan.config.redlines.none:
        return ()
    return (*_RED, _PROTECTED) if "redline" in _counts(plan) else _RED


def hold_unknown(
    found: Findings, check: str, place: str, stored: pd.DataFrame, column: str
) -> None:
    """Hold a column of which nothing is known to that: 0 would be an answer."""
    found.add(
        check, bool(stored[column].isna().all()),
        Text(f"{place}, {column}: unknown, as no red lines were given",
             f"{place}，{column}：未给出红线，应为未知"), place,
    )  # fmt: skip


def _counts(plan: Plan) -> list[str]:
    """Name the kinds of protection that ``protected_m2`` counts."""
    own = plan.scheme.counted
    kinds = load_toml("protections", "kinds.toml")["kind"]
    return [k["code"] for k in kinds if k.get("counted")] if own is None else list(own)


def keys(plan: Plan, found: Findings) -> None:
    """Hold the keys of the atoms against the lists that they name."""
    ledger = plan.ledger
    level = plan.red_sets.groupby("red_set")["level"].min() if len(plan.red_sets) else {}
    levels = {int(k): int(v) for k, v in dict(level).items()}
    both = ledger[["red_set", "red_level"]].drop_duplicates()
    red = {int(s): int(n) for s, n in zip(both["red_set"], both["red_level"], strict=True)}
    found.column(
        "verify.red_sets", "ledger.parquet, red_level of red_set", red,
        {s: 0 if s == 0 else levels.get(s) for s in red},
        source=Text("red_sets", "红线组合表"),
    )  # fmt: skip
    table = plan.tables.get("protection_sets")
    kinds: dict[int, set[str]] = {}
    if table is not None:
        for s, kind in zip(table["protection_set"], table["kind"], strict=True):
            kinds.setdefault(int(s), set()).add(str(kind))
    if "protection_set" in ledger:
        both = ledger[["protection_set", "protected_by"]].drop_duplicates()
        stored = {
            int(s): str(p)
            for s, p in zip(both["protection_set"], both["protected_by"], strict=True)
        }
        found.column(
            "verify.protection_sets", "ledger.parquet, protected_by of protection_set",
            {s: "+".join(sorted(p.split("+"))) if p else "" for s, p in stored.items()},
            {s: "+".join(sorted(kinds.get(s, set()))) for s in stored},
            source=Text("protection_sets", "保护组合表"),
        )  # fmt: skip
        unknown = sorted({int(s) for s in stored if s != 0 and int(s) not in kinds})
        found.add(
            "verify.protection_sets", not unknown,
            Text(f"sets of protections that nothing explains: {unknown}",
                 f"未说明的保护组合：{unknown}"),
            "ledger.parquet, protection_set", measured=len(unknown), limit=0,
        )  # fmt: skip
    bad = int((ledger["area_m2"] <= 0).sum())
    found.add("verify.atoms", bad == 0, Text(f"{bad} atoms without area", f"{bad} 个账目无面积"),
              "ledger.parquet", measured=bad, limit=0)  # fmt: skip
    both = ledger[["township", "county"]].drop_duplicates()
    pairs = {(str(t), str(c)) for t, c in zip(both["township"], both["county"], strict=True)}
    if plan.townships is not None:
        stored_of = {t: c for t, c in pairs if t in plan.townships.index}
        derived_of = {t: str(plan.townships.at[t, "county"]) for t in stored_of}
        found.column("verify.counties", "ledger.parquet, county of township", stored_of,
                     derived_of, source=Text("townships", "乡镇表"))  # fmt: skip


def classes(plan: Plan) -> dict[int, dict[str, Any]]:
    """Give the class table of the run by raster value."""
    rows = plan.run.get("landuse_classes") or []
    return {int(row["value"]): dict(row) for row in rows}


def audit_classes(plan: Plan, found: Findings) -> None:
    """Hold the class table against the shipped one, unless the plan has its own."""
    landuse = plan.config.inputs.landuse
    known = classes(plan)
    if landuse is None:
        return
    if not known:
        gone = Text("run.json lacks landuse_classes: free and built land cannot be added up again",
                    "run.json 缺少 landuse_classes：可用地与建设用地无法重新汇总")  # fmt: skip
        found.add("verify.classes", not made_here(plan), gone, "run.json, landuse_classes",
                  level="error" if made_here(plan) else "note")  # fmt: skip
        return
    if getattr(landuse, "classes", None) is not None:
        found.not_looked_at(Text(
            "the class table of land use is the plan's own file, which is not in the folder",
            "地类表为方案自有文件，不在文件夹内"))  # fmt: skip
        return
    rural = bool(landuse.rural_roads_are_construction)
    derived = {}
    for row in load_toml("landuse", "classes.toml")["class"]:
        group = row["group"]
        if rural and str(row["code"]).startswith("06"):
            group = "construction"
        derived[row["value"]] = (
            f"{group} water={bool(row.get('water'))} farmland={bool(row.get('farmland'))}"
        )
    stored = {
        v: f"{r['group']} water={bool(r['water'])} farmland={bool(r['farmland'])}"
        for v, r in known.items()
    }
    found.column("verify.classes", "run.json, landuse_classes", stored, derived,
                 source=Text("the shipped table", "随软件的地类表"))  # fmt: skip


def parts(plan: Plan) -> pd.DataFrame:
    """Give each atom the area that every sum counts of it."""
    ledger = plan.ledger
    area: Whole = ledger["area_m2"].to_numpy(np.int64)
    red = ledger["red_level"].to_numpy(np.int64) > 0
    protected = in_text(ledger.get("protected_by", pd.Series("", ledger.index))).astype("str")
    kinds = {k["code"]: k for k in load_toml("protections", "kinds.toml")["kind"]}
    out = {
        k: pd.Categorical(in_text(ledger[k]).astype("str")) for k in ("unit", "township", "county")
    }
    frame = pd.DataFrame({**out, "landuse": ledger["landuse"].to_numpy()})
    # What lies over an atom is one of a few combinations: each is read once.
    number, words = pd.factorize(protected)
    each = [(set(str(p).split("+")) - {""}) | r for p in words for r in (set(), {"redline"})]
    number = 2 * number + red
    frame["under"] = pd.Categorical(np.array(["+".join(sorted(s)) for s in each], object)[number])
    frame["area_m2"] = area
    frame["redline_m2"] = np.where(red, area, 0)
    frame["redline_level1_m2"] = np.where(ledger["red_level"].to_numpy() == 1, area, 0)
    counts = _counts(plan)
    counted = np.zeros(len(red), dtype=bool)
    for kind, about in kinds.items():
        here = np.array([kind in s for s in each])[number]
        if kind in counts:
            counted |= here
        if kind != "redline":
            frame[about["column"]] = np.where(here, area, 0)
    frame["protected_m2"] = np.where(counted, area, 0)
    known = classes(plan)
    if not known:
        return frame
    value, uses = pd.factorize(ledger["landuse"])
    of = [known.get(int(v), {}) for v in uses]
    group = [row.get("group") for row in of]
    built = np.array([g == "construction" for g in group])[value]
    water = np.array([bool(row.get("water")) for row in of])[value]
    farm = np.array([bool(row.get("farmland")) for row in of])[value]
    used = np.array([g is not None for g in group])[value]
    green = np.array([g in ("ecology", "agriculture") for g in group])[value]
    kept = np.array([bool(s) for s in each])[number]
    frame["built_m2"] = np.where(built, area, 0)
    frame["built_redline_m2"] = np.where(built & red, area, 0)
    frame["water_m2"] = np.where(water, area, 0)
    frame["farmland_m2"] = np.where(farm, area, 0)
    frame["eco_agri_m2"] = np.where(green, area, 0)
    frame["free_m2"] = np.where(used & ~built & ~water & ~kept, area, 0)
    return frame


def add_up(atoms: pd.DataFrame, keys: Sequence[str], sums: Sequence[str]) -> pd.DataFrame:
    """Add up columns by keys in whole numbers."""
    joined, names = np.zeros(len(atoms), dtype=np.int64), []
    for key in keys:
        number, values = numbered(atoms[key])
        joined = joined * len(values) + number
        names.append(values)
    order = None if (joined[1:] >= joined[:-1]).all() else np.argsort(joined, kind="stable")
    joined = joined if order is None else joined[order]
    first = np.flatnonzero(np.diff(joined, prepend=-1)) if len(joined) else np.array([], dtype=int)
    groups, out = joined[first], {}
    for column in sums:
        each = atoms[column].to_numpy(np.int64)
        each = each if order is None else each[order]
        out[column] = np.add.reduceat(each, first) if len(first) else each[:0]
    at: list[Whole] = []
    for values in reversed(names):
        groups, here = np.divmod(groups, max(len(values), 1))
        at.insert(0, here)
    if len(keys) == 1:
        return pd.DataFrame(out, index=names[0].take(at[0]).rename(keys[0]))
    return pd.DataFrame(out, index=pd.MultiIndex(names, at, names=list(keys)))


def numbered(column: pd.Series) -> tuple[Whole, pd.Index]:
    """Give each row the place of its value among all, and these in order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = column.cat.categories
        if known.is_monotonic_increasing:
            return column.cat.codes.to_numpy(np.int64), known
    number, values = pd.factorize(column, sort=True, use_na_sentinel=False)
    index = pd.Index(values)
    plain = isinstance(index, pd.CategoricalIndex)
    return number.astype(np.int64), index.astype(index.categories.dtype) if plain else index


def _residuals(plan: Plan, found: Findings) -> None:
    """Hold what is left between ledger and polygons against both; a float holds 1e-6 m2 of them."""
    table = plan.tables.get("residuals")
    if table is None:
        return
    keyed = table.set_index(table["kind"].astype(str) + " " + table["code"].astype(str))
    left = keyed["ledger_m2"].astype(float) - keyed["residual_m2"].astype(float)
    found.column("verify.residuals", "plan.gpkg: residuals, shapely_m2",
                 keyed["shapely_m2"].to_dict(), left.to_dict(), tolerance=2e-6,
                 source=Text("the two other columns", "另外两列"))  # fmt: skip
    held = keyed["limit_m2"].astype(float)
    found.column("verify.residuals", "plan.gpkg: residuals, limit_m2", held.to_dict(),
                 {k: 1.0 if k == "city city" else 10.0 for k in held.index},
                 source=Text("the rule of the house", "本软件规则"))  # fmt: skip


def _total(plan: Plan, found: Findings, atoms: pd.DataFrame) -> None:
    area = plan.run["area_m2"]
    dropped = int(area.get("dropped", 0))
    total = int(atoms["area_m2"].sum())
    stored = {"city": int(area["city"]), "units": int(area.get("units", total))}
    found.column("verify.ledger", "run.json, area_m2", stored,
                 {"city": total + dropped, "units": total}, source=FROM)  # fmt: skip
