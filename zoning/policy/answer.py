"""What a written plan says of a policy at one place: from its own tables, no file needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zoning.contribution.parts import Contribution
from zoning.errors import InputError, Text, meant, suggest
from zoning.policy.contribute import WING
from zoning.policy.kept import TERMS, stems
from zoning.questions.explain import Answer

if TYPE_CHECKING:
    from zoning.plan import Plan


def explain_policy(plan: Plan, place: str, policy: str, lang: str = "zh") -> Answer:
    """Say what a place gets by a policy, term by term.

    Parameters
    ----------
    plan : Plan
        With the policy in it.
    place : str
        Code or name of a row (a township, county, firm, task ...), or the code of a unit.
    policy : str
        Name of the policy, or the beginning of it.
    lang : {"zh", "en"}

    Returns
    -------
    Answer
        ``lines`` hold each formula with its terms, numbers, units and sources.

    Raises
    ------
    InputError
        If the plan lacks the policy, or nothing has that name; with what comes near.
    """
    given = next((c for c in plan.contributions if c.wing == WING), None)
    name = _policy(given, policy)
    terms = given.table(f"{name}{TERMS}").frame if given is not None else pd.DataFrame()
    row = _row(plan, terms, place)
    pages = given.table("policy_places").frame if given is not None and _has(given) else None
    if row is not None:
        mine = terms[terms["row"] == row]
        label = str(mine["name"].iloc[0])
        lines = [f"{label} ({row})" if label != row else label, *mine[f"line_{lang}"].astype(str)]
        return Answer("policy", row, label, {"policy": name}, tuple(lines))
    found = _page(pages, name, place, lang)
    if found is not None:
        return found
    near = suggest(place, [*terms["row"], *terms["name"]])
    raise InputError.one(
        f"the policy has no row '{place}'", f"该政策没有“{place}”一行", where=name,
        code="not-found", measured=place,
        remedy=meant(near, Text("give a code or a name of its table", "请给出其表中的代码或名称")),
    )  # fmt: skip


def _has(given: Contribution) -> bool:
    return any(t.name == "policy_places" for t in given.tables)


def _policy(given: Contribution | None, asked: str) -> str:
    """Find the stem of a policy of the plan."""
    known = stems(given)
    wanted = f"{WING}_" + asked.lower().replace("-", "_")
    hits = [s for s in known if s == wanted] or [s for s in known if s.startswith(wanted)]
    if len(hits) == 1:
        return hits[0]
    listed = ", ".join(s.removeprefix(f"{WING}_").replace("_", "-") for s in hits or known)
    raise InputError.one(
        f"'{asked}' is not one policy of this plan" if known else "the plan has no policies",
        f"“{asked}”不是本方案的一项政策" if known else "本方案没有政策", code="no-policy",
        measured=asked,
        remedy=(f"it has {listed}" if known else "put [[policies]] into plan.toml and run it",
                f"现有：{listed}" if known else "请在 plan.toml 中加入 [[policies]] 后运行"),
    )  # fmt: skip


def _row(plan: Plan, terms: pd.DataFrame, place: str) -> str | None:
    """Find the row of a place: by code, by name, or as the place that a unit lies in."""
    codes = [place]
    if place in plan.units.index:
        unit = plan.units.loc[place]
        codes += [str(unit[c]) for c in ("township", "county", "zone")
                  if c in unit and pd.notna(unit[c])]  # fmt: skip
    for frame in (plan.townships, plan.counties):
        if frame is not None:
            codes += [str(c) for c in frame.index[frame["name"] == place]]
    for code in codes:
        if (terms["row"] == code).any():
            return code
    named = terms.loc[terms["name"] == place, "row"].unique()
    if not len(named):
        named = terms.loc[terms["name"].str.contains(place, regex=False, na=False), "row"].unique()
    return str(named[0]) if len(named) == 1 else None


def _page(pages: pd.DataFrame | None, name: str, place: str, lang: str) -> Answer | None:
    """Give what a county or township has, where the policy's rows are other places."""
    if pages is None:
        return None
    stem = pages["policy"].astype(str).str.replace("-", "_")
    mine = pages[(stem == name.removeprefix(f"{WING}_")) | (pages["policy"] == "plan")]
    mine = mine[(mine["code"] == place) | (mine["name"] == place)]
    if mine.empty or (mine["policy"] == "plan").all():
        return None
    first = mine.iloc[0]
    lines = [f"{first['name']} ({first['code']})"]
    colon = "：" if lang == "zh" else ": "
    lines += [f"{r[f'item_{lang}']}{colon}{r[f'value_{lang}']}" for _, r in mine.iterrows()]
    return Answer("policy", str(first["code"]), str(first["name"]), {"policy": name}, tuple(lines))
