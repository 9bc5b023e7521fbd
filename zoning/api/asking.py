"""Functions that ask a plan: explain, allocate, price, methods, verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.places import inputs_start
from zoning.api.speech import chosen
from zoning.errors import InputError, Text

if TYPE_CHECKING:
    import pandas as pd

    from zoning.api.plan import Plan
    from zoning.errors import Check
    from zoning.questions.explain import Answer
    from zoning.questions.prices import Price, PriceList
    from zoning.questions.question import Question
    from zoning.questions.stability import CrossCheck


def explain(
    plan: Plan | str | Path, place: str, lang: str | None = None, *, policy: str | None = None
) -> Answer:
    """Say why a unit or township has its zone, from input to allocation; or what a policy gives.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    place : str
        A unit code, a township code or name, or ``LON,LAT`` in degrees.
    lang : {"zh", "en"}, optional
        By default that of the plan.
    policy : str, optional
        A policy of the plan: every term of its formulas at this place.

    Returns
    -------
    Answer
        ``lines`` in words, ``facts`` as data.

    Raises
    ------
    InputError
        If nothing fits, or several townships do; they are listed.
    """
    from zoning.questions.explain import explain as answer

    if isinstance(plan, str | Path) and policy is None:
        from zoning.questions.place import read_place

        part = read_place(Path(plan), place)
        if part is not None:
            return answer(part, place, chosen(lang, part.config.plan.lang))
    from zoning.api.making import taken

    whole = taken(plan)
    if policy is not None:
        from zoning.policy.answer import explain_policy

        return explain_policy(whole, place, policy, chosen(lang, whole.lang))
    return answer(whole, place, chosen(lang, whole.lang))


def question_of(
    plan: Plan,
    *,
    cap: float | None = None,
    boundary_weight: float | None = None,
    lock_out: Sequence[str] = (),
    lock_in: Sequence[str] = (),
    quotas: Mapping[str, float] | None = None,
    whole_units: bool | None = None,
    goals: Sequence[str] | None = None,
    gap: float = 0.0,
    seconds: float | None = None,
) -> Question:
    """Make a question of what the public functions take; see `allocate`."""
    from zoning.questions.answer import Question
    from zoning.questions.places import units_of

    return Question(
        cap=cap, boundary_weight=boundary_weight, quotas=quotas, lock_out=units_of(plan, lock_out),
        lock_in=units_of(plan, lock_in), whole_units=whole_units, goals=goals, gap=gap,
        seconds=seconds,
    )  # fmt: skip


def allocate(
    plan: Plan | str | Path,
    *,
    cap: float | None = None,
    boundary_weight: float | None = None,
    lock_out: Sequence[str] = (),
    lock_in: Sequence[str] = (),
    quotas: Mapping[str, float] | None = None,
    whole_units: bool | None = None,
    goals: Sequence[str] | None = None,
    gap: float = 0.0,
    seconds: float | None = None,
) -> Plan:
    """Allocate again under other rules; zones stay, what is left out stays as in the plan.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    cap : float, optional
        Share of the cap, 0..1.
    boundary_weight : float, optional
        km2 of suitability that one km of boundary is worth.
    lock_out, lock_in : sequence of str
        Units that stay as they are, or whose free land is all built: unit codes, codes or names of
        townships and counties (units that lie mostly in them), or files of polygons (units of which
        at least half lies inside).
    quotas : mapping of zone to share, optional
        Shares of the headroom, 0..1.
    whole_units : bool, optional
        Build a unit as a whole or not at all.
    goals : sequence of str, optional
        Goals one after the other before suitability: ``most`` or ``least`` of ``area``,
        ``farmland`` or what a limit of the plan's own counts.
    gap : float
        With whole units: relative gap that is good enough; 0 asks for a proof.
    seconds : float, optional
        With whole units: time limit. When it is over, or the user interrupts, the best plan so far
        is given; ``run["allocation"]["status"]`` says so.

    Returns
    -------
    Plan
        Complete: it can be asked, verified and saved like the first.

    Raises
    ------
    InputError
        If the plan has no construction account, a unit is unknown, or a number out of range.
    InfeasibleError
        If the rules cannot hold together.
    UnfinishedError
        If time was over before any plan was found.
    """
    from zoning.api.making import taken
    from zoning.api.plan import Plan
    from zoning.api.policy_files import refreshed
    from zoning.questions.answer import answer

    whole = taken(plan)
    question = question_of(
        whole, cap=cap, boundary_weight=boundary_weight, lock_out=lock_out, lock_in=lock_in,
        quotas=quotas, whole_units=whole_units, goals=goals, gap=gap,
        seconds=seconds,
    )  # fmt: skip
    return refreshed(Plan.of(answer(whole, question)))


def price(
    plan: Plan | str | Path,
    *,
    boundary_weight: float | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> PriceList:
    """Price every red line, cap, quota, floor and lock of a plan by leaving it out.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    boundary_weight : float, optional
        By default that of the plan.
    progress : callable, optional
        Called with (done, all, code).

    Returns
    -------
    PriceList
        In suitability x m2, with bounds; prices do not add up.

    Raises
    ------
    InputError
        If the plan has no construction account.
    """
    from zoning.api.making import taken
    from zoning.questions.answer import price_list

    whole = taken(plan)
    found = price_list(whole, boundary_weight=boundary_weight, progress=progress)
    return replace(
        found, prices=tuple(_named(whole, p) for p in found.prices),
        all_together=_named(whole, found.all_together),
    )  # fmt: skip


def _named(plan: Plan, price: Price) -> Price:
    """Call a priced rule by its name: an area by its own, a limit by what it is and where."""
    from zoning.outputs.office.wording import rule_name
    from zoning.pipeline.protected import names_of

    if price.code == "all":
        return replace(price, label=Text("all protections and locks", "全部保护与锁定"))
    name = names_of(plan).get(price.code, "")
    en, zh = (rule_name(plan, price.kind, price.code, name, lang) for lang in ("en", "zh"))
    return replace(price, label=Text(en, zh))


def verify(
    plan: Plan | str | Path, *, inputs: str | Path | None = None, place: str | None = None
) -> list[Check]:
    """Prove a plan again from its files alone, by a second way; nothing is solved.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder; of a folder every file is read back.
    inputs : str or Path, optional
        Where the paths of the inputs start (the folder of plan.toml), or the plan's file itself:
        they are held against their checksums and measured again.
    place : str, optional
        A unit code, ``LON,LAT``, a township code or whole name: only what the plan says of it is
        proved, from the rows that this needs. Needs a folder.

    Returns
    -------
    list of Check
        The plan holds if each of level "error" is ``ok``; notes say what was not looked at.

    Raises
    ------
    InputError
        If there is no such place, ``place`` stands beside ``inputs``, ``inputs`` is not there, or
        the folder is damaged.
    """
    if inputs is not None:
        inputs_start(inputs)
    if place is not None:
        return _verify_place(plan, place, inputs)
    from zoning.review.audit.again import verify as conflicts
    from zoning.verify import verify as audit

    folder = Path(plan) if isinstance(plan, str | Path) else None
    from zoning.api.making import taken

    whole = taken(plan)
    found = audit(whole, folder, inputs_in=None if inputs is None else Path(inputs))
    return [*found, *conflicts(whole)]


def _verify_place(plan: Any, place: str, inputs: str | Path | None) -> list[Check]:
    from zoning.verify.place import verify_place

    if inputs is not None or not isinstance(plan, str | Path):
        raise InputError.one(
            "one place is proved from the files of a folder, and without the inputs",
            "单个地点由方案文件夹核对，不能同时核对输入数据", where="--place", code="usage",
            remedy=("leave --inputs out", "请勿设 --inputs"),
        )  # fmt: skip
    return verify_place(Path(plan), place)


@dataclass(frozen=True)
class MethodComparison:
    """What several methods, and clusters that know no method, say of the same townships.

    Attributes
    ----------
    table : DataFrame, index township
        ``name``, one column of zones per method, ``agree`` (how many say the majority zone),
        ``zone`` (majority, or missing), ``status``: accept, flag or review.
    kappa : DataFrame
        Cohen's kappa of each pair of methods.
    clusters : tuple of CrossCheck
        Ward's clusters and k-means beside the plan's own zones.
    cannot : mapping of str to InputError
        Methods that cannot class these townships, or speak of other zones, with the reason.
    """

    table: pd.DataFrame
    kappa: pd.DataFrame
    clusters: tuple[CrossCheck, ...]
    cannot: Mapping[str, InputError]

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give everything as plain data for ``--json``."""
        return {
            "townships": self.table.reset_index().to_dict("records"),
            "kappa": self.kappa.to_dict(),
            "clusters": [
                {"method": c.method, "kappa": c.kappa, "moved": [str(t) for t in c.moved.index]}
                for c in self.clusters
            ],
            "cannot": {k: [p.as_dict(lang) for p in e.problems] for k, e in self.cannot.items()},
        }


def methods(plan: Plan | str | Path, names: Sequence[str] = ()) -> MethodComparison:
    """Lay several methods of classing townships side by side.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    names : sequence of str
        Names of shipped methods or paths of TOML files; by default every shipped one.

    Returns
    -------
    MethodComparison

    Raises
    ------
    InputError
        If the plan has no townships, a named method is unknown, or none can class them.
    """
    import pandas as pd

    from zoning import zones
    from zoning.api.making import taken
    from zoning.pipeline.method import load_method
    from zoning.questions import stability

    whole = taken(plan)
    if whole.townships is None:
        raise InputError.one(
            "the plan has no townships to class", "方案没有乡镇，无从判定", where=whole.name,
            code="no-townships",
        )  # fmt: skip
    townships = pd.DataFrame(whole.townships.drop(columns="geometry"))
    part = whole.config.zones
    fit: list[zones.Method] = []
    cannot: dict[str, InputError] = {}
    first = [] if names else [replace(load_method(whole.config), name="plan")]
    for name in names or zones.method_names():
        try:
            first.append(zones.method_of(name, whole.scheme, part.crosswalk))
        except InputError as error:  # a shipped one may speak of other zones than the plan
            if names:
                raise
            cannot[name] = error
    for method in first:
        try:
            zones.classify_townships(townships, method)
        except InputError as error:
            cannot[method.name] = error
        else:
            fit.append(method)
    if not fit:
        raise InputError([p for error in cannot.values() for p in error.problems])
    found = zones.compare_methods(townships, fit)
    table = found.table.copy()
    table.insert(0, "name", townships["name"])
    own = load_method(whole.config)
    clusters = stability.opinions(townships, own)
    return MethodComparison(table, found.kappa, clusters, cannot)
