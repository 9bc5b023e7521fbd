"""The lattice of a plan, and whether the study area lies where it can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import data_path, load_toml
from zoning.errors import Finding, InputError, Problem, Text
from zoning.grid.crs import check_projected
from zoning.grid.distortion import Distortion, choose_crs, measure_distortion
from zoning.grid.lattice import GridSpec, check_size
from zoning.inputs.crs import no_way, parse_crs, spot
from zoning.inputs.inspect.delivery import elsewhere

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.planfile.models import Config

#: Degrees that hold all land and sea of China and a little more: west, south, east, north.
CHINA = (73.0, 3.0, 136.0, 54.0)


def outside_china(city: gpd.GeoSeries, where: str) -> list[Finding]:
    """Warn where a study area lies outside the frame of the country.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> cut = gpd.GeoSeries([shapely.box(70_000, 60_000, 76_000, 64_000)], crs="EPSG:4549")
    >>> [f.code for f in outside_china(cut, "a.shp")]
    ['outside-china']
    """
    at = spot(city.iloc[0], city.crs)
    if at is None:
        return []
    west, south, east, north = CHINA
    if west <= at[0] <= east and south <= at[1] <= north:
        return []
    return [
        Finding(
            Text(f"the study area lies at {at[0]:.3f}, {at[1]:.3f} degrees: outside China",
                 f"研究区位于 {at[0]:.3f}, {at[1]:.3f} 度，不在中国范围内"),
            where, code="outside-china", place=at,
            remedy=Text("check the CRS, and whether leading digits of the coordinates were cut or "
                        "the unit is not the metre",
                        "请检查坐标系，以及坐标是否被截去前几位、单位是否为米"),
        )
    ]  # fmt: skip


def beside(city: gpd.GeoSeries, other: gpd.GeoSeries, where: str, against: str) -> list[Finding]:
    """Say that the study area itself is the one that lies elsewhere than the other layers."""
    return [
        replace(
            found,
            what=Text(f"the boundary lies about {found.measured / 1000:.0f} km away from {against}",
                      f"边界距 {against} 约 {found.measured / 1000:.0f} 公里"),
        )
        for found in elsewhere(city, other, where)
    ]  # fmt: skip


def no_way_to_grid(own: Any, grid: str | None, where: str) -> list[Problem]:
    """Refuse a boundary of an old datum, which PROJ would move to CGCS2000 without parameters."""
    target, unknown = parse_crs(grid or "EPSG:4490", "[grid] crs")
    stop = None if unknown else no_way(own, target, where)
    return [] if stop is None else [stop]


def choose_grid(config: Config, city: gpd.GeoSeries) -> tuple[GridSpec, Distortion]:
    """Take the lattice of plan.toml, or choose its CRS from the longitude.

    Raises
    ------
    InputError
        If the CRS is not metric, or distorts areas by more than ``max_area_error``.
    """
    part = config.grid
    if part.preset:
        part = part.model_copy(update=load_preset(part.preset))
    if part.crs is None:
        crs, distortion = choose_crs(city, part.max_area_error)
    else:
        check_projected(part.crs)
        crs, distortion = part.crs, measure_distortion(city, part.crs)
    if not distortion.worst <= part.max_area_error:
        raise InputError.one(
            f"{crs[:40]} distorts areas by up to {distortion.worst:.3%} here",
            f"{crs[:40]} 在此处的面积变形达 {distortion.worst:.3%}",
            where="[grid] crs", code="distortion",
            measured=distortion.worst, limit=part.max_area_error,
            remedy=("leave crs out, or raise [grid] max_area_error if you insist",
                    "可不填 crs；若坚持使用，请提高 [grid] max_area_error"),
        )  # fmt: skip
    check_size(distortion.planar_m2, part.cell_m)
    return GridSpec(crs, part.cell_m, part.origin_m), distortion


def load_preset(name: str) -> dict[str, Any]:
    """Read a shipped lattice: ``crs``, ``cell_m``, ``origin_m``.

    Raises
    ------
    InputError
        If there is no preset of that name; those there are, are listed.
    """
    folder = data_path("grids")
    known = sorted(p.stem for p in folder.glob("*.toml"))
    if name not in known:
        raise InputError.one(
            f"no grid preset '{name}'", f"没有网格预设“{name}”", where="[grid] preset",
            code="no-preset",
            remedy=("presets: " + ", ".join(known), "可用预设：" + "、".join(known)),
        )  # fmt: skip
    raw = load_toml("grids", f"{name}.toml")
    return {
        "crs": str(raw["crs"]), "cell_m": int(raw["cell_m"]),
        "origin_m": (int(raw["origin_m"][0]), int(raw["origin_m"][1])),
    }  # fmt: skip
