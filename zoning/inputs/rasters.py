"""Rasters of land-use classes: the window that a plan needs, in the CRS of its grid."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import M2_PER_KM2
from zoning.errors import Finding, InputError, Problem, Text
from zoning.inputs import crs as systems
from zoning.inputs.source import Source, existing, sha256_of
from zoning.measure.zonal import OUTSIDE, Raster

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.vrt import WarpedVRT
    from rasterio.windows import Window

logger = logging.getLogger(__name__)

Bounds = tuple[float, float, float, float]
#: A corner may stick out by rounding; less than this is no gap.
_NO_GAP_M2 = 1.0


def read_classes(
    path: str | Path,
    *,
    area: Any,
    to_crs: Any,
    band: int = 1,
    crs: str | None = None,
    reproject: bool = False,
    classes: Collection[int] | None = None,
    role: str = "landuse",
) -> tuple[Raster, Source]:
    """Read the window of a class raster that covers the study area.

    Only the window is read, so the file may be as large as a province.

    Parameters
    ----------
    path : str or Path
        A raster that GDAL reads, north up (or south up, which is turned).
    area : shapely geometry
        The study area in ``to_crs``; the raster must cover it.
    to_crs : CRS or str
        CRS of the grid.
    band : int
        Counted from 1.
    crs : str, optional
        Where the file does not say.
    reproject : bool
        Bring a raster of another CRS to the grid by nearest neighbour: pixels keep their class,
        areas shift by up to half a pixel along every line. Left off, another CRS is an error.
    classes : collection of int, optional
        Values of the class table; others are an error with their area. A 0 that is not in the
        table is no data.
    role : str
        What the raster is for, in messages.

    Returns
    -------
    Raster
        Whole numbers, row 0 in the north; no data is -1 (`zoning.measure.zonal.OUTSIDE`).
    Source

    Raises
    ------
    InputError
        If the file is missing, unreadable, rotated, without or in another CRS, does not cover the
        area (with the missing area and place), holds fractions or unknown classes.

    Examples
    --------
    >>> import numpy as np, pathlib, rasterio, shapely, tempfile
    >>> place = rasterio.transform.from_origin(500_000, 3_560_000, 30, 30)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "用地 2020.tif")
    ...     with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1,
    ...                        dtype="uint8", crs="EPSG:4549", transform=place) as file:
    ...         file.write(np.full((1, 4, 4), 7, "uint8"))
    ...     raster, source = read_classes(
    ...         path, area=shapely.box(500_010, 3_559_900, 500_050, 3_559_990), to_crs="EPSG:4549")
    >>> raster.classes.tolist(), (raster.x0, raster.y0)
    ([[7, 7], [7, 7], [7, 7], [7, 7]], (500000.0, 3560000.0))
    """
    import rasterio
    from pyproj import CRS
    from rasterio.errors import RasterioError

    path = existing(Path(path), role)
    where = str(path)
    target = CRS.from_user_input(to_crs)
    try:
        with rasterio.open(path) as file:
            own, problems = _settle_crs(file, crs, where)
            problems += _form(file, band, where)
            if problems:
                raise InputError(problems)
            other = not systems.same_crs(own, target)
            if other and not reproject:
                raise InputError(_other_crs(own, target, path))
            with _view(file, own, target, other) as view:
                raster = _read_window(view, band, area, target, where, classes)
    except RasterioError as error:
        raise _unreadable(path, error) from error
    findings = (_warped(own, target, where),) if other else ()
    for finding in findings:
        logger.warning(finding.tell("en"))
    size = raster.classes.size
    layer = f"band {band}"
    declared = systems.crs_text(own)
    return raster, Source(role, path.as_posix(), layer, sha256_of(path), size, declared, findings)


def _settle_crs(file: DatasetReader, crs: str | None, where: str) -> tuple[Any, list[Problem]]:
    from pyproj import CRS

    if crs is not None:
        return systems.parse_crs(crs, where)
    if file.crs is None:
        return None, [systems.no_crs(where)]
    return CRS.from_wkt(file.crs.to_wkt()), []


def _form(file: DatasetReader, band: int, where: str) -> list[Problem]:
    problems = []
    if band > file.count:
        problems.append(
            Problem(
                Text(
                    f"no band {band}, the file has {file.count}",
                    f"没有第 {band} 波段,共 {file.count} 个",
                ),
                where,
                measured=file.count,
                limit=band,
                remedy=Text("name the band with the classes", "请指定地类所在波段"),
                code="missing-band",
            )
        )
    t = file.transform
    if t.b or t.d or not t.a or not t.e:
        problems.append(
            Problem(
                Text("the raster is rotated, north must be up", "栅格有旋转,须为北向上"),
                where,
                remedy=Text(
                    "gdalwarp brings it upright: gdalwarp -r near in.tif out.tif",
                    "可用 gdalwarp 摆正:gdalwarp -r near in.tif out.tif",
                ),
                code="rotated-raster",
            )
        )
    return problems


def _view(file: DatasetReader, own: Any, target: Any, other: bool) -> Any:
    """Give the raster as it is, or through nearest neighbour in the CRS of the grid."""
    from contextlib import nullcontext

    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    if not other:
        return nullcontext(file)
    # Ground outside a turned picture must not look like a class; a mask keeps it apart.
    alpha = file.nodata is None
    return WarpedVRT(
        file,
        src_crs=own.to_wkt(),
        crs=target.to_wkt(),
        resampling=Resampling.nearest,
        add_alpha=alpha,
    )


def _read_window(
    view: DatasetReader | WarpedVRT,
    band: int,
    area: Any,
    target: Any,
    where: str,
    classes: Collection[int] | None,
) -> Raster:
    missing = _uncovered(view, area)
    if missing.area > _NO_GAP_M2:
        raise InputError(_not_covering(missing, area, target, where))
    window = _window(view, area.bounds)
    values = view.read(band, window=window)
    known = view.read_masks(band, window=window) != 0
    picture = _whole_numbers(values, known, where)
    t = view.transform
    # South-up or mirrored files are turned; the corner follows.
    picture = picture[::-1] if t.e > 0 else picture
    picture = picture[:, ::-1] if t.a < 0 else picture
    if classes is not None and 0 not in classes:
        picture[picture == 0] = OUTSIDE
    rows, cols = picture.shape
    x, y = t.c + window.col_off * t.a, t.f + window.row_off * t.e
    x0, y0 = min(x, x + cols * t.a), max(y, y + rows * t.e)
    raster = Raster(np.ascontiguousarray(picture), float(x0), float(y0), abs(t.a), abs(t.e))
    if classes is not None:
        _check_values(raster, classes, where)
    return raster


def _uncovered(view: DatasetReader | WarpedVRT, area: Any) -> Any:
    import shapely

    return shapely.difference(area, shapely.box(*_extent(view)))


def _extent(view: DatasetReader | WarpedVRT) -> Bounds:
    x, y, t = view.transform.c, view.transform.f, view.transform
    x2, y2 = x + view.width * t.a, y + view.height * t.e
    return min(x, x2), min(y, y2), max(x, x2), max(y, y2)


def _window(view: DatasetReader | WarpedVRT, bounds: Bounds) -> Window:
    """Give the pixels that touch the bounds."""
    from rasterio.windows import Window

    west, south, east, north = bounds
    t = view.transform
    ends = np.array([[(x - t.c) / t.a, (y - t.f) / t.e] for x, y in ((west, north), (east, south))])
    first = np.floor(ends.min(axis=0)).astype(int).clip(0)
    last = np.minimum(np.ceil(ends.max(axis=0)).astype(int), (view.width, view.height))
    return Window(*first.tolist(), *(last - first).tolist())


def _whole_numbers(
    values: npt.NDArray[Any], known: npt.NDArray[np.bool_], where: str
) -> npt.NDArray[np.integer[Any]]:
    if np.issubdtype(values.dtype, np.floating):
        known = known & np.isfinite(values)
        if (values[known] != np.round(values[known])).any():
            raise InputError.one(
                "the raster holds fractions, not classes",
                "栅格为小数,不是地类代码",
                where=where,
                code="not-classes",
                remedy=("take the raster of class codes", "请使用地类代码栅格"),
            )
    elif not np.issubdtype(values.dtype, np.integer):
        raise InputError.one(
            f"the raster holds {values.dtype}, not classes",
            f"栅格类型为 {values.dtype},不是地类代码",
            where=where,
            code="not-classes",
        )
    low, high = (values[known].min(), values[known].max()) if known.any() else (0, 0)
    small = low >= -(2**15) and high < 2**15
    out: npt.NDArray[np.integer[Any]] = np.full(
        values.shape, OUTSIDE, np.int16 if small else np.int64
    )
    np.copyto(out, values, where=known, casting="unsafe")
    return out


def _check_values(raster: Raster, classes: Collection[int], where: str) -> None:
    found, counts = np.unique(raster.classes, return_counts=True)
    pixel = raster.dx * raster.dy
    unknown = [
        (int(v), int(n))
        for v, n in zip(found, counts, strict=True)
        if v not in classes and v != OUTSIDE
    ]
    if unknown:
        listed = "; ".join(f"{v}: {n * pixel / M2_PER_KM2:.3f} km²" for v, n in unknown[:20])
        raise InputError.one(
            f"{len(unknown)} values are not in the class table: {listed}",
            f"{len(unknown)} 个值不在地类表中:{listed}",
            where=where,
            code="unknown-class",
            measured=len(unknown),
            limit=0,
            remedy=(
                "add them to the class table, or name the right one in [inputs.landuse] classes",
                "请将其加入地类表,或在 [inputs.landuse] classes 中指定正确的表",
            ),
        )


def _not_covering(missing: Any, area: Any, target: Any, where: str) -> Problem:
    lon, lat = systems.place_of(missing, target)
    side = _sides(missing, area)
    km2 = missing.area / M2_PER_KM2
    return Problem(
        Text(
            f"the raster does not cover {km2:.3f} km² of the study area ({side.en}, "
            f"at {lon:.4f}, {lat:.4f})",
            f"栅格未覆盖研究区 {km2:.3f} km²({side.zh},{lon:.4f}, {lat:.4f})",
        ),
        where,
        measured=missing.area,
        limit=0,
        remedy=Text("take a raster of the whole area", "请使用覆盖全区的栅格"),
        code="not-covered",
    )


def _sides(missing: Any, area: Any) -> Text:
    """Say on which sides of the area the gap lies."""
    west, south, east, north = area.bounds
    centre = missing.centroid
    x = (centre.x - west) / max(east - west, 1e-9)
    y = (centre.y - south) / max(north - south, 1e-9)
    names = [("south", "南"), ("", ""), ("north", "北")], [("west", "西"), ("", ""), ("east", "东")]
    up, across = (n[min(int(v * 3), 2)] for n, v in zip(names, (y, x), strict=True))
    if not (up[0] or across[0]):
        return Text("in the middle", "中部")
    return Text(f"in the {up[0]}{across[0]}", f"{across[1]}{up[1]}部")


def _other_crs(own: Any, target: Any, path: Path) -> Problem:
    a, b = systems.name_of(own), systems.name_of(target)
    out = path.with_name(f"{path.stem}_{b.replace(':', '')}.tif").name
    command = f'rio warp "{path.name}" "{out}" --dst-crs {b} --resampling nearest'
    return Problem(
        Text(f"the raster is in {a}, the grid in {b}", f"栅格坐标系为 {a},网格为 {b}"),
        str(path),
        remedy=Text(
            f"set reproject = true, or run: {command}", f"设置 reproject = true,或运行:{command}"
        ),
        code="other-crs",
    )


def _warped(own: Any, target: Any, where: str) -> Finding:
    a, b = systems.name_of(own), systems.name_of(target)
    return Finding(
        Text(
            f"the raster was brought from {a} to {b} by nearest neighbour",
            f"栅格已由 {a} 按最近邻法转换到 {b}",
        ),
        where,
        code="reprojected-raster",
    )


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        Problem(
            Text(f"the raster cannot be read: {error}", f"栅格无法读取:{error}"),
            str(path),
            remedy=Text("save it as GeoTIFF", "请另存为 GeoTIFF"),
            code="unreadable-file",
        )
    )
