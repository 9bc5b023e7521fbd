"""The plan that lies between two: the first with some groups taken from the second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.base.shipped import data_path
from zoning.capacity import Lock
from zoning.errors import InputError, ZoningError
from zoning.inputs.source import sha256_of, split_layer
from zoning.pipeline import run
from zoning.pipeline.again import zone_again
from zoning.plan import Plan
from zoning.planfile.models import AllocationPart, CapPart, Config
from zoning.questions.question import locks as locks_of
from zoning.questions.released import classes_of
from zoning.review.diff.groups import ALLOCATION, DECISIONS, SCHEME, Group, decisions_of, mixed
from zoning.review.diff.sides import UNZONED

#: Keys of ``[inputs.*]`` and limits that name a file.
_FILES = frozenset({"path", "table", "classes", "raster", "preset", "rules"})


@dataclass(frozen=True)
class Outcome:
    """What a run gave: zones of units and townships, and new land where it was placed."""

    units: pd.Series
    towns: pd.Series
    new: pd.Series | None
    scheme: str


@dataclass
class Between:
    """Runs that take some groups from the second plan, each only once.

    Parameters
    ----------
    before, after : Plan
    groups : tuple of Group
        Those that differ.
    folders : tuple of (Path or None)
        Where the paths of the inputs of each plan start; None where they are not at hand.
    allocate : bool
        Whether new land is of interest.
    """

    before: Plan
    after: Plan
    groups: tuple[Group, ...]
    folders: tuple[Path | None, Path | None]
    allocate: bool = True

    def __post_init__(self) -> None:
        """Start with nothing run."""
        self.runs = 0
        self.failed: dict[frozenset[str], ZoningError] = {}
        self._known: dict[frozenset[str], Outcome | None] = {}

    @property
    def inputs(self) -> frozenset[str]:
        """Codes of the groups that are inputs."""
        return frozenset(g.code for g in self.groups if g.is_input)

    def outcome(self, swapped: frozenset[str]) -> Outcome | None:
        """Run the first plan with some groups of the second; None where that cannot be run."""
        if swapped not in self._known:
            self.runs += 1
            try:
                self._known[swapped] = self._run(swapped)
            except ZoningError as error:
                self.failed[swapped] = error
                self._known[swapped] = None
        return self._known[swapped]

    def known(self, swapped: frozenset[str]) -> bool:
        """Whether that was run already."""
        return swapped in self._known

    def _run(self, swapped: frozenset[str]) -> Outcome:
        inputs = swapped & self.inputs
        sides = self.before, self.after
        some = inputs and inputs != self.inputs
        ground = self._measure(swapped) if some else sides[bool(inputs)]
        code = SCHEME if SCHEME in swapped else DECISIONS
        decisions = decisions_of(sides[code in swapped])
        locks = self._locks(sides[ALLOCATION in swapped], ground)
        config = mixed(*sides, swapped)
        state = zone_again(
            ground, config, decisions, classes_of(ground), locks=locks, allocate=self.allocate,
            folder=self.folders[0],
        )  # fmt: skip
        towns, units = state.townships, state.units
        new = units.get("new_m2")
        scheme = sides[SCHEME in swapped].scheme.name
        return Outcome(_words(units["zone"]), _words(towns["zone"]), new, scheme)  # type: ignore[index]

    def _measure(self, swapped: frozenset[str]) -> Plan:
        """Run the inputs of both plans mixed; no land is placed."""
        one, two = self.folders
        if one is None or two is None:
            raise InputError.one(
                "the inputs of both plans are not at hand", "两个方案的输入数据不齐全",
                where="inputs", code="not-separable",
            )  # fmt: skip
        placed = [
            replace(p, config=placed_config(p.config, f))
            for p, f in ((self.before, one), (self.after, two))
        ]
        config = mixed(placed[0], placed[1], swapped)
        config = config.model_copy(
            update={"cap": CapPart(), "allocation": AllocationPart(enabled=False)}
        )
        return run(config, one)

    def _locks(self, side: Plan, ground: Plan) -> tuple[Lock, ...]:
        known = set(ground.units.index)
        kept = [
            replace(lock, units=tuple(u for u in lock.units if u in known))
            for lock in locks_of(side)
        ]
        return tuple(lock for lock in kept if lock.units)


def _words(zone: pd.Series) -> pd.Series:
    return zone.astype(object).where(zone.notna(), UNZONED)


def placed_config(config: Config, folder: Path) -> Config:
    """Write the paths of the inputs from the root, so that two plans can be mixed."""

    def walk(value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            inside = key == "layers"
            return {k: walk(v, "path" if inside else str(k)) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(v, key) for v in value]
        if isinstance(value, str) and value and key in _FILES:
            there = folder / split_layer(folder / value)[0]
            return str((folder / value).resolve()) if there.exists() else value
        return value

    data = config.model_dump(mode="json")
    for table in ("inputs", "cap"):
        data[table] = walk(data[table], table)
    return Config.model_validate(data)


def inputs_at(plan: Plan, near: list[Path]) -> Path | None:
    """Find the folder where the inputs of a plan lie, each with the checksum of the run.

    Parameters
    ----------
    plan : Plan
    near : list of Path
        Folders to look in.

    Returns
    -------
    Path or None
        None where no folder has all of them as they were.
    """
    sources = [s for s in plan.run.get("inputs", ()) if s.get("path")]
    if not sources:
        return None
    for folder in dict.fromkeys([*near, Path(), data_path()]):
        if all(_is(folder / str(s["path"]), str(s.get("sha256"))) for s in sources):
            return folder
    return None


def _is(path: Path, checksum: str) -> bool:
    try:
        return path.exists() and sha256_of(path) == checksum
    except OSError:
        return False


#: Told how many runs are done, how many there are at most, and the group that is swapped.
Progress = Callable[[int, int, str], None]
