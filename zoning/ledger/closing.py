"""From measured parts to the table of atoms: names, one order, one rounding.

Inside, units, labels and classes are whole numbers; text appears once per unit and label, at the
end. Everything here works on arrays, so a country costs seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoning.base.areas import Ints
from zoning.base.coded import by_text, coded
from zoning.ledger.rounding import round_areas
from zoning.ledger.tiles import PARTS, Measured, add_up
from zoning.measure.coverage import Shares

#: Shares of a square are exact to this (see :mod:`zoning.measure.coverage`).
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Parts:
    """Measured parts with their places in the tables of units and labels; what is rounded.

    Parameters
    ----------
    unit, group, landuse : int arrays
        Position of the unit, number of the label, class.
    parts : int64 array
        Area in 1/65536 m2 (:data:`zoning.ledger.tiles.PARTS`).
    whole : bool array
        Whether the unit lies in the city as a whole square.
    label : int array
        For each number of a label its row in the table of labels.
    """

    unit: Ints
    group: Ints
    landuse: Ints
    parts: Ints
    whole: Any
    label: Ints


def gather(found: Measured, labels: pd.DataFrame, city: Shares, order: Ints) -> Parts:
    """Put measured parts in the order of units and labels; alike ones become one.

    Parameters
    ----------
    found : Measured
    labels : DataFrame
        What each cover of ``found`` means: the keys of an atom between unit and land use.
    city : Shares
        Units of the city; parts elsewhere are dust of cutting.
    order : int array
        Positions that sort the units by their codes (:meth:`GridSpec.order`).
    """
    place = np.empty(len(city), np.int64)
    place[order] = np.arange(len(order))
    unit, there = units_of(found.row, found.col, city, place)
    label, first = _ranks(labels)
    columns = (unit[there], label[found.cover[there]], found.landuse[there])
    unit, group, landuse, parts = add_up(columns, found.parts[there])
    whole = np.zeros(len(place), bool)
    whole[place] = city.share > 1 - _NOISE
    return Parts(unit, group, landuse, parts, whole[unit], first)


def close(
    of: Parts,
    labels: pd.DataFrame,
    nests: Sequence[Any],
    units: pd.Index,
    city_m2: int,
    *,
    cell_m2: int,
    across: int,
) -> pd.DataFrame:
    """Make the atoms of measured parts, in whole square metres.

    Parameters
    ----------
    of : Parts
    labels : DataFrame
        What the labels mean.
    nests : sequence of array
        Places of each row of ``labels``, coarse to fine, for the rounding.
    units : Index
        Codes of the units, in the order of :meth:`GridSpec.order`.
    city_m2 : int
        What the atoms add up to.
    cell_m2 : int
        Area of a whole square.
    across : int
        How many of the finest places are kept over the whole city too.

    Returns
    -------
    DataFrame
        ``unit``, the columns of ``labels``, ``landuse``, ``area_m2`` (int64, above 0), sorted;
        what is text in ``labels``, and units, are coded (:mod:`zoning.base.coded`).
    """
    area = round_areas(
        of.parts / PARTS, of.unit, [np.asarray(n)[of.label][of.group] for n in nests], city_m2,
        across=across, whole=of.whole, cell_m2=cell_m2,
    )  # fmt: skip
    keep = area > 0
    row = of.label[of.group[keep]]
    atoms = pd.DataFrame({"unit": coded(of.unit[keep], units)})
    for key in labels:
        plain = pd.api.types.is_numeric_dtype(labels[key])
        atoms[key] = (labels[key].array if plain else by_text(labels[key])).take(row)
    atoms["landuse"] = of.landuse[keep]
    atoms["area_m2"] = area[keep]
    return atoms


def units_of(rows: Ints, cols: Ints, city: Shares, place: Ints) -> tuple[Ints, Ints]:
    """Find the unit of each part; give the parts that have one.

    Parameters
    ----------
    rows, cols : int arrays
        Lattice numbers of the parts.
    city : Shares
        Units of the city; ``place`` says which position of the table of units each row has.

    Returns
    -------
    unit : int array
        Position in the table of units; without meaning for parts that have none.
    there : int array
        Positions of the parts that have one.
    """
    west = int(city.col.min())
    wide = int(city.col.max()) - west + 1
    key = city.row * wide + city.col  # ascending: shares come by row and column
    inside = (cols >= west) & (cols < west + wide)
    mine = rows * wide + cols
    at = np.minimum(np.searchsorted(key, mine), len(key) - 1)
    return place[at], np.flatnonzero(inside & (key[at] == mine))


def _ranks(labels: pd.DataFrame) -> tuple[Ints, Ints]:
    """Give numbers to labels in their order, the same to alike ones, and a row for each number."""
    number = labels.groupby(list(labels.columns)).ngroup().to_numpy()
    return number, np.unique(number, return_index=True)[1]
