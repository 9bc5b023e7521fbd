"""Map tips: what QGIS shows when the pointer rests on a feature, with the reason of its zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoning.base.shipped import load_toml
from zoning.outputs import contributed
from zoning.outputs.office.whole import clean

if TYPE_CHECKING:
    from zoning.plan import Plan


def tip(plan: Plan, layer: str, columns: Sequence[str], lang: str, townships: str = "") -> str:
    """Write the tip of a layer as HTML with expressions; empty where it has none.

    Parameters
    ----------
    plan : Plan
    layer : str
        Table whose columns are told.
    columns : sequence of str
        The columns that are there.
    lang : {"zh", "en"}
    townships : str
        Identifier of the layer of townships in the project: a unit tells their reason too.

    Notes
    -----
    Values are escaped by the expression itself: a name with ``<`` stays text.
    """
    said, known = contributed.Words.of(plan), load_toml("styles", "qgis.toml")["tips"].get(layer)
    if known is None:
        return ""
    why = f"why_{lang}"
    rows = [
        f"<tr><td>{_words(said.label(c, lang, layer))}</td><td>{_value(said.unit(c, layer), c)}"
        "</td></tr>"
        for c in known["columns"]
        if c in columns
    ]
    title = next((c for c in known["title"] if c in columns), None)
    head = "" if title is None else f"<b>[% {_escaped(_shown(title))} %]</b>"
    reason = ""
    if why in columns:
        reason = f"<p>[% {_escaped(_quoted(why))} %]</p>"
    elif townships and "township" in columns and _has(plan, why):
        other = f"attribute(get_feature('{townships}', 'township', \"township\"), '{why}')"
        reason = f"<p>[% {_escaped(other)} %]</p>"
    return f"{head}<table>{''.join(rows)}</table>{reason}"


def _has(plan: Plan, column: str) -> bool:
    return plan.townships is not None and column in plan.townships


def _words(text: str) -> str:
    """Write our own words into the HTML, where ``[%`` would begin an expression."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace("[%", "[ %")


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _shown(column: str) -> str:
    """Show words instead of a code."""
    return f"coalesce(represent_value({_quoted(column)}), {_quoted(column)})"


def _value(unit: str, column: str) -> str:
    """Show a value with its unit: areas in hectares, shares in percent."""
    name = _quoted(column)
    if column.endswith("_m2"):
        return f"[% coalesce(format_number({name} / 10000.0, 2) || ' ha', '–') %]"
    if column.endswith("_share") or column == "margin":
        return f"[% coalesce(format_number({name} * 100.0, 2) || '%', '–') %]"
    tail = f" || ' {_words(unit)}'" if unit and unit != "1" else ""
    return f"[% coalesce({_escaped(_shown(column))}{tail}, '–') %]"


def _escaped(expression: str) -> str:
    return f"replace(replace(coalesce(to_string({expression}), ''), '&', '&amp;'), '<', '&lt;')"
