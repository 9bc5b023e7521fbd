"""Reconstructed township lines: 56 townships that share their edges and fill the city.

Each township grows inside its county from the true box where one is public and from a guessed box
elsewhere. A pixel goes to the township in whose box it lies deepest; the boxes are then stretched
until the grown shapes fill them. The borders wander by seeded noise and are smoothed together, so
that neighbours keep one common line.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from rasterio.transform import Affine, from_origin
from scipy import ndimage

from .facts import CRS, table, true_boxes

ROUNDS = 14
SEED = 20131


def boxes() -> pd.DataFrame:
    """Give the box of every township: true where public, else guessed; and whether it is true."""
    names = table("townships.csv").set_index("code")[["name", "county", "status"]]
    true = true_boxes().assign(true=True)
    guess = table("guessed_boxes.csv").set_index("code").filter(regex="_km$") * 1000
    guess.columns = [c.removesuffix("_km") for c in guess.columns]
    return names.join(pd.concat([true, guess.assign(true=False)])).sort_index()


def _noise(shape: tuple[int, int], sigma: float, seed: int) -> np.ndarray:
    field = np.random.default_rng(seed).standard_normal(shape)
    field = ndimage.gaussian_filter(field, sigma)
    return np.asarray(field / field.std())


def _depth(frame: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Give for each pixel the box distance: 0 in the middle, 1 on the edge, linear outside."""
    x0, y0, x1, y1 = frame
    across = np.abs(xs - (x0 + x1) / 2) / ((x1 - x0) / 2)
    along = np.abs(ys - (y0 + y1) / 2) / ((y1 - y0) / 2)
    return np.asarray((across**6 + along**6) ** (1 / 6))


def _whole(labels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Keep one piece per township and part of the county; the rest goes to the next neighbour."""
    keep = np.zeros(labels.shape, bool)
    parts, count = ndimage.label(mask)
    for part in range(1, count + 1):
        here = parts == part
        for label in np.unique(labels[here]):
            pieces, n = ndimage.label(here & (labels == label))
            sizes = np.bincount(pieces.ravel(), minlength=n + 1)
            sizes[0] = 0
            keep |= pieces == sizes.argmax()
    index = ndimage.distance_transform_edt(~keep, return_distances=False, return_indices=True)
    return np.where(mask, labels[tuple(index)], -1)


def _bounds(hit: np.ndarray, xs: np.ndarray, ys: np.ndarray, pixel: float) -> np.ndarray | None:
    if not hit.any():
        return None
    x, y = xs[0, hit.any(axis=0)], ys[hit.any(axis=1), 0]
    return np.array([x.min(), y.min(), x.max(), y.max()]) + np.array([-1, -1, 1, 1]) * pixel / 2


def _grow(
    frames: np.ndarray,
    mask: np.ndarray,
    xs: np.ndarray,
    ys: np.ndarray,
    warp: tuple[np.ndarray, np.ndarray],
    pixel: float,
) -> np.ndarray:
    """Grow the townships of one county; frames: n x 4 wanted boxes. Gives labels 0..n-1."""
    stretched = frames.copy()
    # outside its wanted box a township gives way to any other
    outside = np.stack([np.clip(_depth(f, xs, ys) - 1.02, 0, None) * 8 for f in frames])
    best, best_score = np.zeros(0), -1.0
    for _ in range(ROUNDS):
        depth = outside + np.stack([_depth(f, *warp) for f in stretched])
        labels = _whole(np.where(mask, depth.argmin(axis=0), -1), mask)
        score = 0.0
        for k, frame in enumerate(frames):
            box = _bounds(labels == k, xs, ys, pixel)
            if box is None:
                stretched[k] += np.array([-1, -1, 1, 1]) * 300.0
                continue
            score += box_iou(box, frame)
            stretched[k] += 0.35 * (frame - box)
        if score > best_score:
            best, best_score = labels, score
    return best


def box_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (x0, y0, x1, y1)."""
    first, second = shapely.box(*a), shapely.box(*b)
    return float(first.intersection(second).area / first.union(second).area)


def _labels(geometry: shapely.Geometry, named: pd.DataFrame) -> tuple[np.ndarray, Affine]:
    """Grow the townships of one county; positions in ``named``, spread beyond the county's line."""
    frames = named[["x0", "y0", "x1", "y1"]].to_numpy(float)
    small = min((frames[:, 2] - frames[:, 0]).min(), (frames[:, 3] - frames[:, 1]).min()) < 4000
    pixel = 40 if small else 100
    x0, y0, x1, y1 = geometry.bounds
    shape = (int(np.ceil((y1 - y0) / pixel)) + 20, int(np.ceil((x1 - x0) / pixel)) + 20)
    transform = from_origin(x0 - 10 * pixel, y1 + 10 * pixel, pixel, pixel)
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    xs, ys = transform.c + (cols + 0.5) * pixel, transform.f - (rows + 0.5) * pixel
    wander = 60 if small else 450
    seed = SEED + round(x0)
    warp = (
        xs + wander * _noise(shape, 1000 / pixel, seed),
        ys + wander * _noise(shape, 1000 / pixel, seed + 1),
    )
    mask = rasterio.features.rasterize([geometry], shape, transform=transform).astype(bool)
    labels = _grow(frames, mask, xs, ys, warp, pixel)
    index = ndimage.distance_transform_edt(labels < 0, return_distances=False, return_indices=True)
    return labels[tuple(index)].astype(np.int16), transform


def _smooth_lines(labels: np.ndarray, transform: Affine) -> shapely.Geometry:
    """Give the borders between labels as smoothed lines."""
    shapes = [
        shapely.geometry.shape(g) for g, _ in rasterio.features.shapes(labels, transform=transform)
    ]
    cover = shapely.coverage_simplify(shapes, 2.2 * transform.a, simplify_boundary=False)
    return shapely.unary_union(shapely.boundary(cover))


def build(counties: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Build the 56 townships (code, name, county, status) as a partition of the counties."""
    named = boxes()
    grown = []
    lines = [shapely.boundary(g) for g in counties.geometry]
    for code, geometry in zip(counties["code"], counties.geometry, strict=True):
        own = np.flatnonzero(named["county"] == code)
        labels, transform = _labels(geometry, named.iloc[own])
        grown.append((own[labels], transform))
        # a centimetre too long, so that the ends surely cross the county line
        reach = shapely.buffer(geometry, 0.01)
        lines.append(shapely.intersection(_smooth_lines(labels, transform), reach))
    noded = shapely.union_all(lines)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    points = shapely.point_on_surface(faces)
    owner = np.full(len(faces), -1)
    for geometry, (labels, transform) in zip(counties.geometry, grown, strict=True):
        inside = shapely.contains(geometry, points)
        col, row = ~transform * (shapely.get_x(points[inside]), shapely.get_y(points[inside]))
        owner[inside] = labels[row.astype(int), col.astype(int)]
    owner = _absorb(faces, owner, named["county"].to_numpy())
    geometry = [
        shapely.MultiPolygon(shapely.get_parts(shapely.union_all(faces[owner == k])).tolist())
        for k in range(len(named))
    ]
    frame = named.reset_index()[["code", "name", "county", "status"]]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS)


def _absorb(faces: np.ndarray, owner: np.ndarray, county: np.ndarray) -> np.ndarray:
    """Give specks that the smoothing cut off to the neighbour with the longest common line."""
    owner = owner.copy()
    small = np.flatnonzero((shapely.area(faces) < 5e4) & (owner >= 0))
    for k in small[np.argsort(shapely.area(faces[small]), kind="stable")]:
        near = np.flatnonzero(
            shapely.touches(faces, faces[k]) & (owner >= 0) & (county[owner] == county[owner[k]])
        )
        shared = shapely.length(shapely.intersection(faces[near], faces[k]))
        if shared.size and shared.max() > 0:
            owner[k] = owner[near[shared.argmax()]]
    return owner
