"""The command on policies: list what ships, check a file, run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoning import api
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from zoning.policy.run import Result

#: Rows that a table on the console shows.
_ROWS = 20


@command(writes={"out": (".",)})
def policy(
    talk: Talk,
    action: Annotated[
        str,
        typer.Argument(help="list, check or run. / list 列表，check 检查，run 计算"),
        About(choices=("list", "check", "run")),
    ],
    file: Annotated[
        str,
        typer.Argument(
            help="A policy file, or the name of a shipped one. / 政策文件或随附政策名",
            show_default=False,
        ),
    ] = "",
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder of a plan. / 方案文件夹", show_default=False),
        About("plan-folder"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for the tables. / 输出文件夹", show_default=False),
        About("folder", output=True),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", help="NAME=FILE for a table of the policy. / 表名=文件"),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE for a parameter. / 参数名=值"),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group", help="COLUMN.CODE=GROUP, what a code counts as. / 列名.代码=组"
        ),
    ] = None,
    examples: Annotated[
        bool,
        typer.Option("--examples", help="Take the example tables that ship. / 使用随附示例表"),
    ] = False,
    draws: Annotated[
        int,
        typer.Option(
            "--draws", min=0,
            help="Draw the weights within 20% and test the ranking. / 权重浮动 20% 检验排名",
        ),
    ] = 0,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Write the result into the plan's files. / 将结果写入方案"
        ),
    ] = False,
) -> None:  # fmt: skip
    """Compute policies: money, quotas, assessment, carbon, tasks. / 计算政策。"""
    if action == "list":
        _list(talk)
        return
    if not file:
        raise InputError.one(
            f"zoning policy {action} needs a file", f"zoning policy {action} 需要一个政策文件",
            where="zoning policy", code="usage",
            remedy=("zoning policy list shows what ships", "zoning policy list 列出随附政策"),
        )  # fmt: skip
    if action == "check":
        _check(talk, file)
        return
    plan = None if folder is None else api.load(folder)
    tables = dict(_pairs(table, "--table"))
    result = api.policy(
        file, plan, parameters=_numbers(_pairs(parameter, "--set")),
        tables=tables, groups=_groups(_pairs(group, "--group")),
        examples=examples, draws=draws,
    )  # fmt: skip
    written = (
        [] if out is None else api.write_policy(result, out, plan=plan, inputs=tables.values())
    )
    if save and plan is not None and folder is not None:
        written += api.joined(plan, [result]).save(folder)
    _tell(talk, result, written)
    if not result.ok:
        raise typer.Exit(1)


def _pairs(given: list[str] | None, flag: str) -> list[tuple[str, str]]:
    """Take NAME=VALUE apart."""
    found = []
    for one in given or []:
        name, sign, value = one.partition("=")
        if not (name and sign and value):
            raise InputError.one(
                f"'{one}' is not NAME=VALUE", f"“{one}”不是 名称=值", where=flag, code="usage"
            )
        found.append((name.strip(), value.strip()))
    return found


def _numbers(pairs: list[tuple[str, str]]) -> dict[str, float | str]:
    """Read values as numbers where they are some."""
    found: dict[str, float | str] = {}
    for name, value in pairs:
        try:
            found[name] = float(value.replace(",", ""))
        except ValueError:
            found[name] = value
    return found


def _groups(pairs: list[tuple[str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, value in pairs:
        column, dot, code = name.partition(".")
        if not dot:
            raise InputError.one(
                f"'{name}={value}' is not COLUMN.CODE=GROUP", f"“{name}={value}”不是 列名.代码=组",
                where="--group", code="usage",
            )  # fmt: skip
        found.setdefault(column, {})[code] = value
    return found


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows


def _list(talk: Talk) -> None:
    found = api.policies()
    talk.write_json(
        {"policies": [
            {"name": p.name, "title": p.title.get(talk.lang), "about": p.about.get(talk.lang),
             "source": p.source, "evidence": p.evidence, "needs_plan": p.needs_plan,
             "made_up": p.made_up, "file": str(p.path)}
            for p in found
        ]}
    )  # fmt: skip
    for p in found:
        talk.write(f"{p.name:<26} {p.title.get(talk.lang)}")
        talk.write(f"{'':<26} {p.about.get(talk.lang)}")
        if p.made_up:
            talk.write(f"{'':<26} " + talk.say("(holds made-up numbers)", "（含虚构数字）"))


def _check(talk: Talk, file: str) -> None:
    found = api.check_policy(file)
    talk.write_json({"ok": True, "notes": [f.as_dict(talk.lang) for f in found]})
    for finding in found:
        talk.write(finding.line(talk.lang))
    talk.write(
        talk.say("No problems: the file can be run.", "未发现问题，可以运行。") if not found
        else talk.say(f"It can be run; notes: {len(found)}.", f"可以运行；{len(found)} 项提示。")
    )  # fmt: skip


def _tell(talk: Talk, result: Result, written: list[Path]) -> None:
    """Write the main table, the checks, what is unknown, and the files."""
    lang, shown = talk.lang, result.policy
    frame = result.frame()
    talk.write_json(
        {
            "policy": shown.name, "title": shown.title.get(lang), "ok": result.ok,
            "notice": shown.notice.get(lang) if shown.notice else None,
            "rows": frame.astype(object).where(frame.notna(), None).to_dict("records"),
            "checks": [c.as_dict(lang) for c in result.checks],
            "findings": [f.as_dict(lang) for f in result.findings],
            "written": [str(p) for p in written],
            "ranking": None if result.ranking is None else _records(result.ranking),
        }
    )  # fmt: skip
    notice = f" — {shown.notice.get(lang)}" if shown.notice else ""
    heads, rows = api.policy_rows(result, lang, _ROWS)
    talk.write_table(f"{shown.title.get(lang)}{notice}", heads, rows)
    if len(frame) > _ROWS:
        talk.write(talk.say(f"... {len(frame)} rows in all", f"…… 共 {len(frame)} 行"))
    for check in result.checks:
        line = f"{'✓' if check.ok else '✗'} {check.text.get(lang)}"
        (talk.write if check.ok else talk.wrong)(line)
    for finding in result.findings:
        talk.write(finding.line(lang))
    if result.ranking is not None:
        kept = result.ranking["kept"].dropna()
        firm = int((kept >= 0.9).sum())
        talk.write(talk.say(
            f"{firm} of {len(kept)} ranks hold in 9 of 10 draws of the weights within 20%",
            f"权重在 20% 内浮动时，{len(kept)} 个名次中有 {firm} 个在九成以上抽样中不变",
        ))  # fmt: skip
    talk.wrote(written)


COMMANDS: dict[str, Callable[..., None]] = {"policy": policy}
