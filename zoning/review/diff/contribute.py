"""What a comparison hands to the plan that carries it: layers, tables, map themes, a chapter."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from zoning.contribution.palette import STILL, groups
from zoning.contribution.parts import Card, Chapter, Class, Contribution, Field, Layer, Table, Theme
from zoning.errors import Text
from zoning.plan import Plan
from zoning.review.diff import shown
from zoning.review.diff.causes import JOINT, UNRECORDED
from zoning.review.diff.compare import Diff, cause_table
from zoning.review.diff.groups import INPUTS, SOFTWARE
from zoning.review.diff.sides import OUTSIDE, UNZONED, WING
from zoning.review.diff.tell import paragraphs
from zoning.review.diff.walk import SAME

#: Tables of the chapter, in order.
_TOLD = ("diff_matrix", "diff_causes", "diff_rules", "diff_townships", "diff_proposed",
         "diff_shares", "diff_zone_sums", "diff_limits", "diff_protections", "diff_wings",
         "diff_agreement")  # fmt: skip
#: What did not change, and places without a zone.
_STILL, _NOWHERE = STILL, {UNZONED: "#c9c9c9", OUTSIDE: "#8a8a8a"}
_OF = {JOINT: "#595959", UNRECORDED: "#bdbdbd", INPUTS: "#b15928", SOFTWARE: "#6a3d9a"}


def contribute(diff: Diff, plan: Plan) -> Contribution:
    """Give everything that a comparison found to the plan that carries it.

    Parameters
    ----------
    diff : Diff
    plan : Plan
        The second plan; the first where the second is a list.
    """
    tables = shown.tables(diff, plan.units.index)
    named = {t.name: t for t in tables}
    themes = _themes(diff, named["diff_units"], plan.grid.cell_m)
    layers = [x for x in (_changed(diff, plan), _towns(diff, plan), _protected(diff)) if x]
    cards: tuple[Card, ...] = ()
    if "diff_changed" in named:
        columns = ["zone_before", "zone_after", "cause"]
        frame = named["diff_changed"].frame
        columns += [c for c in ("new_difference_m2", "new_cause") if c in frame]
        cards = (Card(_title(diff), "diff_changed", tuple(columns)),)
    chapter = Chapter(
        _title(diff), paragraphs(diff), tuple(t.name for t in themes),
        tuple(n for n in _TOLD if n in named),
        columns={n: tuple(c for c in shown.BRIEF[n] if c in named[n].frame)
                 for n in _TOLD if n in named and n in shown.BRIEF},
    )  # fmt: skip
    return Contribution(
        WING, Text("Changes between versions", "版本变化"), tuple(layers), tables, themes, cards,
        (chapter,),
    )  # fmt: skip


def _title(diff: Diff) -> Text:
    name = diff.before.name if diff.after.plan is not None else diff.after.name
    if diff.after.plan is None:
        return Text(f"Compared with the list {name}", f"与名单“{name}”的比较")
    return Text(f"Changes since '{name}'", f"较“{name}”的变化")


def _themes(diff: Diff, units: Table, cell_m: int) -> tuple[Theme, ...]:
    zones = Theme(
        "diff_zones", Text("Changes of zone", "功能区变化"),
        Text("from which zone to which", "由何分区变为何分区"), units.name, "change",
        change_classes(diff, units.frame["change"]),
    )  # fmt: skip
    found = [zones]
    if (units.frame["cause"] != SAME).any():
        found.append(Theme(
            "diff_causes_map", Text("Causes of changes of zone", "功能区变化的原因"),
            Text("what alone brings the change, and undoes it", "单独替换即引起并可撤销变化的因素"),
            units.name, "cause", cause_classes(diff, units.frame["cause"]),
        ))  # fmt: skip
    if "new_difference_m2" in units.frame and units.frame["new_difference_m2"].any():
        found.append(Theme(
            "diff_new_land", Text("New land, more or less", "新增建设用地增减"),
            Text("new construction land now less that before", "现方案减原方案的新增建设用地"),
            units.name, "new_difference_m2", _steps(float(cell_m**2)),
        ))  # fmt: skip
    return tuple(found)


def change_classes(diff: Diff, column: pd.Series) -> tuple[Class, ...]:
    """Give a class to every change: the colour of the zone after, paler from one zone to the next.

    What stayed the same stands last.
    """
    seen = set(column.dropna()) - {SAME}
    before, after = shown.matrix_codes(diff)
    colours = {z.code: z.colour for z in diff.after.scheme.members} | _NOWHERE
    found = []
    for two in [*after, *(c for c in (UNZONED, OUTSIDE) if c not in after)]:
        mine = [a for a in [*before, UNZONED, OUTSIDE] if f"{a}>{two}" in seen]
        for number, one in enumerate(dict.fromkeys(mine)):
            code = f"{one}>{two}"
            pale = _paler(colours[two], number / max(len(mine), 1) * 0.6)
            found.append(Class(shown.change_word(diff, code), pale, code))
    return (*found, Class(shown.STATES[SAME], _STILL, SAME))


def _paler(colour: str, share: float) -> str:
    """Mix a colour with white.

    Examples
    --------
    >>> _paler("#000000", 0.5)
    '#808080'
    """
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(p + (255 - p) * share):02x}" for p in parts)


def cause_classes(diff: Diff, column: pd.Series) -> tuple[Class, ...]:
    """Give a class to every cause that is there, in the order in which they are told."""
    seen = set(column.dropna()) - {SAME}
    order = [c for c in cause_table(diff)["cause"] if c in seen]
    hues = iter(groups(len(order)))
    found = [Class(shown.cause_word(c), _OF[c] if c in _OF else next(hues), c) for c in order]
    return (*found, Class(shown.STATES[SAME], _STILL, SAME))


def _steps(most: float) -> tuple[Class, ...]:
    edges = (-most, -most / 10, -1.0, 0.0, most / 10, most)
    names = (
        ("much less", "明显减少"), ("less", "减少"), ("as before", "不变"), ("more", "增加"),
        ("much more", "明显增加"),
    )  # fmt: skip
    hues = ("#7b3294", "#c2a5cf", _STILL, "#a6dba0", "#008837")
    return tuple(
        Class(Text(*name), hue, lower=low, upper=high)
        for name, hue, low, high in zip(names, hues, edges[:-1], edges[1:], strict=True)
    )


def _changed(diff: Diff, plan: Plan) -> Layer | None:
    """Draw the land that changed its zone, one polygon for each change and cause."""
    import geopandas as gpd

    frame = shown.unit_frame(diff)
    frame = frame[(frame["state"] != "same") & frame["unit"].isin(plan.units.index)]
    if frame.empty:
        return None
    squares = plan.units.geometry.reindex(frame["unit"]).to_numpy()
    city = plan.city.geometry.union_all()
    shapely.prepare(city)
    rows: list[dict[str, Any]] = []
    keys = ["change", "zone_before", "zone_after", "cause"]
    for key, part in frame.reset_index(drop=True).groupby(keys, sort=True):
        joined = shapely.union_all(squares[part.index.to_numpy()])
        inside = joined if shapely.covered_by(joined, city) else shapely.intersection(joined, city)
        rows.append({
            **dict(zip(keys, key, strict=True)), "units": len(part),
            "area_m2": int(part["common_m2"].sum()), "geometry": _multi(inside),
        })  # fmt: skip
    layer = gpd.GeoDataFrame(rows, geometry="geometry", crs=plan.units.crs)
    layer["cause"] = layer["cause"].astype(object).where(layer["cause"] != "", None)
    told = shown.fields(diff, "diff_changed", layer.drop(columns="geometry"))
    return Layer(
        "diff_areas", Text("Land that changed its zone", "功能区发生变化的土地"), layer, told,
        by="change", classes=change_classes(diff, layer["change"])[:-1],
    )  # fmt: skip


def _multi(shape: Any) -> Any:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


def _towns(diff: Diff, plan: Plan) -> Layer | None:
    """Draw townships that changed zone, name, code or boundary; gone ones as they were."""
    import geopandas as gpd

    if plan.townships is None:
        return None
    towns = diff.changed_towns
    code = towns["code_after" if diff.after.plan is not None else "code_before"]
    where = plan.townships.geometry.reindex(code).reset_index(drop=True)
    before = diff.before.plan
    if before is not None and before.townships is not None:
        former = before.townships.geometry.to_crs(plan.units.crs).reindex(towns["code_before"])
        where = where.where(where.notna(), former.reset_index(drop=True))
    drawn = where.notna().to_numpy()
    if not drawn.any():
        return None
    mine, shapes = towns[drawn], [_multi(g) for g in where[drawn]]
    flat = shown.plain(mine)
    layer = gpd.GeoDataFrame(flat, geometry=shapes, crs=plan.units.crs)
    told = shown.fields(diff, "diff_townships", flat)
    return Layer(
        "diff_township_areas", Text("Areas of townships that changed", "变化乡镇范围"), layer, told,
        "#b2182b", filled=False,
    )  # fmt: skip


def _protected(diff: Diff) -> Layer | None:
    """Draw what came under protection, left it, or has another level."""
    moved = diff.protections
    kept = moved[~moved.geometry.is_empty].reset_index(drop=True)
    if kept.empty:
        return None
    flat = shown.plain(pd.DataFrame(kept.drop(columns="geometry")))
    told: tuple[Field, ...] = shown.fields(diff, "diff_protections", flat)
    layer = kept[["geometry"]].join(flat)[[*flat.columns, "geometry"]]
    hues = {"added": "#1b7837", "gone": "#b2182b", "moved": "#e08214", "level": "#542788"}
    words = {f.name: f.words for f in told}["state"]
    seen = [c for c in hues if c in set(flat["state"])]
    return Layer(
        "diff_protected", Text("Protected land that changed", "保护用地变化"), layer, told,
        by="state", classes=tuple(Class(words[c], hues[c], c) for c in seen),
    )  # fmt: skip
