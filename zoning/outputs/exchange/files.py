"""GeoJSON, FlatGeobuf, GeoParquet, GeoPackage and CSV: a file for each layer, a list of fields."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoning.base.streamed import write_geoparquet
from zoning.outputs.exchange.contents import Contents
from zoning.outputs.office import csv_file

if TYPE_CHECKING:
    import geopandas as gpd

#: Rows that a reader of GeoParquet takes or skips together (our choice).
_ROWS = 4096
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
    write_looks(contents, folder)
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
    write_looks(contents, folder)
    write_companions(contents, folder)


def write_parquet(contents: Contents, folder: Path) -> None:
    """Write each layer as GeoParquet and each table as Parquet.

    Rows follow the Hilbert curve and carry their boxes, so a reader with a window skips groups.

    References
    ----------
    OGC GeoParquet 1.1.0, 2024.
    """
    for name, layer in contents.layers.items():
        write_geoparquet(
            layer, folder / f"{name}.parquet", _ROWS, order=in_space(layer), index=False,
            schema_version="1.1.0",
        )  # fmt: skip
    for name, table in contents.tables.items():
        table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    write_companions(contents, folder)


def in_space(layer: gpd.GeoDataFrame) -> npt.NDArray[np.intp]:
    """Give the positions of rows along the Hilbert curve; those without shape come last.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in (0, 9, 1)])
    >>> in_space(row).tolist()
    [0, 2, 1]
    """
    bare = (layer.geometry.is_empty | layer.geometry.isna()).to_numpy()
    shaped = np.flatnonzero(~bare)
    if not len(shaped):
        return np.arange(len(layer))
    along = layer.geometry[~bare].hilbert_distance().to_numpy()
    return np.concatenate([shaped[np.argsort(along, kind="stable")], np.flatnonzero(bare)])


def write_geopackages(contents: Contents, folder: Path) -> None:
    """Write each layer as a GeoPackage of its own that opens styled, with words beside codes."""
    import sqlite3
    from contextlib import closing

    import pyogrio

    from zoning.base.stamp import stamped
    from zoning.outputs.qgis import geopackage

    for name, frame in contents.layers.items():
        path = folder / f"{name}.gpkg"
        with stamped():
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", use_arrow=True,
                dataset_options={"VERSION": "1.2"},
                layer_options={"GEOMETRY_NAME": geopackage.GEOMETRY},
            )  # fmt: skip
        style = contents.drawn.get(name)
        if style is None:
            continue
        looks = qml_of(contents, name), sld_of(contents, name)
        with closing(sqlite3.connect(path)) as db, db:
            geopackage.add_styles(
                db, [(name, geopackage.GEOMETRY, style.name, *looks, True, style.name)]
            )
    for name, table in contents.tables.items():
        csv_file.write(table, folder / f"{name}.csv")
    write_companions(contents, folder)


def write_csv(contents: Contents, folder: Path) -> None:
    """Write each layer and table as CSV; a layer by a point inside each feature, in degrees."""
    for name, frame in contents.layers.items():
        points = frame.geometry.representative_point().to_crs(4326)
        plain = frame.drop(columns="geometry").assign(
            lon=points.x.round(_DECIMALS), lat=points.y.round(_DECIMALS)
        )
        csv_file.write(plain, folder / f"{name}.csv")
    for name, table in contents.tables.items():
        csv_file.write(table, folder / f"{name}.csv")
    write_companions(contents, folder)


def write_kml(contents: Contents, folder: Path) -> None:
    """Write all layers into ``plan.kml``."""
    from zoning.outputs.exchange import kml

    kml.write(contents, folder / "plan.kml")
    write_companions(contents, folder)


def write_looks(
    contents: Contents, folder: Path, fields: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Put each layer's look beside it: QML, which QGIS takes by itself, and SLD.

    ``fields`` says for each layer what its columns are called in the file.
    """
    for name in contents.drawn:
        if name in contents.layers:
            short = (fields or {}).get(name, {})
            texts = {"qml": qml_of(contents, name, short), "sld": sld_of(contents, name, short)}
            for ending, text in texts.items():
                path = folder / f"{name}.{ending}"
                path.write_text(text, encoding="utf-8", newline="\n")


def qml_of(contents: Contents, name: str, fields: Mapping[str, str] | None = None) -> str:
    """Write the look of a layer as QML, under the names that its columns have in the file."""
    from zoning.outputs.qgis import styles

    short = fields or {}
    columns = [c for c in contents.layers[name].columns if c != "geometry"]
    names = {}
    for column in columns:
        base = column.removesuffix("_words")
        head = contents.said.heading(base, contents.lang, name)
        names[short.get(column, column)] = head if base == column else contents.describe(
            column, name)[contents.lang]  # fmt: skip
    text = styles.qml(contents.drawn[name], names, {})
    for column, other in short.items():
        if column != other:
            text = text.replace(f'attr="{column}"', f'attr="{other}"')
            text = text.replace(f"&quot;{column}&quot;", f"&quot;{other}&quot;")
    return text


def sld_of(contents: Contents, name: str, fields: Mapping[str, str] | None = None) -> str:
    """Write the look of a layer as SLD."""
    from zoning.outputs.qgis.sld import sld

    return sld(contents.looks[name], name, contents.drawn[name].name, fields)


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
