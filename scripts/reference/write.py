"""Writing the committed files: the same bytes or content every time."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from rasterio.transform import Affine

from .facts import CRS, NOTICE

pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})


def geopackage(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write layers to a new GeoPackage; the notice is the description of every layer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.stem + ".part.gpkg")
    beside.unlink(missing_ok=True)
    for name, frame in layers.items():
        frame.to_file(
            beside,
            layer=name,
            driver="GPKG",
            engine="pyogrio",
            promote_to_multi=True,
            layer_options={"DESCRIPTION": NOTICE, "SPATIAL_INDEX": "YES"},
        )
    beside.replace(path)


def parquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write a GeoParquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    frame.to_parquet(beside, index=False, compression="zstd")
    beside.replace(path)


def text(path: Path, content: str) -> None:
    """Write a text file with Unix line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(content, encoding="utf-8", newline="\n")
    beside.replace(path)


def csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV in UTF-8."""
    text(path, frame.to_csv(index=False, lineterminator="\n"))


def raster(path: Path, values: np.ndarray, transform: Affine, nodata: int, predictor: int) -> None:
    """Write a small compressed GeoTIFF; the notice is its description."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.stem + ".part.tif")
    with rasterio.open(
        beside,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs=CRS,
        transform=transform,
        nodata=nodata,
        compress="deflate",
        zlevel=9,
        predictor=predictor,
        tiled=True,
        blockxsize=256,
        blockysize=256,
    ) as file:
        file.write(values, 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=NOTICE)
    beside.replace(path)
