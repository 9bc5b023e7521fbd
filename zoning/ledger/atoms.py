"""The one table of areas: every figure of a plan is a sum of it.

An atom is the part of one unit that lies in one township (or in ``none``, or in ``overlap``), under
one set of red lines and one of other protections, in one land-use class. All of it is measured
jointly and rounded once to whole square metres (:mod:`zoning.ledger.rounding`): the atoms add up to
the city exactly, a whole square has its whole area, and units, counties, townships and their red
parts, and all that is red, are off by less than a square metre. Sums of atoms close at 0 by
construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from zoning.base import runs
from zoning.base.coded import coded
from zoning.base.memory import give_back
from zoning.grid.lattice import GridSpec
from zoning.grid.units import framed, unit_codes
from zoning.inputs.layers import Layers
from zoning.ledger.closing import close, gather
from zoning.ledger.tiles import MapBlocks, in_process, measure
from zoning.measure.coverage import polygon_shares
from zoning.measure.faces import Faces

if TYPE_CHECKING:
    import geopandas as gpd

#: Rows of the ledger for land in no township, and in more than one.
NONE, OVERLAP = "none", "overlap"

#: Stands for the level of a protection that has none, so that sets can be sorted.
_NO_LEVEL = 0

KEYS = [
    "unit", "township", "county", "red_set", "red_level", "protection_set", "protected_by",
    "landuse",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ledger:
    """The atoms, the units they lie in, and the meaning of their sets.

    Parameters
    ----------
    atoms : DataFrame
        Columns :data:`KEYS` and ``area_m2`` (int64, above 0), sorted by the keys; those of text are
        coded (:mod:`zoning.base.coded`). ``protected_by``
        names the kinds of protection but red lines, joined by ``+``; ``""`` where there is none.
    units : GeoDataFrame, index ``unit``
        ``area_m2``, ``lon``, ``lat``, whole squares.
    red_sets : DataFrame
        ``red_set``, ``area_code``, ``level``: the areas that cover the atoms of a set.
    city_m2, dropped_m2 : int
        The rounded area of the city, and what was dropped with slivers.
    protection_sets : DataFrame
        ``protection_set``, ``kind``, ``code``, ``level``: the same for all other protections.
    """

    atoms: pd.DataFrame
    units: gpd.GeoDataFrame
    red_sets: pd.DataFrame
    city_m2: int
    dropped_m2: int = 0
    protection_sets: pd.DataFrame = field(default_factory=lambda: no_sets())


def no_sets() -> pd.DataFrame:
    """Give the table of sets of a plan without protections (but red lines)."""
    return pd.DataFrame({"protection_set": pd.Series(dtype="int64"), "kind": "", "code": "",
                         "level": pd.Series(dtype="Int64")})  # fmt: skip


def build(layers: Layers, grid: GridSpec, *, map_blocks: MapBlocks = in_process) -> Ledger:
    """Measure every atom of a plan.

    Parameters
    ----------
    layers : Layers
        Valid polygons in the CRS of ``grid``.
    grid : GridSpec
        The lattice of units.
    map_blocks : callable, optional
        Runs the blocks of the lattice (:class:`zoning.ledger.tiles.MapBlocks`); by default one
        after the other, here. The ledger does not depend on it.

    Returns
    -------
    Ledger
        ``atoms["area_m2"].sum() == city_m2`` always.

    Examples
    --------
    >>> ledger = build(Layers(shapely.box(500_400, 0, 501_600, 1000)), GridSpec("EPSG:4549"))
    >>> ledger.units["area_m2"].tolist(), ledger.city_m2
    ([600000, 600000], 1200000)
    """
    give_back()  # what reading left
    found = measure(layers.city, _overlays(layers), grid, layers.landuse, map_blocks=map_blocks)
    labels, red_sets, protection_sets = _label(found.covers, layers)
    everywhere = polygon_shares([layers.city], origin=grid.origin_m, cell=grid.cell_m)
    order = grid.order(everywhere.col, everywhere.row)
    col, row = everywhere.col[order], everywhere.row[order]
    city_m2 = round(shapely.area(layers.city))
    # A unit that only rounding touches has no place of its own; its dust stays in the total.
    parts = gather(found, labels, everywhere, order)
    del found
    codes = unit_codes(col, row, grid)
    give_back()
    atoms = close(parts, labels, _nests(labels), codes, city_m2, cell_m2=grid.cell_m**2,
                  across=ACROSS)  # fmt: skip
    del parts
    give_back()
    # Squares last: a million of them are several times as large as what is rounded.
    units = framed(col, row, runs.total(atoms["area_m2"], atoms["unit"], codes), grid)
    return Ledger(atoms, units, red_sets, city_m2, protection_sets=protection_sets)


#: Of the places of :func:`_nests` the last are kept over the whole city too: all that is red,
#: each level of it, each set of other protections.
ACROSS = 3


def _nests(labels: pd.DataFrame) -> list[Any]:
    """Give the places that the rounding keeps: counties, townships, what is red there, by level."""
    nests: list[Any] = [pd.factorize(labels[k], sort=True)[0] for k in ("county", "township")]
    nests.append((labels["red_level"] > 0).to_numpy())
    nests.append(labels["red_level"].to_numpy())
    return [*nests, pd.factorize(labels["protected_by"], sort=True)[0]]


def _overlays(layers: Layers) -> dict[str, Any]:
    """Collect the polygon layers that are there."""
    frames = {
        "townships": layers.townships, "redlines": layers.redlines,
        "protections": layers.protections,
    }  # fmt: skip
    return {name: frame.geometry.to_numpy() for name, frame in frames.items() if frame is not None}


def _label(faces: Faces, layers: Layers) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Say for each face which township, county, red set and other protections it lies in."""
    n = len(faces.geometry)
    labels = pd.DataFrame({"township": [NONE] * n, "county": [NONE] * n})
    if layers.townships is not None:
        codes = layers.townships.index.to_numpy()
        counties = layers.townships["county"].to_numpy()
        of = faces.features_of("townships")
        labels["township"] = [_only(tuple(codes[k] for k in f)) for f in of]
        # The county is that of the township: land of two townships belongs to no county either.
        labels["county"] = [_only(tuple(counties[k] for k in f)) for f in of]
    keys = ("area_code", "level")
    labels["red_set"], members, rows = _sets(faces, "redlines", layers.redlines, keys)
    red_sets = pd.DataFrame(rows, columns=["red_set", *keys])
    # Level 1 is the stricter one: it rules wherever it lies.
    labels["red_level"] = [min((level for _, level in m), default=0) for m in members]
    names = ("kind", "code", "level")
    labels["protection_set"], members, rows = _sets(faces, "protections", layers.protections, names)
    labels["protected_by"] = ["+".join(sorted({m[0] for m in found})) for found in members]
    sets = no_sets()
    if rows:
        sets = pd.DataFrame(rows, columns=["protection_set", *names])
        sets["level"] = sets["level"].replace(_NO_LEVEL, pd.NA).astype("Int64")
    return labels, red_sets, sets


def _features(faces: Faces, layer: str) -> list[tuple[int, ...]]:
    if layer in faces.covers:
        return faces.features_of(layer)
    return [()] * len(faces.geometry)


def _only(codes: tuple[str, ...]) -> str:
    """Name the one township, or say that there is none or more than one."""
    return NONE if not codes else codes[0] if len(codes) == 1 else OVERLAP


def _sets(
    faces: Faces, layer: str, frame: gpd.GeoDataFrame | None, keys: tuple[str, ...]
) -> tuple[list[int], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Give each distinct set of features that covers some face a number.

    Returns
    -------
    sets : list of int
        For each face; 0 where nothing of the layer lies.
    members : list
        For each face: the keys of what covers it, sorted.
    rows : list
        Number and keys of each member of each set.
    """
    features: list[tuple[Any, ...]] = []
    if frame is not None:
        plain = frame[list(keys)].assign(level=frame["level"].fillna(_NO_LEVEL).astype(int))
        features = list(zip(*(plain[k] for k in keys), strict=True))
    members = [tuple(sorted({features[k] for k in f})) for f in _features(faces, layer)]
    number = {(): 0} | {m: i for i, m in enumerate(sorted(set(members) - {()}), 1)}
    rows = [(i, *key) for m, i in number.items() for key in m]
    return [number[m] for m in members], members, rows


def settle_slivers(ledger: Ledger, grid: GridSpec, min_share: float, how: str) -> Ledger:
    """Drop or merge the units that lie in the city with a small share only.

    Parameters
    ----------
    min_share : float
        Units with less than this share of their square inside the city are slivers.
    how : {"keep", "drop", "merge"}
        Dropped area becomes a row of the account; merging moves the area to the neighbour (by
        edge, else by corner) with most area in the city, and no geometry.

    Returns
    -------
    Ledger
        A merged sliver without any neighbour stays.
    """
    if how == "keep":
        return ledger
    limit = min_share * grid.cell_m**2
    slivers = ledger.units.index[ledger.units["area_m2"] < limit]
    if not len(slivers):
        return ledger
    if how == "drop":
        gone = runs.positions(ledger.atoms["unit"], slivers) >= 0
        units, dropped = ledger.units.drop(slivers), int(ledger.atoms["area_m2"][gone].sum())
        atoms = _of_units(ledger.atoms[~gone].reset_index(drop=True), units.index)
        return replace(ledger, atoms=atoms, units=units, dropped_m2=dropped)
    to = _neighbours(ledger.units, slivers, grid)
    units = ledger.units.drop(list(to))
    new = ledger.units.index.to_series().replace(to)
    atoms = ledger.atoms.assign(unit=runs.looked_up(new, ledger.atoms["unit"]))
    atoms = runs.added(_of_units(atoms, units.index), KEYS, ["area_m2"])
    atoms = _of_units(atoms, units.index)
    units["area_m2"] = runs.total(atoms["area_m2"], atoms["unit"], units.index)
    return replace(ledger, atoms=atoms, units=units)


def _of_units(atoms: pd.DataFrame, units: pd.Index) -> pd.DataFrame:
    """Code the units of atoms anew, all of which are there; other keys stay coded."""
    return atoms.assign(unit=coded(runs.positions(atoms["unit"], units), units))


def _neighbours(units: gpd.GeoDataFrame, slivers: Any, grid: GridSpec) -> dict[str, str]:
    """Find for each sliver the neighbour that takes its area."""
    area = units["area_m2"].to_dict()
    small = set(slivers)
    to: dict[str, str] = {}
    for unit in slivers:
        col, row = grid.locate(unit)
        by_edge = [(col + 1, row), (col - 1, row), (col, row + 1), (col, row - 1)]
        by_corner = [(x, y) for x in (col - 1, col + 1) for y in (row - 1, row + 1)]
        for near in (by_edge, by_corner):
            around = [grid.code(x, y) for x, y in near]
            takers = [u for u in around if u in area and u not in small]
            if takers:
                to[unit] = min(takers, key=lambda u: (-area[u], u))
                break
    return to
