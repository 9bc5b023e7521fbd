"""What every table of plan.toml is made from, and what every layer has.

Modules of models leave their annotations as they are: pydantic would read each one from text.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Source of what stands in plan.toml without one: nobody else's.
OWN_SOURCE = "choice of this plan"


class Part(BaseModel):
    """A table of plan.toml: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Column(Part):
    """A column of a file that must be scaled: ``{from = "人口(万人)", factor = 1e4}``."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[str, Field(alias="from")]
    """Head in the file."""
    factor: Annotated[float, Field(gt=0)] = 1.0
    """What its numbers are multiplied by."""


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


class Mapped(Layer):
    """A layer whose columns may be named one by one, or under ``columns`` as everywhere.

    Each has a field ``columns``; its readers ask `head` and `factor`.
    """

    KEYS: ClassVar[Mapping[str, str]] = {}
    """Our name = the key that names its head alone, where the two differ."""

    def head(self, name: str) -> str | None:
        """Give the head in the file of what we call ``name``.

        Examples
        --------
        >>> from zoning.planfile.layers import RoadLayer
        >>> part = RoadLayer(path="r.gpkg", columns={"class": "fclass"})
        >>> part.head("class"), part.head("oneway")
        ('fclass', 'oneway')
        """
        named: str | Column | None = getattr(self, "columns", {}).get(name)
        if named is None:
            found: str | None = getattr(self, self.KEYS.get(name, name))
            return found
        return named if isinstance(named, str) else named.from_

    def factor(self, name: str) -> float:
        """Give what the numbers of a column are multiplied by."""
        named: str | Column | None = getattr(self, "columns", {}).get(name)
        return named.factor if isinstance(named, Column) else 1.0

    @property
    def named(self) -> dict[str, str]:
        """What ``columns`` names, which must be in the file: our name to head."""
        return {name: self.head(name) or "" for name in getattr(self, "columns", {})}
