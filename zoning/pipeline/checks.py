"""Independent re-computation: what must be true of a plan, measured again another way.

Sums of the ledger close by construction; here they are added up once more, and every total is
held against shapely's own area of the original polygons, residual printed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zoning.base import words
from zoning.base.areas import km2, percent
from zoning.capacity.reductions import net_new
from zoning.errors import Check, Level, Text, some, suggest
from zoning.grid.distortion import Distortion
from zoning.inputs.layers import Layers
from zoning.ledger.atoms import NONE, OVERLAP, Ledger
from zoning.ledger.cover import covered
from zoning.zones.overlays import ruling

if TYPE_CHECKING:
    from zoning.allocation import Certificate
    from zoning.planfile.models import Config
    from zoning.schemes import Scheme

#: Largest residual against shapely in m2: the city, and any other polygon (the rounding keeps
#: townships, the union of red lines and each set of other protections within 1 m2).
CITY_RESIDUAL_M2, OTHER_RESIDUAL_M2 = 1.0, 10.0

#: How far the union of red lines may be from a published total that is itself rounded (our choice).
PUBLISHED_TOLERANCE = 0.01


def closes(name: str, measured: int, limit: int, en: str, zh: str) -> Check:
    """Check that two integer totals are the same.

    Examples
    --------
    >>> closes("ledger.units", 5, 5, "units add up to the city", "单元合计等于全市").ok
    True
    """
    gap = measured - limit
    text = Text(f"{en}: difference {gap} m²", f"{zh}：差 {gap} 平方米")
    return Check(name, "error", gap == 0, measured, limit, "m2", "city", text)


def ledger_sums(ledger: Ledger, frames: dict[str, pd.DataFrame | None]) -> list[Check]:
    """Add up the ledger and every table made from it.

    Parameters
    ----------
    ledger : Ledger
    frames : dict of DataFrame with ``area_m2``
        Units, pieces and zones, as the plan carries them; None where there is none.
    """
    inside = ledger.city_m2 - ledger.dropped_m2
    total = int(ledger.atoms["area_m2"].sum())
    found = [
        closes("ledger.city", total, inside, "the atoms add up to the city", "账目合计等于全市")
    ]
    names = {"units": "单元", "pieces": "地块", "zones": "分区"}
    for name, frame in frames.items():
        if frame is not None:
            zh = f"{names.get(name, name)}面积合计等于全市"
            found.append(
                closes(
                    f"ledger.{name}", int(frame["area_m2"].sum()), inside,
                    f"{name} add up to the city", zh,
                )
            )  # fmt: skip
    return found


def residuals(layers: Layers, ledger: Ledger) -> pd.DataFrame:
    """Hold sums of the ledger against shapely's area of the polygons themselves.

    Returns
    -------
    DataFrame
        ``kind`` (city, township, county, redline_union, protection), ``code``, ``ledger_m2``,
        ``shapely_m2``, ``residual_m2``, ``limit_m2``. A township is compared without what it
        shares with another.
    """
    atoms, city = ledger.atoms, layers.city
    rows = [("city", "city", ledger.city_m2, shapely.area(city), CITY_RESIDUAL_M2)]
    if ledger.dropped_m2 == 0 and layers.townships is not None:
        own = _without_neighbours(layers.townships.geometry.to_numpy())
        own = _clipped(own, city)
        by_township = atoms.groupby("township", observed=True)["area_m2"].sum()
        for code, shape in zip(layers.townships.index, own, strict=True):
            rows.append(
                ("township", code, by_township.get(code, 0), shapely.area(shape), OTHER_RESIDUAL_M2)
            )
        once = atoms[["county", "area_m2"]][atoms["township"] != OVERLAP]
        by_county = once.groupby("county", observed=True)["area_m2"].sum()
        counties = layers.townships["county"].to_numpy(object)
        for county in sorted(set(counties)):
            area = shapely.area(shapely.union_all(own[counties == county]))
            rows.append(("county", county, by_county.get(county, 0), area, OTHER_RESIDUAL_M2))
    if ledger.dropped_m2 == 0 and layers.redlines is not None and len(layers.redlines):
        # Only areas that meet are put together: a fifth of the time of one union of all.
        union_ = shapely.disjoint_subset_union_all(layers.redlines.geometry.to_numpy())
        red = _clipped(union_, city)
        union = atoms.loc[atoms["red_level"] > 0, "area_m2"].sum()
        rows.append(("redline_union", "all", union, shapely.area(red), OTHER_RESIDUAL_M2))
    if ledger.dropped_m2 == 0 and layers.protections is not None:
        for kind, shapes in layers.protections.geometry.groupby(layers.protections["kind"]):
            land = _clipped(shapely.union_all(shapes.to_numpy()), city)
            measured = atoms.loc[covered(atoms, [str(kind)]), "area_m2"].sum()
            rows.append(("protection", kind, measured, shapely.area(land), OTHER_RESIDUAL_M2))
    table = pd.DataFrame(rows, columns=["kind", "code", "ledger_m2", "shapely_m2", "limit_m2"])
    table["ledger_m2"] = table["ledger_m2"].astype("int64")
    table.insert(4, "residual_m2", table["ledger_m2"] - table["shapely_m2"])
    return table


def _clipped(shapes: Any, city: Any) -> Any:
    """Cut shapes to the city; those that lie inside need no cut, and most do."""
    single = isinstance(shapes, shapely.Geometry)
    parts = shapely.get_parts(shapes) if single else np.array(shapes, object)
    shapely.prepare(city)
    out = ~shapely.covers(city, parts)
    parts[out] = shapely.intersection(parts[out], city)
    if not single:
        return parts
    # Parts of one shape do not overlap, so their areas add up as they are.
    return shapely.GeometryCollection(parts.tolist())


def _without_neighbours(polygons: Any) -> Any:
    """Take from each polygon what others of the layer cover too."""
    tree = shapely.STRtree(polygons)
    one, other = tree.query(polygons, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    shared = shapely.area(shapely.intersection(polygons[one], polygons[other])) > 0
    both = list(zip(one[shared].tolist(), other[shared].tolist(), strict=True))
    own = polygons.copy()
    for i, k in sorted([*both, *((k, i) for i, k in both)]):
        own[i] = shapely.difference(own[i], polygons[k])
    return own


def residual_checks(table: pd.DataFrame) -> list[Check]:
    """Make one check per kind, with the worst place."""
    found = []
    for kind, rows in table.groupby("kind", sort=False):
        worst = rows.loc[rows["residual_m2"].abs().idxmax()]
        value = float(worst["residual_m2"])
        limit = float(worst["limit_m2"])
        n = len(rows)
        name = Text(*(words.value("kind", str(kind), lang) for lang in ("en", "zh")))
        text = Text(
            f"{name.en}: ledger minus shapely is at most {abs(value):.3f} m² (of {n})",
            f"{name.zh}：账目与图形面积之差最大 {abs(value):.3f} 平方米（共 {n} 个）",
        )
        found.append(
            Check(
                f"residual.{kind}", "error", abs(value) <= limit, round(abs(value), 6), limit,
                "m2", str(worst["code"]), text,
            )
        )  # fmt: skip
    return found


def distortion_check(distortion: Distortion, limit: float) -> Check:
    """Check the area distortion of the projection over the study area."""
    text = Text(
        f"areas on the map plane differ from the ellipsoid by at most {distortion.worst:.5%} "
        f"locally, {distortion.total:+.5%} in total",
        f"平面面积与椭球面积之差：局部最大 {distortion.worst:.5%}，合计 {distortion.total:+.5%}",
    )
    ok = distortion.worst <= limit
    return Check("crs.distortion", "error", ok, distortion.worst, limit, "1", "city", text)


def expected(
    name: str, measured: int | None, published: int | None, unit: str, source: str, where: str
) -> list[Check]:
    """Compare a count with a published one; nothing where none was published."""
    if published is None or measured is None:
        return []
    text = Text(
        f"{measured:,} {unit}, published {published:,} ({source})",
        f"{measured:,}，公布值 {published:,}（{words.source(source)}）",
    )
    return [Check(name, "warning", measured == published, measured, published, unit, where, text)]


def left_out(
    missing: dict[str, int], units: gpd.GeoDataFrame, why: Text | None = None
) -> list[Check]:
    """Say what could not be placed: land in no township or in two, of unknown use, without zone.

    ``why`` names the townships and columns that leave land without a zone.
    """
    words = {
        NONE: ("land in no township", "不属于任何乡镇的土地"),
        OVERLAP: ("land in more than one township", "属于多个乡镇的土地"),
        "unknown_use": ("land of unknown use", "用地类型未知的土地"),
    }
    found = []
    for key, (en, zh) in words.items():
        area = missing.get(key, 0)
        text = Text(f"{en}: {km2(area, 4)}", f"{zh}：{km2(area, 4)}")
        found.append(Check(f"left_out.{key}", "note", area == 0, area, 0, "m2", "city", text))
    if "zone" in units:
        open_ = units["zone"].isna().to_numpy()
        n = int(open_.sum())
        size = km2(int(units["area_m2"].to_numpy()[open_].sum()), 4)
        text = Text(f"{n:,} units unzoned ({size})" + (f": {why.en}" if why else ""),
                    f"{n:,} 个单元未分区（{size}）" + (f"：{why.zh}" if why else ""))  # fmt: skip
        found.append(Check("left_out.zone", "warning", n == 0, n, 0, "units", "city", text))
    return found


def overlays(units: pd.DataFrame, scheme: Scheme) -> list[Check]:
    """Tell where several overlays would replace the zone: the first in order does.

    Nothing in a scheme with fewer than two such overlays.
    """
    replacing = scheme.replacing
    if len(replacing) < 2 or "zone" not in units:
        return []
    rules = ruling(units, replacing).rules
    several = rules.sum(axis=1) > 1
    n, many = int(several.sum()), rules[several].any(axis=0)
    named = [o.name for o, there in zip(replacing, many, strict=True) if there]
    en, zh = (", ".join(x.en for x in named), "、".join(x.zh for x in named))
    text = Text(
        f"{n} units that several overlays rule"
        + (f" ({en}): the first in order counts" if n else ""),
        f"{n} 个单元同时达到多个叠加区的阈值" + (f"（{zh}），以次序在前者为准" if n else ""),
    )
    where = ", ".join(units.index[several][:10].astype(str)) if n else "city"
    return [Check("zones.overlays", "note", n == 0, n, 0, "units", where, text)]


def allocation_checks(pieces: pd.DataFrame, cap_m2: int) -> list[Check]:
    """Add up the allocation again: no piece above its free land, the city under its cap."""
    over = int(np.maximum(pieces["new_m2"] - pieces["free_m2"], 0).sum())
    below = int(np.minimum(pieces["new_m2"], 0).sum())
    outside = pieces["township"].isin([NONE, OVERLAP]).to_numpy()
    nowhere = int(pieces.loc[outside, "new_m2"].sum())
    misplaced = over - below + nowhere
    total = int(pieces["built_m2"].sum() + net_new(pieces).sum())
    existing = int(pieces["built_m2"].sum())
    text = Text(
        f"new land outside free land: {misplaced} m²",
        f"超出可用土地的新增建设用地：{misplaced} 平方米",
    )
    cap = Text(
        f"existing and new construction {km2(total)}, cap {km2(cap_m2)}",
        f"现状与新增建设用地 {km2(total)}，上限 {km2(cap_m2)}",
    )
    return [
        Check("allocation.free", "error", misplaced == 0, misplaced, 0, "m2", "city", text),
        Check(
            "allocation.cap", "error", total <= max(cap_m2, existing), total, cap_m2, "m2",
            "city", cap,
        ),
    ]  # fmt: skip


def published(
    config: Config, units: int, red: gpd.GeoDataFrame | None, parts: pd.DataFrame
) -> list[Check]:
    """Compare the counts and areas that a plan published with what was computed."""
    source = config.redlines.source or "plan.toml"
    found = expected(
        "published.units", units, config.grid.expected_units, "units", "plan.toml", "city"
    )
    if red is None:
        return found
    areas, union = red["area_code"].nunique(), int(parts["redline_m2"].sum())
    part = config.redlines
    found += expected("published.areas", areas, part.expected_areas, "areas", source, "city")
    if part.published_union_m2 is not None:
        text = Text(
            f"union of red lines {km2(union)}, published {km2(part.published_union_m2)} ({source})",
            f"红线合并面积 {km2(union)}，公布值 {km2(part.published_union_m2)}"
            f"（{words.source(source)}）",
        )
        near = abs(union - part.published_union_m2) <= PUBLISHED_TOLERANCE * part.published_union_m2
        found.append(
            Check(
                "published.redlines", "warning", near, union, part.published_union_m2, "m2",
                "city", text,
            )
        )  # fmt: skip
    return found


def published_caps(config: Config, zones: gpd.GeoDataFrame | None) -> list[Check]:
    """Compare the built share of each zone with what was published; a rule of nobody here."""
    found = []
    for code, rule in config.published.zone_caps.items():
        if zones is None or "built_m2" not in zones or code not in zones.index:
            continue
        row = zones.loc[code]
        share = int(row["built_m2"]) / int(row["area_m2"]) if int(row["area_m2"]) else 0.0
        ok = share <= rule.share
        zh, en = str(row["name_zh"]), str(row["name_en"])
        text = Text(
            f"{en}: {percent(share)} is built, the published rule allows "
            f"{percent(rule.share)} ({rule.source})",
            f"{zh}：现状开发强度 {percent(share)}，公布的规则为不超过 "
            f"{percent(rule.share)}（{words.source(rule.source)}）",
        )
        found.append(Check(f"published.zone_cap.{code}", "warning", ok, share, rule.share, "1",
                           code, text))  # fmt: skip
    return found


def no_redlines() -> Check:
    """Warn that red lines are not known: what depends on them is ``<NA>``, not 0."""
    text = Text(
        "no red lines were given: shares, balance and what the method makes of them are unknown; "
        "if there are none here, say so by [redlines] none = true",
        "未提供生态红线：相关占比、生态平衡及其判定均为未知；"
        "若确无红线，请设 [redlines] none = true",
    )
    return Check("left_out.redlines", "warning", False, None, None, "1", "city", text)


def no_cap() -> Check:
    """Warn that the plan states no cap: there is only the account of what exists."""
    text = Text(
        "the plan states no cap on construction land: the account tells what exists, and nothing "
        "is allocated; state [cap] share with its source",
        "方案未规定建设用地上限：台账只列现状，不分配新增建设用地；请在 [cap] share 写明上限及来源",
    )
    return Check("cap.none", "warning", False, None, None, "1", "city", text)


def decisions(table: pd.DataFrame | None, places: Mapping[str, Text] | None = None) -> list[Check]:
    """Tell which decisions on record no longer fit what the method says.

    ``places`` are codes of townships and units with their names, for what may have been meant.
    """
    if table is None:
        return []
    found, places = [], places or {}
    words = {
        "stale": (
            "applied although the method no longer says what it said then",
            "方法结果已与决定时不同，仍予执行",
        ),
        "no-place": ("no such place in this plan", "本方案中无此地点"),
        "moot": ("moot, the method now says the same", "方法结果现已相同"),
    }
    for state, (en, zh) in words.items():
        codes = table.loc[table["state"] == state, "code"].astype(str).tolist()
        level: Level = "note" if state == "moot" else "warning"
        called = [places.get(c, Text(c, c)) for c in codes]
        listed = Text(some([p.en for p in called]).en, some([p.zh for p in called]).zh)
        many = "" if len(codes) == 1 else "s"
        text = Text(
            f"{len(codes)} decision{many}: {en}" + (f": {listed.en}" if codes else ""),
            f"{len(codes)} 项决定：{zh}" + (f"：{listed.zh}" if codes else ""),
        )
        near = _near(codes, places) if state == "no-place" else None
        found.append(
            Check(
                f"decisions.{state}", level, not codes, len(codes), 0, "decisions",
                ", ".join(codes[:1]) or "city", text,
                near,
            )
        )  # fmt: skip
    return found


def _near(codes: list[str], places: Collection[str]) -> Text | None:
    """Give the places that decisions on unknown codes may mean."""
    pairs = [(code, suggest(code, places)) for code in codes[:10]]
    known = [(code, near) for code, near in pairs if near]
    if not known:
        return None
    return Text(
        "; ".join(f"did you mean {near} for {code}?" for code, near in known),
        "；".join(f"{code} 是否指“{near}”？" for code, near in known),
    )


def certificate_check(certificate: Certificate) -> Check:
    """Give the verdict of the independent proof of the allocation."""
    return Check(
        "allocation.certificate", "error", certificate.ok, certificate.objective,
        certificate.bound, "suitability-m2", "city", certificate.text,
    )  # fmt: skip
