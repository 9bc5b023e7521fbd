"""The last chapters of a report: the checks, the data, and what is not real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from zoning.base import words
from zoning.digest import digest
from zoning.inputs.protections import protection_layers
from zoning.outputs.office.document import Block, Table, Text
from zoning.outputs.office.figures import DASH, quantity
from zoning.outputs.office.whole import notice
from zoning.outputs.report.pieces import Writer


def checks(w: Writer) -> Iterator[Block]:
    """List every check with measured value, limit and margin."""
    yield w.chapter("Checks", "检查")
    if not w.plan.checks:
        yield w.text("No checks were made.", "未作检查。")
        return
    failed = [c for c in w.plan.checks if not c.ok]
    yield w.text(
        f"{len(w.plan.checks)} checks, {len(failed)} of them not passed. An error means that the "
        "plan breaks a rule; warnings and notes are for judgement.",
        f"共 {len(w.plan.checks)} 项检查，未通过 {len(failed)} 项。“错误”表示方案违反规则，"
        "“警告”与“提示”供判断。",
    )
    rows = [
        [
            c.text.get(w.lang) or c.check,
            w.place(c.where),
            words.value("check_level", c.level, w.lang),
            quantity(c.measured, c.unit),
            quantity(c.limit, c.unit),
            w.say("passed", "通过") if c.ok else w.say("NOT passed", "未通过"),
        ]
        for c in sorted(w.plan.checks, key=lambda c: (c.ok, _RANK[c.level]))
    ]
    heads = [
        w.say("check", "检查项"),
        w.say("where", "位置"),
        w.say("level", "级别"),
        w.say("measured", "实测"),
        w.say("limit", "限值"),
        w.say("result", "结果"),
    ]
    yield Table(
        w.say("Checks, those not passed first", "检查结果（未通过者在前）"), heads, rows,
        ["left", "left", "left", "right", "right", "left"], [4, 1.3, 0.8, 1.9, 1.9, 1.0],
    )  # fmt: skip


_RANK = {"error": 0, "warning": 1, "note": 2}


def data(w: Writer) -> Iterator[Block]:
    """Name the inputs, what is reconstructed, and the software."""
    warning = notice(w.plan, w.lang)
    lines = w.plan.redlines
    rebuilt = warning or (lines is not None and _made_up(lines))
    yield (w.chapter("Data and what is reconstructed", "数据与重建说明") if rebuilt
           else w.chapter("Data", "数据"))  # fmt: skip
    if warning:
        yield Text(warning, "warning")
    yield from _standing(w)
    yield w.section("Inputs", "输入数据")
    inputs = w.plan.run.get("inputs") or []
    if inputs:
        yield _inputs(w, inputs)
    else:
        yield w.text("No input files are recorded.", "未记录输入文件。")
    yield from _notes(w)
    # A plan that was not written yet has its digest all the same.
    number = w.plan.run.get("digest") or (digest(w.plan) if w.plan.run.get("inputs") else None)
    if number:
        yield w.section("Digest of the plan", "方案摘要")
        yield w.text(
            f"SHA-256 over ledger, tables, layers, rules and decisions: {number}. A signature can "
            "refer to it; zoning verify derives it again from the files.",
            f"对账目、表、图层、规则与决定计算的 SHA-256：{number}。签署时可引用，"
            "zoning verify 可由文件重新算出。",
        )
    software = w.plan.run.get("software") or {}
    if software:
        yield w.section("Software", "软件版本")
        yield Text(", ".join(f"{name} {version}" for name, version in sorted(software.items())))


def _standing(w: Writer) -> Iterator[Block]:
    """Say what the layers tell about themselves, and how firm the red-line areas are."""
    rows = [row for name in _LAYERS for row in _told(w, name)]
    known = {row[1] for row in rows}
    rows += [
        [part.name or words.value("kind", part.kind, w.lang),
         words.source(part.source, w.lang), DASH]
        for part in protection_layers(w.plan.config.inputs)
        if part.source and words.source(part.source, w.lang) not in known
    ]  # fmt: skip
    if rows:
        yield w.section("What the layers say of themselves", "图层的来源与说明")
        heads = [
            w.say("layer", "图层"),
            w.say("source, remark", "来源、说明"),
            w.say("rows", "行数"),
        ]
        yield Table(w.say("Sources and remarks of the layers", "图层来源与说明"), heads, rows,
                    ["left", "left", "right"], [1.6, 5, 0.8])  # fmt: skip
    lines = w.plan.redlines
    told = [c for c in ("status", "boundary_status") if lines is not None and _tells(lines, c)]
    if lines is None or not told:
        return
    yield w.section("Standing of the red-line areas", "红线区域的依据")
    yield w.text(
        "Name and boundary are two things: an area with a documented name may have a boundary "
        "that is not.",
        "名称与边界的依据分别注明：名称有文件依据的区域，其边界未必有。",
    )
    once = lines.drop_duplicates("area_code")
    for column in told:
        counts = once.groupby(column, dropna=False).size().rename("areas").reset_index()
        yield w.frame(words.label(column, w.lang, "redlines"), counts, [column, "areas"],
                      table="redlines", widths={column: 3})  # fmt: skip


def _tells(lines: Any, column: str) -> bool:
    return column in lines and bool(lines[column].notna().any())


def _made_up(lines: Any) -> bool:
    """Whether the layer says of an area that it is not real."""
    shown = [lines[c] for c in ("status", "boundary_status") if c in lines]
    return any(bool(s.isin(["made-up", "reconstructed"]).any()) for s in shown)


_LAYERS = ("city", "counties", "townships", "redlines")
_REMARKS = ("source", "notes", "note")
_MOST_REMARKS = 8


def _told(w: Writer, name: str) -> Iterator[list[str]]:
    """Give the remarks of a layer with the number of rows that carry each."""
    frame = getattr(w.plan, name)
    for column in _REMARKS:
        if frame is not None and column in frame:
            counts = frame[column].dropna().value_counts(sort=True).head(_MOST_REMARKS)
            for text, rows in counts.items():
                told = words.source(str(text), w.lang)
                yield [words.table_name(name, w.lang), told, f"{rows:,}"]


def _inputs(w: Writer, inputs: Any) -> Table:
    rows = [
        [
            words.value("role", str(entry.get("role", "")), w.lang),
            _file(entry),
            str(entry.get("features") or DASH),
            str(entry.get("sha256") or DASH),
        ]
        for entry in inputs
    ]
    heads = [w.say("role", "用途"), w.say("file", "文件"), w.say("features", "要素数"), "SHA-256"]
    return Table(w.say("Input files", "输入文件"), heads, rows,
                 ["left", "left", "right", "left"], [1.2, 2.4, 0.9, 4.4])  # fmt: skip


def _file(entry: Any) -> str:
    """Name a file and the layer in it, where that is another name than the file's."""
    path, layer = str(entry.get("path") or ""), str(entry.get("layer") or "")
    same = layer in ("", "1", "band 1") or PurePosixPath(path).stem == layer
    return path if same else f"{path} | {layer}"


def _notes(w: Writer) -> Iterator[Block]:
    """Write what the readers of the inputs remarked, and what was left out."""
    for finding in w.plan.findings:
        yield Text(finding.line(w.lang), "note")
    left_out = w.plan.run.get("left_out") or []
    if left_out:
        names = w.say(", ", "、").join(words.value("role", str(p), w.lang) for p in left_out)
        yield w.text(f"Left out because their input is absent: {names}.",
                     f"因缺少输入而未做的部分：{names}。")  # fmt: skip
