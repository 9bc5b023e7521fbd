"""What goes into every exchange format: layers and tables with codes said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoning.outputs.contributed import Words
from zoning.outputs.office.whole import notice
from zoning.outputs.qgis import geopackage, styles

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan

#: Columns of codes that get a column of words beside them; only QGIS files carry value maps.
_IN_WORDS = ("zone", "township_zone", "type")


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
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    lang: str
    notice: str
    said: Words

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
    """Gather layers and tables of a plan, with words beside the codes of zones and types."""
    layers = {n: _with_words(plan, f, lang, n) for n, f in geopackage.layers(plan).items()}
    said = Words(plan.contributions)
    return Contents(layers, geopackage.tables(plan), lang, notice(plan, lang), said)


def _with_words(plan: Plan, frame: Any, lang: str, layer: str) -> Any:
    """Put words beside codes: of zones and types, and of every code that a wing explains."""
    said = Words(plan.contributions)
    codes = [c for c in frame.columns if c in _IN_WORDS or said.values(c, layer)]
    out = frame.copy() if codes else frame
    for column, known in styles.value_maps(plan, codes, lang, layer).items():
        told = out[column].map(lambda v, known=known: known.get(str(v)))
        out.insert(out.columns.get_loc(column) + 1, f"{column}_words", told.astype("string"))
    return out
