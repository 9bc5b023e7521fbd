"""A folder of Marxan with Zones: each unit takes exactly one zone.

Read as Marxan with Zones 4 reads it: files by position, what is not listed counts 0 where a file is
given and 1 where none is. Costs between zones are solved where all pairs of zones cost the same.

References
----------
M. E. Watts et al.: Marxan with Zones. Environmental Modelling & Software 24(12), 2009; the reading
of files follows the source of Marxan with Zones 4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.files.marxan_files import Folder, locate, numbers, table_of
from zoning.allocation.files.selection import Selection
from zoning.base.areas import Floats
from zoning.errors import InputError

#: Keys of Marxan with Zones that are read, and those that ask for what is not solved.
KEYS = frozenset((
    "ZONESNAME", "COSTSNAME", "ZONECOSTNAME", "ZONEBOUNDCOSTNAME", "ZONETARGETNAME",
    "ZONETARGET2NAME", "ZONECONTRIBNAME", "ZONECONTRIB2NAME", "PULOCKNAME", "PUZONENAME",
    "AVAILABLEZONE",
))  # fmt: skip
#: Kinds of a zone target: amount, share of all there is, units, share of the units that hold it.
_AMOUNT, _SHARE, _UNITS, _SHARE_OF_UNITS = 0, 1, 2, 3


def zoned(found: Folder, base: Selection, pu: pd.DataFrame, features: pd.Index) -> Selection:
    """Turn a question of one zone into one of the zones that a folder names.

    Parameters
    ----------
    found : Folder
        With keys of Marxan with Zones.
    base : Selection
        The same folder read as Marxan reads it, without locks.
    pu : DataFrame
        The table of units as texts, its columns by name.
    features : Index
        Codes of the features.

    Returns
    -------
    Selection
        ``every_unit`` holds; zones are called by their names.

    Raises
    ------
    InputError
        If a file names a zone, cost, feature or unit that is not there, or costs between zones
        differ from pair to pair while BLM is above 0.
    """
    names = _names(found)
    units = pd.Index(base.costs["unit"])
    costs = _costs(found, pu, units, names)
    costs = _allowed(found, costs, names, units)
    share = _contributions(found, names, features)
    amounts, bounds = _amounts(base, share), base.bounds.copy()
    more, ends = _zone_targets(found, base, names, features)
    return replace(
        base,
        costs=costs,
        amounts=pd.concat([amounts, more], ignore_index=True),
        bounds=pd.concat([bounds, ends]).rename_axis("constraint"),
        locks=_locks(found, names, units),
        edges=_edges(found, base.edges, names),
        every_unit=True,
        notes=tuple(found.notes),
        files=tuple(found.files),
    )


def _names(found: Folder) -> dict[int, str]:
    """Zones by number; names that occur twice give way to numbers."""
    if "ZONESNAME" not in found.words:
        return {1: "available", 2: "reserved"}
    path = locate(found, "ZONESNAME", ())
    table = table_of(found, path, ("zoneid", "zonename"))
    ids = numbers(table, "zoneid", path, whole=True)
    words = table["zonename"].astype(str)
    plain = words.where(~words.duplicated(keep=False) & (words != ""), ids.astype(str))
    return dict(zip(ids.tolist(), plain.tolist(), strict=True))


def _rows(found: Folder, key: str, columns: tuple[str, ...], known: dict[str, Any]) -> pd.DataFrame:
    """Read a table of whole numbers with a last column of numbers; what it names must be there."""
    path = locate(found, key, ())
    table = table_of(found, path, columns)
    parts = {}
    for column in columns:
        whole = column.endswith("id")
        values = numbers(table, column, path, whole=whole)
        if column in known:
            odd = ~values.isin(list(known[column]))
            if odd.any():
                line = int(values.index[odd][0])
                raise InputError.one(
                    f"{column} {values.at[line]} is in no list ({int(odd.sum())} such lines)",
                    f"{column} {values.at[line]} 不在列表中（共 {int(odd.sum())} 行）",
                    where=f"{path}, line {line}", code="marxan-other-zones",
                )  # fmt: skip
        parts[column] = values
    return pd.DataFrame(parts)


def _costs(found: Folder, pu: pd.DataFrame, units: pd.Index, names: dict[int, str]) -> pd.DataFrame:
    """Costs of each unit in each zone: columns of the units by their multipliers."""
    pu_file = locate(found, "PUNAME", ("pu.dat",))
    columns = {1: "cost"}
    if "COSTSNAME" in found.words:
        path = locate(found, "COSTSNAME", ())
        table = table_of(found, path, ("costid", "costname"))
        ids = numbers(table, "costid", path, whole=True)
        columns = dict(zip(ids.tolist(), table["costname"].str.lower().tolist(), strict=True))
    missing = [c for c in columns.values() if c not in pu]
    if missing:
        raise InputError.one(
            f"columns {', '.join(missing)} are missing", f"缺少字段 {', '.join(missing)}",
            where=str(pu_file), code="missing-column",
        )  # fmt: skip
    factor = {(z, c): 1.0 for z in names for c in columns}
    if "ZONECOSTNAME" in found.words:
        rows = _rows(found, "ZONECOSTNAME", ("zoneid", "costid", "fraction"),
                     {"zoneid": names, "costid": columns})  # fmt: skip
        factor = dict.fromkeys(factor, 0.0)
        factor |= {(z, c): f for z, c, f in rows.itertuples(index=False)}
    parts = []
    for zone, name in names.items():
        cost = np.zeros(len(units))
        for code, column in columns.items():
            if factor[zone, code]:
                cost += factor[zone, code] * numbers(pu, column, pu_file).to_numpy(np.float64)
        parts.append(pd.DataFrame({"unit": units, "zone": name, "cost": cost}))
    return pd.concat(parts, ignore_index=True)


def _allowed(
    found: Folder, costs: pd.DataFrame, names: dict[int, str], units: pd.Index
) -> pd.DataFrame:
    """Leave out zones that a unit may not have; units that are not listed may have all."""
    if "PUZONENAME" not in found.words:
        return costs
    rows = _rows(found, "PUZONENAME", ("puid", "zoneid"), {"puid": units, "zoneid": names})
    listed = pd.MultiIndex.from_arrays([rows["puid"], rows["zoneid"].map(names)])
    pair = pd.MultiIndex.from_frame(costs[["unit", "zone"]])
    keep = pair.isin(listed) | ~costs["unit"].isin(rows["puid"]).to_numpy()
    return costs[keep].reset_index(drop=True)


def _contributions(found: Folder, names: dict[int, str], features: pd.Index) -> pd.DataFrame:
    """Give what a feature in a zone counts towards its target: features x zones."""
    words = found.words
    table = pd.DataFrame(1.0, index=features, columns=list(names.values()))
    if "ZONECONTRIBNAME" in words:
        table[:] = 0.0
        rows = _rows(found, "ZONECONTRIBNAME", ("zoneid", "speciesid", "fraction"),
                     {"zoneid": names})  # fmt: skip
        for zone, feature, fraction in rows.itertuples(index=False):
            if feature in features:
                table.loc[feature, names[int(zone)]] = fraction
    elif "ZONECONTRIB2NAME" in words:
        table[:] = 0.0
        rows = _rows(found, "ZONECONTRIB2NAME", ("zoneid", "fraction"), {"zoneid": names})
        for zone, fraction in rows.itertuples(index=False):
            table[names[int(zone)]] = fraction
    return table


def _amounts(base: Selection, share: pd.DataFrame) -> pd.DataFrame:
    """Amounts of each zone; rows that count units count those that contribute at all."""
    parts = []
    count = base.amounts["constraint"].map(_counts)
    feature = base.amounts["constraint"].map(_feature)
    for zone in share.columns:
        factor = feature.map(share[zone]).to_numpy(np.float64)
        factor = np.where(count, factor > 0, factor)
        part = base.amounts.assign(zone=zone, amount=base.amounts["amount"] * factor)
        parts.append(part[part["amount"] != 0])
    return pd.concat(parts, ignore_index=True)


def _counts(name: Any) -> bool:
    return isinstance(name, str) and name.endswith(" (units)")


def _feature(name: Any) -> Any:
    return int(name.removesuffix(" (units)")) if _counts(name) else name


def _zone_targets(
    found: Folder, base: Selection, names: dict[int, str], features: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Targets of single zones: plain amounts, whatever the zone contributes."""
    plain = base.amounts[~base.amounts["constraint"].map(_counts).astype(bool)]
    there = plain.groupby("constraint")["amount"].sum()
    units = plain[plain["amount"] > 0].groupby("constraint").size()
    ends: dict[str, float] = {}
    rows: dict[str, pd.DataFrame] = {}
    for zone, feature, target, kind in _asked(found, names, features):
        counts = kind in (_UNITS, _SHARE_OF_UNITS)
        of = {_SHARE: float(there.get(feature, 0.0)),
              _SHARE_OF_UNITS: float(units.get(feature, 0))}.get(kind, 1.0)  # fmt: skip
        least = float(np.ceil(target * of)) if counts else target * of
        name = f"{feature} in {names[zone]}" + (" (units)" if counts else "")
        if least <= 0:
            ends.pop(name, None)
            continue
        mine = plain[plain["constraint"] == feature]
        held = (mine["amount"] > 0).astype(float) if counts else mine["amount"]
        ends[name] = least
        rows[name] = mine.assign(constraint=name, zone=names[zone], amount=held)
    empty = base.amounts.iloc[:0]
    amounts = pd.concat([rows[n] for n in ends]) if ends else empty
    bounds = pd.DataFrame({"lower": pd.Series(ends, dtype="float64"), "upper": np.inf})
    return amounts, bounds


def _asked(
    found: Folder, names: dict[int, str], features: pd.Index
) -> list[tuple[int, Any, float, int]]:
    asked = []
    for key, column in (("ZONETARGETNAME", "speciesid"), ("ZONETARGET2NAME", None)):
        if key not in found.words:
            continue
        path = locate(found, key, ())
        table = table_of(found, path)
        table = table.rename(columns={"featureid": "speciesid", "spid": "speciesid"})
        needed = [c for c in ("zoneid", column, "target") if c]
        missing = [c for c in needed if c not in table]
        if missing:
            raise InputError.one(
                f"columns {', '.join(missing)} are missing", f"缺少字段 {', '.join(missing)}",
                where=str(path), code="missing-column",
            )  # fmt: skip
        zones = numbers(table, "zoneid", path, whole=True)
        kinds = numbers(table, "targettype", path) if "targettype" in table else zones * 0
        target = numbers(table, "target", path)
        which = numbers(table, column, path, whole=True) if column else zones * 0
        for line in table.index:
            # As in Marxan: zones and features that are not there are passed over.
            mine = features if column is None else [which.at[line]]
            asked += [
                (int(zones.at[line]), k, float(target.at[line]), int(kinds.at[line]))
                for k in mine
                if zones.at[line] in names and k in features
            ]
    return asked


def _locks(found: Folder, names: dict[int, str], units: pd.Index) -> pd.DataFrame:
    if "PULOCKNAME" not in found.words:
        return pd.DataFrame({"unit": [], "zone": [], "locked": []})
    rows = _rows(found, "PULOCKNAME", ("puid", "zoneid"), {"puid": units, "zoneid": names})
    rows = rows.drop_duplicates("puid", keep="last")
    return pd.DataFrame({"unit": rows["puid"], "zone": rows["zoneid"].map(names), "locked": True})


def _edges(found: Folder, edges: pd.DataFrame, names: dict[int, str]) -> pd.DataFrame:
    """Split the cost between two zones in halves, for each of the two is paid."""
    own = edges[edges["a"] == edges["b"]]
    between = edges[edges["a"] != edges["b"]]
    if between.empty:
        return edges
    if "ZONEBOUNDCOSTNAME" not in found.words:
        same, other = 1.0, 1.0
    else:
        same, other = _between(found, names)
    # What is paid in any case is paid once, as an edge of one unit with itself.
    paid = between.assign(b=between["a"], weight=between["weight"] * same)
    split = between.assign(weight=between["weight"] * (other - same) / 2)
    parts = [own, *([paid] if same else []), *([split] if other != same else [])]
    return pd.concat(parts, ignore_index=True)


def _between(found: Folder, names: dict[int, str]) -> tuple[float, float]:
    """Cost of a zone beside itself and beside another, where all are alike."""
    rows = _rows(found, "ZONEBOUNDCOSTNAME", ("zoneid1", "zoneid2", "fraction"), {})
    at = {z: k for k, z in enumerate(names)}
    table: Floats = np.zeros((len(at), len(at)))
    for a, b, cost in rows.itertuples(index=False):
        if a in at and b in at:
            table[at[a], at[b]] = table[at[b], at[a]] = cost
    same, other = np.diag(table), table[~np.eye(len(at), dtype=bool)]
    even = len(set(same.tolist())) == 1 and len(set(other.tolist())) <= 1
    if not even or (len(other) and other[0] < same[0]):
        raise InputError.one(
            "costs between zones differ from pair to pair, which is not solved here while BLM is"
            " above 0",
            "各分区之间的边界费用不同，且 BLM 大于 0，此处不支持",
            where=str(locate(found, "ZONEBOUNDCOSTNAME", ())), code="marxan-zone-boundary",
        )  # fmt: skip
    return float(same[0]), float(other[0]) if len(other) else 0.0
