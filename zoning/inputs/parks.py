"""The register of parks: polygons with code, name, kind, planned area, leading industries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.inputs.vector import read_polygons
from zoning.planfile.layers import ParkLayer

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.source import Source

#: Columns of the register, in order.
COLUMNS = ("code", "name", "kind", "planned_area_ha", "leading_industries")


def read_parks(part: ParkLayer, folder: Path, crs: Any) -> tuple[gpd.GeoDataFrame, Source]:
    """Read the register of parks.

    Parameters
    ----------
    part : ParkLayer
        ``[inputs.parks]``.
    folder : Path
        Where its path starts.
    crs : CRS or str
        CRS of the plan.

    Returns
    -------
    GeoDataFrame
        :data:`COLUMNS` and ``geometry``, sorted by code; a column that is not mapped is ``<NA>``.
    Source

    Raises
    ------
    InputError
        With all problems of the file: missing columns, codes that occur twice, invalid polygons.
    """
    import pandas as pd

    mapped = {name: getattr(part, name) for name in COLUMNS}
    frame, source = read_polygons(
        folder / part.path, layer=part.layer, crs=part.crs, encoding=part.encoding,
        columns=mapped, unique=("code",), role="parks", to_crs=crs, repair=part.repair,
        datum=part.datum,
    )  # fmt: skip
    for name in COLUMNS:
        if name not in frame:
            frame[name] = pd.NA
    frame["planned_area_ha"] = pd.to_numeric(frame["planned_area_ha"], errors="coerce")
    kept = frame[[*COLUMNS, "geometry"]].sort_values("code", ignore_index=True)
    return kept, source
