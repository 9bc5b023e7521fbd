"""The slip that a bureau hands over: one page for a site, in the order of a real one.

Order after public templates of siting slips: siting (land use, farmland, red line), land and other
supply, other control; then what was not asked, and that it has no legal force. Plain data: a writer
of documents draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zoning.errors import Text
from zoning.inputs.access import industry_code, industry_name
from zoning.review.site.found import Row, Site, Sites
from zoning.review.site.rules import GROUPS, NAMES
from zoning.review.site.told import one, told, told_number

#: The notice of public templates in our words: no force, no remedy, data as of a day.
NO_FORCE = Text(
    "Made by software from the layers named above, as of {date} (digest of the plan {digest}). For "
    "reference only: it has no legal force, is no permit and no ground for review or suit; the "
    "authority in charge decides. What is not in the layers, or was not asked, is not known.",
    "本核查单由软件依据上列图层自动比对生成，数据截至 {date}（方案摘要 {digest}），仅供参考，"
    "不具有行政效力，不是行政许可，也不作为行政复议或诉讼的依据，以主管部门的正式意见为准。"
    "图层中没有或未查询的事项，情况未知。",
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of ready words: its caption, heads, rows, relative widths, and a note below."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip before any file format.

    Attributes
    ----------
    title, subtitle, lang : str
    warning : str
        The notice of the plan; empty for none.
    grids : tuple of Grid
        What the project is, the answers, the headroom.
    notes : tuple of str
        What was not asked; that the slip has no legal force.
    roles : tuple of str
        Who signs.
    date : str
        The word for the date.
    """

    title: str
    subtitle: str
    lang: str
    warning: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]
    roles: tuple[str, ...]
    date: str

    def as_dict(self) -> dict[str, Any]:
        """Give the slip as plain data."""
        return {
            "title": self.title, "subtitle": self.subtitle, "lang": self.lang,
            "notice": self.warning or None,
            "tables": [
                {"caption": g.caption, "heads": list(g.heads), "rows": [list(r) for r in g.rows],
                 "note": g.note}
                for g in self.grids
            ],
            "notes": list(self.notes),
        }  # fmt: skip


def slip_of(found: Sites, site: Site, lang: str) -> Slip:
    """Write the slip of a site.

    Parameters
    ----------
    found : Sites
        Gives the plan and the day.
    site : Site
    lang : {"zh", "en"}
    """
    zh = lang == "zh"
    grids = [_project(found, site, lang), _answers(site, lang)]
    if site.headroom:
        grids.append(_headroom(site, lang))
    notes = (
        _missing(site, lang),
        NO_FORCE.get(lang).format(date=found.date, digest=found.digest[:16]),
    )
    return Slip(
        "项目选址核查单" if zh else "Site check slip", found.plan, lang, found.notice.get(lang),
        tuple(grids), notes, ("经办人", "审核人") if zh else ("Prepared by", "Checked by"),
        "日期" if zh else "Date",
    )  # fmt: skip


def _missing(site: Site, lang: str) -> str:
    """List what was not asked, by the reason."""
    by: dict[str, list[str]] = {}
    for n in site.not_asked:
        by.setdefault(n.why.get(lang), []).append(n.question.get(lang).rstrip("?"))
    if lang == "zh":
        return "未查询：" + "；".join(f"{why}：{'、'.join(q)}" for why, q in by.items()) + "。"
    return "Not asked: " + "; ".join(f"{', '.join(q)} ({why})" for why, q in by.items()) + "."


def _project(found: Sites, site: Site, lang: str) -> Grid:
    """Give what the project is, as declared, and the verdict, in two pairs a row."""
    zh, said = lang == "zh", site.declared
    declared = "（申报）" if zh else " (declared)"
    pairs = [
        ("项目" if zh else "Project", f"{site.name or '—'} [{site.code}]"),
        ("结论" if zh else "Verdict", NAMES[site.verdict].get(lang)),
        ("面积" if zh else "Area", one(site.area_m2, lang)),
        ("位置" if zh else "Place", f"{site.lon:.5f}, {site.lat:.5f}"),
    ]
    if "industry" in said:
        code = industry_code(said["industry"])
        pairs.append((("行业" if zh else "Industry") + declared,
                      f"{code} {industry_name(code, lang)}"))  # fmt: skip
    if "catalogue_item" in said:
        pairs.append((("目录条目" if zh else "Catalogue item") + declared, said["catalogue_item"]))
    for name, word, unit in (
        ("energy_tce", Text("Energy", "年综合能耗"), Text("tce a year", "吨标准煤")),
        ("emission_t", Text("Emission", "年碳排放"), Text("t CO2 a year", "吨二氧化碳")),
    ):
        if name in said:
            pairs.append((word.get(lang) + declared, f"{told_number(said[name])} {unit.get(lang)}"))
    pairs.append(("核查日期" if zh else "Asked on", found.date))
    if len(pairs) % 2:
        pairs.append(("", ""))
    rows = tuple((*pairs[i], *pairs[i + 1]) for i in range(0, len(pairs), 2))
    # The first pairs, project and verdict, are the head.
    return Grid("基本情况" if zh else "The project", rows[0], rows[1:], (17, 33, 17, 33))


def _answers(site: Site, lang: str) -> Grid:
    """Give every question that was asked, in the order of the rules, by its group."""
    zh = lang == "zh"
    rows: list[tuple[str, ...]] = []
    last = ""
    for row in sorted(site.rows, key=lambda r: list(GROUPS).index(r.group)):
        group = GROUPS[row.group].get(lang)
        shown = (row.question, NAMES[row.level], row.text)
        first = group if group != last else ""
        rows.append((first, *(t.get(lang) for t in shown), _layers(row, lang)))
        last = group
    heads = ("类别", "核查内容", "结论", "核查结果", "查询图层") if zh else (
        "Part", "Question", "Light", "Answer", "Layer asked")  # fmt: skip
    return Grid("核查结果" if zh else "Answers", heads, tuple(rows), (9, 25, 8, 40, 18))


def _layers(row: Row, lang: str) -> str:
    """Name the layers that were asked, with their years, and whether by bounds."""
    if not row.asked:
        return "申报数据" if lang == "zh" else "as declared"
    words = [a.called(lang) for a in row.asked]
    bounds = "" if row.exact else ("（上下限）" if lang == "zh" else " (bounds)")
    return ("、" if lang == "zh" else ", ").join(words) + bounds


def _headroom(site: Site, lang: str) -> Grid:
    zh = lang == "zh"
    rows = []
    for x in site.headroom:
        low, high = x.left
        if x.cap == 0 and x.takes == (0, 0):
            continue  # nothing is asked of a level that allows nothing
        if x.unit == "m2":
            cap, takes = one(x.cap, lang), told(*x.takes, lang)
            left = _signed(low, lang) if low == high else (
                f"{_signed(low, lang)} … {_signed(high, lang)}")  # fmt: skip
        else:
            cap, takes = f"{x.cap:,} {x.unit}", f"{x.takes[0]:,} … {x.takes[1]:,}"
            left = f"{low:,} … {high:,}"
        rows.append((x.name.get(lang), cap, takes, left))
    heads = ("层级", "余量", "本项目新增", "计入本项目后") if zh else (
        "Level", "Headroom", "The project takes", "With the project")  # fmt: skip
    return Grid("建设用地余量" if zh else "Headroom", heads, tuple(rows), (34, 22, 22, 22))


def _signed(area_m2: int, lang: str) -> str:
    """Write an area that may be below 0."""
    return one(area_m2, lang) if area_m2 >= 0 else f"−{one(-area_m2, lang)}"
