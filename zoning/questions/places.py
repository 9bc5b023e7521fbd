"""Units of a plan by the places that people name: units, townships, polygons of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import shapely

from zoning.errors import InputError, meant, suggest
from zoning.inputs.source import split_layer
from zoning.pipeline.places import inside
from zoning.plan import Plan


def units_of(plan: Plan, named: Sequence[str]) -> tuple[str, ...]:
    """Give the units that names stand for, sorted.

    Parameters
    ----------
    plan : Plan
    named : sequence of str
        Unit codes; codes or names of townships (units that lie mostly in them); files of polygons,
        ``FILE`` or ``FILE:layer`` (units of which at least half lies inside).

    Raises
    ------
    InputError
        If a name is none of these, a name fits several townships, or a file holds no unit.
    """
    found: set[str] = set()
    for word in named:
        found.update(_units(plan, word))
    return tuple(sorted(found))


def _units(plan: Plan, word: str) -> list[str]:
    units = plan.units
    if word in units.index:
        return [word]
    townships = plan.townships
    if townships is not None:
        fits = [c for c in townships.index if c == word] or list(
            townships.index[townships["name"] == word]
        )
        if len(fits) > 1:
            raise InputError.one(
                f"'{word}' is the name of several townships: {', '.join(fits)}",
                f"“{word}”对应多个乡镇：{'、'.join(fits)}", where="--lock, --build",
                code="ambiguous",
            )  # fmt: skip
        if fits:
            return list(map(str, units.index[units["township"] == fits[0]]))
    path, layer = split_layer(word)
    if path.exists():
        return _inside(plan, path, layer)
    names = [] if townships is None else [*townships.index, *townships["name"]]
    near = suggest(word, map(str, names))
    raise InputError.one(
        f"'{word}' is no unit, township or file", f"“{word}”不是单元、乡镇或文件",
        where="--lock, --build", code="unknown-unit",
        remedy=meant(near),
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
