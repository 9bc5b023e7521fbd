"""Polygons of a file as places of limits and reductions; they travel with the plan as a layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zoning.contribution.parts import Contribution, Field, Layer
from zoning.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoning.pipeline.state import State
    from zoning.planfile.models import CapPart, OwnLimitRule, ReductionPart

#: Name of the contribution, and of its layer.
WING, LAYER = "limit_places", "limit_places"
#: A unit counts as inside polygons of which it has at least this share (our choice).
HALF = 0.5
IN, OUT = "in", "out"


def add_places(state: State, cap: CapPart, folder: Path) -> None:
    """Say of each piece whether its unit lies inside the polygons that a rule names.

    Parameters
    ----------
    state : State
        ``pieces`` gets a column ``area_NAME`` for each such rule, ``places`` their polygons.
    cap : CapPart
    folder : Path
        Where relative paths start.

    Raises
    ------
    InputError
        If a file cannot be read, or no unit lies at least half inside.
    """
    from zoning.inputs.vector import read_polygons

    found = []
    rules: list[OwnLimitRule | ReductionPart] = [*cap.limit, *cap.reduction]
    for rule in rules:
        if not rule.area:
            continue
        frame, _ = read_polygons(folder / rule.area, unique=(), role=f"area of {rule.name}",
                                 to_crs=state.units.crs)  # fmt: skip
        shape = shapely.union_all(frame.geometry.to_numpy())
        found.append({"name": rule.name, "geometry": _many(shape)})
        here = inside(state.units, shape)
        if not here.any():
            raise InputError.one(
                "no unit lies at least half inside the polygons", "没有单元至少一半位于这些面内",
                where=str(rule.area), code="no-unit",
            )  # fmt: skip
        state.pieces[f"area_{rule.name}"] = column(state.pieces, state.units, here)
    if found:
        state.places = gpd.GeoDataFrame(found, geometry="geometry", crs=state.units.crs)


def inside(units: gpd.GeoDataFrame, shape: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Say which units lie at least half inside a shape."""
    shapely.prepare(shape)
    squares = units.geometry.to_numpy()
    near = np.flatnonzero(shapely.intersects(shape, squares))
    share = shapely.area(shapely.intersection(squares[near], shape)) / shapely.area(squares[near])
    found = np.zeros(len(units), bool)
    found[near[share >= HALF]] = True
    return found


def column(pieces: pd.DataFrame, units: gpd.GeoDataFrame, here: Any) -> pd.Series:
    """Give ``in`` or ``out`` for each piece, as its unit lies."""
    word = pd.Series(np.where(here, IN, OUT), index=units.index, dtype="string")
    return pieces["unit"].map(word).astype("string")


def _many(shape: Any) -> shapely.MultiPolygon:
    parts = [g for g in shapely.get_parts(shape) if g.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


def contribution(places: gpd.GeoDataFrame | None) -> tuple[Contribution, ...]:
    """Give the polygons as a layer of the plan; none where no rule names any."""
    if places is None:
        return ()
    title = Text("Places of limits", "约束的适用范围")
    fields: Sequence[Field] = (
        Field("name", Text("rule", "规则"), Text("the rule that holds here", "适用的规则")),
    )
    layer = Layer(LAYER, title, places, tuple(fields), colour="#7a4988", filled=False)
    return (Contribution(WING, title, layers=(layer,)),)
