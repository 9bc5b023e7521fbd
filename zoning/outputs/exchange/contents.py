"""What goes into every exchange format: layers and tables with codes said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from zoning.base.coded import spelled
from zoning.errors import InputError, Text, meant, suggest
from zoning.outputs.contributed import Words
from zoning.outputs.office.whole import notice
from zoning.outputs.qgis import geopackage, styles
from zoning.outputs.qgis.looks import Look, look_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan


@dataclass(frozen=True, slots=True)
class Contents:
    """A plan as frames, ready to be written.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        By the names of plan.gpkg; codes stand in columns.
    tables : mapping of str to DataFrame
    lang : {"zh", "en"}
    notice : str
        What must stand beside the data; empty for nothing.
    said : Words
        Names of layers, tables and columns.
    title : str
        Name of the plan.
    drawn : mapping of str to Style
        How each layer opens.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    lang: str
    notice: str
    said: Words
    title: str = ""
    drawn: Mapping[str, styles.Style] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)

    def only(self, names: Sequence[str]) -> Contents:
        """Keep some layers and tables.

        Raises
        ------
        InputError
            If there is none of a name.
        """
        known = {**self.layers, **self.tables}
        for name in names:
            if name not in known:
                near = suggest(name, list(known))
                raise InputError.one(
                    f"the plan has no layer or table '{name}'", f"方案没有图层或表“{name}”",
                    where="--layer", code="unknown-layer",
                    remedy=meant(near, Text("it has " + ", ".join(known),
                                            "可用：" + "、".join(known))),
                )  # fmt: skip
        return replace(
            self, layers={n: f for n, f in self.layers.items() if n in names},
            tables={n: f for n, f in self.tables.items() if n in names},
        )  # fmt: skip

    def fields(self) -> pd.DataFrame:
        """List every field of every layer: name, words in both languages, unit, meaning."""
        import pandas as pd

        rows = [
            {"layer": layer, "field": column, **self.describe(column, layer)}
            for layer, frame in self.layers.items()
            for column in frame.columns
            if column != "geometry"
        ]
        return pd.DataFrame(rows)

    def describe(self, column: str, layer: str) -> dict[str, str]:
        """Say what a field is, in both languages."""
        said, base = self.said, column.removesuffix("_words")
        tail = ("（名称）", " (in words)") if base != column else ("", "")
        return {
            "zh": said.label(base, "zh", layer) + tail[0],
            "en": said.label(base, "en", layer) + tail[1],
            "unit": said.unit(base, layer),
            "about_zh": said.description(base, "zh", layer),
            "about_en": said.description(base, "en", layer),
        }


def contents(plan: Plan, lang: str) -> Contents:
    """Gather layers and tables of a plan, with words beside every code."""
    layers = {n: spelled(_with_words(plan, f, lang, n)) for n, f in geopackage.layers(plan).items()}
    tables = {n: spelled(_with_words(plan, f, lang, n)) for n, f in geopackage.tables(plan).items()}
    drawn = {s.layer: s for s in styles.styles(plan, lang) if s.default}
    looks = {n: look_of(s.renderer) for n, s in drawn.items()}
    said = Words(plan.contributions)
    return Contents(layers, tables, lang, notice(plan, lang), said, plan.name, drawn, looks)


def _with_words(plan: Plan, frame: Any, lang: str, layer: str) -> Any:
    """Put words beside every code that has some; only QGIS files carry value maps."""
    import pandas as pd

    known = styles.value_maps(plan, list(frame.columns), lang, layer)
    out = frame.copy(deep=False) if known else frame
    for column, words in known.items():
        beside = f"{column}_words"
        if beside in out.columns:
            continue
        at, different = pd.factorize(out[column])  # a million units have few codes
        told = pd.array([words.get(_code(v)) for v in different], "string")
        out.insert(out.columns.get_loc(column) + 1, beside, told.take(at, allow_fill=True))
    return out


def _code(value: Any) -> str:
    """Write a code as it stands in the words: 1.0 of a column with missing values is 1."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
