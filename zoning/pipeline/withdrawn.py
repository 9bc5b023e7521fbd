"""What hangs on one protected area: what would be otherwise if it alone were withdrawn (调出).

Counted for each area (:func:`withdrawn`), unit by unit for the prices (:mod:`zoning.questions`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.ledger.redlines import OVERLAP_ROW
from zoning.zones.overlays import NOBODY, ruling

if TYPE_CHECKING:
    from zoning.ledger.atoms import Ledger
    from zoning.schemes import Scheme

#: Columns that areas get, in this order.
COLUMNS = ("units_touched", "units_changed", "kept_m2")
_READ = ("red_set", "protection_set", "unit", "area_m2", "built_m2", "water_m2")
Ints = npt.NDArray[np.int64]
Area = tuple[str, str]
_NONE = np.zeros(0, np.int64)


def withdrawn(
    parts: pd.DataFrame, known: pd.Series, ledger: Ledger, units: pd.DataFrame, scheme: Scheme
) -> pd.DataFrame:
    """Say of every protected area what its withdrawal would change; all others stay.

    Parameters
    ----------
    parts : DataFrame
        The atoms with their sums (:func:`zoning.ledger.sums.split`).
    known : Series of bool
        Atoms whose land use is known.
    ledger : Ledger
        Its lists of which areas lie together over an atom.
    units : DataFrame
        With ``zone_reason`` and the columns of the overlays, where there are zones.
    scheme : Scheme

    Returns
    -------
    DataFrame, index ``kind``, ``code``
        ``units_touched``: units in which it lies. ``units_changed`` (with zones): those of them
        that another overlay would rule, or none. ``kept_m2`` (with land use): land that would be
        free, because nothing else protects it.
    """
    columns = [c for c in _READ if c in parts]
    over = areas_over(parts[columns], ledger.red_sets, ledger.protection_sets)
    atoms = parts[columns].iloc[over.atoms]
    hangs = over.hanging(atoms, units, scheme)
    index = pd.MultiIndex.from_tuples(over.areas, names=["kind", "code"])
    out = pd.DataFrame({COLUMNS[0]: _count(hangs.area, index)}, index=index)
    if "zone_reason" in units:
        out[COLUMNS[1]] = _count(hangs.area[hangs.changed], index)
    if "built_m2" in parts:
        bare = (atoms["built_m2"] == 0) & (atoms["water_m2"] == 0) & known.iloc[over.atoms]
        sole = over.sole()
        mine = bare.to_numpy(bool) & (sole >= 0)
        out[COLUMNS[2]] = _added(sole[mine], atoms["area_m2"][mine], len(index))
    return out


@dataclass(frozen=True)
class Hanging:
    """The units that each area touches, one row for each pair.

    Attributes
    ----------
    unit, area : int array
        Positions in the table of units and in :attr:`Over.areas`, sorted.
    changed : bool array
        Without the area another overlay would rule the unit, or none.
    then : int array
        That overlay's number among those of the scheme that replace zones, below 0 for none.
    """

    unit: Ints
    area: Ints
    changed: npt.NDArray[np.bool_]
    then: Ints


@dataclass(frozen=True)
class Over:
    """Which protected areas lie over the atoms that one protects.

    Attributes
    ----------
    atoms : int array
        Positions of those atoms.
    areas : list
        Kind and code of every area.
    covers : list of int array
        Areas that lie together somewhere.
    cover : int array
        Which of those lie over each of the atoms.
    """

    atoms: Ints
    areas: list[Area]
    covers: list[Ints]
    cover: Ints

    def sole(self, kinds: Collection[str] | None = None) -> Ints:
        """Give for each atom the one area that protects it, -1 where none or several do.

        Parameters
        ----------
        kinds : collection of str, optional
            Kinds of protection that count; by default all do.
        """
        return self._sole(kinds)[self.cover]

    def _sole(self, kinds: Collection[str] | None) -> Ints:
        counted = [kinds is None or kind in kinds for kind, _ in self.areas]
        mine = [[a for a in areas.tolist() if counted[a]] for areas in self.covers]
        return np.array([m[0] if len(m) == 1 else -1 for m in mine], np.int64)

    def hanging(self, atoms: pd.DataFrame, units: pd.DataFrame, scheme: Scheme) -> Hanging:
        """Find the units that each area touches, and those that an overlay rules through it.

        Parameters
        ----------
        atoms : DataFrame
            ``unit`` and ``area_m2`` of :attr:`atoms`.
        units : DataFrame
            With ``zone_reason`` and the columns of the overlays, where there are zones.
        scheme : Scheme
        """
        n, many = len(self.covers), np.array([len(c) for c in self.covers], np.int64)
        # Parts of units under one cover, and their m2.
        at = units.index.get_indexer(atoms["unit"])
        pairs, row = np.unique(at * n + self.cover, return_inverse=True)
        unit, cover = pairs // n, pairs % n
        size = _added(row, atoms["area_m2"], len(pairs))
        # Each part once for every area over it.
        part = np.repeat(np.arange(len(pairs)), many[cover])
        over = np.concatenate([_NONE, *(self.covers[c] for c in cover)])
        width = len(self.areas)
        touched = np.unique(unit[part] * width + over)
        lost = {}
        for overlay in scheme.replacing if "zone_reason" in units else ():
            sole = self._sole(overlay.protections)[cover]
            key, mine = np.searchsorted(touched, unit * width + sole), sole >= 0
            lost[overlay.column] = _added(key[mine], size[mine], len(touched))
        here = units.iloc[touched // width]
        return Hanging(touched // width, touched % width, *_changed(here, lost, scheme))


def areas_over(atoms: pd.DataFrame, red_sets: pd.DataFrame, protection_sets: pd.DataFrame) -> Over:
    """Find which areas lie over every atom that one protects.

    Parameters
    ----------
    atoms : DataFrame
        ``red_set`` and ``protection_set``.
    red_sets, protection_sets : DataFrame
        The areas of each set (:class:`zoning.ledger.atoms.Ledger`).
    """
    red, other = (atoms[c].to_numpy(np.int64) for c in ("red_set", "protection_set"))
    here = np.flatnonzero((red > 0) | (other > 0))
    number: dict[Area, int] = {}
    by_red: dict[int, set[int]] = {}
    for key, code in zip(red_sets["red_set"], red_sets["area_code"], strict=True):
        by_red.setdefault(key, set()).add(number.setdefault(("redline", str(code)), len(number)))
    by_other: dict[int, set[int]] = {}
    sets = protection_sets
    for key, kind, code in zip(sets["protection_set"], sets["kind"], sets["code"], strict=True):
        by_other.setdefault(key, set()).add(number.setdefault((str(kind), str(code)), len(number)))
    width = max(by_other, default=0) + 1
    both, cover = np.unique(red[here] * width + other[here], return_inverse=True)
    covers = [
        np.array(sorted(by_red.get(b // width, set()) | by_other.get(b % width, set())))
        for b in both.tolist()
    ]
    return Over(here, list(number), covers, cover)


def beside(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Put what was found beside the areas of a table; on one outside the city nothing hangs.

    Parameters
    ----------
    table : DataFrame
        With ``kind`` and ``code``, or of red lines with ``area_code``; its last row may close it.
    found : DataFrame
        Of :func:`withdrawn`.
    """
    red = "area_code" in table
    code = table["area_code" if red else "code"]
    kind = pd.Series("redline", index=table.index) if red else table["kind"]
    known = found.reindex(pd.MultiIndex.from_arrays([kind, code]), fill_value=0)
    known = known.set_axis(table.index).astype("Int64")
    return table.assign(**known.mask(code == OVERLAP_ROW) if red else known)


def _added(at: Ints, values: Any, n: int) -> Ints:
    out = np.zeros(n, np.int64)
    np.add.at(out, at, np.asarray(values, np.int64))
    return out


def _count(areas: Ints, index: pd.Index) -> Ints:
    return np.bincount(areas, minlength=len(index)).astype(np.int64)


def _changed(
    units: pd.DataFrame, lost: dict[str, Ints], scheme: Scheme
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Say which units that an overlay rules now another would rule, or none; and which it is."""
    if not lost:
        return np.zeros(len(units), bool), np.full(len(units), NOBODY)
    now = units[["area_m2", "zone_reason", *lost]]
    then = now[["area_m2"]].assign(**{c: now[c] - m2 for c, m2 in lost.items()})
    before, after = (ruling(u, scheme.replacing).first for u in (now, then))
    ruled = now["zone_reason"].isin(["overlay"]).to_numpy(bool)
    return np.asarray((before != after) & ruled), after
