"""What hangs on one protected area: what would be otherwise if it alone were withdrawn (调出)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.ledger.redlines import OVERLAP_ROW
from zoning.zones.overlays import ruling

if TYPE_CHECKING:
    from zoning.ledger.atoms import Ledger
    from zoning.schemes import Scheme

#: Columns that areas get, in this order.
COLUMNS = ("units_touched", "units_changed", "kept_m2")
_READ = ("red_set", "protection_set", "unit", "area_m2", "built_m2", "water_m2")
Ints = npt.NDArray[np.int64]
Area = tuple[str, str]
_NONE = np.zeros(0, dtype=np.int64)


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
    here = np.flatnonzero((parts["red_set"] > 0) | (parts["protection_set"] > 0))
    atoms = parts[[c for c in _READ if c in parts]].iloc[here]
    areas, covers, cover = _covers(atoms, ledger)
    many, n = np.array([len(c) for c in covers], dtype=np.int64), len(covers)
    # Parts of units under one cover: their m2, and those of them that are open land.
    at = units.index.get_indexer(atoms["unit"])
    pairs, row = np.unique(at * n + cover, return_inverse=True)
    unit, cover = pairs // max(n, 1), pairs % max(n, 1)
    size = _added(row, atoms["area_m2"], len(pairs))
    # Each part once for every area over it.
    part = np.repeat(np.arange(len(pairs)), many[cover])
    over = np.concatenate([_NONE, *(covers[c] for c in cover)])
    touched = np.unique(unit[part] * len(areas) + over)
    index = pd.MultiIndex.from_tuples(areas, names=["kind", "code"])
    out = pd.DataFrame({COLUMNS[0]: _count(touched, areas)}, index=index)
    if "zone_reason" in units:
        lost = {}
        for overlay in scheme.replacing:
            sole = _sole(covers, [kind in overlay.protections for kind, _ in areas])[cover]
            key = np.searchsorted(touched, unit * len(areas) + sole)
            mine = sole >= 0
            lost[overlay.column] = _added(key[mine], size[mine], len(touched))
        asked = units[["area_m2", "zone_reason", *lost]]
        changed = _changed(asked.iloc[touched // max(len(areas), 1)], lost, scheme)
        out[COLUMNS[1]] = _count(touched[changed], areas)
    if "built_m2" in parts:
        bare = (atoms["built_m2"] == 0) & (atoms["water_m2"] == 0) & known.iloc[here]
        open_ = _added(row, atoms["area_m2"].where(bare, 0), len(pairs))
        sole = _sole(covers, [True] * len(areas))[cover]
        out[COLUMNS[2]] = _added(sole[sole >= 0], open_[sole >= 0], len(areas))
    return out


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


def _covers(atoms: pd.DataFrame, ledger: Ledger) -> tuple[list[Area], list[Ints], Ints]:
    """List all areas, which of them make each cover, and the cover of every atom."""
    number: dict[Area, int] = {}
    red: dict[int, set[int]] = {}
    sets = ledger.red_sets
    for key, code in zip(sets["red_set"], sets["area_code"], strict=True):
        red.setdefault(key, set()).add(number.setdefault(("redline", str(code)), len(number)))
    other: dict[int, set[int]] = {}
    sets = ledger.protection_sets
    for key, kind, code in zip(sets["protection_set"], sets["kind"], sets["code"], strict=True):
        other.setdefault(key, set()).add(number.setdefault((str(kind), str(code)), len(number)))
    width = max(other, default=0) + 1
    both = atoms["red_set"].to_numpy(np.int64) * width + atoms["protection_set"].to_numpy(np.int64)
    both, cover = np.unique(both, return_inverse=True)
    covers = [
        np.array(sorted(red.get(b // width, set()) | other.get(b % width, set())), dtype=np.int64)
        for b in both.tolist()
    ]
    return list(number), covers, cover


def _sole(covers: list[Ints], counted: list[bool]) -> Ints:
    """Give for each cover the one area that counts there, -1 where none or several do."""
    mine = [[a for a in areas.tolist() if counted[a]] for areas in covers]
    return np.array([m[0] if len(m) == 1 else -1 for m in mine], dtype=np.int64)


def _added(at: Ints, values: Any, n: int) -> Ints:
    out = np.zeros(n, dtype=np.int64)
    np.add.at(out, at, np.asarray(values, dtype=np.int64))
    return out


def _count(touched: Ints, areas: list[Area]) -> Ints:
    return np.bincount(touched % max(len(areas), 1), minlength=len(areas)).astype(np.int64)


def _changed(now: pd.DataFrame, lost: dict[str, Ints], scheme: Scheme) -> npt.NDArray[np.bool_]:
    """Say which units another overlay would rule, or none, of those that one rules now."""
    then = now[["area_m2"]].assign(**{c: now[c] - m2 for c, m2 in lost.items()})
    before = ruling(now, scheme.replacing).first
    other = before != ruling(then, scheme.replacing).first
    ruled = now["zone_reason"].eq("overlay").fillna(value=False).to_numpy(dtype=bool)
    return np.asarray(other & ruled)
