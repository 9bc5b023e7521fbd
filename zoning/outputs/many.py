"""What a batch of plans leaves beside them: one page, one workbook, one table, a map of all."""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.areas import km2, percent
from zoning.base.staged import staged
from zoning.base.stamp import stamped
from zoning.contribution.parts import Field
from zoning.errors import Text
from zoning.outputs import contributed
from zoning.outputs.office.whole import write_whole
from zoning.outputs.office.workbook import book_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.errors import Problem

#: Accounts that are put together over all plans.
_ACCOUNTS = ("account_city", "account_zone", "account_county", "account_zone_county")
_KEYS = ("plan", "account", "city", "zone", "county")
#: Width of the picture in pixels, and what its lines may lose in metres (our choice).
_WIDTH, _TOLERANCE_M = 900, 300.0
STATES = {
    "made": Text("made", "已完成"),
    "fails": Text("made, checks fail", "已完成，有检查未通过"),
    "infeasible": Text("rules contradict each other", "约束互相矛盾"),
    "failed": Text("not made", "未完成"),
}
_HEADS = {
    "code": Text("code", "代码"), "name": Text("plan", "方案"), "state": Text("state", "状态"),
    "units": Text("units", "单元数"), "area_m2": Text("area", "面积"),
    "existing_m2": Text("existing construction", "现状建设用地"), "cap_m2": Text("cap", "上限"),
    "new_m2": Text("new", "新增"), "share": Text("share", "占比"),
    "failing": Text("failing checks", "未通过检查"),
}  # fmt: skip


def overview(rows: Sequence[tuple[str, str, Path]]) -> pd.DataFrame:
    """Put the figures of all plans into one table.

    Parameters
    ----------
    rows : sequence of (code, state, folder)

    Returns
    -------
    DataFrame
        ``code``, ``name``, ``state``, ``units``, ``area_m2``, ``existing_m2``, ``cap_m2``,
        ``new_m2``, ``share``, ``failing``; missing where there is no plan or no account.
    """
    import pandas as pd

    found = []
    for code, state, folder in rows:
        row: dict[str, Any] = {"code": code, "name": code, "state": state}
        if state != "failed":
            run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            built = run.get("construction", {})
            row |= {
                "name": run["plan"], "units": run["grid"]["units"],
                "area_m2": run["area_m2"]["city"], "existing_m2": built.get("existing_m2"),
                "cap_m2": built.get("cap_m2"), "new_m2": built.get("new_m2"),
                "share": built.get("share"),
                "failing": sum(not c["ok"] and c["level"] == "error" for c in run["checks"]),
            }  # fmt: skip
        found.append(row)
    table = pd.DataFrame(found, columns=list(_HEADS))
    whole = ["units", "area_m2", "existing_m2", "cap_m2", "new_m2", "failing"]
    return table.astype({c: "Int64" for c in whole} | {"share": "Float64"})


def accounts(rows: Sequence[tuple[str, str, Path]]) -> pd.DataFrame:
    """Put the accounts of all plans under one another: by city, zone, county, zone and county."""
    import pandas as pd
    import pyogrio

    parts = []
    for code, state, folder in rows:
        if state == "failed":
            continue
        there = {name for name, _ in pyogrio.list_layers(folder / "plan.gpkg")}
        for name in _ACCOUNTS:
            if name in there:
                part = pyogrio.read_dataframe(folder / "plan.gpkg", layer=name, use_arrow=True)
                parts.append(part.assign(plan=code, account=name))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["plan"])
    first = [k for k in _KEYS if k in table]
    table = table[[*first, *(c for c in table.columns if c not in first)]]
    return table.astype({c: "Int64" for c in table.columns if c.endswith("_m2")})


def zones(rows: Sequence[tuple[str, str, Path]]) -> gpd.GeoDataFrame | None:
    """Give the zones of all plans, in degrees, light enough for a page."""
    import geopandas as gpd
    import pandas as pd
    import pyogrio

    parts = []
    for code, state, folder in rows:
        if state != "failed" and "zones" in {
            n for n, _ in pyogrio.list_layers(folder / "plan.gpkg")
        }:
            part = pyogrio.read_dataframe(folder / "plan.gpkg", layer="zones")
            part["geometry"] = part.geometry.simplify(_TOLERANCE_M)
            part = part[~part.geometry.is_empty].to_crs(4326)
            parts.append(
                part[["zone", "name_zh", "name_en", "colour", "geometry"]].assign(plan=code)
            )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True)) if parts else None


def write(
    folder: Path, name: str, rows: Sequence[tuple[str, str, Path]],
    problems: Mapping[str, Sequence[Problem]], lang: str = "zh",
) -> list[Path]:  # fmt: skip
    """Write what stands beside the plans.

    Parameters
    ----------
    rows : sequence of (code, state, folder)
        All plans, in their order.
    problems : mapping of code to problems
        Why plans were not made.

    Returns
    -------
    list of Path
        ``index.html``, ``accounts.xlsx``, ``accounts.parquet``, ``zones.gpkg`` (where there are
        zones).
    """
    table, ledger, shapes = overview(rows), accounts(rows), zones(rows)
    maps = {code for code, _, place in rows if (place / "map.html").is_file()}
    page = _page(name, table, shapes, problems, lang, maps)
    workbook = _workbook(name, {"plans": table, "accounts": ledger}, shapes, lang)
    names = ["index.html", "accounts.xlsx", "accounts.parquet"]
    with staged(folder, last=("index.html",), foreign="refuse") as stage:
        write_whole(stage / "index.html", page.encode())
        write_whole(stage / "accounts.xlsx", workbook)
        ledger.to_parquet(stage / "accounts.parquet", index=False)
        if shapes is not None:
            names.append("zones.gpkg")
            with stamped():
                shapes.to_file(stage / "zones.gpkg", layer="zones", engine="pyogrio")
    return [folder / n for n in names]


def _workbook(
    name: str, tables: Mapping[str, pd.DataFrame], shapes: gpd.GeoDataFrame | None, lang: str
) -> bytes:
    """Write the tables as the workbook of a plan is written, codes in words."""
    side = "name_zh" if lang == "zh" else "name_en"
    zone_names = {} if shapes is None else dict(zip(shapes["zone"], shapes[side], strict=True))
    known = {"zone": zone_names}
    return book_of(name, tables, contributed.Words([], _fields()), known, lang)


def _fields() -> dict[str, Field]:
    units = {"units": "count", "failing": "count", "share": "1"}
    heads = {**_HEADS, "plan": Text("code", "方案代码"), "account": Text("account", "账目")}
    names = {k: Text(words.table_name(k, "en"), words.table_name(k)) for k in _ACCOUNTS}
    codes: dict[str, Mapping[str, Text]] = {"state": STATES, "account": names}
    return {
        c: Field(c, label, label, "m2" if c.endswith("_m2") else units.get(c, ""), codes.get(c, {}))
        for c, label in heads.items()
    }


def _page(
    name: str, table: pd.DataFrame, shapes: gpd.GeoDataFrame | None,
    problems: Mapping[str, Sequence[Problem]], lang: str, maps: Collection[str],
) -> str:  # fmt: skip
    """Write the page of a batch; it needs no network and runs no script."""
    heads = "".join(f"<th>{html.escape(_HEADS[c].get(lang))}</th>" for c in table.columns)
    body = "".join(_row(row, lang, maps) for row in table.to_dict("records"))
    listed = "".join(
        f"<h2>{html.escape(code)}</h2><ul>"
        + "".join(f"<li>{html.escape(p.tell(lang))}</li>" for p in found)
        + "</ul>"
        for code, found in problems.items()
        if found
    )
    picture = "" if shapes is None else _picture(shapes, lang)
    return (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head>'
        '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(name)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{html.escape(name)}</h1>{picture}<table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table>{listed}</body></html>\n"
    )


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;color:#222}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.3em .6em;text-align:right;"
    "border-bottom:1px solid #ddd}th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}"
    ".failed,.infeasible{color:#a11d1d}.fails{color:#8a5a00}svg{width:100%;height:auto}"
    ".key{display:inline-block;width:1em;height:1em;margin:0 .3em 0 1em;vertical-align:-.1em}"
)


def _row(row: Mapping[str, Any], lang: str, maps: Collection[str]) -> str:
    import pandas as pd

    def told(column: str) -> str:
        value = row[column]
        if value is None or value is pd.NA or value != value:
            return "–"
        if column.endswith("_m2"):
            return html.escape(km2(int(value)))
        if column == "share":
            return html.escape(percent(float(value)))
        if column == "state":
            return html.escape(STATES[str(value)].get(lang))
        return html.escape(f"{value:,}" if isinstance(value, int) else str(value))

    code = html.escape(str(row["code"]))
    cells = [f'<a href="{code}/map.html">{code}</a>' if row["code"] in maps else code]
    cells += [told(c) for c in row if c != "code"]
    return f'<tr class="{row["state"]}">' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"


def _picture(shapes: gpd.GeoDataFrame, lang: str) -> str:
    """Draw the zones of all plans; a parallel is shortened as in the middle of the picture."""
    import math

    import shapely

    west, south, east, north = shapes.total_bounds
    narrow = math.cos(math.radians((south + north) / 2))
    scale = _WIDTH / max((east - west) * narrow, 1e-9)
    paths = []
    for row in shapes.itertuples():
        rings = []
        for part in shapely.get_parts(row.geometry):
            if part.geom_type == "Polygon":
                for ring in (part.exterior, *part.interiors):
                    xy = shapely.get_coordinates(ring)
                    x, y = (xy[:, 0] - west) * narrow * scale, (north - xy[:, 1]) * scale
                    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
                    rings.append(f"M{points}Z")
        label = row.name_zh if lang == "zh" else row.name_en
        paths.append(
            f'<path fill="{html.escape(row.colour)}" fill-rule="evenodd" d="{"".join(rings)}">'
            f"<title>{html.escape(f'{row.plan} {label}')}</title></path>"
        )
    high = (north - south) * scale
    keys = shapes.drop_duplicates(["zone", "colour"])
    legend = "".join(
        f'<span class="key" style="background:{html.escape(k.colour)}"></span>'
        f"{html.escape(k.name_zh if lang == 'zh' else k.name_en)}"
        for k in keys.itertuples()
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {high:.0f}" role="img">{"".join(paths)}</svg><p>{legend}</p>'
    )
