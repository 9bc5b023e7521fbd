"""Rasters of land-use classes: the windows that a plan needs, in the CRS of its grid.

A raster is never in memory as a whole: it is looked through in strips when it is read, and blocks
of the ledger take their windows one by one.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import M2_PER_KM2
from zoning.errors import Finding, InputError, Problem, Text
from zoning.inputs import crs as systems
from zoning.inputs.source import Source, existing, sha256_of
from zoning.measure.zonal import OUTSIDE, Raster, span

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.vrt import WarpedVRT
    from rasterio.windows import Window

logger = logging.getLogger(__name__)

Bounds = tuple[float, float, float, float]
#: Pixels that are looked through at a time.
_STRIP = 1 << 22
#: A corner may stick out by rounding; less than this is no gap.
_NO_GAP_M2 = 1.0


@dataclass(frozen=True, slots=True)
class ClassFile:
    """A file of classes that has been looked through; it gives windows.

    Parameters
    ----------
    path : Path
    band : int
        Counted from 1.
    bounds : (west, south, east, north)
        Of the study area.
    own : str
        WKT of the CRS of the file.
    target : str or None
        WKT of the CRS that it is brought to by nearest neighbour; None where it is that of the
        grid.
    zero_is_class : bool
        Whether 0 stands in the class table; else it is no data.
    """

    path: Path
    band: int
    bounds: Bounds
    own: str
    target: str | None
    zero_is_class: bool

    def window(self, bounds: Bounds) -> Raster:
        """Give the pixels that touch west, south, east, north (metres in the grid's CRS).

        Returns
        -------
        Raster
            Whole numbers, row 0 in the north; no data is -1 (`zoning.measure.zonal.OUTSIDE`).
        """
        with self.open() as view:
            return self._pixels(view, _window(view, bounds))

    def read(self) -> Raster:
        """Give the whole window of the study area."""
        return self.window(self.bounds)

    @contextmanager
    def open(self) -> Iterator[DatasetReader | WarpedVRT]:
        """Open the file, in the CRS of the grid."""
        import rasterio

        with rasterio.open(self.path) as file, _view(file, self.own, self.target) as view:
            yield view

    def strips(self, view: DatasetReader | WarpedVRT) -> Iterator[Raster]:
        """Give the window of the study area in strips, a few million pixels at a time."""
        from rasterio.windows import Window

        every = _window(view, self.bounds)
        high = int(view.block_shapes[self.band - 1][0])
        rows = max(1, _STRIP // max(1, every.width) // high) * high
        top, bottom = every.row_off, every.row_off + every.height
        # Strips end where the file's own blocks end, so that nothing is decoded twice.
        edges = [top, *range((top // rows + 1) * rows, bottom, rows), bottom]
        for first, last in pairwise(edges):
            yield self._pixels(view, Window(every.col_off, first, every.width, last - first))

    def _pixels(self, view: DatasetReader | WarpedVRT, window: Window) -> Raster:
        values = view.read(self.band, window=window)
        known = view.read_masks(self.band, window=window) != 0
        picture = _whole_numbers(values, known, str(self.path))
        t = view.transform
        # South-up or mirrored files are turned; the corner follows.
        picture = picture[::-1] if t.e > 0 else picture
        picture = picture[:, ::-1] if t.a < 0 else picture
        if not self.zero_is_class:
            picture[picture == 0] = OUTSIDE
        rows, cols = picture.shape
        x, y = t.c + window.col_off * t.a, t.f + window.row_off * t.e
        x0, y0 = min(x, x + cols * t.a), max(y, y + rows * t.e)
        return Raster(np.ascontiguousarray(picture), float(x0), float(y0), abs(t.a), abs(t.e))


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
) -> tuple[ClassFile, Source]:
    """Look through the window of a class raster that covers the study area.

    Only the window is read, strip by strip, so the file may be as large as a country.

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
    ClassFile
        Gives windows of whole numbers; no data is -1 (`zoning.measure.zonal.OUTSIDE`).
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
    ...     file, source = read_classes(
    ...         path, area=shapely.box(500_010, 3_559_900, 500_050, 3_559_990), to_crs="EPSG:4549")
    ...     raster = file.read()
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
        found = ClassFile(
            path, band, area.bounds, own.to_wkt(), target.to_wkt() if other else None,
            classes is None or 0 in classes,
        )  # fmt: skip
        with found.open() as view:
            missing = _uncovered(view, area)
            if missing.area > _NO_GAP_M2:
                raise InputError(_not_covering(missing, area, target, where))
            size = _look_through(found, view, classes, where)
    except RasterioError as error:
        raise _unreadable(path, error) from error
    findings = (_warped(own, target, where),) if other else ()
    for finding in findings:
        logger.warning(finding.tell("en"))
    layer = f"band {band}"
    declared = systems.crs_text(own)
    return found, Source(role, path.as_posix(), layer, sha256_of(path), size, declared, findings)


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


def _view(file: DatasetReader, own: str, target: str | None) -> Any:
    """Give the raster as it is, or through nearest neighbour in the CRS of the grid."""
    from contextlib import nullcontext

    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    if target is None:
        return nullcontext(file)
    # Ground outside a turned picture must not look like a class; a mask keeps it apart.
    alpha = file.nodata is None
    return WarpedVRT(file, src_crs=own, crs=target, resampling=Resampling.nearest, add_alpha=alpha)


def _look_through(file: ClassFile, view: Any, classes: Collection[int] | None, where: str) -> int:
    """Check all pixels of the study area; give their number."""
    seen: Counter[int] = Counter()
    size, pixel = 0, 1.0
    for strip in file.strips(view):
        size, pixel = size + strip.classes.size, strip.dx * strip.dy
        if classes is not None:
            seen.update(_count(strip.classes))
    if classes is not None:
        _check_values(seen, pixel, classes, where)
    return size


def _count(picture: npt.NDArray[np.integer[Any]]) -> dict[int, int]:
    """Count the pixels of each value."""
    low, high = int(picture.min()), int(picture.max())
    if high - low > np.iinfo(np.uint16).max:
        values, counts = np.unique(picture, return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))
    counts = np.bincount((picture - low).ravel())
    return {low + int(k): int(counts[k]) for k in np.flatnonzero(counts)}


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
    across, down = (
        ((west - t.c) / t.a, (east - t.c) / t.a),
        ((south - t.f) / t.e, (north - t.f) / t.e),
    )
    col, cols = span(min(across), max(across), view.width)
    row, rows = span(min(down), max(down), view.height)
    return Window(col, row, cols - col, rows - row)


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


def _check_values(seen: Counter[int], pixel: float, classes: Collection[int], where: str) -> None:
    unknown = [(v, n) for v, n in sorted(seen.items()) if v not in classes and v != OUTSIDE]
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
