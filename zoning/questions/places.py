"""Units of a plan by the places that people name: a unit, a township, a county, polygons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import shapely

from zoning.errors import InputError, meant, suggest
from zoning.inputs.source import split_layer
from zoning.pipeline.places import inside
from zoning.plan import Plan

#: Tables of the plan that hold the places of a level; units say in which they lie.
_TABLES = {"township": "townships", "county": "counties"}


def units_of(plan: Plan, named: Sequence[str]) -> tuple[str, ...]:
    """Give the units that names stand for, sorted.

    Parameters
    ----------
    plan : Plan
    named : sequence of str
        Unit codes; codes or names of townships and counties (units that lie mostly in them); files
        of polygons, ``FILE`` or ``FILE:layer`` (units of which at least half lies inside).

    Raises
    ------
    InputError
        If a name is none of these, a name fits several places, or a file holds no unit.
    """
    found: set[str] = set()
    for word in named:
        found.update(_units(plan, word))
    return tuple(sorted(found))


def _units(plan: Plan, word: str) -> list[str]:
    units = plan.units
    if word in units.index:
        return [word]
    every = {k: f for k in ("township", "county") if (f := getattr(plan, _TABLES[k])) is not None}
    fits = [(k, str(c)) for k, f in every.items() for c in f.index[f.index == word]] or [
        (k, str(c)) for k, f in every.items() for c in f.index[f["name"] == word]
    ]
    found = {tuple(map(str, units.index[units[level] == code])) for level, code in fits}
    if len(found) > 1:
        codes = [code for _, code in fits]
        raise InputError.one(
            f"'{word}' is the name of several places: {', '.join(codes)}",
            f"“{word}”对应多个地方：{'、'.join(codes)}", where="--lock, --build",
            code="ambiguous", remedy=("give a code", "请给出代码"),
        )  # fmt: skip
    if found:
        return list(found.pop())  # a county of one township may have its name: the same units
    path, layer = split_layer(word)
    if path.exists():
        return _inside(plan, path, layer)
    names = [name for f in every.values() for name in (*f.index, *f["name"].dropna())]
    raise InputError.one(
        f"'{word}' is no unit, township, county or file",
        f"“{word}”不是单元、乡镇、县（市、区）或文件",
        where="--lock, --build", code="unknown-unit",
        remedy=meant(suggest(word, map(str, names))),
    )  # fmt: skip


def _inside(plan: Plan, path: Path, layer: str | None) -> list[str]:
    from zoning.inputs.vector import read_polygons

    frame, _ = read_polygons(path, layer=layer, unique=(), role="lock", to_crs=plan.units.crs)
    here = inside(plan.units, shapely.union_all(frame.geometry.to_numpy()))
    found = list(map(str, plan.units.index[here]))
    if not found:
        raise InputError.one(
            "no unit lies at least half inside the polygons", "没有单元至少一半位于这些面内",
            where=str(path), code="no-unit",
        )  # fmt: skip
    return found
