"""Decisions on conflicts: edited in QGIS or a spreadsheet, read back, held against what is there.

`layer` gives GIS staff every patch with fields to decide in; `read` reads them again. A decision is
applied where the patch still is what it was: its claims are the same, its area within a hundredth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.still import still
from zoning.errors import Check, InputError, Problem, Text, meant, raise_all, suggest
from zoning.inputs.plans import role_of
from zoning.review.audit.resolve import NOBODY

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Name of the layer that GIS staff edit.
LAYER = "decisions_conflicts"
COLUMNS = ("conflict", "state", "gives_way", "reason", "who", "date", "claims", "area_m2")
#: What a person may say, and the states that a patch may have.
DECIDED = ("decided", "closed")
STATES = ("open", "proposed", *DECIDED)
STATE_NAMES = {
    "open": Text("open", "待处置"), "proposed": Text("proposed", "已有建议"),
    "decided": Text("decided", "已决定"), "closed": Text("closed", "已销号"),
}  # fmt: skip
#: Between claims of one set, and between codes in one cell.
JOIN = " + "
#: A patch is the same one if its area is within this part of what it was.
_SAME = 0.01


def read(path: Path, roles: Collection[str]) -> pd.DataFrame:
    """Read decisions from a GeoPackage, CSV or XLSX; rows without a state decided are left alone.

    Parameters
    ----------
    path : Path
    roles : collection of str
        Roles that may give way.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, sorted by conflict.

    Raises
    ------
    InputError
        Everything that is wrong, row by row.
    """
    import pandas as pd

    table = _table(path)
    absent = [c for c in ("conflict", "reason", "who", "date") if c not in table]
    if absent or not {"decided_state", "state"} & set(table):
        raise InputError.one(
            f"columns are missing: {', '.join(absent or ['decided_state'])}",
            f"缺少字段：{'、'.join(absent or ['decided_state'])}", where=str(path),
            code="missing-column",
            remedy=("zoning export DIR --to decisions writes the layer to fill in",
                    "zoning export 目录 --to decisions 可生成待填图层"),
        )  # fmt: skip
    state = "decided_state" if "decided_state" in table else "state"
    rows = []
    for row in table.to_dict("records"):
        said = _text(row.get(state))
        if said is not None:
            found = {c: _text(row.get(c)) for c in COLUMNS}
            way = _role(found["gives_way"], roles)
            rows.append({**found, "state": _state(said), "gives_way": way})
    raise_all(_problems(rows, path, roles))
    out = pd.DataFrame(rows, columns=list(COLUMNS)).astype("string")
    out["area_m2"] = pd.to_numeric(out["area_m2"], errors="coerce").round().astype("Int64")
    return out.sort_values("conflict", ignore_index=True)


def _state(said: str) -> str:
    """Read a state by its code or by its name in either language."""
    known = {n.casefold(): code for code, names in STATE_NAMES.items() for n in (code, *names)}
    return known.get(said.casefold(), said)


def _role(said: str | None, roles: Collection[str]) -> str | None:
    """Read a role by its code, its name, or as claims and proposals are written: role=class."""
    head = (said or "").split("=")[0].strip()
    names = {n: r for r in roles for n in (r, *role_of(r).name)}
    return names.get(head, said)


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        if path.suffix.lower() == ".gpkg":
            import geopandas as gpd
            import pyogrio

            path = still(path)
            there = [str(n) for n, _ in pyogrio.list_layers(path)]
            name = LAYER if LAYER in there or len(there) != 1 else there[0]
            return pd.DataFrame(gpd.read_file(path, layer=name, ignore_geometry=True))
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            return pd.read_excel(path, dtype=object, engine="openpyxl")
        try:
            return pd.read_csv(path, dtype=str, encoding="utf-8-sig")
        except UnicodeDecodeError:
            return pd.read_csv(path, dtype=str, encoding="gb18030")
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError.one(
            f"cannot be read: {error}", f"无法读取：{error}", where=str(path), code="bad-file"
        ) from error


def _text(value: Any) -> str | None:
    import pandas as pd

    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, dt.date | pd.Timestamp):
        return value.isoformat()[:10]
    return str(value).strip() or None


def _problems(rows: list[dict[str, Any]], path: Path, roles: Collection[str]) -> list[Problem]:
    found, seen = [], set()
    for n, row in enumerate(rows, 1):
        where = f"{path.name}, decision {n}"

        def wrong(en: str, zh: str, remedy: Text | None = None, place: str = where) -> None:
            found.append(Problem(Text(en, zh), place, remedy=remedy, code="decision"))

        for name in ("conflict", "reason", "who", "date"):
            if row[name] is None:
                wrong(f"has no {name}", f"缺少 {name}")
        if row["state"] not in STATES:
            wrong(f"unknown state '{row['state']}'", f"未知状态“{row['state']}”",
                  Text("one of " + ", ".join(STATES), "可用：" + "、".join(STATES)))  # fmt: skip
        if row["gives_way"] not in (None, NOBODY, *roles):
            near = suggest(row["gives_way"], roles)
            wrong(f"'{row['gives_way']}' is no role of this plan",
                  f"“{row['gives_way']}”不是本方案的角色",
                  meant(near))  # fmt: skip
        if row["date"] is not None and not _is_date(row["date"]):
            wrong(f"date '{row['date']}' is not YYYY-MM-DD", f"日期“{row['date']}”非 YYYY-MM-DD")
        if row["conflict"] in seen:
            wrong(f"decides {row['conflict']} again", f"重复决定 {row['conflict']}")
        seen.add(row["conflict"])
    return found


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def review(decisions: pd.DataFrame, patches: pd.DataFrame) -> pd.DataFrame:
    """Hold decisions against the patches that there are now.

    Parameters
    ----------
    decisions : DataFrame
        Of :func:`read`.
    patches : DataFrame
        ``conflict``, ``claims``, ``area_m2``.

    Returns
    -------
    DataFrame
        The decisions with ``standing``: ``applied``; ``idle`` (it says open or proposed);
        ``stale`` (the patch is not what it was); ``no-claim`` (who is to give way claims nothing
        there); ``no-place`` (there is no such patch any more).
    """
    import pandas as pd

    now = patches.set_index("conflict")
    told = []
    for row in decisions.itertuples():
        if row.conflict not in now.index:
            told.append("no-place")
            continue
        claims, m2 = now.loc[row.conflict, ["claims", "area_m2"]]
        other = pd.notna(row.claims) and row.claims != claims
        grown = pd.notna(row.area_m2) and abs(m2 - row.area_m2) > max(1, _SAME * row.area_m2)
        here = {c.split("=")[0] for c in str(claims).split(JOIN)}
        if other or grown:
            told.append("stale")
        elif row.state not in DECIDED:
            told.append("idle")
        else:
            known = pd.isna(row.gives_way) or row.gives_way in (NOBODY, *here)
            told.append("applied" if known else "no-claim")
    return decisions.assign(standing=pd.array(told, dtype="string"))


_NOT_APPLIED = {
    "no-place": Text("decided, but there is no such conflict any more",
                     "已有决定，但该冲突已不存在"),
    "stale": Text("decided, but the patch is not what it was: the decision is not applied",
                  "已有决定，但图斑已变化：未采用该决定"),
    "no-claim": Text("'{}' is to give way, but claims nothing there: the decision is not applied",
                     "决定由“{}”让步，但其在此处没有主张：未采用该决定"),
}  # fmt: skip


def checks(reviewed: pd.DataFrame) -> list[Check]:
    """Tell decisions that do not stand any more."""
    found = []
    for row in reviewed.itertuples():
        if row.standing in _NOT_APPLIED:
            way = str(row.gives_way)
            en, zh = (words.format(way) for words in _NOT_APPLIED[row.standing])
            found.append(Check(
                "audit.decision", "warning", False, None, None, "", str(row.conflict),
                Text(en, zh), Text("decide it again", "请重新决定"),
            ))  # fmt: skip
    return found


def layer(conflicts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give GIS staff every patch with fields to decide in; what is decided stands in them.

    Parameters
    ----------
    conflicts : GeoDataFrame
        The layer ``conflicts`` of a plan.

    Returns
    -------
    GeoDataFrame
        With ``decided_state``, ``gives_way``, ``reason``, ``who``, ``date``.
    """
    import pandas as pd

    keep = ["conflict", "kind", "level", "claims", "area_m2", "width_m", "township", "rule",
            "proposal", "state"]  # fmt: skip
    out = conflicts[[*keep, "geometry"]].copy()
    done = conflicts["state"].isin(DECIDED)
    out["decided_state"] = conflicts["state"].where(done, "").astype("string")
    for name in ("gives_way", "reason", "who", "date"):
        out[name] = conflicts[name].where(done, pd.NA).fillna("").astype("string")
    return out.sort_values("conflict", ignore_index=True)
