"""How values and tables of a plan are written in a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.errors import Text as Both
from zoning.outputs.office.document import Align, Figure, Heading, Table, Text
from zoning.outputs.office.figures import DASH, number
from zoning.outputs.office.wording import (
    dictionary,
    holds_codes,
    is_missing,
    say,
    short_zones,
)
from zoning.outputs.prints import themes
from zoning.outputs.prints.chart import draw_chart
from zoning.outputs.prints.draw import draw_map

if TYPE_CHECKING:
    import pandas as pd

    from zoning.plan import Plan

DPI = 200
#: Columns whose numbers are already written as text.
_NUMBERS = ("left", "margin", "number", "price")


@dataclass
class Writer:
    """The plan, the language, and the numbers of headings so far.

    Parameters
    ----------
    plan : Plan
    lang : {"zh", "en"}
    """

    plan: Plan
    lang: str
    known: Mapping[str, Mapping[str, str]] = field(init=False)
    short: Mapping[str, str] = field(init=False)
    _chapter: int = 0
    _section: int = 0
    _below: int = 0
    _called: Both | None = None
    _nested: bool = False

    def __post_init__(self) -> None:
        """Look up the words of the plan once."""
        self.known = dictionary(self.plan, self.lang)
        self.short = short_zones(self.plan, self.lang)

    def say(self, en: str, zh: str) -> str:
        """Choose the sentence of the report's language."""
        return zh if self.lang == "zh" else en

    def text(self, en: str, zh: str) -> Text:
        """Make a paragraph."""
        return Text(self.say(en, zh))

    def begin(self, called: Both | None, *, nested: bool = False) -> None:
        """Say what the next chapter is called, and whether chapters become sections of one."""
        self._called, self._nested = called, nested

    def take_back(self) -> None:
        """Forget a chapter in which nothing stands."""
        self._chapter -= 1

    def chapter(self, en: str, zh: str) -> Heading:
        """Make a numbered heading of level 1, or of a section where an outline puts it there."""
        if self._nested:
            self._section, self._below = self._section + 1, 0
            return Heading(2, f"{self._chapter}.{self._section}  {self.say(en, zh)}")
        if self._called is not None:
            en, zh = self._called.en, self._called.zh
            self._called = None
        self._chapter, self._section = self._chapter + 1, 0
        return Heading(1, f"{self._chapter}  {self.say(en, zh)}")

    def section(self, en: str, zh: str) -> Heading:
        """Make a numbered heading of level 2, or 3 inside a section."""
        if self._nested:
            self._below += 1
            number = f"{self._chapter}.{self._section}.{self._below}"
            return Heading(3, f"{number}  {self.say(en, zh)}")
        self._section += 1
        return Heading(2, f"{self._chapter}.{self._section}  {self.say(en, zh)}")

    def picture(self, theme: str) -> Iterator[Figure]:
        """Draw the map of a theme, where the plan has data for it."""
        if theme in themes.themes(self.plan):
            name = themes.title(self.plan, theme, self.lang)
            drawn = draw_map(self.plan, theme, lang=self.lang)
            caption = self.say(f"Map: {name}", f"{name}图")
            yield Figure(caption, drawn.to_bytes("png", DPI), drawn.title)

    def account_chart(self) -> Iterator[Figure]:
        """Draw the chart of the account, where there is one."""
        zones = self.plan.zones
        if zones is not None and "built_m2" in zones and (zones["area_m2"] > 0).any():
            drawn = draw_chart(self.plan, self.lang)
            yield Figure(drawn.title, drawn.to_bytes("png", DPI), drawn.title)

    def place(self, code: Any) -> str:
        """Name a place: city, county, township or zone."""
        text = str(code)
        return self.known["where"].get(text) or words.value("township", text, self.lang)

    def cell(self, column: str, value: Any, short: bool = False) -> str:
        """Write one value of a column: codes in words, areas in km2, shares in per cent."""
        if short and column in ("zone", "runner_up") and str(value) in self.short:
            return self.short[str(value)]
        if is_missing(value):
            return words.unzoned(self.lang) if column in ("zone", "township_zone") else DASH
        if column in ("county", "township"):
            return self.place(value)
        if column == "source":
            return words.source(str(value), self.lang)
        if value == "overlap":  # the row that closes a table of areas that may overlap
            return words.value("closing_row", value, self.lang)
        if holds_codes(self.known, column):
            return say(self.known, column, value, self.lang)
        return number(value, words.unit(column))

    def head(self, column: str, table: str = "") -> str:
        """Name a column with the unit it is shown in."""
        word = words.label(column, self.lang, table or None)
        measure = words.unit(column, table or None)
        if measure == "m2":
            return self.say(f"{word} (km²)", f"{word}（km²）")
        return word if measure in ("", "1", "count") else words.heading(column, self.lang, table)

    def frame(
        self,
        caption: str,
        frame: pd.DataFrame,
        columns: Sequence[str],
        *,
        table: str = "",
        heads: Mapping[str, str] | None = None,
        widths: Mapping[str, float] | None = None,
        note: str = "",
        total: bool = False,
        short: bool = False,
    ) -> Table:
        """Write the columns of a frame that are there as a table.

        Parameters
        ----------
        caption : str
        frame : DataFrame
        columns : sequence of str
            Wanted, in order; those that the frame lacks are left out.
        table : str
            Name of the table in the dictionary, for narrower words.
        heads, widths : mapping, optional
            Other heads and relative widths.
        note : str
        total : bool
            Whether the last row is a sum.
        short : bool
            Whether zones are called by their short names.
        """
        there = [c for c in columns if c in frame.columns]
        rows = [
            [self.cell(c, v, short) for c, v in zip(there, row, strict=True)]
            for row in frame[there].astype(object).itertuples(index=False, name=None)
        ]
        aligns = [_align(c, frame[c]) for c in there]
        return Table(
            caption,
            [(heads or {}).get(c) or self.head(c, table) for c in there],
            rows,
            aligns,
            [(widths or {}).get(c, 1.0) for c in there],
            note,
            total,
        )


def _align(column: str, values: pd.Series) -> Align:
    """Set numbers right, grades in the middle, words left."""
    if words.unit(column) or column in _NUMBERS or values.dtype.kind in "iuf":
        return "right"
    return "center" if column.endswith("_grade") else "left"
