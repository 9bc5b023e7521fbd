"""What the plan loses without a unit, or with all of it built, as a contribution."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.base import words
from zoning.contribution.parts import Card, Chapter, Class, Contribution, Field, Table, Theme
from zoning.errors import Text

#: Name of the contribution, and of its table.
WING, TABLE = "losses", "unit_losses"
_COLOURS = ("#eceae4", "#fdd0a2", "#fd8d3c", "#d94801", "#7f2704")
_SHARES = (0.0, 0.05, 0.2, 0.5, 1.0)


def contribution(units: pd.DataFrame, losses: pd.DataFrame) -> Contribution:
    """Give losses of units as table, theme, card and chapter.

    Parameters
    ----------
    units : DataFrame, index ``unit``
    losses : DataFrame, index ``unit``
        Of :func:`zoning.questions.losses.losses`; units that are not there lose nothing.

    Returns
    -------
    Contribution
        ``worst_share``: upper end of the loss if barred, as a share of the worst unit's.
    """
    table = losses.reindex(units.index).astype("Float64")
    frame = pd.DataFrame({"unit": units.index.astype(str)})
    for column in losses.columns:
        frame[column] = table[column].to_numpy(np.float64)
    worst = float(np.nanmax(frame["barred_upper"].to_numpy(), initial=0.0))
    barred = frame["barred_upper"].fillna(0.0)
    frame["worst_share"] = barred / worst if worst else barred
    wide = (frame["barred_upper"] - frame["barred_lower"]).dropna()
    median = float(wide.median()) / worst if worst and len(wide) else 0.0
    title = Text("What each unit is worth to the plan", "各单元对方案的价值")
    told = Text(
        "The plan was made again without each unit, and with all of its free land built. Losses "
        "are suitability × m², between two ends that are both proved; the median width is "
        f"{median:.2%} of the worst unit's loss.",
        "对每个单元，分别在禁止其新增与全部建设其可用土地的条件下重新求解。损失以适宜性×平方米计，"
        f"上下两端均已证明；区间宽度的中位数为最大损失的 {median:.2%}。",
    )
    classes = [Class(Text("nothing", "无损失"), _COLOURS[0], lower=0.0, upper=1e-6)]
    for k in range(1, len(_SHARES)):
        low, high = max(_SHARES[k - 1], 1e-6), _SHARES[k]
        label = f"{_SHARES[k - 1]:.0%}–{high:.0%}"
        classes.append(Class(Text(label, label), _COLOURS[k], lower=low, upper=high))
    about = Text("loss if the unit is barred, as a share of the worst unit's",
                 "禁止该单元新增时的损失（占最大损失的比例）")  # fmt: skip
    return Contribution(
        WING, title,
        tables=(Table(TABLE, Text("Losses of units", "分单元损失"), frame, _fields()),),
        themes=(Theme("unit_losses_map", title, about, TABLE, "worst_share", tuple(classes)),),
        cards=(Card(Text("loss to the plan", "对方案的损失"), TABLE,
                    ("barred_lower", "barred_upper", "forced_lower", "forced_upper")),),
        chapters=(Chapter(title, (told,), ("unit_losses_map",)),),
    )  # fmt: skip


def _fields() -> tuple[Field, ...]:
    unit = Text(words.label("unit", "en"), words.label("unit", "zh"))
    ends = {
        "barred_lower": Text("loss if barred, at least", "禁止新增的损失下限"),
        "barred_upper": Text("loss if barred, at most", "禁止新增的损失上限"),
        "forced_lower": Text("loss if built in full, at least", "全部建设的损失下限"),
        "forced_upper": Text("loss if built in full, at most", "全部建设的损失上限"),
    }
    about = Text("suitability × m²; empty: the rules cannot hold together then",
                 "适宜性×平方米；空值表示此时规则无法同时满足")  # fmt: skip
    share = Text("share of the worst loss", "占最大损失的比例")
    return (
        Field("unit", unit, unit),
        *(Field(name, label, about) for name, label in ends.items()),
        Field("worst_share", share, share, "1"),
    )
