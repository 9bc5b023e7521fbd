"""Columns as the planner's files call them: mapped, scaled, recognised, and said."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Problem, Text
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd

    from zoning.planfile.layers import Layer
    from zoning.planfile.part import Mapped

_UNIT = re.compile(
    r"^(?P<name>.+?)[\[(【](?P<unit>[^\])】]+)[\])】]$|^(?P<n>.+?)[_/](?P<u>\D{1,3})$"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A head of a file, and what it seems to be.

    Parameters
    ----------
    head : str
        As the file writes it.
    name : str
        Our name of it.
    factor : float
        What its numbers must be multiplied by; 1 for texts.
    """

    head: str
    name: str
    factor: float = 1.0

    @property
    def line(self) -> str:
        """Write it as it stands in ``[inputs.NAME.columns]``.

        Examples
        --------
        >>> Offer("常住人口(万人)", "population", 1e4).line
        'population = {from = "常住人口(万人)", factor = 10000}'
        """
        head = json.dumps(self.head, ensure_ascii=False)
        if self.factor == 1:
            return f"{self.name} = {head}"
        return f"{self.name} = {{from = {head}, factor = {self.factor:g}}}"


def recognise(heads: Iterable[str], wanted: Iterable[str] | None = None) -> list[Offer]:
    """Find heads that are one of our columns under another name or with a unit.

    Parameters
    ----------
    heads : iterable of str
    wanted : iterable of str, optional
        Names to look for; left out, all.

    Returns
    -------
    list of Offer
        At most one for each name: the first head that fits, in the order of its words.

    Examples
    --------
    >>> [o.line for o in recognise(["乡镇代码", "常住人口（万人）", "GDP(亿元)", "备注"])]
    ['code = "乡镇代码"', 'population = {from = "常住人口（万人）", factor = 10000}',
     'gdp_10k_yuan = {from = "GDP(亿元)", factor = 10000}']
    """
    given = [str(h) for h in heads]
    asked = None if wanted is None else set(wanted)
    out: list[Offer] = []
    for entry in _entries():
        if asked is not None and entry["name"] not in asked:
            continue
        found = (o for word in entry["words"] for h in given if (o := _fits(h, word, entry)))
        offer = next(found, None)
        if offer is not None and offer.head not in (o.head for o in out):
            out.append(offer)
    return out


@lru_cache(maxsize=1)
def _entries() -> tuple[dict[str, Any], ...]:
    return tuple(load_toml("townships", "heads.toml")["head"])


def _fits(head: str, word: str, entry: Mapping[str, Any]) -> Offer | None:
    bare = unicodedata.normalize("NFKC", head).strip().lower()
    if bare == word or is_cut(bare, word):
        return Offer(head, entry["name"])
    match = _UNIT.match(bare)
    if match is None:
        return None
    name, unit = match["name"] or match["n"], (match["unit"] or match["u"]).strip()
    factor = entry.get("units", {}).get(unit)
    if name.strip() != word or factor is None:
        return None
    return Offer(head, entry["name"], float(factor))


#: A shapefile keeps so many bytes of the name of a field.
_NAME_BYTES = 10


def is_cut(head: str, name: str) -> bool:
    """Whether a head is what a shapefile keeps of a longer name, in GBK or UTF-8.

    Examples
    --------
    >>> is_cut("published_", "published_m2"), is_cut("地区生产总", "地区生产总值")
    (True, True)
    >>> is_cut("publish", "published_m2"), is_cut("name", "name")
    (False, False)
    """
    if head == name or not name.startswith(head):
        return False
    return any(
        name.encode(code)[:_NAME_BYTES].decode(code, "ignore") == head for code in ("gbk", "utf-8")
    )


def cut_heads(
    heads: Iterable[object], wanted: Mapping[str, Iterable[str]], where: str, table: str
) -> list[Finding]:
    """Offer the heads that a shapefile cut: what they hold would be left out unsaid.

    Parameters
    ----------
    heads : iterable of str
        Of the file, without those that are read.
    wanted : mapping of str to iterable of str
        Our names of columns that the file seems to lack, and what files call them.
    where, table : str
        File and table of plan.toml, in messages.

    Examples
    --------
    >>> cut_heads(["published_"], {"published_m2": ("published_m2",)}, "r.shp",
    ...           "[inputs.protections.columns]")[0].remedy.en
    '[inputs.protections.columns] published_m2 = "published_"'
    """
    given = [str(h) for h in heads]
    offers = [
        Offer(head, name)
        for name, usual in wanted.items()
        for head in given if any(is_cut(head, word) for word in usual)
    ]  # fmt: skip
    return _not_read(offers, where, table)


def _not_read(offers: list[Offer], where: str, table: str) -> list[Finding]:
    if not offers:
        return []
    lines = "; ".join(o.line for o in offers)
    listed = ", ".join(f"{o.head} -> {o.name}" for o in offers)
    return [Finding(
        Text(f"heads that look like columns of the plan are not read: {listed}",
             f"以下表头疑似方案所需字段，目前未读取：{listed}"),
        where, code="head-offered", level="warning",
        remedy=Text(f"{table} {lines}", f"{table} {lines}"),
    )]  # fmt: skip


def rename(
    frame: pd.DataFrame, rules: Mapping[str, Any], where: str, *, keep: Iterable[str] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """Give attribute columns our names and units, as ``[inputs.NAME.columns]`` says.

    Parameters
    ----------
    frame : DataFrame
    rules : mapping
        Our name -> head, or an object with ``from_`` and ``factor``.
    where : str
        File, in messages.
    keep : iterable of str
        Our names that were settled before (code, name, county).

    Returns
    -------
    DataFrame
    list of Problem or Finding
        Heads that are not there; numbers to scale that are none.

    Examples
    --------
    >>> import pandas as pd
    >>> from zoning.planfile.layers import Column
    >>> table = pd.DataFrame({"人口(万人)": [6.0, 0.3]})
    >>> rule = Column.model_validate({"from": "人口(万人)", "factor": 1e4})
    >>> rename(table, {"population": rule}, "towns.csv")[0]["population"].tolist()
    [60000, 3000]
    """
    import pandas as pd

    from zoning.inputs.vector import missing_column

    out, problems = frame.copy(), list[Problem]()
    for name, rule in rules.items():
        head = rule if isinstance(rule, str) else rule.from_
        factor = 1.0 if isinstance(rule, str) else rule.factor
        if name in keep:
            continue
        if head not in frame.columns:
            known = [str(c) for c in frame.columns if c != "geometry"]
            problems.append(missing_column(head, known, where, name))
            continue
        column = frame[head]
        if factor != 1.0:
            number = pd.to_numeric(column, errors="coerce").astype("Float64")
            lost = column[number.isna() & column.notna()]
            if len(lost):
                problems.append(Problem(
                    Text(f"'{head}' is to be multiplied by {factor:g}, but holds no numbers: "
                         f"{some(lost.tolist())}",
                         f"“{head}”需乘以 {factor:g}，但含有非数值：{some(lost.tolist())}"),
                    where, code="not-numbers",
                    remedy=Text("write plain numbers, or leave the cell empty",
                                "请填写纯数字，或将单元格留空"),
                ))  # fmt: skip
                continue
            # Decimal sums of tables such as 3.0001 times 10,000 are whole again.
            column = (number * factor).round(6)
            if ((column % 1) == 0).all():
                column = column.astype("Int64")
        if head != name:
            out = out.drop(columns=head)
        out[name] = column
    return out, problems


def offered(
    heads: Iterable[str], have: Iterable[str], where: str, table: str, *, said: bool
) -> list[Finding]:
    """Offer a mapping for heads that seem to be ours, and say which are taken as they are.

    Parameters
    ----------
    heads : iterable of str
        Of the file.
    have : iterable of str
        Our names that are there by now.
    where, table : str
        File and table of plan.toml, in messages.
    said : bool
        Whether plan.toml has a table of columns: then what it does not list, and is taken all the
        same, is told.

    Examples
    --------
    >>> offered(["code", "人口(万人)"], ["code"], "t.csv", "[inputs.townships.columns]",
    ...         said=False)[0].remedy.en
    '[inputs.townships.columns] population = {from = "人口(万人)", factor = 10000}'
    """
    known, given = set(have), [str(h) for h in heads]
    names = [e["name"] for e in _entries() if e["name"] not in known]
    out = _not_read(recognise(given, names), where, table)
    ours = [h for h in given if said and h in {e["name"] for e in _entries()}]
    if ours:
        out.append(Finding(
            Text(f"not listed in {table}, taken under their own names: {', '.join(ours)}",
                 f"未列入 {table}，按原名采用：{', '.join(ours)}"),
            where, code="head-taken", level="note",
        ))  # fmt: skip
    return out


def not_there(part: Mapped, heads: Iterable[object], where: str) -> list[Problem]:
    """Tell the heads that ``columns`` names and the file does not have.

    Examples
    --------
    >>> from zoning.planfile.layers import RoadLayer
    >>> part = RoadLayer(path="r.gpkg", columns={"class": "fclas"})
    >>> [p.what.en for p in not_there(part, ["fclass"], "r.gpkg")]
    ["column 'fclas' (class) is missing"]
    """
    from zoning.inputs.vector import missing_column

    known = [str(h) for h in heads if h != "geometry"]
    return [
        missing_column(head, known, where, name)
        for name, head in part.named.items() if head not in known
    ]  # fmt: skip


def old_keys(part: Layer, table: str) -> list[Finding]:
    """Tell the keys that now stand under ``columns``; this release reads them still."""
    old = [
        k
        for k in ("code", "name", "county")
        if k in part.model_fields_set and getattr(part, k, k) != k
    ]
    if not old:
        return []
    lines = "; ".join(f'columns.{k} = "{getattr(part, k)}"' for k in old)
    return [
        Finding(
            Text(f"{table} {', '.join(old)}: old keys of columns",
                 f"{table} {'、'.join(old)} 为旧写法"),
            "plan.toml", code="old-key", level="note",
            remedy=Text(f"write {lines}; the next release reads that only",
                        f"请改写为 {lines}；下一版本不再支持旧写法"),
        )
    ]  # fmt: skip
