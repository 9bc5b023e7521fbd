"""The plan that answers questions itself: the plain bundle with thin delegates to this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning import api  # the functions of this room stand on the class below
from zoning import plan as plain
from zoning.api.speech import chosen
from zoning.errors import LEVELS, Check, InputError

if TYPE_CHECKING:
    import pandas as pd

    from zoning.api.firm import Stability
    from zoning.api.several import Alternatives
    from zoning.outputs.prints.draw import Picture
    from zoning.questions.explain import Answer
    from zoning.questions.prices import PriceList
    from zoning.review.site.found import Sites


@dataclass(frozen=True, repr=False, eq=False)
class Plan(plain.Plan):
    """A plan: its tables as attributes, its questions as methods.

    `units`, `zones`, `townships`, `counties` and `redlines` are GeoDataFrames, `ledger` and
    `pieces` the tables that every area is a sum of, `tables` the accounts, `checks` what was
    measured against a limit, `run` what stands in ``run.json``. Areas are whole square metres.

    Examples
    --------
    >>> import zoning as zn
    >>> plan = zn.demo()
    >>> plan
    <Plan '镇江市主体功能区（参考案例）': 4,121 units, 4 zones, 56 townships, ...>
    >>> answer = plan.explain("高桥镇")
    >>> answer.kind, answer.name
    ('township', '高桥镇')
    >>> less = plan.allocate(cap=0.27)
    >>> less.run["construction"]["new_m2"] < plan.run["construction"]["new_m2"]
    True
    """

    @classmethod
    def of(cls, plan: plain.Plan) -> Plan:
        """Give a plain plan these methods; nothing is copied."""
        if isinstance(plan, cls):
            return plan
        return cls(**{f.name: getattr(plan, f.name) for f in fields(plain.Plan)})

    @property
    def lang(self) -> str:
        """Language of the plan's files, "zh" or "en": ``[plan] lang``."""
        return self.config.plan.lang

    @property
    def digest(self) -> str:
        """One number that stands for the plan, whatever its files look like."""
        from zoning.digest import digest

        return digest(self)

    def _repr_html_(self) -> str:
        from zoning.outputs.notebook import plan_html

        return plan_html(self)

    def check_table(self, lang: str | None = None) -> pd.DataFrame:
        """Give all that was checked, and all that was found in the inputs, as a table.

        Parameters
        ----------
        lang : {"zh", "en"}, optional
            Language of ``text`` and ``try``; by default that of the plan.

        Returns
        -------
        DataFrame
            ``check`` (its name, or the code of a finding), ``level``, ``ok``, ``measured`` and
            ``limit`` in ``unit``, ``where``, ``text``, ``try`` (what to do, where that is known).
            What does not hold stands first, the worst on top; a finding never holds, and its unit
            is missing.
        """
        import pandas as pd

        tongue, order = chosen(lang, self.lang), list(LEVELS)
        open_ = [*(c for c in self.checks if not c.ok), *self.findings]
        open_.sort(key=lambda f: order.index(f.level))
        rows = [
            {"check": f.code, "level": f.level, "ok": isinstance(f, Check) and f.ok,
             "measured": f.measured, "limit": f.limit, "unit": getattr(f, "unit", None),
             "where": f.where, "text": f.what.get(tongue),
             "try": f.remedy.get(tongue) if f.remedy else None}
            for f in (*open_, *(c for c in self.checks if c.ok))
        ]  # fmt: skip
        columns = ["check", "level", "ok", "measured", "limit", "unit", "where", "text", "try"]
        return pd.DataFrame(rows, columns=columns)

    def explain(self, place: str, lang: str | None = None, *, policy: str | None = None) -> Answer:
        """Say why a unit or township has its zone; see `zoning.api.explain`."""
        return api.explain(self, place, lang, policy=policy)

    def site(self, place: Any, **how: Any) -> Sites:
        """Ask whether a project may stand at a place; see `zoning.api.site`."""
        return api.site(self, place, **how)

    def stability(self, **how: Any) -> Stability:
        """Say how firm the zones are; see `zoning.api.stability`."""
        return api.stability(self, **how)

    def allocate(
        self,
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
        """Give the plan that other rules would make; see `zoning.api.allocate`."""
        return api.allocate(
            self, cap=cap, boundary_weight=boundary_weight, lock_out=lock_out, lock_in=lock_in,
            quotas=quotas, whole_units=whole_units, goals=goals, gap=gap, seconds=seconds,
        )  # fmt: skip

    def alternatives(self, count: int = 3, within: float = 0.01, **question: Any) -> Alternatives:
        """Give several good plans, as different as can be; see `zoning.api.alternatives`."""
        return api.alternatives(self, count, within, **question)

    def price(
        self,
        *,
        boundary_weight: float | None = None,
        progress: Callable[[int, int, str], None] | None = None,
    ) -> PriceList:
        """Price every rule by leaving it out; see `zoning.api.price`."""
        return api.price(self, boundary_weight=boundary_weight, progress=progress)

    def verify(self) -> list[Check]:
        """Add every sum and cap again and prove the allocation; see `zoning.api.verify`."""
        return api.verify(self)

    def themes(self) -> list[str]:
        """Name what `plot` can draw of this plan."""
        from zoning.outputs.prints.draw import themes

        return [*themes(self), "account"]

    def plot(self, theme: str = "zones", lang: str | None = None) -> Picture:
        """Draw a map of a theme of the plan, or the chart of its account.

        Parameters
        ----------
        theme : str
            One of `themes`.
        lang : {"zh", "en"}, optional
            By default that of the plan.

        Returns
        -------
        Picture
            Shows itself in a notebook; ``.save(path)`` writes PNG, SVG or PDF.

        Raises
        ------
        InputError
            If the plan has no such theme.
        """
        from zoning.outputs.notebook import plot

        known = self.themes()
        if theme not in known:
            raise InputError.one(
                f"no theme '{theme}'", f"没有主题“{theme}”", where=self.name, code="theme",
                remedy=("one of " + ", ".join(known), "可用主题：" + "、".join(known)),
            )  # fmt: skip
        return plot(self, theme, chosen(lang, self.lang))

    def map(self, out: str | Path, **how: Any) -> Path:
        """Write the interactive map; see `zoning.api.map`."""
        return api.map(self, out, **how)

    def report(self, out: str | Path, **how: Any) -> list[Path]:
        """Write report and tables; see `zoning.api.report`."""
        return api.report(self, out, **how)

    def export(self, to: str, out: str | Path, **how: Any) -> list[Path]:
        """Write the plan in another format; see `zoning.api.export`."""
        return api.export(self, to, out, **how)

    def save(
        self,
        folder: str | Path,
        *,
        qgis: bool | None = None,
        map: bool | None = None,
        tables: bool | None = None,
        report: bool | None = None,
        ladder: bool | None = None,
        progress: Callable[[Any], None] | None = None,
    ) -> list[Path]:
        """Write the folder of the plan, whole or not at all.

        Parameters
        ----------
        folder : str or Path
            Made if need be.
        qgis, map, tables, report : bool, optional
            Whether to write plan.qgz, map.html, tables.xlsx, report.docx; by default as
            ``[outputs]`` of the plan says. What is said here is kept with the plan.
        ladder : bool, optional
            Whether the map carries the plan under 41 caps, each solved.
        progress : callable, optional
            Told the name of each file as it is begun.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        InputError
            If the place cannot be written.
        """
        from zoning.api.saving import save

        wanted = {"qgis": qgis, "map": map, "tables": tables, "report": report, "ladder": ladder}
        return save(self, Path(folder), wanted, progress)
