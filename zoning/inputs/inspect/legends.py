"""Values of a raster of classes: unknown, missing, or of another legend than the plan's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from zoning.base.areas import M2_PER_KM2
from zoning.base.shipped import data_path, load_toml
from zoning.errors import Finding, Spot, Text
from zoning.measure.zonal import OUTSIDE

#: Land without data is told from this part of the study area on (the issue of users: unmapped land
#: counts as unbuilt; the number is our choice).
TOLD_SHARE = 0.001
#: Patches of a raster that are told of one finding.
MOST_PATCHES = 50
#: The legend that is meant where plan.toml names none.
DEFAULT = "land-use-2023"


@dataclass
class Seen:
    """Classes of a raster in the study area.

    Parameters
    ----------
    inside : Counter
        Square metres by value, pixels by their centre; -1 is no data.
    touched : Counter
        Pixels by value, those of the edge too.
    patches : list of (square metres, value, longitude, latitude)
        Where the largest patches of values lie that are no class; of -1 too.
    """

    inside: Counter[int] = field(default_factory=Counter)
    touched: Counter[int] = field(default_factory=Counter)
    patches: list[tuple[float, int, float, float]] = field(default_factory=list)

    def add(self, centred: Mapping[int, int], touched: Mapping[int, int], pixel: float) -> None:
        """Add the counts of a strip; a pixel has so many square metres."""
        self.inside.update({v: n * pixel for v, n in centred.items()})
        self.touched.update({v: n for v, n in touched.items()})

    def spots(self, *values: int) -> tuple[Spot, ...]:
        """Give where values lie, the largest patch first."""
        found = sorted((p for p in self.patches if p[1] in values), key=lambda p: (-p[0], *p[1:]))
        return tuple(
            Spot(_km2(m2), "no data" if v == OUTSIDE else str(v), lon, lat)
            for m2, v, lon, lat in found[:MOST_PATCHES]
        )


def judge_classes(
    seen: Seen, classes: Collection[int] | None, nodata: float | None, limit: float, where: str
) -> list[Finding]:
    """Look at the values of a raster.

    Parameters
    ----------
    seen : Seen
    classes : collection of int or None
        Values of the class table; None where there is none to hold them against.
    nodata : float or None
        What the file declares to be no data.
    limit : float
        Largest part of the study area without data.
    where : str
        The file.

    Returns
    -------
    list of Finding

    Examples
    --------
    >>> seen = Seen(Counter({1: 9e6, -1: 1e6}), Counter({1: 90, -1: 10}))
    >>> [(f.code, f.level, f.measured) for f in judge_classes(seen, [1, 7], None, 0.05, "a.tif")]
    [('no-data', 'error', 0.1)]
    """
    if classes is None:
        return []
    found = _unknown(seen, classes, where)
    total = sum(seen.inside.values())
    share = seen.inside[OUTSIDE] / total if total else 0.0
    if nodata is not None and nodata in classes and share >= TOLD_SHARE:
        found.append(_nodata_class(int(nodata), seen, where))
    elif share >= TOLD_SHARE:
        found.append(_no_data(seen, share, limit, where))
    return found


def _km2(m2: float) -> str:
    return f"{m2 / M2_PER_KM2:,.3f} km²"


def _unknown(seen: Seen, classes: Collection[int], where: str) -> list[Finding]:
    values = [v for v in sorted(seen.touched) if v not in classes and v != OUTSIDE]
    if not values:
        return []
    listed = "; ".join(f"{v}: {_km2(seen.inside[v])}" for v in values[:20])
    fits = legends_of(v for v in seen.touched if v != OUTSIDE)
    hint = Text(
        "add them to the class table, or name the right one in [inputs.landuse] classes",
        "请将其加入地类表，或在 [inputs.landuse] classes 中指定正确的表",
    )
    if fits:
        hint = _offer(fits)
    return [
        Finding(
            Text(f"{len(values)} values are not in the class table: {listed}",
                 f"{len(values)} 个值不在地类表中：{listed}"),
            where, measured=len(values), limit=0, remedy=hint, code="unknown-class",
            level="error", spots=seen.spots(*values),
        )
    ]  # fmt: skip


def _offer(fits: list[str]) -> Text:
    named = " / ".join(f'classes = "{name}" ({legends()[name]["en"]})' for name in fits)
    named_zh = " / ".join(f'classes = "{name}"（{legends()[name]["zh"]}）' for name in fits)
    return Text(
        f"if the raster has this legend, state it in [inputs.landuse]: {named}",
        f"若栅格采用该图例，请在 [inputs.landuse] 中注明：{named_zh}",
    )


def _nodata_class(value: int, seen: Seen, where: str) -> Finding:
    m2 = seen.inside[OUTSIDE]
    return Finding(
        Text(f"the file declares {value} as no data, but {value} is a class of the table: "
             f"{_km2(m2)} of the study area have no class",
             f"文件将 {value} 声明为无数据，而 {value} 是地类表中的地类："
             f"研究区有 {_km2(m2)} 没有地类"),
        where, measured=m2, limit=0, code="nodata-is-class", level="error",
        spots=seen.spots(OUTSIDE),
        remedy=Text(f"take the declaration off: gdal_edit.py -unsetnodata FILE, or name the table "
                    f"in which {value} is no class",
                    f"请去除该声明：gdal_edit.py -unsetnodata 文件；"
                    f"或指定其中 {value} 非地类的地类表"),
    )  # fmt: skip


def _no_data(seen: Seen, share: float, limit: float, where: str) -> Finding:
    m2 = seen.inside[OUTSIDE]
    much = share > limit
    return Finding(
        Text(f"{_km2(m2)} of the study area ({share:.1%}) have no data: how the land is used there "
             "is not known, and it is neither built nor free",
             f"研究区有 {_km2(m2)}（{share:.1%}）无数据：该处用途未知，既不计为已建也不计为可用"),
        where, measured=round(share, 6), limit=limit if much else TOLD_SHARE, code="no-data",
        level="error" if much else "warning", spots=seen.spots(OUTSIDE),
        remedy=Text("take a raster that covers it; where the land is truly not known, raise "
                    "[inputs.landuse] max_unknown_share",
                    "请使用完整的栅格；若该处用途确实未知，可提高 [inputs.landuse] "
                    "max_unknown_share"),
    )  # fmt: skip


@lru_cache(maxsize=1)
def legends() -> dict[str, dict[str, Any]]:
    """Give the shipped legends by name: names, values, and what marks each.

    Examples
    --------
    >>> sorted(legends())
    ['clcd', 'cnlucc', 'globeland30', 'land-use-2023', 'third-survey', 'worldcover']
    """
    out = {}
    for path in sorted(data_path("landuse", "legends").glob("*.toml")):
        raw = load_toml("landuse", "legends", path.name)
        out[path.stem] = {**raw["legend"], "values": {c["value"] for c in raw["class"]}}
    raw = load_toml("landuse", "classes.toml")
    out[DEFAULT] = {"en": "land and sea use classification, 2023", "zh": "用地用海分类（2023）",
                    "marks": [], "values": {c["value"] for c in raw["class"]}}  # fmt: skip
    return out


def legends_of(values: Any) -> list[str]:
    """Name the shipped legends that hold all values of a raster, and at least one of their marks.

    Two legends may use the same numbers for different land; then both are named.

    Examples
    --------
    >>> legends_of([1, 2, 4, 5, 8]), legends_of([40, 50, 80]), legends_of([1, 7, 10, 17])
    (['clcd'], ['globeland30', 'worldcover'], [])
    """
    seen = {int(v) for v in values} - {0, 255}
    fits = []
    for name, legend in legends().items():
        if not seen or not seen <= legend["values"]:
            continue
        if (legend["marks"] and set(legend["marks"]) <= seen) or legend.get("alone"):
            fits.append(name)
    return fits


def another_legend(areas: Collection[tuple[int, float]], where: str) -> list[Finding]:
    """Warn where all values stand in the default table, but are those of another legend.

    Parameters
    ----------
    areas : collection of (int, float)
        Value and square metres, as of `Source.areas`.
    where : str
        The file.

    Examples
    --------
    >>> [f.code for f in another_legend([(1, 9e6), (5, 1e6), (8, 2e6)], "a.tif")]
    ['another-legend']
    >>> another_legend([(1, 9e6), (7, 1e6), (17, 2e6)], "a.tif")
    []
    """
    values = [v for v, _ in areas if v != OUTSIDE]
    fits = [name for name in legends_of(values) if name != DEFAULT]
    if not fits:
        return []
    table = load_toml("landuse", "classes.toml")["class"]
    ours = {c["value"]: c for c in table}
    raw = load_toml("landuse", "legends", f"{fits[0]}.toml")
    theirs = {c["value"]: c for c in raw["class"]}
    odd = [v for v in values if v in ours and v in theirs][:6]
    en = "; ".join(f"{v}: {ours[v]['en']} here, {theirs[v]['en']} there" for v in odd)
    zh = "；".join(f"{v}：此表为{ours[v]['zh']}，彼表为{theirs[v]['zh']}" for v in odd)
    legend = legends()[fits[0]]
    return [
        Finding(
            Text(f"all values fit the legend of {legend['en']}, where they mean other land ({en})",
                 f"全部取值也符合{legend['zh']}图例，而含义不同（{zh}）"),
            where, code="another-legend",
            remedy=Text(f"{_offer(fits).en}; if not, state classes = \"{DEFAULT}\"",
                        f"{_offer(fits).zh}；否则请注明 classes = \"{DEFAULT}\""),
        )
    ]  # fmt: skip
