"""Rasters of land-use classes: checked over the study area, strip by strip."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import M2_PER_KM2
from zoning.errors import Finding, InputError, Problem, Spot, Text, raise_all
from zoning.inputs import crs as systems
from zoning.inputs.inspect.legends import MOST_PATCHES, Seen, judge_classes
from zoning.inputs.inspect.place import axes, prefix
from zoning.inputs.pictures import Bounds, ClassFile
from zoning.inputs.source import Source, existing, sha256_of
from zoning.inputs.spots import spots
from zoning.measure.windows import patches

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.vrt import WarpedVRT

    from zoning.measure.zonal import Raster
    from zoning.planfile.layers import LanduseRaster

#: Pixels that are counted together.
_AT_ONCE = 1 << 18
#: Values that are no class of which the patches are looked up, in a strip.
_MOST_VALUES = 20
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
    max_unknown_share: float = 0.05,
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
        Values of the class table; others inside the study area are an error with their area. A 0
        that is not in the table is no data.
    max_unknown_share : float
        Largest part of the study area without data.
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
            own, problems, remarks = _settle_crs(file, crs, where)
            problems += _form(file, band, where)
            if own is not None and not problems:
                problems += _placed(file, own, where)
            nodata = None if file.nodata is None else float(file.nodata)
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
                # A CRS that contradicts the file explains the gap; the gap itself says nothing.
                raise InputError(remarks or _not_covering(missing, area, target, where))
            size, seen = _look_through(found, view, area, classes, target)
        told = judge_classes(seen, classes, nodata, max_unknown_share, where)
        raise_all(f for f in told if f.level == "error")
    except RasterioError as error:
        raise _unreadable(path, error) from error
    findings = (*remarks, *((_warped(own, target, where),) if other else ()), *told)
    layer = f"band {band}"
    declared = systems.crs_text(own)
    return found, Source(
        role, path.as_posix(), layer, sha256_of(path), size, declared, findings,
        tuple(sorted(seen.inside.items())),
    )  # fmt: skip


def read_again(
    path: Path, part: LanduseRaster, to_crs: Any, bounds: Bounds, *, zero_is_class: bool
) -> ClassFile:
    """Open a raster that a run has looked through: its checksum is held by whoever asks.

    Parameters
    ----------
    path : Path
    part : LanduseRaster
        ``[inputs.landuse]`` of the run.
    to_crs : CRS or str
        CRS of the grid.
    bounds : (west, south, east, north)
        Of the study area in that CRS.
    zero_is_class : bool
        Whether 0 stands in the class table.
    """
    import rasterio
    from pyproj import CRS

    target = CRS.from_user_input(to_crs)
    with rasterio.open(path) as file:
        own = CRS.from_user_input(part.crs) if part.crs else CRS.from_wkt(file.crs.to_wkt())
    other = not systems.same_crs(own, target)
    return ClassFile(
        path, part.band, bounds, own.to_wkt(), target.to_wkt() if other else None, zero_is_class
    )


def _settle_crs(
    file: DatasetReader, crs: str | None, where: str
) -> tuple[Any, list[Problem], list[Finding]]:
    """Give the CRS, and what is to be said where plan.toml and the file contradict."""
    from pyproj import CRS

    own = None if file.crs is None else CRS.from_wkt(file.crs.to_wkt())
    if crs is None:
        return own, ([systems.no_crs(where)] if own is None else []), []
    stated, problems = systems.parse_crs(crs, where)
    if problems or own is None or systems.same_crs(own, stated):
        return stated, problems, []
    return stated, [], [systems.overridden(own, stated, where)]


def _placed(file: DatasetReader, own: Any, where: str) -> list[Problem]:
    """Look whether the middle of a raster can lie where its CRS says."""
    if not (own.is_projected or own.is_geographic):
        return []
    x, y = (file.bounds.left + file.bounds.right) / 2, (file.bounds.bottom + file.bounds.top) / 2
    return [*(axes(x, y, own, where) or prefix(x, own, where))]


def _form(file: DatasetReader, band: int, where: str) -> list[Problem]:
    problems = []
    if band > file.count:
        problems.append(
            Problem(
                Text(
                    f"no band {band}, the file has {file.count}",
                    f"没有第 {band} 波段，共 {file.count} 个",
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
                Text("the raster is rotated, north must be up", "栅格有旋转，须为北向上"),
                where,
                remedy=Text(
                    "gdalwarp brings it upright: gdalwarp -r near in.tif out.tif",
                    "可用 gdalwarp 摆正：gdalwarp -r near in.tif out.tif",
                ),
                code="rotated-raster",
            )
        )
    return problems


def _look_through(
    file: ClassFile, view: Any, area: Any, classes: Collection[int] | None, crs: Any
) -> tuple[int, Seen]:
    """Count the classes of the study area, strip by strip; give the number of pixels too."""
    from rasterio.features import geometry_mask
    from rasterio.transform import from_origin

    known = None if classes is None else np.array(sorted(classes))

    seen, size = Seen(), 0
    for strip in file.strips(view):
        size += strip.classes.size
        place = from_origin(strip.x0, strip.y0, strip.dx, strip.dy)
        shape = strip.classes.shape
        touched = geometry_mask([area], shape, place, all_touched=True, invert=True)
        centred = geometry_mask([area], shape, place, invert=True)
        middle, counts = _count(strip.classes[centred]), _count(strip.classes[touched & ~centred])
        for value, count in middle.items():
            counts[value] = counts.get(value, 0) + count
        seen.add(middle, counts, strip.dx * strip.dy)
        odd = [] if known is None else [v for v in counts if v not in known]
        for value in odd[:_MOST_VALUES]:
            seen.patches += _patches((strip.classes == value) & touched, value, strip, crs)
    return size, seen


def _patches(
    mask: npt.NDArray[np.bool_], value: int, strip: Raster, crs: Any
) -> list[tuple[float, int, float, float]]:
    """Give area and place of the largest patches of a value in a strip."""
    import shapely

    labels, _ = patches(mask, corners=True)
    sizes = np.bincount(labels.ravel())[1:]
    out = []
    for label in np.argsort(-sizes, kind="stable")[:MOST_PATCHES].tolist():
        rows, cols = np.nonzero(labels == label + 1)
        # The pixel that is nearest to the middle: a patch may be hollow.
        i = int(np.argmin((rows - rows.mean()) ** 2 + (cols - cols.mean()) ** 2))
        x = strip.x0 + (float(cols[i]) + 0.5) * strip.dx
        y = strip.y0 - (float(rows[i]) + 0.5) * strip.dy
        at = systems.spot(shapely.Point(x, y), crs)
        if at is not None:
            out.append((float(sizes[label]) * strip.dx * strip.dy, value, *at))
    return out


def _count(picture: npt.NDArray[np.integer[Any]]) -> dict[int, int]:
    """Count the pixels of each value."""
    if not picture.size:
        return {}
    low, high = int(picture.min()), int(picture.max())
    if high - low > np.iinfo(np.uint16).max:
        values, counts = np.unique(picture, return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))
    counts = np.zeros(high - low + 1, dtype=np.int64)
    flat = picture.reshape(-1)
    for start in range(0, flat.size, _AT_ONCE):  # numbers are counted as eight bytes each
        some = flat[start : start + _AT_ONCE].astype(np.int64) - low
        counts += np.bincount(some, minlength=counts.size)
    return {low + int(k): int(counts[k]) for k in np.flatnonzero(counts)}


def _uncovered(view: DatasetReader | WarpedVRT, area: Any) -> Any:
    import shapely

    return shapely.difference(area, shapely.box(*_extent(view)))


def _extent(view: DatasetReader | WarpedVRT) -> Bounds:
    x, y, t = view.transform.c, view.transform.f, view.transform
    x2, y2 = x + view.width * t.a, y + view.height * t.e
    return min(x, x2), min(y, y2), max(x, x2), max(y, y2)


def _not_covering(missing: Any, area: Any, target: Any, where: str) -> Problem:
    lon, lat = systems.place_of(missing, target)
    side = _sides(missing, area)
    km2 = missing.area / M2_PER_KM2
    return Problem(
        Text(
            f"the raster does not cover {km2:.3f} km² of the study area ({side.en}, "
            f"at {lon:.4f}, {lat:.4f})",
            f"栅格未覆盖研究区 {km2:.3f} km²（{side.zh}，{lon:.4f}, {lat:.4f}）",
        ),
        where,
        measured=missing.area,
        limit=0,
        remedy=Text("take a raster of the whole area", "请使用覆盖全区的栅格"),
        code="not-covered",
        place=(round(lon, 6), round(lat, 6)),
        spots=_gaps(missing, target),
    )


def _gaps(missing: Any, crs: Any) -> tuple[Spot, ...]:
    """Give area and place of each part that a raster does not cover."""
    import shapely

    parts = sorted(shapely.get_parts(missing), key=lambda p: -p.area)[:MOST_PATCHES]
    return spots((f"{p.area / M2_PER_KM2:,.3f} km²" for p in parts), None, parts, crs)


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
    whole = Text("", "")
    if a.startswith("EPSG:") and systems.not_metres(own, "") is None:
        whole = Text(
            f'to keep every pixel as it is, [grid] crs = "{a}"; or ',
            f'如需保持像元不变，可设 [grid] crs = "{a}"；或',
        )
    return Problem(
        Text(f"the raster is in {a}, the grid in {b}", f"栅格坐标系为 {a}，网格为 {b}"),
        str(path),
        remedy=Text(
            f"{whole.en}set reproject = true, or run: {command}",
            f"{whole.zh}设置 reproject = true，或运行：{command}",
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
    from zoning.inputs.vector import no_raster

    shapes = no_raster(path)
    if shapes is not None:
        return InputError(shapes)
    return InputError(
        Problem(
            Text(f"the raster cannot be read: {error}", f"栅格无法读取：{error}"),
            str(path),
            remedy=Text("save it as GeoTIFF", "请另存为 GeoTIFF"),
            code="unreadable-file",
        )
    )
