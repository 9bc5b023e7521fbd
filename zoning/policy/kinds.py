"""What stands in formulas: kinds of values, weights, and all that a formula may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from zoning.policy.steps import Steps
from zoning.policy.units import Unit


class Kind(NamedTuple):
    """What an expression is: a number with a unit, a text, or a truth.

    Attributes
    ----------
    kind : {"number", "text", "truth"}
    unit : Unit or None
        ``None`` for a zero, which fits any unit, and for what is no number.
    """

    kind: str
    unit: Unit | None = None


TEXT = Kind("text")
TRUTH = Kind("truth")
ANY = Kind("number", None)


@dataclass(frozen=True)
class Block:
    """Weights of some columns by the groups of a column; see :mod:`zoning.policy.model`.

    Parameters
    ----------
    name : str
    by : str or None
        Column that holds the group; ``None`` for one set of weights.
    total : float
        What each group adds up to.
    missing : {"unknown", "redistribute", "zero"}
        What becomes of the weight of an unknown column.
    rows : mapping of group to mapping of column to weight
    """

    name: str
    by: str | None
    total: float
    missing: str
    rows: Mapping[str, Mapping[str, float]]

    @property
    def items(self) -> tuple[str, ...]:
        """All columns that have a weight, in the order of the file."""
        return tuple(dict.fromkeys(item for row in self.rows.values() for item in row))


@dataclass(frozen=True)
class Scope:
    """What a formula may name.

    Parameters
    ----------
    columns : mapping of str to Kind
        Columns of its table, and parameters.
    tables : mapping of str to mapping of str to Kind
        Other tables, for ``total`` and ``look``.
    steps, blocks : mapping
    """

    columns: Mapping[str, Kind]
    tables: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)
    steps: Mapping[str, Steps] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
