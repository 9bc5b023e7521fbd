"""A made-up terrain: hills where hills are, gently rolling land in the west, plain in the east."""

from __future__ import annotations

import numpy as np
from rasterio.transform import Affine, from_origin
from scipy import ndimage

from .facts import table

CELL_M = 100
SEED = 437


def frame(bounds: np.ndarray, cell: float, margin: int = 3) -> tuple[tuple[int, int], Affine]:
    """Give shape and transform of a raster over the bounds, on whole multiples of the cell."""
    x0, y0 = (np.floor(v / cell) * cell - margin * cell for v in bounds[:2])
    x1, y1 = (np.ceil(v / cell) * cell + margin * cell for v in bounds[2:])
    return (round((y1 - y0) / cell), round((x1 - x0) / cell)), from_origin(x0, y1, cell, cell)


def centres(shape: tuple[int, int], transform: Affine) -> tuple[np.ndarray, np.ndarray]:
    """Give the coordinates of the pixel centres (sparse: a row of x, a column of y)."""
    xs = transform.c + (np.arange(shape[1]) + 0.5) * transform.a
    ys = transform.f + (np.arange(shape[0]) + 0.5) * transform.e
    return xs[None, :], ys[:, None]


def noise(shape: tuple[int, int], sigma: float, seed: int) -> np.ndarray:
    """Give smooth seeded noise with mean 0 and standard deviation 1 (sigma in pixels).

    Wide noise is drawn coarse and enlarged, which is much faster and looks the same.
    """
    factor = max(1, int(sigma // 3))
    small = tuple(-(-n // factor) + 4 for n in shape)
    field = np.random.default_rng(seed).standard_normal(small)
    field = ndimage.gaussian_filter(field, sigma / factor)
    if factor > 1:
        field = ndimage.zoom(field, factor, order=1)
    field = field[: shape[0], : shape[1]]
    return np.asarray((field - field.mean()) / field.std())


def build(bounds: np.ndarray) -> tuple[np.ndarray, Affine]:
    """Build the terrain in metres (int16) at 100 m."""
    shape, transform = frame(bounds, CELL_M)
    xs, ys = centres(shape, transform)
    ripple = np.clip(
        1 + 0.28 * noise(shape, 7, SEED) + 0.15 * noise(shape, 2.5, SEED + 1), 0.3, 1.6
    )
    hills = np.zeros(shape)
    for hill in table("hills.csv").itertuples():
        dx, dy = xs / 1000 - hill.x_km, ys / 1000 - hill.y_km
        turn = np.deg2rad(hill.angle_deg)
        along = (dx * np.cos(turn) + dy * np.sin(turn)) / hill.length_km
        across = (-dx * np.sin(turn) + dy * np.cos(turn)) / hill.width_km
        shape_ = hill.top_m * np.exp(-(along**2 + across**2)) * ripple
        shape_ *= hill.top_m / shape_.max()
        hills = np.maximum(hills, shape_)
    # the rolling land of the west ends at about 451 km easting; the plain lies at 3 to 8 m
    west = 1 / (1 + np.exp((xs / 1000 - 449) / 3.0)) / (1 + np.exp((ys / 1000 - 3563) / 1.0))
    rolling = west * np.clip(26 + 10 * noise(shape, 14, SEED + 2), 4, 60)
    plain = 4.5 + 1.2 * noise(shape, 20, SEED + 3)
    height = np.maximum(plain + rolling, hills)
    return np.round(np.clip(height, 1, None)).astype(np.int16), transform


def slope_deg(height: np.ndarray) -> np.ndarray:
    """Give the slope in degrees (central differences over 200 m)."""
    dy, dx = np.gradient(height.astype(float), CELL_M)
    return np.asarray(np.rad2deg(np.arctan(np.hypot(dx, dy))))
