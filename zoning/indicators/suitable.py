"""Suitable land of places (适宜建设用地): gentle, low, no water, forest or desert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from zoning.indicators.provincial import suitable_land
from zoning.indicators.terrain import slope
from zoning.indicators.zonal import Floats, Places, means, series

#: Shares of the known pixels of a place.
NAMES = ("suitable_share", "suitable_built_share", "suitable_farmland_share")
#: Groups of land use that are no suitable land: forest, grass, wetland, water; desert, bare land.
_WILD = ("ecology", "other")
_ROWS = 256


def suitable_of(
    dem: str | Path, landuse: str | Path, classes: pd.DataFrame,
    places: Mapping[str, gpd.GeoDataFrame] | Places, crs: Any,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Share of places that is suitable land, and of it what is built and what is farmed.

    Looked at on the pixels of the heights; land use is the class at the middle of each.

    Parameters
    ----------
    dem, landuse : str or Path
        Heights in metres; classes.
    classes : DataFrame, index ``value``
        ``group``, ``water``, ``built``, ``farmland`` of the classes.
    places : mapping of GeoDataFrame, or Places
        By name, such as ``townships``.
    crs : CRS
        Plane to which heights in degrees are brought.

    Returns
    -------
    dict of DataFrame of Float64
        `NAMES`; ``<NA>`` where neither heights nor land use are known.
    """
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    wild = classes.index[classes["group"].isin(_WILD) | classes["water"].astype(bool)]
    built = classes.index[classes["built"].astype(bool)]
    farmed = classes.index[classes["farmland"].astype(bool)]
    with ExitStack() as stack:
        heights: Any = stack.enter_context(rasterio.open(dem))
        if not heights.crs.is_projected:
            nodata = -9999.0 if heights.nodata is None else heights.nodata
            heights = stack.enter_context(
                WarpedVRT(heights, crs=crs, resampling=Resampling.bilinear, nodata=nodata)
            )
        use = stack.enter_context(rasterio.open(landuse))
        land = stack.enter_context(
            WarpedVRT(use, crs=heights.crs, transform=heights.transform, width=heights.width,
                      height=heights.height, nodata=use.nodata if use.nodata is not None else 0)
        )  # fmt: skip

        def blocks() -> Iterator[tuple[Any, Mapping[str, Floats]]]:
            from rasterio.windows import Window

            dx, dy = abs(heights.transform.a), abs(heights.transform.e)
            for top in range(0, heights.height, _ROWS):
                rows = min(_ROWS, heights.height - top)
                first, last = max(top - 1, 0), min(top + rows + 1, heights.height)
                z = heights.read(1, window=Window(0, first, heights.width, last - first),
                                 masked=True)  # fmt: skip
                height = np.ma.filled(z.astype(np.float64), np.nan)
                own = slice(top - first, top - first + rows)
                window = Window(0, top, heights.width, rows)
                code = land.read(1, window=window)
                steep = slope(height, dx, dy)[own]
                known = ~np.isnan(steep) & np.isin(code, classes.index)
                fit = suitable_land(steep, height[own], np.isin(code, wild))
                yield window, {
                    name: np.where(known, part, np.nan)
                    for name, part in zip(
                        NAMES, (fit, fit & np.isin(code, built), fit & np.isin(code, farmed)),
                        strict=True,
                    )
                }  # fmt: skip

        frames = Places.of(places)
        found = means(blocks(), heights, frames)
    return {
        k: pd.DataFrame({n: series(found[k].get(n), f.index) for n in NAMES}, index=f.index)
        for k, f in frames.frames.items()
    }
