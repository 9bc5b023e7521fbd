"""Yearly maintenance of a planning database: what stood before, the change, what stands after.

Layers and fields are data (``data/official/yearly-maintenance.toml``) with the evidence for each.
Of every official layer the features that differ are written three times: ``WHQ...`` as they were,
``WHC...`` as the change, ``WHH...`` as they are. Codes that could not be read stay empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from zoning.base.shipped import load_toml
from zoning.base.staged import staged
from zoning.outputs.exchange import gdb, official
from zoning.outputs.office.whole import stamp
from zoning.outputs.qgis import geopackage

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.plan import Plan

#: Fields that say nothing of a feature itself: numbers of rows, remarks, and areas that follow.
_ASIDE = ("BSM", "BZ", "MJ")
#: Changes of shape below this area are noise of coordinates, m2 (our choice).
_NOISE_M2 = 0.5


def schema() -> dict[str, Any]:
    """Give layers, fields and types of change as data."""
    return load_toml("official", "yearly-maintenance.toml")


def write(
    before: Plan,
    after: Plan,
    folder: Path,
    lang: str = "zh",
    *,
    reasons: Mapping[str, str] | None = None,
    remark: str = "",
) -> list[Path]:
    """Write the geodatabase of a year's changes, the same as GeoPackage, and what is known of it.

    Parameters
    ----------
    before, after : Plan
        On one lattice, so in one CRS.
    folder : Path
        Files lie in ``official-change`` inside.
    lang : {"zh", "en"}
        Language of the report.
    reasons : mapping of code to text, optional
        Why a place changed, for the remark of its change.
    remark : str
        A sentence for the report.

    Returns
    -------
    list of Path
        Only layers that changed are there; of two equal plans the report alone.
    """
    made = layers(before, after, reasons or {})
    target = database_name(after)
    gdb.check_place(folder / "official-change" / target)
    place = folder / "official-change"
    with staged(place, last=("conformance.md",)) as stage:
        if made:
            called = titles(made)
            official.write_named(made, stage / "official-change.gpkg", "GPKG", called)
            official.write_named(made, stage / target, "OpenFileGDB", called)
        text = conformance(made, after, lang, remark)
        (stage / "conformance.md").write_text(text, encoding="utf-8", newline="\n")
        names = [p.name for p in stage.iterdir()]
    return sorted(place / name for name in names)


def database_name(plan: Plan) -> str:
    """Name the geodatabase: code and name of the city, and the year."""
    code = ""
    if plan.counties is not None and len(plan.counties):
        heads = {str(c)[:4] for c in plan.counties.index}
        code = f"{heads.pop()}00" if len(heads) == 1 else ""
    name = str(plan.city["name"].iloc[0]) if "name" in plan.city else plan.name
    kept = "".join(c for c in name if c.isalnum())
    form = schema()["name"]["form"]
    return str(form.format(code=code if code.isdigit() else "", name=kept, year=stamp().year))


def layers(before: Plan, after: Plan, reasons: Mapping[str, str]) -> dict[str, gpd.GeoDataFrame]:
    """Make the three layers of every official layer that changed, in degrees.

    Parameters
    ----------
    before, after : Plan
    reasons : mapping of code to text

    Returns
    -------
    dict of str to GeoDataFrame
        By official name, such as ``WHQXZZTGNDW``.
    """
    one, two = official.layers(before), official.layers(after)
    sources = [geopackage.layers(p) for p in (before, after)]
    found: dict[str, gpd.GeoDataFrame] = {}
    for number, layer in enumerate(official.schema()["layer"], start=1):
        name = layer["name"]
        rows = [
            _keyed(made[name], source.get(layer.get("from", "")), layer)
            for made, source in zip((one, two), sources, strict=True)
        ]
        found |= _triple(name, layer, number, rows, reasons)
    degrees = schema()["crs"]["code"]
    return {name: frame.to_crs(degrees) for name, frame in found.items()}


def _keyed(frame: gpd.GeoDataFrame, source: Any, layer: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Name the rows of an official layer by the codes of their places."""
    codes = [] if source is None else source[layer["key"]].astype(str).tolist()
    return frame.set_axis(codes, axis=0)


def _triple(
    name: str, layer: Mapping[str, Any], number: int, rows: list[Any], reasons: Mapping[str, str]
) -> dict[str, Any]:
    """Make before, change and after of one layer; empty where nothing differs."""
    one, two = rows
    fields = [c for c in one.columns if c not in (*_ASIDE, "geometry")]
    codes = sorted({*one.index} | {*two.index})
    changes: list[dict[str, Any]] = []
    moved: list[str] = []
    for code in codes:
        parts = _changes(code, one, two, fields)
        if parts:
            moved.append(code)
            changes += [{**p, "code": code} for p in parts]
    if not changes:
        return {}
    before = one.loc[[c for c in moved if c in one.index]]
    after = two.loc[[c for c in moved if c in two.index]]
    change = _change_layer(layer, number, changes, one, two, reasons)
    return {
        f"WHQ{name}": before.reset_index(drop=True), f"WHC{name}": change,
        f"WHH{name}": after.reset_index(drop=True),
    }  # fmt: skip


def _changes(code: str, one: Any, two: Any, fields: list[str]) -> list[dict[str, Any]]:
    """Say what became of one feature: its attributes, land that came, land that went."""
    kinds = {t["kind"]: t["code"] for t in schema()["type"]}
    there = code in one.index, code in two.index
    if not all(there):
        shape = (two if there[1] else one).geometry.loc[code]
        return [{"type": kinds["moved"], "way": "in" if there[1] else "out", "geometry": shape}]
    was, now_ = one.loc[code], two.loc[code]
    parts = []
    if any(_differ(was[f], now_[f]) for f in fields):
        parts.append({"type": kinds["attribute"], "way": "", "geometry": now_.geometry})
    if not shapely.equals_identical(was.geometry, now_.geometry):
        for way, shape in (("in", now_.geometry.difference(was.geometry)),
                           ("out", was.geometry.difference(now_.geometry))):  # fmt: skip
            kept = _polygons(shape)
            if kept.area > _NOISE_M2:
                parts.append({"type": kinds["moved"], "way": way, "geometry": kept})
    return parts


def _differ(one: Any, two: Any) -> bool:
    import pandas as pd

    missing = pd.isna(one), pd.isna(two)
    return missing[0] != missing[1] if any(missing) else bool(one != two)


def _polygons(shape: Any) -> Any:
    parts = [p for p in shapely.get_parts(shapely.get_parts(shape)) if p.geom_type == "Polygon"]
    return shapely.MultiPolygon([p for p in parts if p.area > 0])


def _change_layer(
    layer: Mapping[str, Any], number: int, changes: list[dict[str, Any]], one: Any, two: Any,
    reasons: Mapping[str, str],
) -> Any:  # fmt: skip
    import geopandas as gpd
    import pandas as pd

    words = {"in": "调入", "out": "调出", "": "属性变化"}
    day = stamp().strftime("%Y%m%d")
    rows = []
    for serial, change in enumerate(changes, start=1):
        code = change["code"]
        known = (two if code in two.index else one).loc[code]
        reason = reasons.get(code, "")
        rows.append({
            "BSM": official.serials([code], 50 + number)[0][:8] + f"{serial:010d}",
            "YSDM": layer.get("ysdm"), "XZQDM": known.get("XZQDM"), "XZQMC": known.get("XZQMC"),
            "WHLX": change["type"], "WHLY": None, "JDZBLY": None, "WHBH": f"{day}{serial:010d}",
            "KZBSHSLX": None,
            "BZ": words[change["way"]] + (f"；原因：{reason}" if reason else ""),
        })  # fmt: skip
    frame = pd.DataFrame(rows, columns=[f["name"] for f in schema()["field"]]).astype("string")
    shapes = [c["geometry"] for c in changes]
    multi = [shapely.MultiPolygon(_flat(s)) for s in shapes]
    return gpd.GeoDataFrame(frame, geometry=multi, crs=two.crs)


def _flat(shape: Any) -> list[Any]:
    return [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]


def titles(made: Mapping[str, Any], lang: str = "zh") -> dict[str, str]:
    """Give the names of the layers for people."""
    side = "zh" if lang == "zh" else "en"
    parts = {p["prefix"]: p[side] for p in schema()["part"]}
    names = {x["name"]: x[side] for x in official.schema()["layer"]}
    return {n: f"{names[n[3:]]}（{parts[n[:3]]}）" if lang == "zh" else
            f"{names[n[3:]]} ({parts[n[:3]]})" for n in made}  # fmt: skip


def conformance(made: Mapping[str, Any], plan: Plan, lang: str, remark: str) -> str:
    """Say what was written, what is known of each field, and what is not."""
    zh, told = lang == "zh", schema()
    side = "zh" if zh else "en"
    lines = [f"# {told['document'][side]}", "", told["document"][f"read_{side}"], ""]
    if remark:
        lines += [remark, ""]
    notice = plan.config.plan.notice_zh if zh else plan.notice
    if notice:
        lines += [f"> {notice}", ""]
    lines += [f"- {told['crs'][f'note_{side}']}", ""]
    if not made:
        return "\n".join([*lines, "两个方案的数据库图层没有差异。" if zh else
                          "The layers of the two plans do not differ."]) + "\n"  # fmt: skip
    lines += ["| 图层 | 名称 | 要素 |" if zh else "| layer | name | features |", "|---|---|--:|"]
    lines += [f"| {n} | {t} | {len(made[n])} |" for n, t in titles(made, lang).items()]
    lines += ["", "| WHLX | |", "|---|---|"]
    lines += [f"| {t['code']} | {t[side]} ({t['evidence']}) |" for t in told["type"]]
    heads = "| 字段 | 含义 | 长度 | 已填 | 依据级别 |"
    lines += ["", heads if zh else "| field | meaning | width | filled | evidence |"]
    lines += ["|---|---|--:|--:|---|"]
    changes = [f for n, f in made.items() if n.startswith("WHC")]
    for f in told["field"]:
        filled = sum(int(frame[f["name"]].notna().sum()) for frame in changes)
        lines.append(f"| {f['name']} | {f['zh']} | {f['width']} | {filled} | {f['evidence']} |")
    return "\n".join(lines) + "\n"
