"""What a policy file holds, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zoning.errors import Text
from zoning.policy.kinds import Block, Kind
from zoning.policy.steps import Steps
from zoning.policy.units import Unit


@dataclass(frozen=True)
class Parameter:
    """A number or word of the policy, with where it comes from.

    Parameters
    ----------
    name, label
    value : float or str
        In ``unit``.
    unit : Unit or None
        ``None`` for a word.
    source, evidence : str
    """

    name: str
    label: Text
    value: float | str
    unit: Unit | None
    source: str
    evidence: str

    @property
    def kind(self) -> Kind:
        """What it is in a formula."""
        return Kind("text") if self.unit is None else Kind("number", self.unit)


@dataclass(frozen=True)
class Column:
    """A column that is taken from a plan or a file.

    Parameters
    ----------
    name, label
    origin : str
        Name of the column there.
    unit : Unit or None
        What it is written in; ``None`` for text.
    """

    name: str
    label: Text
    origin: str
    unit: Unit | None

    @property
    def kind(self) -> Kind:
        """What it is in a formula."""
        return Kind("text") if self.unit is None else Kind("number", self.unit)


@dataclass(frozen=True)
class Rounding:
    """Rounding to whole steps that add up to a stated total (largest remainder).

    Parameters
    ----------
    step : float
        In the unit of the column.
    total : str or None
        A formula for the total, the same in all rows (of a group); ``None`` for the rounded sum.
    by : str or None
        Column of the groups that each have a total.
    """

    step: float = 1.0
    total: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class Computed:
    """A column by formula.

    Parameters
    ----------
    name, label
    formula : str
    unit : Unit or None
        What it is written in; ``None`` for text.
    rounding : Rounding or None
    source, evidence : str
        Of the formula; empty where that of the policy holds.
    where : str
        File and line.
    """

    name: str
    label: Text
    formula: str
    unit: Unit | None
    rounding: Rounding | None = None
    source: str = ""
    evidence: str = ""
    where: str = ""

    @property
    def kind(self) -> Kind:
        """What it is in a formula."""
        return Kind("text") if self.unit is None else Kind("number", self.unit)


@dataclass(frozen=True)
class Grouping:
    """A text column made from another: what each of its codes counts as.

    Parameters
    ----------
    name, label
    origin : str
        The column of codes, such as ``zone``.
    scheme : str
        The zone scheme whose codes the map names; empty for codes of no scheme.
    codes : mapping of str to str
    other : str or None
        Group of codes that the map leaves out; ``None`` makes them an error.
    """

    name: str
    label: Text
    origin: str
    scheme: str
    codes: Mapping[str, str]
    other: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of the policy.

    Parameters
    ----------
    name, label
    kind : {"plan", "file", "rows", "group"}
        Taken from the plan, from a file of the user, written in the policy, or one row for each
        value of a column of another table.
    origin : str
        Table of the plan, path, or the other table.
    keys : tuple of str
        Columns that name a row.
    columns : tuple of Column
    rows : tuple of mapping
        For ``kind`` "rows".
    groupings : tuple of Grouping
    computed : tuple of Computed
    sheet : str or None
    example : str
        A shipped file that shows the shape; used only where it is asked for.
    optional : bool
        Whether the policy runs without it: then it has no rows.
    place : tuple of str
        Columns of longitude and latitude, from which unit, township, county, zone are found.
    where : str
    """

    name: str
    label: Text
    kind: str
    origin: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, object], ...] = ()
    groupings: tuple[Grouping, ...] = ()
    computed: tuple[Computed, ...] = ()
    sheet: str | None = None
    example: str = ""
    optional: bool = False
    place: tuple[str, ...] = ()
    where: str = ""

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each of its columns is, as far as the file says."""
        found = {c.name: c.kind for c in self.columns}
        found |= {c.name: c.kind for c in self.computed}
        found |= {g.name: Kind("text") for g in self.groupings}
        found |= {k: Kind("text") for k in self.keys}
        if self.place:
            found |= {k: Kind("text") for k in PLACED}
        return found


#: Columns that a place (longitude, latitude) brings with it.
PLACED = ("unit", "township", "county", "zone")


@dataclass(frozen=True)
class Rule:
    """A closing check.

    Parameters
    ----------
    name : str
    table : str
    formula : str
        True for all rows, or the check fails.
    level : {"error", "warning", "note"}
    text : Text
    """

    name: str
    table: str
    formula: str
    level: str
    text: Text
    where: str = ""


@dataclass(frozen=True)
class Show:
    """How the result is shown.

    Parameters
    ----------
    columns : tuple of str
        Columns of the main table, in order.
    order : str
        Column to sort by, ``-`` in front for falling.
    theme : str
        Column that colours the map; empty for none.
    colours : str
        Name of a ramp of matplotlib.
    words : mapping of column to mapping of code to Text
        Words for codes.
    hues : mapping of code to str
        Colours of codes, where the theme is a text.
    paragraphs : tuple of Text
    tables : tuple of str
        Further tables that are shown.
    rank : str
        The column whose ranking is tested by other weights.
    chart : str
        Column of the main table that the report draws as bars, in the table's order.
    limits : tuple of str
        Columns that go into the file of coefficients for limits of an allocation.
    """

    columns: tuple[str, ...] = ()
    order: str = ""
    theme: str = ""
    colours: str = "YlGn"
    words: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    hues: Mapping[str, str] = field(default_factory=dict)
    paragraphs: tuple[Text, ...] = ()
    tables: tuple[str, ...] = ()
    rank: str = ""
    limits: tuple[str, ...] = ()
    chart: str = ""


@dataclass(frozen=True)
class Policy:
    """A policy file, read and checked.

    Parameters
    ----------
    name, title, about
    source, source_zh, evidence : str
    notice : Text or None
        What must stand on every output, such as that a number is made up.
    main : str
        The table that is the result.
    tables, parameters, blocks, steps : mapping
    sources : mapping of str to (source, evidence)
        Of weights and steps.
    checks : tuple of Rule
    show : Show
    path : Path
        The file; relative paths stand on its folder.
    """

    name: str
    title: Text
    about: Text
    source: str
    source_zh: str
    evidence: str
    notice: Text | None
    main: str
    tables: Mapping[str, Table]
    parameters: Mapping[str, Parameter]
    blocks: Mapping[str, Block]
    steps: Mapping[str, Steps]
    sources: Mapping[str, tuple[str, str]]
    checks: tuple[Rule, ...]
    show: Show
    path: Path = Path()

    @property
    def needs_plan(self) -> bool:
        """Whether a table is taken from a plan."""
        return any(t.kind == "plan" or t.place for t in self.tables.values())
