"""What goes into every exchange format: layers and tables with codes said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoning.base import words
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
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    lang: str
    notice: str

    def fields(self) -> pd.DataFrame:
        """List every field of every layer: name, words in both languages, unit, meaning."""
        import pandas as pd

        rows = [
            {"layer": layer, "field": column, **describe(column, layer)}
            for layer, frame in self.layers.items()
            for column in frame.columns
            if column != "geometry"
        ]
        return pd.DataFrame(rows)


def contents(plan: Plan, lang: str) -> Contents:
    """Gather layers and tables of a plan, with words beside the codes of zones and types."""
    layers = {n: _with_words(plan, f, lang) for n, f in geopackage.layers(plan).items()}
    return Contents(layers, geopackage.tables(plan), lang, notice(plan, lang))


def describe(column: str, layer: str) -> dict[str, str]:
    """Say what a field is, in both languages."""
    base = column.removesuffix("_words")
    tail = ("(名称)", " (in words)") if base != column else ("", "")
    return {
        "zh": words.label(base, "zh", layer) + tail[0],
        "en": words.label(base, "en", layer) + tail[1],
        "unit": words.unit(base, layer),
        "about_zh": words.description(base, "zh", layer),
        "about_en": words.description(base, "en", layer),
    }


def _with_words(plan: Plan, frame: Any, lang: str) -> Any:
    codes = [c for c in _IN_WORDS if c in frame.columns]
    out = frame.copy() if codes else frame
    for column, known in styles.value_maps(plan, codes, lang).items():
        said = out[column].map(lambda v, known=known: known.get(str(v)))
        out.insert(out.columns.get_loc(column) + 1, f"{column}_words", said.astype("string"))
    return out
