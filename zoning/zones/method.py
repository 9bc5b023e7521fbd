"""A method of classification as data: dimensions, cuts, matrices, cube or ordered rules.

A method is written in TOML. Every number in it has a ``source`` and an ``evidence`` tag, either of
its own or of the part that it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from zoning.errors import Text
from zoning.schemes import DEFAULT, Scheme, load_scheme
from zoning.weights.scaling import Scale


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a number comes from.

    Attributes
    ----------
    source : str
        Title, number and date of a document, or a sentence on how the number was chosen.
    evidence : str
        ``S``, ``C``, ``M-high``, ``M-med``, ``M-low``, ``I`` or ``own``.
    """

    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Term:
    """One indicator of a dimension: weight, scale and what happens when it is missing.

    ``missing`` is ``"unknown"``, ``"skip"`` (the other weights share its weight) or a number that
    stands in for it.
    """

    indicator: str
    weight: float
    scale: Scale
    missing: str | float
    why: Evidence


@dataclass(frozen=True, slots=True)
class Weighting:
    """Where the weights of a dimension come from, if not from its terms alone.

    Attributes
    ----------
    use : tuple of {"manual", "ahp", "entropy", "critic"}
        Sets of weights that are joined.
    join : {"linear", "product", "least-squares"}
    shares : tuple of float
        Of the sets, for a linear join; equal if empty.
    ahp : tuple of tuples
        Pairwise judgements, rows and columns in the order of the terms.
    """

    use: tuple[str, ...]
    join: str
    shares: tuple[float, ...]
    ahp: tuple[tuple[float, ...], ...]
    why: Evidence


@dataclass(frozen=True, slots=True)
class Dimension:
    """A score made of terms and cut into grades.

    Attributes
    ----------
    name, en, zh : str
    combine : {"mean", "max", "min"}
        Weighted mean, or the largest or smallest term score.
    terms : tuple of Term
    cuts : tuple of float
        Rising; one fewer than the grades. Empty with ``breaks``.
    equal : tuple of {"above", "below"}
        For each cut, the grade that a value equal to it belongs to.
    breaks : bool
        Cuts are natural breaks of the scores (Fisher-Jenks), found when the method is fitted.
    grades : tuple of str
        From low to high.
    span : float
        The length that margins are shares of: 100 for scores, 1 for shares of area, so that a
        margin of 0.05 is five points of either.
    unit : str
        ``"score"`` or ``"share"``, for people.
    why : Evidence
        Of the cuts.
    weighting : Weighting, optional
        By default the weights of the terms count as they are.
    """

    name: str
    en: str
    zh: str
    combine: str
    terms: tuple[Term, ...]
    cuts: tuple[float, ...]
    equal: tuple[str, ...]
    breaks: bool
    grades: tuple[str, ...]
    span: float
    unit: str
    why: Evidence
    weighting: Weighting | None = None


@dataclass(frozen=True, slots=True)
class Special:
    """A cell of a matrix that another dimension changes."""

    row: str
    column: str
    dimension: str
    grade: str
    value: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A cell that is decided, and is looked at by a person as well."""

    row: str
    column: str
    code: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A two-way table: grades of ``rows`` by grades of ``columns``."""

    name: str
    rows: str
    columns: str
    cells: Mapping[str, tuple[str, ...]]
    exceptions: tuple[Special, ...]
    flags: tuple[Flag, ...]
    why: Evidence


@dataclass(frozen=True, slots=True)
class Cube:
    """A three-way table: ``cells[grade of first][row of second][column of third]``."""

    axes: tuple[str, str, str]
    cells: Mapping[str, tuple[tuple[str, ...], ...]]
    why: Evidence


@dataclass(frozen=True, slots=True)
class OrderedRule:
    """A line of an ordered list of rules: the first that is true decides."""

    id: str
    when: str
    zone: str
    en: str
    zh: str
    why: Evidence


@dataclass(frozen=True, slots=True)
class Suitability:
    """Weights of the suitability of units for new construction; 0 leaves a part out.

    Attributes
    ----------
    guidance : float
        Weight of the township's score in ``dimension`` (0..100).
    built, not_farmland, not_protected : float
        Of the built share of the unit over ``built_full_share``, of what is no farmland, and of
        what is not protected.
    terms : tuple of Term
        Indicators of the unit itself (``[inputs.rasters.NAME]``, terrain, travel time), scored as
        in a dimension.
    dimension : str
        Whose score counts as guidance.
    """

    guidance: float
    built: float
    built_full_share: float
    not_farmland: float
    not_protected: float
    why: Evidence
    terms: tuple[Term, ...] = ()
    dimension: str = "guidance"


class Called(NamedTuple):
    """What a plan calls an indicator of its own (``[inputs.rasters.NAME]``), and its unit."""

    name: Text
    unit: str = ""


@dataclass(frozen=True)
class Method:
    """A way to put townships into zones; see ``docs/method.md``.

    Exactly one of ``matrices``, ``cube`` and ``rules`` decides. Its outcomes are base zones of
    ``scheme``, or ``review``. ``choices`` tells, for a method that was read through a crosswalk,
    which zones a cell or rule leaves open; ``called``, what the plan calls indicators of its own.
    """

    name: str
    en: str
    zh: str
    why: Evidence
    dimensions: tuple[Dimension, ...]
    matrices: tuple[Matrix, ...] = ()
    cube: Cube | None = None
    rules: tuple[OrderedRule, ...] = ()
    suitability: Suitability | None = None
    notes: str = field(default="", compare=False)
    scheme: Scheme = field(default_factory=lambda: load_scheme(DEFAULT))
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    called: Mapping[str, Called] = field(default_factory=dict, compare=False)

    @property
    def indicators(self) -> tuple[str, ...]:
        """Names of the indicators that the dimensions read, in their order, each once."""
        return tuple(dict.fromkeys(t.indicator for d in self.dimensions for t in d.terms))

    def dimension(self, name: str) -> Dimension:
        """Give a dimension by its name."""
        return next(d for d in self.dimensions if d.name == name)
