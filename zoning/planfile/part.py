"""What every table of plan.toml is made from, and what every layer has."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

#: Source of what stands in plan.toml without one: nobody else's.
OWN_SOURCE = "choice of this plan"


class Part(BaseModel):
    """A table of plan.toml: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Layer(Part):
    """A polygon layer: where it is and what its columns are called."""

    path: str
    """File, relative to plan.toml."""
    layer: str | None = None
    """Layer inside the file; left out where the file has one."""
    crs: str | None = None
    """CRS, only where the file does not say."""
    encoding: str | None = None
    """Text encoding, only where the file does not say (such as GBK)."""
    repair: bool = False
    """Repair invalid polygons and close closed lines (each is logged) and do not refuse them."""
    datum: Literal["gcj02", "bd09", "cgcs2000"] | None = None
    """What is known of the coordinates of a layer from a web map: `gcj02` (AMap, Tencent) and
    `bd09` (Baidu) are converted to within metres; `cgcs2000` says that they are right and not to be
    doubted. Left out, a shift is looked for and told, and nothing is converted."""
