"""Made-up permanent basic farmland: the large blocks of fields away from towns."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage

from .facts import CRS
from .landuse import CELL_M, Ground

BLOCK = 10
FIELD_SHARE = 0.5
SMALLEST_KM2 = 0.9


def build(landuse: np.ndarray, ground: Ground, city: shapely.Geometry) -> gpd.GeoDataFrame:
    """Build the blocks (code, name): smoothed field share high, no red line, no trunk road."""
    fields = ndimage.gaussian_filter((landuse == 1).astype(np.float32), 9)
    free = (ground.red == 0) & ground.city & (ground.water == 0)
    free = ndimage.gaussian_filter(free.astype(np.float32), 4) > 0.9
    blocked = (fields > FIELD_SHARE) & free & (ground.slope < 3)
    coarse = blocked[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
    coarse = ndimage.binary_opening(coarse, np.ones((2, 2), bool))
    t = ground.transform
    transform = Affine(t.a * BLOCK, 0, t.c, 0, t.e * BLOCK, t.f)
    shapes = [
        shapely.geometry.shape(g)
        for g, v in rasterio.features.shapes(coarse.astype(np.uint8), transform=transform)
        if v == 1
    ]
    shapes = shapely.coverage_simplify(shapes, CELL_M * BLOCK * 0.9)
    # a little inside the city's line and apart from each other
    inner = shapely.buffer(city, -20)
    large = [g.buffer(-20, join_style="mitre") for g in shapes if g.area > SMALLEST_KM2 * 1e6]
    large = [g for g in shapely.intersection(large, inner) if not g.is_empty]
    large.sort(key=lambda g: (g.centroid.y, g.centroid.x))
    frame = {
        "code": [f"PBF-{k:03d}" for k in range(1, len(large) + 1)],
        "name": [f"永久基本农田 {k} (示意)" for k in range(1, len(large) + 1)],
    }
    return gpd.GeoDataFrame(frame, geometry=large, crs=CRS)
