"""Overlays on units: where they rule, which one wins, how near the next change is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import floats
from zoning.schemes import Overlay

Floats = npt.NDArray[np.float64]

#: No overlay rules, and nobody knows because a protection is unknown.
NOBODY, UNKNOWN = -1, -2


@dataclass(frozen=True)
class Ruling:
    """Which of k overlays rule n units.

    Attributes
    ----------
    share : float array, shape (n, k)
        Covered share of the unit, NaN where unknown or the unit has no area.
    rules : bool array, shape (n, k)
        Whether the share reaches the overlay's.
    first : int array, shape (n,)
        The first overlay that rules, :data:`NOBODY`, or :data:`UNKNOWN`.
    """

    share: Floats
    rules: npt.NDArray[np.bool_]
    first: npt.NDArray[np.int64]


def ruling(units: pd.DataFrame, overlays: Sequence[Overlay]) -> Ruling:
    """Find where overlays rule.

    Parameters
    ----------
    units : DataFrame
        ``area_m2`` and the column of each overlay (``Overlay.column``).
    overlays : sequence of Overlay
        In the order of the scheme.

    Returns
    -------
    Ruling

    Notes
    -----
    A unit whose area rounds to 0 m2 has no share to judge: no overlay rules it. An unknown share
    leaves open what comes after it, not what an earlier overlay decides.
    """
    n = len(units)
    area = floats(units["area_m2"])
    share = np.full((n, len(overlays)), np.nan)
    rules = np.zeros((n, len(overlays)), bool)
    first = np.full(n, NOBODY, np.int64)
    for k, overlay in enumerate(overlays):
        covered = floats(units[overlay.column])
        with np.errstate(invalid="ignore", divide="ignore"):
            share[:, k] = np.where(area > 0, covered / area, np.nan)
            rules[:, k] = (covered >= overlay.share * area) & (area > 0)
        open_ = first == NOBODY
        first[open_ & rules[:, k]] = k
        first[open_ & np.isnan(covered) & (area > 0)] = UNKNOWN
    return Ruling(share, rules, first)


@dataclass(frozen=True)
class Change:
    """The nearest crossing of a threshold that changes the zone of each of n units.

    Attributes
    ----------
    overlay : int array
        Whose share crosses; -1 where none can change the zone.
    distance : float array
        Between its share and its threshold; NaN where none can.
    then : int array
        The overlay that rules afterwards, or :data:`NOBODY`: the class of the township.
    """

    overlay: npt.NDArray[np.int64]
    distance: Floats
    then: npt.NDArray[np.int64]


def nearest_change(found: Ruling, overlays: Sequence[Overlay]) -> Change:
    """Find the nearest overlay that could come to rule, or cease to.

    Overlays behind the one that rules change nothing; of equal distances the first counts.
    """
    n = len(found.first)
    best, which = np.full(n, np.inf), np.full(n, -1, np.int64)
    then = np.full(n, NOBODY, np.int64)
    for k, overlay in enumerate(overlays):
        share, first = found.share[:, k], found.first
        later = found.rules[:, k + 1 :]
        after = np.full(n, NOBODY, np.int64)
        if later.shape[1]:
            after = np.where(later.any(axis=1), k + 1 + later.argmax(axis=1), NOBODY)
        falls = first == k
        rises = (first == NOBODY) | (first > k)
        with np.errstate(invalid="ignore"):
            distance = np.abs(share - overlay.share)
            better = (falls | rises) & (distance < best)
        best = np.where(better, distance, best)
        which = np.where(better, k, which)
        then = np.where(better, np.where(falls, after, k), then)
    return Change(which, np.where(np.isinf(best), np.nan, best), then)


def listed(units: pd.DataFrame, overlays: Sequence[Overlay]) -> pd.Series:
    """Name the overlays that stand beside the zone of each unit: codes joined by ``+``.

    Returns
    -------
    Series of string on the index of ``units``
        Empty where none rules, ``<NA>`` where one is unknown.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> overlays = load_scheme("national").listed
    >>> units = pd.DataFrame({"area_m2": [100, 100], "overlay_culture_m2": [80, 10]})
    >>> listed(units, overlays).tolist()
    ['culture', '']
    """
    out = pd.Series([""] * len(units), index=units.index, dtype="string")
    area = floats(units["area_m2"])
    for overlay in overlays:
        part = floats(units[overlay.column])
        rules = (part >= overlay.share * area) & (area > 0)
        out = out.mask(rules, out.where(out == "", out + "+") + overlay.code)
        out = out.mask(np.isnan(part) & (area > 0), pd.NA)
    return out
