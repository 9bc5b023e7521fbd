"""What the wings gave to a plan, as writers need it: frames, names, classes. Knows no wing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from zoning.base import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from zoning.contribution.parts import Class, Contribution, Field, Layer, Table, Theme
    from zoning.errors import Text
    from zoning.plan import Plan


#: The plan that was asked for last, and its words.
_LAST: dict[str, Any] = {}


class Words:
    """The names of layers, tables and columns of one plan: those of its wings before the rest.

    Parameters
    ----------
    contributions : sequence of Contribution
    own : mapping of str to Field, optional
        Columns that are this plan's own wherever they stand: those of its overlays.
    """

    def __init__(
        self, contributions: Sequence[Contribution], own: Mapping[str, Field] | None = None
    ) -> None:
        self._own = dict(own or {})
        self._titles: dict[str, Text] = {}
        self._fields: dict[str, dict[str, Field]] = {}
        for given in contributions:
            for x in given.frames():
                self._titles[x.name] = x.title
                self._fields[x.name] = {f.name: f for f in x.fields}
            for theme in given.themes:
                self._titles[theme.name] = theme.title
                self._fields[theme.name] = self._fields[theme.table]

    @classmethod
    def of(cls, plan: Plan) -> Words:
        """Give the words of a plan, its overlays called by their names."""
        # Writers ask for each layer, table and style of one plan, and a plan never changes.
        last, said = _LAST.get("plan"), _LAST.get("words")
        if said is None or last is None or last() is not plan:
            own = indicator_fields() | overlay_fields(plan) | raster_fields(plan)
            said = cls(plan.contributions, own)
            _LAST.update(plan=ref(plan), words=said)
        return cast(Words, said)

    def table_name(self, name: str, lang: str = "zh") -> str:
        """Give the name of a layer, table or theme for people."""
        title = self._titles.get(name)
        return words.table_name(name, lang) if title is None else title.get(lang)

    def label(self, name: str, lang: str = "zh", table: str | None = None) -> str:
        """Give the name of a column for people."""
        mine = self.field(name, table)
        return words.label(name, lang, table) if mine is None else mine.label.get(lang)

    def unit(self, name: str, table: str | None = None) -> str:
        """Give the unit of a column as a plain word."""
        mine = self.field(name, table)
        return words.unit(name, table) if mine is None else mine.unit

    def heading(self, name: str, lang: str = "zh", table: str | None = None) -> str:
        """Give the name of a column with its unit."""
        mine = self.field(name, table)
        if mine is None:
            return words.heading(name, lang, table)
        if mine.unit in ("", "1", "count", "year"):
            return mine.label.get(lang)
        sign = words.unit_sign(mine.unit, lang)
        return f"{mine.label.zh}（{sign}）" if lang == "zh" else f"{mine.label.en} ({sign})"

    def description(self, name: str, lang: str = "zh", table: str | None = None) -> str:
        """Say in a sentence what a column holds."""
        mine = self.field(name, table)
        return words.description(name, lang, table) if mine is None else mine.about.get(lang)

    def values(self, name: str, table: str | None = None) -> Mapping[str, Text] | None:
        """Give the words for the codes of a column of a wing; None for a column of the plan."""
        mine = self.field(name, table)
        return None if mine is None else mine.words

    def field(self, name: str, table: str | None) -> Field | None:
        """Give what a wing, or the plan's scheme, says of a column; None for all others."""
        return self._fields.get(table or "", {}).get(name) or self._own.get(name)


@cache
def indicator_fields() -> dict[str, Field]:
    """Describe the indicators that the dictionary does not know, as reasons call them."""
    from zoning.contribution.parts import Field
    from zoning.errors import Text
    from zoning.indicators import AT_HAND

    found = {}
    for name, i in AT_HAND.items():
        if words.label(name) == name:
            en, zh = (f" ({i.unit})", f"（{i.unit_zh}）") if i.unit else ("", "")
            label = Text(i.en + en, i.zh + zh)
            unit = "m2" if name.endswith("_m2") else "1" if name.endswith("_share") else ""
            found[name] = Field(name, Text(i.en, i.zh) if unit == "m2" else label, label, unit)
    return found


def raster_fields(plan: Plan) -> dict[str, Field]:
    """Describe the columns that the plan's own rasters became, as plan.toml calls them."""
    from zoning.contribution.parts import Field
    from zoning.errors import Text
    from zoning.pipeline.method import called_of

    parts = plan.config.inputs.rasters
    return {
        name: Field(
            name, called.name,
            Text(f"from the raster {parts[name].path}; source: {parts[name].source}",
                 f"取自栅格 {parts[name].path}；来源：{words.source(parts[name].source)}"),
            {"share": "1"}.get(called.unit, called.unit),
        )
        for name, called in called_of(plan.config).items()
    }  # fmt: skip


def overlay_fields(plan: Plan) -> dict[str, Field]:
    """Describe the columns about overlays by the names that the plan's scheme has for them."""
    from zoning.contribution.parts import Field
    from zoning.errors import Text

    names = {o.code: o.name for o in plan.scheme.overlays}
    found = {}
    for o in plan.scheme.overlays:
        label = Text(f"protected for {o.en}", f"{o.zh}保护面积")
        about = Text(
            f"area under {o.counted.en}, overlaps once", f"{o.counted.zh}面积，重叠只计一次"
        )
        found[o.column] = Field(o.column, label, about, "m2")
    for column in ("overlays", "overlay"):
        label, about = (
            Text(*(say(column, lang) for lang in ("en", "zh")))
            for say in (words.label, words.description)
        )
        found[column] = Field(column, label, about, words=names)
    here = plan.units["overlays"].unique() if "overlays" in plan.units else ()
    several = {
        c: Text(", ".join(names[x].en for x in c.split("+")),
                "、".join(names[x].zh for x in c.split("+")))
        for c in sorted(map(str, here)) if "+" in c
    }  # fmt: skip
    found["overlays"] = replace(found["overlays"], words={**names, **several})
    return found


def layers(plan: Plan) -> dict[str, gpd.GeoDataFrame]:
    """Give the layers of all wings; a theme is a layer of the units that its table speaks of."""
    found = {x.name: x.frame for given in plan.contributions for x in given.layers}
    for given in plan.contributions:
        for theme in given.themes:
            found[theme.name] = _theme_layer(plan, given.table(theme.table))
    return found


def _theme_layer(plan: Plan, table: Table) -> gpd.GeoDataFrame:
    """Put the squares of the units beside a table about them, sorted by unit."""
    import geopandas as gpd

    rows = table.frame.sort_values("unit", ignore_index=True)
    shapes = plan.units.geometry.reindex(rows["unit"].astype(str)).to_numpy()
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=plan.units.crs)


def tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Give the tables of all wings."""
    return {x.name: x.frame for given in plan.contributions for x in given.tables}


def themes(plan: Plan) -> dict[str, tuple[Contribution, Theme]]:
    """Give the map themes of all wings, each with the contribution it belongs to."""
    return {t.name: (given, t) for given in plan.contributions for t in given.themes}


def styled_layers(plan: Plan) -> dict[str, tuple[Contribution, Layer]]:
    """Give the layers of all wings, each with the contribution it belongs to."""
    return {x.name: (given, x) for given in plan.contributions for x in given.layers}


def theme_column(plan: Plan, theme: str) -> pd.Series:
    """Give what a theme shows for every unit of the plan, missing where nothing is known."""
    given, t = themes(plan)[theme]
    rows = given.table(t.table).frame
    return rows.set_index(rows["unit"].astype(str))[t.column].reindex(plan.units.index)


def class_of(column: pd.Series, classes: Sequence[Class]) -> npt.NDArray[np.int64]:
    """Give the number of the class of every value, -1 where it is missing or in no class.

    Examples
    --------
    >>> import pandas as pd
    >>> from zoning.contribution.parts import Class
    >>> from zoning.errors import Text
    >>> low = Class(Text("low", "低"), "#ffffff", lower=0, upper=1)
    >>> high = Class(Text("high", "高"), "#000000", lower=1, upper=2)
    >>> class_of(pd.Series([0, 1, 1.5, 3, None]), [low, high]).tolist()
    [0, 0, 1, -1, -1]
    """
    import numpy as np
    import pandas as pd

    if classes and classes[0].code is not None:
        codes = [str(c.code) for c in classes]
        texts = column.astype("string")
        return np.asarray(pd.Index(codes).get_indexer(texts.fillna("\0")), dtype=np.int64)
    values = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    found = np.full(len(values), -1, dtype=np.int64)
    for number, c in enumerate(classes):
        low, high = float(c.lower or 0), float(c.upper or 0)
        above = values >= low if number == 0 else values > low
        found[above & (values <= high)] = number
    return found


def text_of(value: Any, field: Field | None, lang: str) -> str | None:
    """Say a code in the words of a wing; None where the wing has none for it."""
    word = None if field is None else field.words.get(str(value))
    return None if word is None else word.get(lang)
