"""Random small worlds for the tests of allocation: zones cross townships, units are partial."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.capacity import Limit

ZONES = ("balance", "key", "moderate", "optimised")


def pieces_of(seed: int, side: int = 6, ties: bool = False) -> pd.DataFrame:
    """A side x side lattice of units; townships are columns of blocks, some units are split."""
    rng = np.random.default_rng(seed)
    rows = []
    for r in range(side):
        for c in range(side):
            unit = f"N{r:03d}E{c:03d}"
            zone = ZONES[rng.integers(4)]
            area = int(rng.integers(200, 1001)) if rng.random() < 0.3 else 1000
            towns = [c * 3 // side]
            if rng.random() < 0.25:
                towns.append((towns[0] + 1) % 3)
            cut = int(rng.integers(1, area)) if len(towns) == 2 else area
            for town, part in zip(towns, (cut, area - cut), strict=False):
                if part == 0:
                    continue
                built = int(rng.integers(0, part + 1)) if rng.random() < 0.6 else 0
                free = int(rng.integers(0, part - built + 1)) if rng.random() < 0.8 else 0
                value = rng.integers(0, 5) / 5 if ties else rng.random()
                rows.append(
                    (
                        f"{unit}|t{town}",
                        unit,
                        f"t{town}",
                        f"c{town // 2}",
                        zone,
                        ZONES[1 + town],
                        part,
                        built,
                        free,
                        float(value),
                    )
                )
    columns = [
        "piece",
        "unit",
        "township",
        "county",
        "zone",
        "township_zone",
        "area_m2",
        "built_m2",
        "free_m2",
        "suitability",
    ]
    return pd.DataFrame(rows, columns=columns).set_index("piece").sort_index()


def limits_of(
    pieces: pd.DataFrame, seed: int, *, zones: bool = True, floors: bool = True, hard: float = 0.0
) -> list[Limit]:
    """Caps and floors at random; ``hard`` is the chance that floors are too high."""
    rng = np.random.default_rng(seed + 10_000)
    free = int(pieces["free_m2"].sum())
    found = [Limit("city", "city", cap_m2=int(free * rng.uniform(0.2, 0.9)))]
    impossible = rng.random() < hard
    for kind in ("county", "township"):
        for code, part in pieces.groupby(kind)["free_m2"].sum().items():
            cap = int(part * rng.uniform(0.3, 1.1)) if rng.random() < 0.5 else None
            floor = int(part * rng.uniform(0, 0.15)) if floors and rng.random() < 0.5 else 0
            if impossible and kind == "township":
                floor = int(part * rng.uniform(0.3, 1.0))
            found.append(Limit(kind, str(code), floor_m2=floor, cap_m2=cap))
    if zones:
        for code, part in pieces.groupby("zone")["free_m2"].sum().items():
            cap = 0 if code == "balance" else int(part * rng.uniform(0.2, 1.0))
            found.append(Limit("zone", str(code), cap_m2=cap))
    return found


def edges_of(pieces: pd.DataFrame, length_m: float = 1.0) -> pd.DataFrame:
    """Rook neighbours on the lattice."""
    units = sorted(set(pieces["unit"]))
    have = set(units)
    rows = []
    for u in units:
        r, c = int(u[1:4]), int(u[5:8])
        for v in (f"N{r:03d}E{c + 1:03d}", f"N{r + 1:03d}E{c:03d}"):
            if v in have:
                rows.append((u, v, length_m))
    return pd.DataFrame(rows, columns=["a", "b", "length_m"])
