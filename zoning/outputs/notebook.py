"""Plans that show themselves in a notebook, and maps and charts with one call.

``show(plan)`` gives an object with ``_repr_html_``; importing this module also teaches IPython to
show a :class:`~zoning.plan.Plan`, its checks and its lattice that way. The HTML asks for nothing
from the network, and every name from the data is escaped.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.outputs.office.figures import quantity
from zoning.outputs.office.whole import clean, notice
from zoning.outputs.prints.chart import draw_chart
from zoning.outputs.prints.draw import Picture, draw_map, themes
from zoning.outputs.report.pieces import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoning.errors import Check
    from zoning.grid.lattice import GridSpec
    from zoning.plan import Plan

__all__ = ["Html", "checks_html", "enable", "grid_html", "plan_html", "plot", "show"]

_CELL = "padding:2px 10px;text-align:{};border-bottom:1px solid #ddd"


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML that a notebook shows."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def show(plan: Plan, lang: str | None = None) -> Html:
    """Show a plan: notice, main figures, zones, and checks that fail.

    Parameters
    ----------
    plan : Plan
    lang : {"zh", "en"}, optional
        By default that of the plan.
    """
    return Html(plan_html(plan, lang))


def plot(plan: Plan, theme: str = "zones", lang: str | None = None) -> Picture:
    """Draw a map of a theme of the plan, or the chart of its account.

    Parameters
    ----------
    plan : Plan
    theme : str
        One of :func:`zoning.outputs.prints.draw.themes`, or ``"account"``.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    Picture
        Shows itself; ``.figure`` is the matplotlib figure, ``.save(path)`` writes it.
    """
    lang = lang or plan.config.plan.lang
    return draw_chart(plan, lang) if theme == "account" else draw_map(plan, theme, lang=lang)


def plan_html(plan: Plan, lang: str | None = None) -> str:
    """Give the HTML of :func:`show`."""
    w = Writer(plan, lang or plan.config.plan.lang)
    parts = [f"<h3>{_text(plan.name)}</h3>"]
    warning = notice(plan, w.lang)
    if warning:
        parts.append(f'<p style="color:#a11d1d"><b>{_text(warning)}</b></p>')
    parts.append(_figures(w))
    failed = [c for c in plan.checks if not c.ok]
    if failed:
        parts.append(checks_html(failed, w.lang))
    elif plan.checks:
        text = w.say(f"All {len(plan.checks)} checks hold.", f"{len(plan.checks)} 项检查全部通过。")
        parts.append(f"<p>{text}</p>")
    shown = ", ".join(f"<code>{key}</code>" for key in themes(plan))
    parts.append(f"<p>plot(plan, theme): {shown}</p>")
    return f'<div class="zoning-plan">{"".join(parts)}</div>'


def checks_html(checks: Sequence[Check], lang: str = "zh") -> str:
    """Show checks as a table."""
    heads = [words.label(c, lang, "checks") for c in ("check", "where", "level", "ok")]
    heads += [words.label(c, lang) for c in ("measured", "limit")]
    rows = [
        [
            c.text.get(lang) or c.check,
            c.where,
            words.value("check_level", c.level, lang),
            words.value("ok", c.ok, lang),
            quantity(c.measured, c.unit),
            quantity(c.limit, c.unit),
        ]
        for c in checks
    ]
    return _table(heads, rows, 4)


def grid_html(grid: GridSpec) -> str:
    """Show a lattice as a table."""
    return _table(["GridSpec", ""], [[k, str(v)] for k, v in grid.as_dict().items()], 2)


def enable() -> bool:
    """Teach a running IPython to show plans, checks and lattices; True if there is one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return False
    formatter = shell.display_formatter.formatters["text/html"]
    from zoning.errors import Check
    from zoning.grid.lattice import GridSpec
    from zoning.plan import Plan

    formatter.for_type(Plan, plan_html)
    formatter.for_type(Check, lambda c: checks_html([c]))
    formatter.for_type(GridSpec, grid_html)
    return True


def _figures(w: Writer) -> str:
    """Show the main figures that the summary of the report has."""
    from zoning.outputs.report.summary import main_figures

    return _table([], [list(row) for row in main_figures(w)], 1, 1)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int, right: int = 9) -> str:
    """Write a table; the first ``left`` columns are set left, the next ``right`` right."""
    aligns = ["left"] * left + ["right"] * right + ["left"] * 9
    head = "".join(f"<th>{_text(h)}</th>" for h in heads)
    body = "".join(
        "<tr>" + "".join(_cell(_text(c), a) for c, a in zip(row, aligns, strict=False)) + "</tr>"
        for row in rows
    )
    return (
        f"<table>{f'<thead><tr>{head}</tr></thead>' if heads else ''}<tbody>{body}</tbody></table>"
    )


def _cell(html: str, align: str) -> str:
    return f'<td style="{_CELL.format(align)}">{html}</td>'


def _text(value: Any) -> str:
    return escape(clean(value), quote=True)


enable()
