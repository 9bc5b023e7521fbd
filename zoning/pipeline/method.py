"""The classification method that a plan asks for, and what it calls its own indicators."""

from __future__ import annotations

from dataclasses import replace

from zoning import zones
from zoning.errors import Text
from zoning.planfile.models import Config
from zoning.schemes import scheme_of
from zoning.zones.method import Called


def load_method(config: Config) -> zones.Method:
    """Load the classification method of ``[zones]``, in the zones of the plan's scheme."""
    part = config.zones
    method = zones.method_of(part.method, scheme_of(part), part.crosswalk)
    return replace(method, called=called_of(config))


def called_of(config: Config) -> dict[str, Called]:
    """Give what the plan calls the indicators that its own rasters become.

    Examples
    --------
    >>> raster = {"path": "n.tif", "en": "night light", "zh": "夜间灯光", "unit": "nW"}
    >>> called = called_of(Config.model_validate({"inputs": {"rasters": {"ntl": raster}}}))
    >>> called["ntl"].name.zh, called["ntl"].unit
    ('夜间灯光', 'nW')
    """
    return {
        name: Called(Text(part.en or part.zh or name, part.zh or part.en or name),
                     part.unit or ("share" if part.kind == "classes" else ""))
        for name, part in config.inputs.rasters.items()
    }  # fmt: skip
