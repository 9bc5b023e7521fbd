"""Functions on policies: what ships, is a file sound, what does it give, with or without a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoning import store
from zoning.api.plan import Plan
from zoning.errors import Check, Finding, Problem, Text, ZoningError, raise_all

if TYPE_CHECKING:
    import pandas as pd

    from zoning.planfile.models import Config
    from zoning.policy.run import Result


class Shipped(NamedTuple):
    """A policy that ships with the package."""

    name: str
    title: Text
    about: Text
    source: str
    evidence: str
    needs_plan: bool
    made_up: bool
    path: Path


def policies(word: str = "") -> list[Shipped]:
    """List the policies that ship with the package.

    Parameters
    ----------
    word : str
        Only those whose name has this word.

    Returns
    -------
    list of Shipped

    Examples
    --------
    >>> from zoning import api
    >>> [p.name for p in api.policies("compensation")]
    ['compensation-hainan', 'compensation-zhenjiang']
    """
    from zoning.policy.read import find, read_policy, shipped

    found = [read_policy(find(name)) for name in shipped() if word in name]
    return [
        Shipped(p.name, p.title, p.about, p.source, p.evidence, p.needs_plan, p.notice is not None,
                p.path)
        for p in found
    ]  # fmt: skip


def check_policy(file: str | Path) -> tuple[Finding, ...]:
    """Check a policy file: keys, units, formulas, weights, steps. Nothing is computed.

    Parameters
    ----------
    file : str or Path
        A file, or the name of a shipped policy.

    Returns
    -------
    tuple of Finding
        Notes on what no result depends on.

    Raises
    ------
    InputError
        With all that is wrong.

    Examples
    --------
    >>> from zoning import api
    >>> api.check_policy("transfers")
    ()
    """
    from zoning.policy.compiled import compile_policy
    from zoning.policy.read import find, read_policy

    return compile_policy(read_policy(find(str(file)))).unused


def policy(
    file: str | Path,
    plan: Plan | str | Path | None = None,
    *,
    parameters: Mapping[str, float | str] | None = None,
    tables: Mapping[str, str | Path | pd.DataFrame] | None = None,
    groups: Mapping[str, Mapping[str, str]] | None = None,
    examples: bool = False,
    folder: str | Path | None = None,
    draws: int = 0,
) -> Result:
    """Compute a policy.

    Parameters
    ----------
    file : str or Path
        A file, or the name of a shipped policy.
    plan : Plan, str or Path, optional
        A plan or its folder, where the policy takes tables from one.
    parameters : mapping, optional
        Other values, in the units of the file.
    tables : mapping, optional
        Files or frames for its tables.
    groups : mapping, optional
        What the codes of this plan count as, by column.
    examples : bool
        Whether tables without a file take the example that ships.
    folder : str or Path, optional
        Where relative paths start.
    draws : int
        Draw the weights so many times within +-20 % and say how firm each rank is.

    Returns
    -------
    Result
        ``frame()`` is the main table, ``checks`` what closes and what does not.

    Examples
    --------
    >>> from zoning import api
    >>> result = api.policy("compensation-hainan", examples=True)
    >>> result.frame()["grant"].tolist()
    [7125000.0, 2875000.0]
    """
    import pandas as pd

    from zoning.policy.choices import choose, unknown_tables
    from zoning.policy.compiled import compile_policy
    from zoning.policy.gather import Given
    from zoning.policy.read import find, read_policy
    from zoning.policy.run import run_policy

    place = Path(folder) if folder is not None else Path()
    chosen = choose(read_policy(find(str(file), place)), parameters, groups)
    raise_all(unknown_tables(chosen, tables or {}))
    given = {n: t if isinstance(t, pd.DataFrame) else place / t for n, t in (tables or {}).items()}
    whole = Plan.of(store.load(plan)) if isinstance(plan, str | Path) else plan
    compiled, ready = compile_policy(chosen), Given(given, examples)
    result = run_policy(compiled, whole, ready)
    if draws:
        from zoning.policy.robust import ranking

        result = replace(result, ranking=ranking(compiled, whole, ready, draws=draws))
    return result


def with_policies(plan: Plan, folder: str | Path = ".") -> Plan:
    """Compute the policies of a plan's configuration and put them into the plan.

    Parameters
    ----------
    plan : Plan
    folder : str or Path
        Where relative paths of the configuration start.

    Returns
    -------
    Plan
        With their contribution and their checks; the plan itself where it has no policies.

    Raises
    ------
    InputError
        With the problems of all policies.
    """
    from zoning.api.parks import with_parks

    plan = with_parks(plan, Path(folder))
    if not plan.config.policies:
        return plan
    problems: list[Problem] = []
    results = []
    for part in plan.config.policies:
        try:
            results.append(
                policy(part.file, plan, parameters=part.parameters, tables=part.tables,
                       groups=part.groups, examples=part.examples, folder=folder)
            )  # fmt: skip
        except ZoningError as error:
            problems.extend(error.problems)
    raise_all(problems)
    return joined(plan, results)


def joined(plan: Plan, results: list[Result]) -> Plan:
    """Put results of policies into a plan, beside those of other policies that it has.

    Parameters
    ----------
    plan : Plan
    results : list of Result

    Returns
    -------
    Plan
    """
    from zoning.policy.contribute import WING, contribute
    from zoning.policy.kept import beside

    again = tuple(f"{WING}.{r.policy.name}." for r in results)
    checks = tuple(c for c in plan.checks if not c.check.startswith(again))
    checks += tuple(c for r in results for c in r.checks)
    old = next((c for c in plan.contributions if c.wing == WING), None)
    given = beside(old, contribute(results, plan))
    kept = tuple(c for c in plan.contributions if c.wing != WING)
    run = {**plan.run, "checks": [c.as_dict() for c in checks]}
    return Plan.of(replace(plan, checks=checks, contributions=(*kept, given), run=run))


#: The check that tells of policies which an answer could not compute again.
_LEFT = "left_out.policies"


def _old(stems: list[str]) -> Check:
    names = [s.removeprefix("policy_").replace("_", "-") for s in stems]
    text = Text(
        f"policies not computed again for this answer, so left out: {', '.join(names)}; "
        "run zoning policy run --save on it",
        f"以下政策未按本答案重新计算，已略去：{'、'.join(names)}；"
        "请对其运行 zoning policy run --save",
    )
    return Check(_LEFT, "warning", False, len(names), 0, "count", "city", text)


def refreshed(plan: Plan) -> Plan:
    """Compute the policies again after an answer changed the plan; else take them away.

    Numbers of the old plan must not stand in a new one. The plan does not keep the planner's
    files, so policies that read them, and those that were saved into the plan by hand, are left
    out and a check says so.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Plan
    """
    from zoning.contribution.parts import stem_of
    from zoning.policy.contribute import WING
    from zoning.policy.kept import stems
    from zoning.policy.read import shipped
    from zoning.review.audit.again import refreshed as with_conflicts

    plan = Plan.of(with_conflicts(plan))
    parts = plan.config.policies
    held = stems(next((c for c in plan.contributions if c.wing == WING), None))
    if not held and not parts:
        return plan
    again = all(p.file in shipped() and not p.tables for p in parts)
    # an answer to an answer holds none any more, and is told of them all the same
    mine = [stem_of(Path(p.file).stem) for p in parts]
    left = [s for s in dict.fromkeys([*mine, *held]) if not again or s not in mine]
    checks = tuple(c for c in plan.checks if not c.check.startswith((f"{WING}.", _LEFT)))
    if left:
        checks += (_old(left),)
    run = {**plan.run, "checks": [c.as_dict() for c in checks]}
    kept = tuple(c for c in plan.contributions if c.wing != WING)
    bare = Plan.of(replace(plan, checks=checks, contributions=kept, run=run))
    return with_policies(bare) if parts and again else bare


def rehearse_policies(config: Config, folder: Path) -> list[Problem]:
    """Find what would stop the policies of a plan before the plan is made.

    Files are read and formulas checked; what a plan must have for them shows when it is there.
    """
    from zoning.inputs.source import existing
    from zoning.policy.choices import choose, unknown_tables
    from zoning.policy.compiled import compile_policy
    from zoning.policy.read import find, read_policy

    problems: list[Problem] = []
    for part in config.policies:
        try:
            chosen = choose(read_policy(find(part.file, folder)), part.parameters, part.groups)
            problems += unknown_tables(chosen, part.tables)
            compile_policy(chosen)
        except ZoningError as error:
            problems.extend(error.problems)
        for name, path in part.tables.items():
            try:
                existing(folder / path, name)
            except ZoningError as error:
                problems.extend(error.problems)
    return problems


def policy_rows(result: Result, lang: str, most: int) -> tuple[list[str], list[list[str]]]:
    """Give heads and rows of the main table as texts for people.

    Parameters
    ----------
    result : Result
    lang : {"zh", "en"}
    most : int
        Rows at most.

    Returns
    -------
    heads : list of str
    rows : list of list of str
    """
    from zoning.policy.tell import text_rows

    return text_rows(result, lang, most)


def write_policy(
    result: Result, out: str | Path, *, plan: Plan | None = None, inputs: Iterable[str | Path] = ()
) -> list[Path]:
    """Write the tables of a result: CSV and Parquet each, one workbook, and places as a layer.

    ``NAME_limits.csv`` holds code and coefficient, in the form that a limit of an allocation reads.

    Parameters
    ----------
    result : Result
    out : str or Path
        Folder, made if need be.
    plan : Plan, optional
        Gives the shapes of the places.
    inputs : iterable of str or Path, optional
        Files that tables were read from: they are never written over.

    Returns
    -------
    list of Path
    """
    import io

    import pandas as pd

    from zoning.base.staged import staged
    from zoning.base.stamp import stamp, stamped
    from zoning.outputs.office import csv_file
    from zoning.outputs.office.whole import repack

    shown = result.policy
    folder, name = Path(out), shown.name
    with staged(folder, last=(), inputs=list(inputs)) as stage:
        frames = {name: result.frame()}
        frames |= {f"{name}-{t}": result.frame(t, every=True) for t in shown.show.tables}
        for one, frame in frames.items():
            csv_file.write(frame, stage / f"{one}.csv")
            frame.to_parquet(stage / f"{one}.parquet", compression="zstd")
        key = shown.tables[shown.main].keys
        if shown.show.limits:
            own = result.frame(every=True)[[*key, *shown.show.limits]]
            csv_file.write(own, stage / f"{name}_limits.csv")
        if result.ranking is not None:
            csv_file.write(result.ranking, stage / f"{name}_ranking.csv")
        out_of = io.BytesIO()
        with pd.ExcelWriter(out_of, engine="openpyxl") as book:
            for one, frame in frames.items():
                frame.map(csv_file.tame).to_excel(book, sheet_name=one[:31], index=False)
        (stage / f"{name}.xlsx").write_bytes(repack(out_of.getvalue(), stamp()))
        layer = _layer(result, plan)
        if layer is not None:
            with stamped():
                layer.to_file(stage / f"{name}.gpkg", layer=name, driver="GPKG")
        written = sorted(p.name for p in stage.iterdir() if p.is_file())
    return [folder / n for n in written]


def _layer(result: Result, plan: Plan | None) -> pd.DataFrame | None:
    """Join the main table to the shapes of its places."""
    keys = result.policy.tables[result.policy.main].keys
    if plan is None or len(keys) != 1:
        return None
    shapes = {
        "township": plan.townships, "county": plan.counties, "zone": plan.zones, "unit": plan.units,
    }.get(keys[0])  # fmt: skip
    if shapes is None:
        return None

    frame = result.frame().set_index(keys[0])
    places: pd.DataFrame = shapes[["geometry"]].join(frame, how="inner")
    return places.reset_index()
