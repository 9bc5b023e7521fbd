"""Means of rasters over places, from the pixels whose centres lie in them, read in strips of rows.

A raster that says nothing of a place leaves it missing. Which pixels count may depend on another
raster on the same pixels (built land).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

#: Pixels of a strip (own choice; tens of megabytes).
_PIXELS = 4_000_000
_POLYGON = 3

#: Values of several layers on the pixels of a window, NaN where unknown.
Block = tuple[Any, Mapping[str, Floats]]


class Places:
    """Polygons by the name of their frame, and which of them the pixels of a raster lie in.

    Rasters on the same pixels are asked one after the other, so what was found is kept until
    another comes; of a raster above ``_PIXELS`` only the last strip.

    Parameters
    ----------
    frames : mapping of GeoDataFrame
        By name, such as ``townships`` and ``units``; polygons of one frame do not overlap.
    """

    def __init__(self, frames: Mapping[str, Any]) -> None:
        self.frames = frames
        self._crs: Any = None
        self._parts: dict[str, list[tuple[dict[str, Any], int]]] = {}
        self._pixels: tuple[Any, ...] = ()
        self._numbers: dict[str, Ints] = {}

    @classmethod
    def of(cls, frames: Mapping[str, Any] | Places) -> Places:
        """Take frames as they are, or places that were looked up before."""
        return frames if isinstance(frames, Places) else cls(frames)

    def on(self, raster: Any, window: Any) -> dict[str, Ints]:
        """Give for the pixels of whole rows the place that their centre lies in, 0 for none."""
        from rasterio.windows import Window, transform

        small = raster.width * raster.height <= _PIXELS
        whole = Window(0, 0, raster.width, raster.height) if small else window
        pixels = (tuple(transform(whole, raster.transform)), int(whole.height), int(whole.width))
        if not self._parts or raster.crs != self._crs:
            self._crs, self._pixels = raster.crs, ()
            self._parts = {
                name: _polygons(frame.geometry.to_crs(raster.crs))
                for name, frame in self.frames.items()
            }
        if pixels != self._pixels:
            self._pixels = pixels
            self._numbers = {name: _burnt(parts, *pixels) for name, parts in self._parts.items()}
        top = int(window.row_off - whole.row_off)
        rows = slice(top, top + int(window.height))
        return {name: numbers[rows].ravel() for name, numbers in self._numbers.items()}


def _polygons(shapes: Any) -> list[tuple[dict[str, Any], int]]:
    """Give the polygons of shapes as plain coordinates, each with the number of its shape from 1.

    So many shapes are not asked for their coordinates one by one.
    """
    import shapely

    parts, number = shapely.get_parts(shapes.to_numpy(), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    number = number[inner]
    polygon = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    if not polygon.any():
        return []
    _, xy, (rings, polygons) = shapely.to_ragged_array(parts[polygon], include_z=False)
    points = xy.tolist()
    lines = [points[a:b] for a, b in pairwise(rings.tolist())]
    shaped = [lines[a:b] for a, b in pairwise(polygons.tolist())]
    return [
        ({"type": "Polygon", "coordinates": shape}, n + 1)
        for shape, n in zip(shaped, number[polygon].tolist(), strict=True)
    ]


def _burnt(
    parts: list[tuple[dict[str, Any], int]], place: tuple[float, ...], height: int, width: int
) -> Ints:
    """Give for the pixels of a picture the polygon that their centre lies in."""
    from affine import Affine
    from rasterio.features import rasterize

    if not parts:
        return np.zeros((height, width), dtype=np.int32)
    shape = (height, width)
    numbers: Ints = rasterize(parts, shape, transform=Affine(*place[:6]), dtype="int32")
    return numbers


def means(blocks: Iterator[Block], raster: Any, places: Places) -> dict[str, dict[str, Floats]]:
    """Mean of every layer over every place.

    Parameters
    ----------
    blocks : iterable of (window, layers)
        Windows of whole rows of a raster, each row once.
    raster : rasterio dataset
        Gives CRS, transform, width and height.
    places : Places

    Returns
    -------
    dict of dict of float arrays
        By name of the places and layer; NaN where no known pixel lies inside.
    """
    sums: dict[tuple[str, str], Floats] = {}
    counts: dict[tuple[str, str], npt.NDArray[np.int64]] = {}
    for window, layers in blocks:
        for name, numbers in places.on(raster, window).items():
            n = len(places.frames[name])
            inside = np.flatnonzero(numbers)
            place = numbers[inside] - 1
            every = np.bincount(place, minlength=n)
            for layer, values in layers.items():
                value, at, count = values.ravel()[inside], place, every
                known = ~np.isnan(value)
                if not known.all():
                    value, at = value[known], place[known]
                    count = np.bincount(at, minlength=n)
                key = name, layer
                sums.setdefault(key, np.zeros(n))
                counts.setdefault(key, np.zeros(n, dtype=np.int64))
                sums[key] += np.bincount(at, value, n)
                counts[key] += count
    out: dict[str, dict[str, Floats]] = {name: {} for name in places.frames}
    for (name, layer), total in sums.items():
        known = counts[name, layer] > 0
        out[name][layer] = np.where(known, total / np.where(known, counts[name, layer], 1), np.nan)
    return out


def raster_means(
    path: str | Path,
    places: Mapping[str, Any] | Places,
    *,
    classes: Sequence[int] = (),
    only: tuple[str | Path, Sequence[int]] | None = None,
) -> dict[str, pd.Series]:
    """Mean of a raster, or share of some of its classes, over the places of several frames.

    Parameters
    ----------
    path : str or Path
        Raster with a CRS; band 1, scale and offset applied.
    places : mapping of GeoDataFrame, or Places
        By name, such as ``townships`` and ``units``.
    classes : sequence of int, optional
        Give the share of these values among the known pixels, 0..1.
    only : (path, values), optional
        Only pixels where this class raster (brought to the pixels of the first by nearest
        neighbour) has one of the values: built land.

    Returns
    -------
    dict of Series of Float64
        On the index of each frame; ``<NA>`` where nothing is known.

    Raises
    ------
    InputError
        A file that cannot be read.
    """
    import rasterio
    from rasterio.vrt import WarpedVRT

    with ExitStack() as stack:
        try:
            file = stack.enter_context(rasterio.open(path))
            mask = None
            if only is not None:
                other = stack.enter_context(rasterio.open(only[0]))
                mask = stack.enter_context(
                    WarpedVRT(other, crs=file.crs, transform=file.transform, width=file.width,
                              height=file.height)
                )  # fmt: skip
        except rasterio.errors.RasterioError as error:
            raise InputError.one(
                f"cannot be read ({error})", "无法读取", where=str(path), code="raster"
            ) from error
        counted = list(classes)

        def blocks() -> Iterator[Block]:
            for window in strips(file):
                x = read(file, window)
                if counted:
                    x = np.where(np.isnan(x), np.nan, np.isin(x, counted))
                if mask is not None and only is not None:
                    built = np.isin(mask.read(1, window=window), list(only[1]))
                    x = np.where(built, x, np.nan)
                yield window, {"value": x}

        known = Places.of(places)
        found = means(blocks(), file, known)
    return {k: series(found[k].get("value"), f.index) for k, f in known.frames.items()}


def series(values: Floats | None, index: pd.Index) -> pd.Series:
    """Give means as Float64, ``<NA>`` where nothing is known."""
    x = np.full(len(index), np.nan) if values is None else values
    return pd.Series(x, index=index).astype("Float64").mask(np.isnan(x), pd.NA)


def strips(file: Any) -> Iterator[Any]:
    """Give windows of whole rows."""
    from rasterio.windows import Window

    high = max(1, _PIXELS // max(int(file.width), 1))
    for top in range(0, int(file.height), high):
        yield Window(0, top, file.width, min(high, file.height - top))


def read(file: Any, window: Any) -> Floats:
    """Values of a window, NaN where unknown."""
    raw = file.read(1, window=window, masked=True)
    x: Floats = np.ma.filled(raw.astype(np.float64), np.nan)
    x[np.isinf(x)] = np.nan
    if file.scales[0] != 1.0 or file.offsets[0] != 0.0:
        x = x * file.scales[0] + file.offsets[0]
    return x
