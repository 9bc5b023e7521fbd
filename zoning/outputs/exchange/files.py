"""GeoJSON, FlatGeobuf and GeoParquet: one file for each layer, and a list of the fields."""

from __future__ import annotations

from pathlib import Path

from zoning.outputs.exchange.contents import Contents
from zoning.outputs.office import csv_file

#: Seven decimals of a degree are about one centimetre.
_DECIMALS = 7
#: Columns that name a feature.
KEYS = ("unit", "township", "county", "feature", "zone")


def write_geojson(contents: Contents, folder: Path) -> None:
    """Write each layer as GeoJSON in WGS 84, longitude before latitude.

    CGCS2000 and WGS 84 agree to about a decimetre, and PROJ takes them as equal.

    References
    ----------
    IETF RFC 7946, The GeoJSON Format, 2016.
    """
    import pyogrio

    for name, frame in contents.layers.items():
        key = key_of(name, list(frame.columns))
        # GDAL takes the field of the id out of the properties, so a copy of it is named.
        ready = frame.assign(feature_id=frame[key]) if key else frame
        more = {"ID_FIELD": "feature_id", "ID_TYPE": "String"} if key else {}
        pyogrio.write_dataframe(
            ready, folder / f"{name}.geojson", driver="GeoJSON", layer=name,
            layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": str(_DECIMALS), **more},
        )  # fmt: skip
    write_companions(contents, folder)


def write_flatgeobuf(contents: Contents, folder: Path) -> None:
    """Write each layer as FlatGeobuf; its spatial index puts the features into another order."""
    import pyogrio

    for name, frame in contents.layers.items():
        # A zone without units has no shape, and the index cannot hold that.
        index = "NO" if bool((frame.geometry.is_empty | frame.geometry.isna()).any()) else "YES"
        pyogrio.write_dataframe(
            frame, folder / f"{name}.fgb", driver="FlatGeobuf", layer=name, use_arrow=True,
            layer_options={"SPATIAL_INDEX": index},
        )  # fmt: skip
    write_companions(contents, folder)


def write_parquet(contents: Contents, folder: Path) -> None:
    """Write each layer as GeoParquet and each table as Parquet.

    References
    ----------
    OGC GeoParquet 1.1.0, 2024.
    """
    for name, layer in contents.layers.items():
        layer.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    for name, table in contents.tables.items():
        table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    write_companions(contents, folder)


def write_companions(contents: Contents, folder: Path) -> None:
    """List the fields in ``fields.csv`` and put the notice beside."""
    csv_file.write(contents.fields(), folder / "fields.csv")
    if contents.notice:
        text = contents.notice + "\n"
        (folder / "NOTICE.txt").write_text(text, encoding="utf-8", newline="\n")


def key_of(layer: str, columns: list[str]) -> str | None:
    """Give the column that names the features of a layer: the first of a known kind.

    Examples
    --------
    >>> key_of("units", ["unit", "area_m2", "zone"]), key_of("city", ["name"])
    ('unit', None)
    """
    return columns[0] if columns and columns[0] in KEYS else None
