"""What a wing hands to a plan: layers, tables, map themes, card lines, chapters. Plain data.

A wing (an audit, policies, limits of a planner) writes no file. It fills a :class:`Contribution`
and puts it into ``Plan.contributions``. The plan folder keeps it, and every writer draws it without
knowing the wing: a styled layer of plan.gpkg, a sheet of tables.xlsx, a group of the QGIS project,
themes, layers and card lines of the map, a chapter of the report, files of the exports. There is
no function in it, so what was stored is all there is. :func:`zoning.contribution.rules.check` says
what one must keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zoning.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: What a layer looks like if its author does not say.
COLOUR = "#6a51a3"


@dataclass(frozen=True, slots=True)
class Field:
    """What a column of a layer or table is.

    Parameters
    ----------
    name : str
        Of the column; its unit stands in it (``_m2``, ``_share``) where there is one.
    label, about : Text
        Name for people, and a sentence on what it holds.
    unit : str
        ``"m2"``, ``"1"`` (a share), ``"count"``, ``"m"``, ``"year"`` ..., as in data/words.toml.
    words : mapping of str to Text
        Words for the codes that the column holds; empty where it holds none.
    """

    name: str
    label: Text
    about: Text
    unit: str = ""
    words: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Class:
    """One class of a legend: a code, or values above ``lower`` up to and with ``upper``.

    The first class of numbers holds its lower limit too.
    """

    label: Text
    colour: str
    code: str | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table without geometry.

    Parameters
    ----------
    name : str
        Unique in the plan: small letters, digits and ``_``.
    title : Text
    frame : DataFrame
        Without a named index; a column ``unit`` holds codes of units, where rows are about units.
    fields : tuple of Field
        One for each column.
    keys : tuple of str
        Columns that together name a row, so that two plans' tables can be compared.
    """

    name: str
    title: Text
    frame: pd.DataFrame = field(repr=False)
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """Polygons in the CRS of the plan, drawn in one colour or by the classes of a column.

    Parameters
    ----------
    name, title, frame, fields
        As for :class:`Table`; the column ``geometry`` needs no field.
    colour : str
        ``#rrggbb`` of the outline, and of the fill where there are no classes.
    by : str, optional
        Column that holds the codes of ``classes``.
    classes : tuple of Class
    filled : bool
        Whether the areas are filled, half transparent; else only their outlines are drawn.
    """

    name: str
    title: Text
    frame: gpd.GeoDataFrame = field(repr=False)
    fields: tuple[Field, ...]
    colour: str = COLOUR
    by: str | None = None
    classes: tuple[Class, ...] = ()
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Theme:
    """A map of the units by a column of a table of this contribution (one row for each unit).

    Parameters
    ----------
    name : str
        Unique in the plan, as for tables; plan.gpkg has a layer of this name.
    title, about : Text
    table, column : str
    classes : tuple of Class
        All by code, or all by limits that follow one another.
    """

    name: str
    title: Text
    about: Text
    table: str
    column: str
    classes: tuple[Class, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Lines on the card of a place: ``columns`` of each row of ``table`` about it.

    Parameters
    ----------
    title : Text
    table : str
    columns : tuple of str
    place : {"unit", "township", "county", "zone"} or str
        Column of the table that says which place a row is about. What is said of a township, county
        or zone stands on the cards of its units too. ``park`` is a feature of the layer ``parks``
        with that code, and so on.
    terms : str
        A table with ``row``, ``line_en`` and ``line_zh``: how each row came about, line by line;
        ``row`` is the keys of the row, joined by ``/``. Empty where nothing is computed.
    by : tuple of str
        Columns of the table and of the layer that name a feature together, where its code alone
        does not.
    """

    title: Text
    table: str
    columns: tuple[str, ...]
    place: str = "unit"
    terms: str = ""
    by: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of the table that say which place a row is about."""
        return self.by or (self.place,)

    @property
    def layer(self) -> str:
        """Name of the layer whose features it is about, where it is about features."""
        return f"{self.place}s"


@dataclass(frozen=True, slots=True)
class Chart:
    """Horizontal bars of the numbers in ``column``, one for each row, named by ``label``."""

    title: Text
    table: str
    column: str
    label: str


@dataclass(frozen=True, slots=True)
class Pages:
    """A page for each place: the rows of a long table that are about it.

    Parameters
    ----------
    table : str
    keys : tuple of str
        Columns whose values together name a page, in the order of the table.
    name : str
        Column of the page's heading.
    group : str
        Column that says what a line belongs to.
    item, value : Text
        Columns of the lines: their names for English and for Chinese.
    """

    table: str
    keys: tuple[str, ...]
    name: str
    group: str
    item: Text
    value: Text

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it reads."""
        pairs = (self.item.en, self.item.zh, self.value.en, self.value.zh)
        return (*self.keys, self.name, self.group, *pairs)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the report: paragraphs, maps of themes, charts, tables, by their names.

    A chapter with ``pages`` stands at the end of the report; each page begins a new sheet. Of a
    table in ``columns`` only these are shown.
    """

    title: Text
    paragraphs: tuple[Text, ...] = ()
    maps: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    pages: Pages | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contribution:
    """All that a wing adds to a plan.

    Parameters
    ----------
    wing : str
        Short stable word, one contribution each: ``"audit"``.
    title : Text
        Name of its group in QGIS and in lists.

    Examples
    --------
    >>> import pandas as pd
    >>> noise = Table(
    ...     "noise", Text("noise", "噪声"), pd.DataFrame({"unit": ["a"], "level_db": [51.5]}),
    ...     (Field("unit", Text("unit", "单元"), Text("its code", "编号")),
    ...      Field("level_db", Text("level", "声级"), Text("by night", "夜间"), "dB")))
    >>> given = Contribution("noise", Text("Noise", "噪声"), tables=(noise,))
    >>> given
    Contribution('noise': 0 layers, 1 table, 0 themes, 0 cards, 0 chapters)
    """

    wing: str
    title: Text
    layers: tuple[Layer, ...] = ()
    tables: tuple[Table, ...] = ()
    themes: tuple[Theme, ...] = ()
    cards: tuple[Card, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    def __repr__(self) -> str:
        """Count the parts; frames are long."""
        parts = []
        for name in ("layers", "tables", "themes", "cards", "chapters"):
            n = len(getattr(self, name))
            parts.append(f"{n} {name.removesuffix('s') if n == 1 else name}")
        return f"Contribution({self.wing!r}: {', '.join(parts)})"

    def table(self, name: str) -> Table:
        """Give a table by its name."""
        return next(t for t in self.tables if t.name == name)

    def frames(self) -> Iterator[Layer | Table]:
        """Give everything that has a frame, layers first."""
        yield from self.layers
        yield from self.tables

    def drawn(self) -> Iterator[Layer | Theme]:
        """Give everything that is a layer on a map."""
        yield from self.layers
        yield from self.themes


def names(contributions: Iterable[Contribution]) -> tuple[set[str], set[str]]:
    """Give the names of all layers (those of themes too) and of all tables."""
    given = list(contributions)
    layers = {x.name for c in given for x in c.drawn()}
    return layers, {x.name for c in given for x in c.tables}


def zone_words(zones: pd.DataFrame | None) -> dict[str, Text]:
    """Give the names of the zones of a plan by code."""
    if zones is None:
        return {}
    return {str(c): Text(str(z["name_en"]), str(z["name_zh"])) for c, z in zones.iterrows()}


def stem_of(name: str) -> str:
    """Give the name of a policy inside a plan by its own name.

    Examples
    --------
    >>> stem_of("Quota-2035")
    'policy_quota_2035'
    """
    return "policy_" + re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
