"""Ecological importance, over arrays: 5 = most important, 3 = important, 1 = the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from zoning.errors import InputError
from zoning.evaluation.presets import Item, Preset
from zoning.evaluation.tables import NODATA, Array, Classes, as_classes

EXTREME, IMPORTANT, REST = 5, 3, 1
Cuts = Mapping[str, tuple[float, float]]
#: Bins of one pass over the values, and how many values may be held at last (own choices).
_BINS, _HELD = 65_536, 2_000_000


def importance(preset: Preset, layers: Mapping[str, Array], cuts: Cuts | None = None) -> Classes:
    """Ecological importance: the highest of all services and fragilities.

    Parameters
    ----------
    preset : Preset
    layers : mapping of arrays of one shape
        By role (`Preset.roles`); NaN is unknown. An item without all its layers is left out.
    cuts : mapping, optional
        For every cumulative item its two cuts, from `cumulative_cut` over the whole area.

    Returns
    -------
    uint8 array
        5, 3 or 1. What is extreme by one item is so whatever else is unknown; otherwise an unknown
        item makes the cell unknown (`NODATA`).

    Raises
    ------
    InputError
        No item has its layers, or a cumulative item lacks its cuts.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> layers = {"slope": np.array([26.0, 16.0, 2.0]),
    ...     "vegetation_cover": np.array([0.9, 0.7, 0.9]),
    ...     "natural_vegetation": np.array([1.0, 1.0, 1.0]),
    ...     "erosion_intensity": np.array([1.0, 1.0, np.nan])}
    >>> importance(load_preset("A"), layers).tolist()
    [5, 3, 255]
    """
    found = [
        item_class(item, layers, cuts) for item in preset.items if set(item.roles) <= set(layers)
    ]
    if not found:
        names = ", ".join(item.name for item in preset.items)
        raise InputError.one(
            f"no item has its layers: {names}", f"没有可评价的项：{names}",
            where="ecology", code="missing-layer",
        )  # fmt: skip
    extreme = np.logical_or.reduce([c == EXTREME for c in found])
    return np.where(extreme, EXTREME, np.maximum.reduce(found)).astype(np.uint8)


def item_class(item: Item, layers: Mapping[str, Array], cuts: Cuts | None = None) -> Classes:
    """Class of one item: 5, 3, 1 or `NODATA`."""
    unknown = np.logical_or.reduce([np.isnan(layers[r]) for r in item.roles])
    rule = item.rule
    x = layers[item.roles[0]]
    if item.kind == "cumulative":
        if cuts is None or item.name not in cuts:
            raise InputError.one("needs its cuts", "缺少分界值", where=item.name, code="cuts")
        extreme, important = (x >= cut for cut in cuts[item.name])
    elif item.kind == "conditions":
        inside = as_classes(x, (0, 1), item.roles[0]) == 1
        extreme, important = (
            np.logical_and.reduce([inside, *(layers[r] >= v for r, v in rule[k].items())])
            for k in ("extreme", "important")
        )
    elif item.kind == "classes":
        classes = as_classes(x, rule["known"], item.roles[0])
        extreme, important = np.isin(classes, rule["extreme"]), np.isin(classes, rule["important"])
    else:
        band = rule["bands"].of(x)
        extreme, important = band == 2, band == 1
    return np.select([unknown, extreme, important], [NODATA, EXTREME, IMPORTANT], REST).astype(
        np.uint8
    )


def cumulative_cut(blocks: Callable[[], Iterable[Array]], share: float) -> float:
    """Value from which on cells hold a share of all there is, the highest first.

    The cut is a value of the raster: cells at or above it hold at least ``share`` of the total,
    those above it hold less. Values of 0 and below hold nothing. The blocks are asked for several
    times, so memory does not grow with the raster.

    Parameters
    ----------
    blocks : callable
        Gives the values block by block, each time anew; NaN is unknown. Cells of one area.
    share : float
        0..1.

    Returns
    -------
    float
        Infinite if nothing is held at all.

    Examples
    --------
    >>> values = np.array([8.0, 1.0, 1.0, 4.0, 2.0, np.nan])
    >>> cumulative_cut(lambda: [values], 0.5), cumulative_cut(lambda: [values], 0.8)
    (8.0, 2.0)
    """

    def positive() -> Iterable[Array]:
        for block in blocks():
            x = np.asarray(block, dtype=np.float64).ravel()
            yield x[x > 0]

    low, high, total = np.inf, 0.0, 0.0
    for x in positive():
        if x.size:
            low, high, total = min(low, x.min()), max(high, x.max()), total + x.sum()
    if not total > 0:
        return float("inf")
    wanted = share * total * (1.0 - 1e-12)  # sums of floats may lack the last digits
    levels: list[tuple[float, float, int]] = []
    while True:
        sums, counts = _histogram(positive, levels, low, high)
        held = np.cumsum(sums[::-1])[::-1]
        k = int(np.flatnonzero(held >= wanted)[-1]) if held[0] >= wanted else 0
        wanted -= float(held[k] - sums[k])
        levels.append((low, high, k))
        if counts[k] <= _HELD or len(levels) == 4:  # 2^64 steps: no more than equal values are left
            break
        width = (high - low) / _BINS
        low, high = low + k * width, low + (k + 1) * width
    values, amounts = _collected(positive, levels)
    held = np.cumsum(amounts[::-1])[::-1]
    reached = np.flatnonzero(held >= wanted)
    return float(values[reached[-1]] if reached.size else values[0])


def _bin(x: Array, low: float, high: float) -> Array:
    if not high > low:
        return np.zeros(x.shape, dtype=np.int64)
    place = (x - low) / (high - low) * _BINS
    return np.clip(place, 0, _BINS - 1).astype(np.int64)


def _inside(x: Array, levels: list[tuple[float, float, int]]) -> Array:
    for low, high, k in levels:
        x = x[_bin(x, low, high) == k]
    return x


def _histogram(
    blocks: Callable[[], Iterable[Array]],
    levels: list[tuple[float, float, int]],
    low: float,
    high: float,
) -> tuple[Array, Array]:
    sums, counts = np.zeros(_BINS), np.zeros(_BINS, dtype=np.int64)
    for block in blocks():
        x = _inside(block, levels)
        at = _bin(x, low, high)
        sums += np.bincount(at, x, _BINS)
        counts += np.bincount(at, minlength=_BINS)
    return sums, counts


def _collected(
    blocks: Callable[[], Iterable[Array]], levels: list[tuple[float, float, int]]
) -> tuple[Array, Array]:
    """Different values of the last bin, rising, and what each of them holds."""
    values, counts = np.empty(0), np.empty(0, dtype=np.int64)
    for block in blocks():
        new, often = np.unique(_inside(block, levels), return_counts=True)
        values, place = np.unique(np.concatenate([values, new]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, often]), values.size).astype(np.int64)
    return values, values * counts
