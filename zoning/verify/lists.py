"""Access lists and environment units: their words and counts, and industries of parks derived anew.

What a park may hold follows from three tables of the plan: the list, the register, the zones of
each park. A run asks the resolver of sites; here it is a few loops over plain rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.errors import Text, ZoningError
from zoning.inputs.access import COLUMNS, DIMENSIONS, SCOPES, STATUSES
from zoning.plan import Plan
from zoning.verify.compare import Findings

_LIST = Text("access_list, park_register and park_zones", "准入清单、园区登记表与园区所在功能区")
_UNIT = re.compile(r"ZH\d{6}([123])\d{4}")
Row = Mapping[str, str]


def audit(plan: Plan, found: Findings) -> None:
    """Hold lists and units against their own words and counts; plans without them have none."""
    given = next((c for c in plan.contributions if c.wing == "access"), None)
    if given is None:
        return
    said = " ".join(p.en for chapter in given.chapters for p in chapter.paragraphs)
    table = next((t.frame for t in given.tables if t.name == "access_list"), None)
    layer = next((x.frame for x in given.layers if x.name == "environment_units"), None)
    counts = {r: sum(int(s["features"]) for s in plan.run.get("inputs", ()) if s["role"] == r)
              for r in ("access", "environment_units")}  # fmt: skip
    if table is not None:
        rows = _rows(table)
        sound = _words(rows, found)
        told = re.search(r"(\d+) rows of access lists", said)
        sizes = {"rows": counts["access"], "told": int(told[1]) if told else -1}
        found.column("verify.access", "plan.gpkg: access_list, rows", sizes,
                     dict.fromkeys(sizes, len(rows)), source=_LIST)  # fmt: skip
        if sound:
            _industries(plan, rows, found)
    if layer is not None:
        _units(layer, said, counts["environment_units"], found)


def _rows(table: pd.DataFrame) -> list[Row]:
    plain = table.reindex(columns=list(COLUMNS)).astype(object)
    return [dict(r) for r in plain.where(plain.notna(), "").astype(str).to_dict("records")]


def _words(rows: Iterable[Row], found: Findings) -> bool:
    """Say whether every row is of known words, and of a code that can be one."""
    known: dict[str, Any] = {"scope": SCOPES, "status": STATUSES, "dimension": DIMENSIONS}
    odd = [
        f"{i + 1}: {name} {row[name]}"
        for i, row in enumerate(rows)
        for name, words in known.items()
        if row[name] not in words
    ]
    odd += [
        f"{i + 1}: code_prefix {row['code_prefix']}"
        for i, row in enumerate(rows)
        if not re.fullmatch(r"\*|[A-Z]\d{0,4}", row["code_prefix"])
    ]
    first = f": {odd[0]}" if odd else ""
    found.add("verify.access", not odd,
              Text(f"{len(odd)} cells of access_list are no word of a list{first}",
                   f"准入清单中 {len(odd)} 处用词无效{first}"),
              "plan.gpkg: access_list, words", measured=len(odd), limit=0)  # fmt: skip
    return not odd


def _units(layer: Any, said: str, features: int, found: Findings) -> None:
    """Categories follow from codes, and the chapter counts them."""
    codes = layer["code"].astype(str).tolist()
    stored = dict(zip(codes, layer["category"].astype(str), strict=True))
    source = Text("the codes of the units", "单元编码")
    own = {c: hit[1] for c in codes if (hit := _UNIT.fullmatch(c))}
    found.column("verify.access", "plan.gpkg: environment_units, category",
                 {c: int(stored[c]) for c in own}, {c: int(k) for c, k in own.items()},
                 source=source)  # fmt: skip
    told = re.search(r"Environment units: (.*?)\.", said)
    numbers = [int(n) for n in re.findall(r"\d+", told[1])] if told else []
    counts = {k: list(stored.values()).count(k) for k in "123"}
    found.column("verify.access", "plan.gpkg: environment_units, rows",
                 {**dict(zip("123", numbers, strict=False)), "all": features},
                 {**counts, "all": len(codes)}, source=source)  # fmt: skip


def _industries(plan: Plan, rows: list[Row], found: Findings) -> None:
    """Derive the findings on industries.

    The day of the run is on no record: of all days that a list knows one must fit.
    """
    parks = next((c for c in plan.contributions if c.wing == "parks"), None)
    if parks is None:
        return
    tables = {t.name: t.frame for t in parks.tables}
    register, zones = tables.get("park_register"), tables.get("park_zones")
    if register is None or zones is None:
        return
    stored: dict[str, int] = {}
    findings = tables.get("park_findings", pd.DataFrame(columns=["park", "check", "level", "en"]))
    for r in findings[findings["check"] == "industry"].itertuples():
        key = f"{r.park}|{r.level}|{str(r.en).split(':')[0]}"
        stored[key] = stored.get(key, 0) + 1
    by = zones[zones["zone"].fillna("") != ""].groupby("park")["zone"].agg(list).to_dict()
    ways = [_derived(register, by, rows, day) for day in _days(rows)]
    best = min(ways, key=lambda w: len(set(w.items()) ^ set(stored.items())))
    found.column("verify.parks", "plan.gpkg: park_findings, industry", stored, best, source=_LIST)


def _days(rows: Iterable[Row]) -> list[str]:
    """Give a day before all dates, and each date on which a row begins or has ended."""
    dates = {r[c][:10] for r in rows for c in ("valid_from", "valid_to") if r[c]}
    return ["0001-01-01", *sorted({x for d in dates for x in (d, f"{d}~")})]


def _derived(
    register: pd.DataFrame, zones: Mapping[str, list[str]], rows: list[Row], day: str
) -> dict[str, int]:
    """Give what is told of each park, level and industry on a day."""
    out: dict[str, int] = {}
    here = [r for r in rows if (r["valid_from"] or "0")[:10] <= day
            and (not r["valid_to"] or day <= r["valid_to"][:10]) and not r["rule"]
            and not r["catalogue_item"]]  # fmt: skip
    for park in register.itertuples():
        words = re.split(r"[,;，；、/|\s]+", "" if pd.isna(park.leading_industries) else
                         str(park.leading_industries))  # fmt: skip
        for code in filter(None, map(_code, words)):
            worst = _worst(here, code, set(zones.get(str(park.code), ())), str(park.code))
            if worst not in ("allowed", "encouraged"):
                level = "error" if worst == "forbidden" else "warning"
                key = f"{park.code}|{level}|{code}"
                out[key] = out.get(key, 0) + 1
    return out


def _code(word: str) -> str:
    """Write a code with its section; a word that is no code gives an empty one."""
    from zoning.inputs.access import industry_code

    try:
        return industry_code(word)
    except ZoningError:
        return ""


def _worst(rows: list[Row], code: str, zones: set[str], park: str) -> str:
    """Say what all lists say of an industry in a park: the worst of what counts in each."""
    counts: dict[tuple[str, ...], Row] = {}
    for row in rows:
        prefix = "" if row["code_prefix"] == "*" else row["code_prefix"]
        wanted = {"zone": zones | ({"*"} if zones else set()), "park": {park, "*"}}
        here = row["scope"] == "all" or row["scope_id"] in wanted.get(row["scope"], ())
        if not here or not code.startswith(prefix):
            continue
        key = (row["list"], row["scope"], row["scope_id"], row["dimension"])
        old = counts.get(key)
        if old is None or _rank(row) > _rank(old):
            counts[key] = row
    exact = {k[0] for k, r in counts.items() if r["code_prefix"] != "*"}
    said = [r["status"] for k, r in counts.items() if r["code_prefix"] != "*" or k[0] not in exact]
    return min(said, key=STATUSES.index) if said else "unlisted"


def _rank(row: Row) -> tuple[int, str, int]:
    """Rank a row: longer prefix, then newer, then worse."""
    prefix = 0 if row["code_prefix"] == "*" else len(row["code_prefix"])
    return prefix, row["valid_from"], -STATUSES.index(row["status"])


def again(plan: Plan, folder: Path, found: Findings) -> None:
    """Read lists and units from the files of the run, and hold the plan's tables against them."""
    from zoning.inputs.access import read_lists
    from zoning.inputs.environment import read_environment

    given = next((c for c in plan.contributions if c.wing == "access"), None)
    if given is None:
        return
    inputs, source = plan.config.inputs, Text("the files", "输入文件")
    try:
        paths = [p.path if p.path == "made-up" else folder / p.path for p in inputs.access]
        access = read_lists(paths)[0]
        part, units = inputs.environment_units, None
        if part is not None:
            units = read_environment(part, folder, plan.grid.crs)[0]
    except ZoningError as error:
        found.add("verify.access", False, Text(error.tell("en"), error.tell("zh")), str(folder))
        return
    for name, read, kept in (
        ("access_list", access, {t.name: t.frame for t in given.tables}.get("access_list")),
        ("environment_units", units,
         {x.name: x.frame for x in given.layers}.get("environment_units")),
    ):  # fmt: skip
        if read is None or kept is None:
            continue
        columns = [c for c in read.columns if c != "geometry"]
        cells = [{f"{i + 1}|{c}": "" if pd.isna(v) else str(v) for i, row in enumerate(
            f.reindex(columns=columns).astype(object).to_dict("records"))
            for c, v in row.items()} for f in (kept, read)]  # fmt: skip
        found.column("verify.access", f"plan.gpkg: {name}, cells", cells[0], cells[1],
                     source=source)  # fmt: skip
