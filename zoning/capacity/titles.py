"""What limits are called in lists and tables: what kind they are, and of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoning.base import words
from zoning.errors import Text

if TYPE_CHECKING:
    from zoning.planfile.models import OwnLimitRule, PhasePart, ReductionPart


def called(rule: OwnLimitRule | PhasePart | ReductionPart) -> Text:
    """Give the title of a rule of the plan's own, or the name that columns have it by."""
    return Text(rule.title or rule.name, rule.title_zh or rule.title or rule.name)


def title(kind: str, name: Text, phase: Text | None = None) -> Text:
    """Say what kind a limit is, and of which zone, place or phase.

    Parameters
    ----------
    kind : str
        Of the limit (:class:`zoning.capacity.rules.Limit`).
    name : Text
        Of its zone, place or phase; of a limit of the plan's own its title.
    phase : Text, optional
        The phase by whose end it holds, of a limit that is not the phase's own.

    Examples
    --------
    >>> for said in title("quota", Text("key development", "重点开发"), Text("near term", "近期")):
    ...     print(said)
    quota of a zone: key development by the end of near term
    重点开发分区指标（近期末）
    >>> title("county", Text("Dantu", "丹徒区")).zh, title("city", Text("x", "x")).en
    ('丹徒区', 'cap of the city')
    >>> title("zone", Text("nature", "生态保育区")).zh
    '生态保育区上限'
    """
    said = Text(*(words.value("kind", kind, lang) for lang in ("en", "zh")))
    if kind == "city":
        said = Text("cap of the city", "全市总量")
    elif kind == "limit":
        said = name
    elif kind in ("county", "township"):
        said = Text(f"{said.en}: {name.en}", name.zh)
    elif kind != "eco_agri":
        # 生态保育区上限, not 生态保育区分区上限.
        zh = said.zh.removeprefix("分区") if name.zh.endswith("区") else said.zh
        said = Text(f"{said.en}: {name.en}", f"{name.zh}{zh}")
    if phase is not None:
        said = Text(f"{said.en} by the end of {phase.en}", f"{said.zh}（{phase.zh}末）")
    return said
