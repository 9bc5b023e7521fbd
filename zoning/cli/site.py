"""The command that asks a plan about places: may this stand here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoning import api
from zoning.cli.allocating import Folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk, within

if TYPE_CHECKING:
    from zoning.review.site.found import Site, Sites

#: Sites that are told one by one; of more a table is shown.
_FULL = 3
_MARKS = {"red": "✗", "yellow": "!", "green": "✓", "unknown": "?"}


@command(writes={"out": ("slip-CODE.docx",)})
def site(
    talk: Talk,
    folder: Folder,
    place: Annotated[
        str,
        typer.Argument(
            help="Vector file, CSV with lon and lat, LON,LAT or WKT. / 矢量文件、CSV、经纬度或 WKT",
            show_default=False,
        ),
        About("place-or-vector"),
    ],
    industry: Annotated[
        str | None,
        typer.Option(
            "--industry", show_default=False,
            help="Code of the industry (GB/T 4754), such as C3011. / 国民经济行业代码",
        ),
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(
            "--catalogue-item", show_default=False,
            help="Item of the industrial catalogue, as declared. / 产业目录条目（申报）",
        ),
    ] = None,
    energy: Annotated[
        float | None,
        typer.Option(
            "--energy", show_default=False,
            help="Tonnes of standard coal a year, as declared. / 年综合能耗（吨标准煤，申报）",
        ),
    ] = None,
    emission: Annotated[
        float | None,
        typer.Option(
            "--emission", show_default=False,
            help="Tonnes of CO2 a year, as declared. / 年碳排放（吨，申报）",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the project. / 项目名称", show_default=False),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(
            "--width", show_default=False,
            help="Width of a line, or square around a point, in metres. / 线宽或点的边长（米）",
        ),
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--lists", show_default=False,
            help="Access list (CSV or XLSX), or made-up for the shipped one. / 准入清单",
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", help="Questions and levels of your own. / 自定规则文件", show_default=False
        ),
        About("file"),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs", show_default=False,
            help="Folder where the paths of plan.toml start. / 输入数据路径的起点",
        ),
        About("folder"),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", help="CRS of the place. / 坐标系", show_default=False),
        About("crs"),
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(
            "--datum", show_default=False,
            help="Shift of a web map that is taken off. / 网络地图坐标偏移",
        ),
        About(choices=("gcj02", "bd09", "cgcs2000")),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend invalid polygons. / 修复无效图形")
    ] = False,
    date: Annotated[
        str | None,
        typer.Option(
            "--date", show_default=False, help="Lists as of this day. / 清单生效日期",
        ),
    ] = None,
    slip: Annotated[
        str | None,
        typer.Option(
            "--slip", show_default=False, help="Write a slip for each site. / 生成核查单",
        ),
        About(choices=("docx", "pdf", "json")),
    ] = None,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder for slips. / 核查单文件夹"),
        About("folder", output=True),
    ] = Path("slips"),
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on", show_default=False,
            help="Exit 1 where the verdict is this or worse. / 达到该级别即以 1 退出",
        ),
        About(choices=("red", "unknown", "yellow")),
    ] = None,
) -> None:  # fmt: skip
    """Ask whether a project may stand at a place: a traffic light with reasons. / 项目选址核查。"""
    within(energy, "--energy")
    within(emission, "--emission")
    with talk.working("measure the place", "核查地块"):
        found = api.site(
            folder, place, industry=industry, catalogue_item=item, energy_tce=energy,
            emission_t=emission, name=name, width_m=width, lists=lists or (), rules=rules,
            inputs=inputs, crs=crs, datum=datum, repair=repair, date=date,
        )  # fmt: skip
    written = []
    if slip is not None:
        written = api.write_slips(found, out, slip, lang=talk.asked_lang)
    talk.write_json({**found.as_dict(talk.lang), "written": [str(p) for p in written]})
    for finding in found.findings:
        talk.write(finding.line(talk.lang))
    _tell(talk, found)
    for path in written:
        talk.write(str(path))
    if fail_on is not None and found.is_at_least(fail_on):
        raise typer.Exit(1)


def _tell(talk: Talk, found: Sites) -> None:
    """Write a few sites in full, of many a table."""
    if len(found) > _FULL:
        rows = [[s.code, s.name, s.light(talk.lang), f"{s.area_m2:,.0f}"] for s in found.sites]
        heads = [("site", "地块"), ("name", "名称"), ("verdict", "结论"), ("m²", "面积 m²")]
        counts = Counter(s.light(talk.lang) for s in found.sites)
        said = "，" if talk.lang == "zh" else ", "
        title = said.join(f"{light} {n}" for light, n in counts.most_common())
        talk.write_table(title, [talk.say(*h) for h in heads], rows)
        return
    for one in found.sites:
        _tell_site(talk, one)


def _tell_site(talk: Talk, one: Site) -> None:
    lang = talk.lang
    head = f"{one.code} {one.name}".strip()
    line = f"{head}: {one.light(lang)}, {one.area_m2:,.0f} m², " + (f"{one.lon:.5f}, {one.lat:.5f}")
    (talk.wrong if one.verdict == "red" else talk.write)(line)
    for row in one.rows:
        asked = " + ".join(a.called(lang) for a in row.asked)
        bounds = "" if row.exact else talk.say(" (bounds)", "（上下限）")
        tail = f" [{asked}{bounds}]" if asked else ""
        talk.write(f"  {_MARKS[row.level]} {row.question.get(lang)} {row.text.get(lang)}{tail}")
    for level in one.headroom:
        low, high = level.left
        left = f"{low:,}" if low == high else f"{low:,} … {high:,}"
        talk.write("    " + talk.say(
            f"headroom {level.name.en}: {level.cap:,} {level.unit}, with the project {left}",
            f"{level.name.zh}余量：{level.cap:,} {level.unit}，计入本项目后 {left}",
        ))  # fmt: skip
    listed = "; " if lang == "en" else "；"
    talk.write("  " + talk.say("not asked: ", "未查询：") + listed.join(
        f"{n.question.get(lang)} ({n.why.get(lang)})" if lang == "en"
        else f"{n.question.get(lang)}（{n.why.get(lang)}）" for n in one.not_asked))  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {"site": site}
