"""Run an evaluation over rasters in strips of rows, so that memory does not grow with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError, Problem, Text, raise_all

Arrays = dict[str, npt.NDArray[Any]]

#: Megabytes that GDAL may keep of rasters; by default it takes a share of the machine.
CACHE_MB = 512
#: Pixels of one strip (own choice): eight layers of float64 stay below 100 MB.
STRIP_PIXELS = 1_000_000


def strips(
    layers: Mapping[str, str | Path], *, halo: int = 0, pixels: int = STRIP_PIXELS
) -> Iterator[tuple[Any, Arrays]]:
    """Read aligned rasters strip by strip.

    Parameters
    ----------
    layers : mapping
        Name to raster file; all on one grid.
    halo : int
        Rows above and below that come along where there are any (for slopes).
    pixels : int
        Size of a strip.

    Yields
    ------
    window : rasterio.windows.Window
        The strip without its halo.
    arrays : dict of float64 arrays
        NaN where a raster has no data; with the halo.

    Raises
    ------
    InputError
        Files that cannot be read or lie on other grids; all at once.
    """
    import contextlib

    import rasterio
    from rasterio.windows import Window

    with contextlib.ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_MB))
        found = _open(layers, stack)
        first = next(iter(found.values()))
        rows = max(1, pixels // max(first.width, 1))
        for top in range(0, first.height, rows):
            n = min(rows, first.height - top)
            a, b = max(top - halo, 0), min(top + n + halo, first.height)
            window = Window(0, a, first.width, b - a)
            arrays = {
                name: np.ma.filled(r.read(1, window=window, masked=True).astype(np.float64), np.nan)
                for name, r in found.items()
            }
            yield Window(0, top, first.width, n), arrays


def _open(layers: Mapping[str, str | Path], stack: Any) -> dict[str, Any]:
    import rasterio

    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, path in layers.items():
        try:
            found[name] = stack.enter_context(rasterio.open(path))
        except rasterio.errors.RasterioIOError:
            problems.append(
                Problem(Text("cannot be read", "无法读取"), f"{name}: {path}", code="missing-file")
            )
    if not layers:
        problems.append(Problem(Text("no raster is given", "未给出栅格"), "evaluation"))
    raise_all(problems)
    first = next(iter(found.values()))
    for name, r in found.items():
        same = r.shape == first.shape and r.crs == first.crs
        if not (same and r.transform.almost_equals(first.transform, 1e-6)):
            problems.append(
                Problem(
                    Text("lies on another grid than the first raster", "与第一个栅格的格网不一致"),
                    f"{name}: {layers[name]}", code="grid",
                    remedy=Text("warp it to the first one", "先重采样到同一格网"),
                )
            )  # fmt: skip
    raise_all(problems)
    return found


def stream(
    layers: Mapping[str, str | Path],
    out: str | Path,
    evaluate: Callable[[Arrays], npt.NDArray[np.uint8]],
    *,
    pixels: int = STRIP_PIXELS,
) -> Path:
    """Evaluate rasters strip by strip and write the grades (uint8, 0 unknown).

    The file appears whole or not at all.

    Parameters
    ----------
    layers : mapping
        Name to raster file.
    out : path
        GeoTIFF.
    evaluate : callable
        Takes the arrays of a strip, gives its grades, such as `town_b`.

    Raises
    ------
    InputError
        See `strips`.
    """
    import rasterio

    out = Path(out)
    part = out.with_name(f".{out.name}.{os.getpid()}.part.tif")
    target = None
    try:
        for window, arrays in strips(layers, pixels=pixels):
            if target is None:
                with rasterio.open(next(iter(layers.values()))) as first:
                    meta = {
                        "driver": "GTiff", "width": first.width, "height": first.height,
                        "count": 1, "dtype": "uint8", "nodata": 0, "crs": first.crs,
                        "transform": first.transform, "compress": "deflate",
                    }  # fmt: skip
                target = rasterio.open(part, "w", **meta)
            target.write(evaluate(arrays).astype(np.uint8), 1, window=window)
        if target is None:
            raise InputError.one("the rasters are empty", "栅格为空", where=str(out))
        target.close()
        part.replace(out)
    finally:
        if target is not None:
            target.close()
        part.unlink(missing_ok=True)
    return out
