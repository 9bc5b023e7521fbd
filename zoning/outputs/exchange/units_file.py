"""The units of a lattice as a file of their own, in the format of its ending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base.staged import beside
from zoning.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

#: Endings of the files that hold units, with the driver that writes each.
DRIVERS = {
    ".gpkg": "GPKG", ".parquet": "Parquet", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile", ".gdb": "OpenFileGDB",
}  # fmt: skip


def driver_of(out: Path) -> str:
    """Give the driver of a file's ending.

    Raises
    ------
    InputError
        If the ending is not known.
    """
    driver = DRIVERS.get(out.suffix.lower())
    if driver is None:
        raise InputError.one(
            f"unknown ending '{out.suffix}'", f"未知的扩展名“{out.suffix}”", where=str(out),
            code="ending",
            remedy=("use one of " + " ".join(DRIVERS), "请使用 " + " ".join(DRIVERS) + " 之一"),
        )  # fmt: skip
    return driver


def write(units: gpd.GeoDataFrame, out: Path, inputs: Sequence[str | Path] = ()) -> None:
    """Write the units whole or not at all.

    Raises
    ------
    InputError
        If the ending is not known, or the place cannot be written.
    """
    with beside(out, inputs) as part:
        _write(units, part)


def _write(units: gpd.GeoDataFrame, path: Path) -> None:
    driver = driver_of(path)
    if driver == "Parquet":
        units.to_parquet(path, compression="zstd")
        return
    options = {"layer": "units"} if driver in ("GPKG", "OpenFileGDB") else {}
    if driver == "ESRI Shapefile":
        options["encoding"] = "UTF-8"
    if driver == "OpenFileGDB":
        from zoning.outputs.exchange.gdb import small_integers

        units = small_integers(units)
    from zoning.base.stamp import stamped

    with stamped():  # equal units make equal bytes
        units.reset_index().to_file(path, driver=driver, engine="pyogrio", **options)
