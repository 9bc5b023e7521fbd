"""``[inputs.neighbours]`` of plan.toml: places across the city's line."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from zoning.planfile.part import OWN_SOURCE, Column, Mapped


class NeighbourLayer(Mapped):
    """``[inputs.neighbours]``: places across the city's line, as polygons.

    What lies there counts for townships on the line: their neighbours' density becomes an
    indicator, and it is told where zones meet others.
    """

    columns: dict[
        Literal["name", "zone", "population", "gdp_10k_yuan", "built_m2"], str | Column
    ] = Field(default_factory=dict)
    """``[inputs.neighbours.columns]``: our name = head in the file, or
    ``{from = "人口_万人", factor = 1e4}``; goes before the keys below, and must be there."""
    name: str = "name"
    """Column of the name."""
    zone: str | None = "zone"
    """Column of the neighbour's zone, where there is one."""
    zones: dict[str, str] = Field(default_factory=dict)
    """``[inputs.neighbours.zones]``: what the file calls a zone = code of this plan's scheme."""
    population: str | None = "population"
    """Column of the people."""
    gdp_10k_yuan: str | None = "gdp_10k_yuan"
    """Column of the output, 10⁴ yuan."""
    built_m2: str | None = "built_m2"
    """Column of the construction land, m2."""
    tolerance_m: Annotated[float, Field(gt=0, le=2000)] = 100.0
    """How far the two lines may lie apart and still be one (layers of two authorities)."""
    source: str = OWN_SOURCE
    """Where the places and their numbers are from."""
