"""Where a finding is: rows and features with what stands there and their coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from zoning.errors import Spot
from zoning.inputs.crs import spot

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Places of one finding that are kept; of more the first.
MOST_SPOTS = 2000


def spots(
    rows: Iterable[str], values: Iterable[object] | None = None,
    shapes: Sequence[Any] | None = None, crs: Any = None,
) -> tuple[Spot, ...]:  # fmt: skip
    """Give the places of a finding, row by row.

    Parameters
    ----------
    rows : iterable of str
        How each row is called.
    values : iterable, optional
        What stands there; missing is written as nothing.
    shapes : sequence of shapely geometry, optional
        Of the rows, in ``crs``.

    Examples
    --------
    >>> import shapely
    >>> spots(["feature 1"], ["III"], [shapely.box(119, 32, 120, 33)], "EPSG:4326")
    (Spot(row='feature 1', value='III', lon=119.5, lat=32.5),)
    """
    said = repeat("") if values is None else (_said(v) for v in values)
    drawn = repeat(None) if shapes is None else shapes
    out = []
    for row, value, shape in islice(zip(rows, said, drawn, strict=False), MOST_SPOTS):
        lon, lat = spot(shape, crs) or (None, None)
        out.append(Spot(row, value, lon, lat))
    return tuple(out)


def _said(value: Any) -> str:
    """Write a cell; what is missing as nothing, a number as it is read."""
    import pandas as pd

    if pd.isna(value):
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def labels(frame: gpd.GeoDataFrame) -> list[str]:
    """Name the features of a layer as its file numbers them."""
    known = frame.attrs.get("features", ())
    return [f"feature {i}" for i in (known if len(known) == len(frame) else frame.index)]


def features(frame: gpd.GeoDataFrame, mask: pd.Series, values: pd.Series) -> tuple[Spot, ...]:
    """Give the places of the features of a mask, with what stands there.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> two = gpd.GeoDataFrame(geometry=[shapely.Point(119, 32)] * 2, crs="EPSG:4326")
    >>> features(two, pd.Series([False, True]), pd.Series(["I", "III"]))
    (Spot(row='feature 1', value='III', lon=119.0, lat=32.0),)
    """
    hit = mask.fillna(False).to_numpy(dtype=bool)
    rows = labels(frame)
    shapes = frame.geometry.to_numpy()[hit]
    return spots((rows[i] for i in hit.nonzero()[0]), values[hit], shapes, frame.crs)
