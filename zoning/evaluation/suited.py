"""Suitability for farming and for towns, over arrays: 1 = best suited ... 5 = unsuited."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zoning.errors import InputError
from zoning.evaluation.presets import Correction, Flow, Preset, Screen
from zoning.evaluation.tables import (
    NODATA,
    Array,
    Classes,
    as_classes,
    classify,
    combine,
    correct,
    worst,
)

Layers = Mapping[str, Array]
BEST_SUITED, UNSUITED = 1, 5


def suitability(preset: Preset, purpose: str, layers: Layers) -> Classes:
    """Suitability before the concentration of patches.

    Parameters
    ----------
    preset : Preset
    purpose : {"agriculture", "town"}
    layers : mapping of arrays of one shape
        By role (`Preset.roles`); NaN is unknown. A role that is absent is left out: its matrix or
        correction is passed over.

    Returns
    -------
    uint8 array
        1 = best suited ... 5 = unsuited, `NODATA` where a given layer is unknown. In a preset of
        screens (A) 1 suited or 5 unsuited; one screen that holds is enough, whatever is unknown.

    Raises
    ------
    InputError
        No layer of land (slope), or none at all; several layers where the preset takes one.

    Examples
    --------
    Slope 10 degrees is land 3, water 30 is 1, so the base is 2; hazard 4 adds 2.

    >>> from zoning.evaluation import load_preset
    >>> layers = {"slope": np.array([10.0]), "water_modulus": np.array([30.0]),
    ...           "geological_hazard": np.array([4.0])}
    >>> suitability(load_preset("B"), "town", layers).tolist()
    [4]
    """
    flow = preset.flow(purpose)
    if flow.kind == "screens":
        return _screened(flow, layers)
    land = measure(preset, flow.land, layers)
    if land is None:
        raise _lacking(sorted({t.role for t in preset.tables_of(flow.land)}))
    classes = land
    for name in flow.land_corrections:
        classes = _corrected(preset, preset.corrections[name], classes, layers)
    for matrix, factor in flow.steps:
        by = measure(preset, factor, layers)
        if by is not None:
            classes = combine(preset.matrices[matrix], classes, by)
    for name in flow.corrections:
        classes = _corrected(preset, preset.corrections[name], classes, layers)
    return classes


def measure(preset: Preset, name: str, layers: Layers) -> Classes | None:
    """Class of a table or factor from the layers that are given; None if there is none.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> layers = {"calm_days": np.array([3.0, 3.0]), "wind_speed": np.array([5.5, 0.5])}
    >>> measure(load_preset("B"), "air", layers).tolist()
    [1, 5]
    """
    tables = [t for t in preset.tables_of(name) if t.role in layers]
    if len(tables) > 1 and preset.factors[name][0] == "one_of":
        roles = ", ".join(t.role for t in tables)
        raise InputError.one(
            f"takes one layer, not several: {roles}", f"只用一个图层，不能同时给出：{roles}",
            where=name, code="one-layer",
        )  # fmt: skip
    found = [classify(layers[t.role], t) for t in tables]
    return worst(*found) if found else None


def _corrected(preset: Preset, fix: Correction, classes: Classes, layers: Layers) -> Classes:
    if not fix.among:
        by = measure(preset, fix.of, layers)
    else:
        found = [m for n in fix.among if (m := measure(preset, n, layers)) is not None]
        by = _fives(found) if found else None
    return classes if by is None else correct(classes, by, fix.change, fix.lift_only)


def _fives(found: list[Classes]) -> Classes:
    """Give 1 plus the number of layers that are worst, unknown if one is unknown."""
    count = np.sum([m == UNSUITED for m in found], axis=0) + 1
    return np.where(worst(*found) == NODATA, NODATA, count).astype(np.uint8)


def _screened(flow: Flow, layers: Layers) -> Classes:
    used = [s for s in flow.screens if s.role in layers]
    if not used:
        raise _lacking(sorted({s.role for s in flow.screens}))
    bad = np.zeros(np.shape(layers[used[0].role]), dtype=bool)
    unknown = bad.copy()
    for screen in used:
        hit, open_ = _hit(screen, layers)
        bad |= hit
        unknown |= open_
    return np.select([bad, unknown], [UNSUITED, NODATA], BEST_SUITED).astype(np.uint8)


def _hit(screen: Screen, layers: Layers) -> tuple[Array, Array]:
    """Where a screen holds, and where that is unknown."""
    x = layers[screen.role]
    unknown = np.isnan(x)
    if screen.equals:
        hit = np.isin(as_classes(x, screen.known, screen.role), screen.equals)
    elif screen.above is not None:
        hit = x > screen.above
    else:
        hit = x < screen.below
    if screen.unless is not None and screen.unless in layers:
        spared = as_classes(layers[screen.unless], (0, 1), screen.unless)
        # A spared cell is not hit however dry it is; one of unknown kind only if it is not dry.
        unknown = (unknown & (spared != 1)) | (hit & (spared == NODATA))
        hit = hit & (spared == 0)
    return hit, unknown


def _lacking(roles: list[str]) -> Exception:
    names = ", ".join(roles)
    return InputError.one(
        f"nothing to start from: needs {names}", f"缺少基础图层：{names}",
        where="evaluation", code="missing-layer",
    )  # fmt: skip
