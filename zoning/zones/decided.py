"""Decisions on record in words: what was decided, why, by whom, and what the method alone says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from zoning.base import words
from zoning.schemes import Scheme


def decision_on(decisions: pd.DataFrame | None, level: str, code: str) -> pd.Series | None:
    """Give the decision on a place, from the table of `review`; None where there is none."""
    if decisions is None:
        return None
    mine = decisions[(decisions["level"] == level) & (decisions["code"] == code)]
    return None if mine.empty else mine.iloc[0]


def tell_state(row: Mapping[str, Any] | pd.Series, scheme: Scheme, lang: str) -> str:
    """Say what became of a decision, against what the method says now.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> scheme = load_scheme("zhenjiang-2013")
    >>> tell_state({"state": "stale", "method_zone": "moderate", "was": "key"}, scheme, "en")
    'applied although the method now says moderate development and said key development then'
    >>> tell_state({"state": "moot", "method_zone": "key", "was": None}, scheme, "zh")
    '方法现已得出相同结果，无须再作决定'
    """
    now, then = _zone(row.get("method_zone"), scheme, lang), _zone(row.get("was"), scheme, lang)
    zh, state = lang == "zh", str(row["state"])
    if state == "no-place":
        return "未执行：本方案无此地点" if zh else "not applied: no such place in this plan"
    if state == "moot":
        return ("方法现已得出相同结果，无须再作决定" if zh
                else "moot: the method now says the same")  # fmt: skip
    if state == "stale":
        return (
            f"仍予执行，但方法结果已变：决定时为{then}，现为{now}"
            if zh
            else f"applied although the method now says {now} and said {then} then"
        )
    return f"已执行；单按方法为{now}" if zh else f"applied; the method alone says {now}"


def tell_decision(row: Mapping[str, Any] | pd.Series, scheme: Scheme, lang: str) -> str:
    """Write a decision with its reason, who took it and when, and what became of it.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> row = {"zone": "key", "reason": "minutes 3", "who": "Li", "date": "2026-05-12",
    ...     "was": None, "method_zone": "moderate", "state": "applied"}
    >>> tell_decision(row, load_scheme("zhenjiang-2013"), "en")
    'decided on record: key development (minutes 3; Li, 2026-05-12); applied; the method alone
    says moderate development'
    """
    zone, state = _zone(row["zone"], scheme, lang), tell_state(row, scheme, lang)
    if lang == "zh":
        return f"人工决定为{zone}（{row['reason']}；{row['who']}，{row['date']}）；{state}"
    return f"decided on record: {zone} ({row['reason']}; {row['who']}, {row['date']}); {state}"


def _zone(code: Any, scheme: Scheme, lang: str) -> str:
    if code is None or pd.isna(code):
        return words.unzoned(lang)
    return scheme.name_of(str(code)).get(lang)
