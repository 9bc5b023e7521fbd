"""Means of rasters over places, from the pixels whose centres lie in them, read in strips of rows.

A raster that says nothing of a place leaves it missing. Which pixels count may depend on another
raster on the same pixels (built land).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import InputError

Floats = npt.NDArray[np.float64]

#: Pixels of a strip (own choice; tens of megabytes).
_PIXELS = 4_000_000

#: Values of several layers on the pixels of a window, NaN where unknown.
Block = tuple[Any, Mapping[str, Floats]]


def means(
    blocks: Iterator[Block], transform: Any, places: Mapping[str, Sequence[Any]]
) -> dict[str, dict[str, Floats]]:
    """Mean of every layer over every place.

    Parameters
    ----------
    blocks : iterator of (window, layers)
        Windows of a raster, each pixel once; a layer may be ``(values, weights)`` joined as a
        complex number: see `weighted`.
    transform : Affine
        Of the whole raster.
    places : mapping of sequences of polygons
        In the CRS of the raster; those of one name do not overlap.

    Returns
    -------
    dict of dict of float arrays
        By name of the places and layer; NaN where no known pixel lies inside.
    """
    from rasterio.features import rasterize
    from rasterio.windows import transform as moved

    sums: dict[tuple[str, str], Floats] = {}
    counts: dict[tuple[str, str], Floats] = {}
    for window, layers in blocks:
        shape = (int(window.height), int(window.width))
        for name, shapes in places.items():
            n = len(shapes)
            pairs = [(s, i + 1) for i, s in enumerate(shapes) if s is not None and not s.is_empty]
            if not pairs:
                continue
            ids = rasterize(
                pairs, out_shape=shape, transform=moved(window, transform), dtype="int32"
            ).ravel()
            for layer, values in layers.items():
                flat = values.ravel()
                weight = flat.imag if np.iscomplexobj(flat) else np.ones(flat.shape)
                value = flat.real
                use = (ids > 0) & ~np.isnan(value) & (weight > 0)
                key = (name, layer)
                sums.setdefault(key, np.zeros(n))
                counts.setdefault(key, np.zeros(n))
                at = ids[use] - 1
                sums[key] += np.bincount(at, value[use] * weight[use], n)
                counts[key] += np.bincount(at, weight[use], n)
    out: dict[str, dict[str, Floats]] = {name: {} for name in places}
    for (name, layer), total in sums.items():
        known = counts[name, layer] > 0
        out[name][layer] = np.where(known, total / np.where(known, counts[name, layer], 1), np.nan)
    return out


def weighted(values: Floats, weights: Floats) -> npt.NDArray[np.complex128]:
    """Carry a weight with every value, as the imaginary part.

    Examples
    --------
    >>> weighted(np.array([2.0]), np.array([0.5]))
    array([2.+0.5j])
    """
    return np.asarray(values + 1j * weights)


def raster_means(
    path: str | Path,
    places: Mapping[str, Any],
    *,
    classes: Sequence[int] = (),
    only: tuple[str | Path, Sequence[int]] | None = None,
) -> dict[str, pd.Series]:
    """Mean of a raster, or share of some of its classes, over the places of several frames.

    Parameters
    ----------
    path : str or Path
        Raster with a CRS; band 1, scale and offset applied.
    places : mapping of GeoDataFrame
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

        shapes = {k: list(f.geometry.to_crs(file.crs)) for k, f in places.items()}
        found = means(blocks(), file.transform, shapes)
    return {k: series(found[k].get("value"), f.index) for k, f in places.items()}


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
