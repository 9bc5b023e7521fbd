"""``[errors]`` of plan.toml: what is known of the errors of the inputs, for `zoning stability`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zoning.planfile.limits import OWN_EVIDENCE
from zoning.planfile.part import OWN_SOURCE, Part


class ColumnError(Part):
    """``[errors.columns.NAME]``: the error of a column of the townships, or of an indicator."""

    share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Standard error as a share of the value, such as 0.05; drawn log-normally."""
    amount: Annotated[float, Field(ge=0)] = 0.0
    """Standard error in the unit of the column, such as 2 (degrees, minutes)."""
    years: Annotated[float, Field(ge=0)] = 0.0
    """Age of the number, such as 5 for a census of five years ago."""
    growth: tuple[float, float] = (0.0, 0.0)
    """Least and greatest growth a year since then, such as [-0.02, 0.03]."""
    common: bool = False
    """Whether all townships err alike (a survey that counts too little everywhere)."""
    source: str = OWN_SOURCE
    """Where the error is stated."""
    evidence: str = OWN_EVIDENCE
    """Tag of evidence of that statement."""


class LanduseError(Part):
    """``[errors.landuse]``: the accuracy assessment of the land-use raster."""

    confusion: str | dict[str, dict[str, float]]
    """CSV with samples: a row for each class of the map (first column), a column for each class on
    the ground; or the same as a table, ``7 = {7 = 92, 1 = 8}``."""
    source: str = OWN_SOURCE
    """Title and date of the assessment."""
    evidence: str = OWN_EVIDENCE
    """Tag of evidence of it."""


class ErrorsPart(Part):
    """``[errors]``: stated errors of inputs; `zoning stability` draws them.

    Indicators of which nothing is stated are drawn with an assumed error, and it is said that it
    is assumed.
    """

    columns: dict[str, ColumnError] = Field(default_factory=dict)
    """Errors by column."""
    landuse: LanduseError | None = None
    """Errors of the land-use raster; built, farmed and water shares follow from it."""
    assumed: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Standard error, as a share of the value, of what has no stated one (our choice)."""
