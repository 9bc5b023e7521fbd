"""The function that compares two versions of a plan, or a plan with an official list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api import speech
from zoning.api.making import run, taken
from zoning.api.places import inputs_start
from zoning.api.plan import Plan
from zoning.errors import InputError, Text

if TYPE_CHECKING:
    import pandas as pd

    from zoning.errors import Finding
    from zoning.review.diff.compare import Diff

#: Endings of files that are lists of townships and zones.
_LISTS = (".csv", ".xlsx", ".xlsm", ".txt")


@dataclass(frozen=True, repr=False)
class Changes:
    """What differs between two plans.

    Attributes
    ----------
    found : Diff
        Every table; see `zoning.review.diff.compare.Diff`.
    plan : Plan
        The second plan with the changes as layers, tables, map themes and a chapter (the first,
        where the second is a list).
    before : Plan
        The first plan.
    """

    found: Diff
    plan: Plan
    before: Plan

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return self.found.empty

    @property
    def units(self) -> pd.DataFrame:
        """Units whose zone changed, with the cause; index ``unit``."""
        return self.found.changed

    @property
    def townships(self) -> pd.DataFrame:
        """Townships whose class, name, code or boundary changed, with the cause."""
        return self.found.changed_towns

    @property
    def matrix(self) -> pd.DataFrame:
        """Transition matrix in m2: rows are zones before, columns zones after."""
        return self.found.wide()

    @property
    def causes(self) -> pd.DataFrame:
        """What each cause changed: units, their area, townships, new land."""
        from zoning.review.diff.compare import cause_table

        return cause_table(self.found)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What could not be found out, and why."""
        return self.found.findings

    def __repr__(self) -> str:
        """Say in one line what changed."""
        found = self.found
        said = "nothing differs" if self.empty else (
            f"{len(found.changed):,} of {len(found.units):,} units and "
            f"{len(found.changed_towns)} townships changed"
        )  # fmt: skip
        return f"<Changes '{found.before.name}' -> '{found.after.name}': {said}>"

    def paragraphs(self, lang: str | None = None) -> list[str]:
        """Say in a few sentences what changed, why, and what is not known."""
        from zoning.review.diff.tell import paragraphs

        return [p.get(speech.chosen(lang, self.plan.lang)) for p in paragraphs(self.found)]

    def rows(self, name: str, lang: str, most: int = 20) -> tuple[list[str], list[list[str]]]:
        """Give heads and rows of a table of the comparison as texts for people; none if empty."""
        from zoning.review.diff.console import rows

        return rows(self.found, name, speech.chosen(lang, self.plan.lang), most)

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give everything as plain data for ``--json``."""
        from zoning.review.diff.console import as_dict

        return {**as_dict(self.found, lang), "text": self.paragraphs(lang)}

    def save(
        self,
        folder: str | Path,
        *,
        progress: Callable[[Any], None] | None = None,
    ) -> list[Path]:
        """Write the plan with its changes, and ``compare.html``, both plans side by side.

        Parameters
        ----------
        folder : str or Path
            Made if need be; as for `Plan.save`, with tables.xlsx and report.docx.
        progress : callable, optional
            Told the name of each file as it is begun.

        Returns
        -------
        list of Path
            What was written. Proposed pairs of townships stand in ``townships_crosswalk.csv``,
            ready to be checked and handed in with ``--crosswalk``.
        """
        from zoning import api
        from zoning.base.staged import staged
        from zoning.outputs.folder import OUTPUTS, inputs_of

        place, proposed = Path(folder), self.found.proposed
        read = [*inputs_of(self.before), *inputs_of(self.plan)]
        # Whole or not at all: a map of other changes must not stand beside this plan.
        stale = (*OUTPUTS, "compare.html", "townships_crosswalk.csv")
        with staged(place, stale=stale, listing=None, inputs=read) as stage:
            if self.found.after.plan is not None:
                if progress is not None:
                    progress(Text("compare.html", "compare.html"))
                api.map(self.before, stage / "compare.html", compare=self.plan)
            if len(proposed):
                api.write_table(proposed.astype(object), stage / "townships_crosswalk.csv")
            self.plan.save(stage, tables=True, report=True, progress=progress)
            names = sorted(p.relative_to(stage) for p in stage.rglob("*") if p.is_file())
        return [place / name for name in names]

    def write_official(self, folder: str | Path, lang: str | None = None) -> list[Path]:
        """Write the layers of yearly maintenance: before, change, after (WHQ, WHC, WHH).

        Parameters
        ----------
        folder : str or Path
            Files lie in ``official-change`` inside.
        lang : {"zh", "en"}, optional
            Language of the report on conformance; by default that of the plan.

        Returns
        -------
        list of Path

        Raises
        ------
        InputError
            If the second side is a list, which has no land.
        """
        from zoning.outputs.exchange.official_change import write
        from zoning.review.diff.causes import word_of

        if self.found.after.plan is None:
            raise InputError.one(
                "a list has no polygons: yearly maintenance needs two plans",
                "名单没有图形，年度动态维护需要两个方案", where="--to official", code="list",
            )  # fmt: skip
        towns = self.found.towns
        causes = {str(t): word_of(c).zh for t, c in zip(towns["code_after"], towns["cause"],
                                                       strict=True) if c}  # fmt: skip
        chosen = speech.chosen(lang, self.plan.lang)
        told = self.paragraphs(chosen)
        return write(
            self.before, self.plan, Path(folder), chosen, reasons=causes,
            remark=told[0] if told else "",
        )  # fmt: skip


def diff(
    before: Plan | str | Path,
    after: Plan | str | Path,
    *,
    crosswalk: str | Path | Sequence[str | Path] = (),
    inputs_before: str | Path | None = None,
    inputs_after: str | Path | None = None,
    causes: bool = True,
    progress: Callable[[Text], None] | None = None,
) -> Changes:
    """Compare two versions of a plan: what changed, by how much, and why.

    Parameters
    ----------
    before : Plan, str or Path
        A plan, its folder, or a plan.toml that is run first.
    after : Plan, str or Path
        The same; or an official list (CSV, XLSX) with townships and their zones.
    crosswalk : path or name, or several
        What zones of one scheme are in another (a shipped name, TOML or CSV), and what became of
        townships (CSV or XLSX with ``from`` and ``to``).
    inputs_before, inputs_after : str or Path, optional
        Where the paths of the inputs start. Looked for beside the folders otherwise; needed only
        where two or more inputs differ.
    causes : bool
        Whether causes are looked for: at most two plans are made again for each group of inputs
        or rules that differs.
    progress : callable, optional
        Told what is made again, and how many plans there are to make.

    Returns
    -------
    Changes

    Raises
    ------
    InputError
        Different lattices or places, two zone schemes without a crosswalk, unknown codes.

    Examples
    --------
    >>> import zoning as zn
    >>> plan = zn.demo()
    >>> found = zn.diff(plan, plan.allocate(cap=0.27))
    >>> found
    <Changes '镇江市主体功能区（参考案例）' -> '...': 0 of 4,121 units and 0 townships changed>
    >>> found.causes[["cause", "new_units"]].values.tolist()[0][0]
    'caps'
    """
    from zoning.review.diff.compare import compare
    from zoning.review.diff.contribute import contribute
    from zoning.review.diff.record import record

    given = [crosswalk] if isinstance(crosswalk, str | Path) else list(crosswalk)
    first, near_first = _side(before, inputs_before, "--inputs-before")
    listed = isinstance(after, str | Path) and Path(after).suffix.lower() in _LISTS
    second: Plan | Path
    near_second: list[Path] = []
    if isinstance(after, str | Path) and listed:
        second = Path(after)
    else:
        second, near_second = _side(after, inputs_after, "--inputs-after")
    found = compare(
        first, second, given, near=(near_first, near_second), why=causes,
        progress=None if progress is None else _swapping(progress),
    )  # fmt: skip
    carrier = first if isinstance(second, Path) else second
    kept = tuple(c for c in carrier.contributions if c.wing != "diff")
    whole = replace(
        carrier, contributions=(*kept, contribute(found, carrier)),
        run={**carrier.run, "diff": record(found)},
    )  # fmt: skip
    return Changes(found, Plan.of(whole), first)


def _swapping(progress: Callable[[Text], None]) -> Callable[[int, int, str], None]:
    """Tell in words which plan is made again."""
    from zoning.review.diff.causes import word_of

    def tell(done: int, most: int, code: str) -> None:
        name = word_of(code)
        progress(Text(f"plan {done + 1} of {most} made again: {name.en} swapped",
                      f"重新计算第 {done + 1}/{most} 个方案：替换{name.zh}"))  # fmt: skip

    return tell


def _side(
    plan: Plan | str | Path, inputs: str | Path | None, option: str
) -> tuple[Plan, list[Path]]:
    """Give a plan, and the folders in which its inputs may lie."""
    near = [] if inputs is None else [inputs_start(inputs, option)]
    if isinstance(plan, str | Path):
        path = Path(plan)
        near += [] if inputs is not None else [path.parent, path.parent.parent, path]
        return (run(path) if path.suffix.lower() == ".toml" else taken(path)), near
    return Plan.of(plan), near
