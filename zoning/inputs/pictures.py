"""Windows of a file of land-use classes, in the CRS of the grid.

A raster is never in memory as a whole: it is looked through in strips when it is read, and blocks
of the ledger take their windows one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.errors import Finding, InputError, Text
from zoning.inputs.crs import same_crs
from zoning.measure.zonal import OUTSIDE, Raster, span

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.vrt import WarpedVRT
    from rasterio.windows import Window

Bounds = tuple[float, float, float, float]
#: Pixels that are looked through at a time.
_STRIP = 1 << 20
#: Bytes that GDAL keeps of what it read. By itself it keeps a twentieth of the machine's memory, so
#: all of a province, though here no block is read twice.
_CACHE = 1 << 24
#: Bytes of whole numbers that a float holds exactly.
_EXACT = 4


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

    def plain(self, folder: Path) -> Path:
        """Give a file whose first band has these classes for whoever opens it by its path.

        That is the file itself, unless plan.toml names another band or another CRS than it says,
        or it holds floats or lies south up: then its window is written into the folder, in whole
        numbers, north up.
        """
        import rasterio
        from pyproj import CRS

        with rasterio.open(self.path) as file:
            said = None if file.crs is None else CRS.from_wkt(file.crs.to_wkt())
            whole = np.issubdtype(np.dtype(file.dtypes[self.band - 1]), np.integer)
            upright = file.transform.e < 0 and file.transform.a > 0
        as_said = said is not None and same_crs(said, CRS.from_user_input(self.own))
        plain = self.band == 1 and whole and upright and as_said
        return self.path if plain else _written(self, folder)

    @contextmanager
    def open(self) -> Iterator[DatasetReader | WarpedVRT]:
        """Open the file, in the CRS of the grid."""
        import rasterio

        with (
            rasterio.Env(GDAL_CACHEMAX=_CACHE),
            rasterio.open(self.path) as file,
            _view(file, self.own, self.target) as view,
        ):
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
        picture = self._numbers(view, window)
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

    def _numbers(
        self, view: DatasetReader | WarpedVRT, window: Window
    ) -> npt.NDArray[np.integer[Any]]:
        """Read a window; where two bytes hold every class, part by part into one array."""
        from rasterio.windows import Window

        high, wide = int(window.height), int(window.width)
        if not np.can_cast(view.dtypes[self.band - 1], np.int16):
            return self._part(view, window)
        picture = np.empty((high, wide), np.int16)
        rows = max(1, _STRIP // max(1, wide))
        for first in range(0, high, rows):
            last = min(first + rows, high)
            part = Window(window.col_off, window.row_off + first, wide, last - first)
            picture[first:last] = self._part(view, part)
        return picture

    def _part(
        self, view: DatasetReader | WarpedVRT, window: Window
    ) -> npt.NDArray[np.integer[Any]]:
        values = view.read(self.band, window=window)
        known = _known(view, self.band, window, values)
        return _whole_numbers(values, known, str(self.path))


def _written(file: ClassFile, folder: Path) -> Path:
    """Write the window of the study area, strip by strip."""
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    out = folder / "classes.tif"
    with file.open() as view:
        every, t = _window(view, file.bounds), view.transform
        dx, dy = abs(t.a), abs(t.e)
        x, y = t.c + every.col_off * t.a, t.f + every.row_off * t.e
        x0, y0 = min(x, x + every.width * t.a), max(y, y + every.height * t.e)
        with rasterio.open(
            out, "w", driver="GTiff", width=every.width, height=every.height, count=1,
            dtype="int32", nodata=OUTSIDE, crs=file.target or file.own,
            transform=from_origin(x0, y0, dx, dy), compress="deflate", zlevel=1,
        ) as made:  # fmt: skip
            for strip in file.strips(view):
                rows, cols = strip.classes.shape
                top = round((y0 - strip.y0) / dy)
                made.write(strip.classes.astype("int32"), 1, window=Window(0, top, cols, rows))
    return out


def odd_picture(file: ClassFile, where: str, chosen: bool, cell_m: int) -> list[Finding]:
    """Warn of further bands that nobody chose from, and of pixels larger than a unit.

    Parameters
    ----------
    file : ClassFile
    where : str
        The file, in messages.
    chosen : bool
        Whether plan.toml names the band.
    cell_m : int
        Side of a unit in metres.
    """
    from rasterio.enums import ColorInterp

    found = []
    with file.open() as view:
        names = [c for c in view.colorinterp if c != ColorInterp.alpha]
        side = max(abs(view.transform.a), abs(view.transform.e))
    if len(names) > 1 and not chosen:
        found.append(Finding(
            Text(f"the raster has {len(names)} bands; the first is read",
                 f"栅格有 {len(names)} 个波段，读取的是第 1 个"),
            where, measured=len(names), limit=1, code="several-bands",
            remedy=Text("if it is the right one, state band = 1 in [inputs.landuse]; a coloured "
                        "picture holds no classes: take the raster of class codes",
                        "若无误，请在 [inputs.landuse] 写 band = 1；彩色图片不含地类代码，"
                        "请使用地类代码栅格"),
        ))  # fmt: skip
    if side > cell_m:
        found.append(Finding(
            Text(f"a pixel is {side:,.0f} m wide, a unit {cell_m:,} m: units cannot be told apart",
                 f"像元边长 {side:,.0f} 米，单元 {cell_m:,} 米：无法区分相邻单元"),
            where, measured=round(side, 3), limit=cell_m, code="coarse-raster",
            remedy=Text("take a finer raster, or larger units", "请使用更细的栅格，或加大单元边长"),
        ))  # fmt: skip
    return found


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


def _known(
    view: DatasetReader | WarpedVRT, band: int, window: Window, values: npt.NDArray[Any]
) -> npt.NDArray[np.bool_]:
    """Say which pixels have data; where a whole number alone says so, nothing is read again."""
    from rasterio.enums import MaskFlags

    flags, nodata = view.mask_flag_enums[band - 1], view.nodatavals[band - 1]
    if values.dtype.kind in "iu" and values.dtype.itemsize <= _EXACT:
        if flags == [MaskFlags.all_valid]:
            return np.ones(values.shape, dtype=bool)
        if flags == [MaskFlags.nodata] and nodata is not None and float(nodata).is_integer():
            return np.asarray(values != int(nodata))
    return np.asarray(view.read_masks(band, window=window) != 0)


def _whole_numbers(
    values: npt.NDArray[Any], known: npt.NDArray[np.bool_], where: str
) -> npt.NDArray[np.integer[Any]]:
    if np.issubdtype(values.dtype, np.floating):
        known = known & np.isfinite(values)
        if (values[known] != np.round(values[known])).any():
            raise InputError.one(
                "the raster holds fractions, not classes",
                "栅格为小数，不是地类代码",
                where=where,
                code="not-classes",
                remedy=("take the raster of class codes", "请使用地类代码栅格"),
            )
    elif not np.issubdtype(values.dtype, np.integer):
        raise InputError.one(
            f"the raster holds {values.dtype}, not classes",
            f"栅格类型为 {values.dtype}，不是地类代码",
            where=where,
            code="not-classes",
            remedy=("take the raster of class codes", "请使用地类代码栅格"),
        )
    small = np.can_cast(values.dtype, np.int16)
    if not small:
        low, high = (values[known].min(), values[known].max()) if known.any() else (0, 0)
        small = bool(low >= -(2**15) and high < 2**15)
    out: npt.NDArray[np.integer[Any]] = np.full(
        values.shape, OUTSIDE, np.int16 if small else np.int64
    )
    np.copyto(out, values, where=known, casting="unsafe")
    return out
