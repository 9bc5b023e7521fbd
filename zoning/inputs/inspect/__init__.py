"""What is likely wrong with a file although it can be read; one function per finding.

Nothing here changes data. `place` asks whether coordinates can be what the CRS says, `datum` knows
the shifts of web maps, `delivery` holds the layers of a plan against one another, `texts` looks at
codes and encodings, `values` at the numbers of a table, `legends` at the classes of a raster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoning.errors import Finding
from zoning.inputs.inspect.delivery import elsewhere, inspect_datums, outlines
from zoning.inputs.inspect.place import inspect_place
from zoning.inputs.inspect.texts import odd_codes, odd_text

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["elsewhere", "inspect_datums", "inspect_layer", "inspect_place", "outlines"]


def inspect_layer(
    frame: gpd.GeoDataFrame, reference_boundary: gpd.GeoSeries | None = None, *, where: str = ""
) -> list[Finding]:
    """Look for what cannot be proved from the file alone.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, in the CRS that it declares; column ``code`` and text columns if there are any.
    reference_boundary : GeoSeries, optional
        A trusted outline of the same place, in any CRS.
    where : str
        File and layer.

    Returns
    -------
    list of Finding
        Errors about a zone number inside the easting, swapped axes, degrees in metres, another
        3-degree zone, shifts of web maps; warnings about unreadable text; notes about odd codes.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = shapely.box(40_500_000, 3_560_000, 40_501_000, 3_561_000)
    >>> towns = gpd.GeoDataFrame(geometry=[square], crs="EPSG:4549")
    >>> print(inspect_layer(towns)[0].tell())
    x is about 40,500,500: an easting with the zone number 40 in front, but EPSG:4549 has none.
    Try: crs = "EPSG:4528"
    """
    found = inspect_place(frame, where)
    if reference_boundary is not None and not found and len(frame) and frame.crs is not None:
        found = elsewhere(frame.geometry, reference_boundary, where)
        if not found:
            layers = {"reference": (reference_boundary, "reference"),
                      "layer": (frame.geometry, where)}  # fmt: skip
            found = inspect_datums(layers).findings
    return found + odd_codes(frame, where) + odd_text(frame, where)
