"""What the rules cost, as tables and pictures: the price list, the cap ladder, the trade-off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.ticker import MaxNLocator

from zoning.base.staged import staged
from zoning.outputs.office import csv_file
from zoning.outputs.office.wording import rule_name
from zoning.outputs.prints.draw import Picture
from zoning.outputs.prints.fonts import chinese_text
from zoning.pipeline.protected import names_of

if TYPE_CHECKING:
    from zoning.plan import Plan
    from zoning.questions.prices import PriceList

#: Bars that a chart of prices shows.
MOST_BARS = 20


def write(
    plan: Plan,
    prices: PriceList,
    curves: Mapping[str, pd.DataFrame],
    folder: Path,
    lang: str | None = None,
) -> list[Path]:
    """Write everything that a meeting on the rules needs.

    Parameters
    ----------
    plan : Plan
    prices : PriceList
        Of :func:`zoning.questions.answer.price_list`.
    curves : mapping of str to DataFrame
        Of :func:`zoning.questions.answer.curves`; nothing is solved while files are written.
    folder : Path
    lang : {"zh", "en"}, optional
        Of the pictures; by default that of the plan.

    Returns
    -------
    list of Path
        ``prices.csv``, ``prices.png``, ``cap_ladder.csv``, ``cap_ladder.png``,
        ``trade_off.csv``, ``trade_off.png``, ``worth_of_a_hectare.csv``.
    """
    lang = lang or plan.config.plan.lang
    with staged(folder, last=()) as stage:
        csv_file.write(named(plan, prices.table()), stage / "prices.csv")
        draw_prices(plan, prices, lang).save(stage / "prices.png")
        for name, table in curves.items():
            csv_file.write(table.reset_index(), stage / f"{name}.csv")
        draw_ladder(curves["cap_ladder"], lang).save(stage / "cap_ladder.png")
        draw_trade_off(curves["trade_off"], lang).save(stage / "trade_off.png")
        names = sorted(p.name for p in stage.iterdir())
    return [folder / n for n in names]


def named(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Put the names of red lines and other protections beside their codes."""
    names = names_of(plan)
    out = table.copy()
    out.insert(2, "name", out["code"].map(names).fillna("").astype(str))
    return out


def draw_prices(plan: Plan, prices: PriceList, lang: str = "zh") -> Picture:
    """Draw the dearest rules as intervals, as shares of the plan's suitability, from zero."""
    table = named(plan, prices.table().iloc[:-1])
    table = table[table["upper"] > 0].head(MOST_BARS).iloc[::-1]
    title = "各项规则的代价" if lang == "zh" else "What the rules cost"
    label, least, most = (
        ("占方案适宜性总值的比例", "至少", "至多") if lang == "zh"
        else ("share of the plan's suitability", "at least", "at most")
    )  # fmt: skip
    figure, axes = _figure(6.3, 1.6 + 0.26 * max(len(table), 2))
    with chinese_text():
        rows = range(len(table))
        axes.barh(rows, table["upper_share"] * 100, color="#c9b7dd", label=most)
        axes.barh(rows, table["lower_share"] * 100, color="#653f9c", label=least)
        axes.set_yticks(rows, [
            rule_name(plan, str(r.kind), str(r.code), str(r.name or ""), lang)
            for r in table.itertuples(index=False)
        ])  # fmt: skip
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.4g}%")
        axes.set_xlabel(label)
        axes.set_title(title)
        if len(table):
            axes.legend(frameon=False, loc="lower right")
        else:
            said = "没有有代价的规则" if lang == "zh" else "no rule costs anything"
            axes.text(0.5, 0.5, said, ha="center", va="center", transform=axes.transAxes)
    return Picture(figure, title)


def draw_ladder(ladder: pd.DataFrame, lang: str = "zh") -> Picture:
    """Draw what each cap from 20 to 36 % allows."""
    title = "不同上限下的新增用地与适宜性" if lang == "zh" else "New land and suitability by cap"
    new, worth = (
        ("新增（km²）", "适宜性（km²）") if lang == "zh" else ("new (km²)", "suitability (km²)")
    )
    figure, axes = _figure(6.3, 2.8)
    with chinese_text():
        x = ladder.index.to_numpy(dtype=float) * 100
        axes.plot(x, ladder["new_m2"] / 1e6, color="#8a8f94", marker="o", ms=3, label=new)
        axes.plot(x, ladder["objective"] / 1e6, color="#653f9c", marker="o", ms=3, label=worth)
        axes.set_xlabel("建设用地上限占比（%）" if lang == "zh" else "cap on construction land (%)")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        axes.set_title(title)
    return Picture(figure, title)


def draw_trade_off(curve: pd.DataFrame, lang: str = "zh") -> Picture:
    """Draw suitability against boundary, with the knee marked."""
    title = "适宜性与紧凑度的权衡" if lang == "zh" else "Suitability against compactness"
    x_word, y_word, knee_word = (
        ("边界长度（km），数字为边界权重", "适宜性（km²）", "拐点") if lang == "zh"
        else ("boundary (km); numbers: weight of the boundary", "suitability (km²)", "knee")
    )  # fmt: skip
    figure, axes = _figure(6.3, 3.2)
    with chinese_text():
        x, y = curve["boundary_m"] / 1e3, curve["suitability_m2"] / 1e6
        axes.plot(x, y, color="#653f9c", marker="o", ms=4)
        knee = curve["knee"].to_numpy(dtype=bool)
        axes.plot(x[knee], y[knee], "o", ms=9, mfc="none", color="#b2353f", label=knee_word)
        axes.set_xlabel(x_word)
        axes.set_ylabel(y_word)
        if knee.any():
            axes.legend(frameon=False, loc="lower right")
        axes.set_title(title)
        axes.margins(0.12)
        _label_points(figure, axes, [f"{w:g}" for w in curve.index], x, y)
    return Picture(figure, title)


#: Where the weight of a point may stand, in points from it, best first.
_PLACES = ((5, -9), (5, 5), (-22, 5), (-22, -9), (5, -18), (5, 14))


def _label_points(figure: Any, axes: Any, labels: list[str], x: Any, y: Any) -> None:
    """Write the weight beside each point where there is room; the table beside has them all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    legend = axes.get_legend()
    taken = [] if legend is None else [legend.get_window_extent(renderer)]
    frame = axes.get_window_extent(renderer)
    for label, a, b in zip(labels, x, y, strict=True):
        for place in _PLACES:
            text = axes.annotate(label, (a, b), fontsize=7, xytext=place,
                                 textcoords="offset points")  # fmt: skip
            box = text.get_window_extent(renderer)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
            if inside and box.y1 <= frame.y1 and not any(box.overlaps(o) for o in taken):
                taken.append(box)
                break
            text.remove()


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    with chinese_text():
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()
