"""``zoning commands``: every command as data, for programs that build forms of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_origin

from zoning.cli.command import about, command, flags_of
from zoning.cli.console import Talk
from zoning.cli.groups import GROUPS, NO_TOOL, group_of

#: Number of the form of this description; it rises when a key changes its meaning or goes.
FORMAT = 1

#: Options that every command has.
SHARED = ("lang", "as_json", "quiet", "verbose")

#: Meaning of the exit codes.
EXIT_CODES = {
    "0": ("done", "完成"),
    "1": ("done, but a check of the plan fails", "完成，但方案有检查未通过"),
    "2": ("bad input or usage", "输入或用法有误"),
    "3": ("infeasible", "约束互相矛盾"),
    "4": ("internal error", "内部错误"),
    "5": ("time was over before any answer was found", "时限内未找到可行方案"),
    "130": ("interrupted", "已中断"),
}

_TYPES = {str: "text", int: "integer", float: "number", bool: "flag", Path: "path"}


@command()
def commands(talk: Talk) -> None:
    """List every command with its parameters; all of it with --json. / 列出全部命令。"""
    found = describe()
    talk.write_json(found)
    for one in found["commands"]:
        talk.write(f"{one['name']:<10} {one['help'][talk.lang]}")


def describe() -> dict[str, Any]:
    """Give every command: parameters with type, default, choices and help, and what it writes."""
    from zoning import __version__
    from zoning.cli.app import functions

    return {
        "format": FORMAT,
        "zoning": __version__,
        "groups": [
            {"name": name, "en": title.en, "zh": title.zh} for name, (title, _) in GROUPS.items()
        ],
        "commands": [_command(name, function) for name, function in functions().items()],
        "exit_codes": {k: {"en": en, "zh": zh} for k, (en, zh) in EXIT_CODES.items()},
    }


def _command(name: str, function: Callable[..., None]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    shown = [p for p in parameters if not p.annotation.__metadata__[0].hidden]
    told = [_parameter(p) for p in shown]
    names = {p["parameter"]: p["name"] for p in told}
    writes = function.writes  # type: ignore[attr-defined]
    return {
        "name": name,
        "group": group_of(name),
        "tool": name not in NO_TOOL,
        "help": _both(inspect.getdoc(function) or ""),
        "parameters": told,
        "writes": [{"in": names[p], "files": list(files)} for p, files in writes.items()],
    }


def _parameter(p: inspect.Parameter) -> dict[str, Any]:
    """Describe a parameter from its annotation."""
    kind, info, *_ = get_args(p.annotation)
    told, several, optional = about(p.annotation), False, False
    if type(None) in get_args(kind):
        kind, optional = next(t for t in get_args(kind) if t is not type(None)), True
    if get_origin(kind) is list:
        kind, several = get_args(kind)[0], True
    flags = flags_of(p.annotation)
    required = p.default is inspect.Parameter.empty
    default = None if required or several else p.default
    return {
        "parameter": p.name,
        "name": next((long_name(f) for f in flags if f.startswith("--")), p.name),
        "flags": flags,
        "type": "count" if getattr(info, "count", False) else _TYPES[kind],
        "kind": told.kind,
        "output": told.output,
        "endings": list(told.endings),
        "required": required,
        "optional": optional or not required,
        "several": several,
        "default": str(default) if isinstance(default, Path) else default,
        "choices": list(told.choices),
        "min": _finite(info.min),
        "max": _finite(info.max),
        "shared": p.name in SHARED,
        "help": _both(info.help or ""),
    }


def long_name(flag: str) -> str:
    """Give the name in a long flag; ``--a/--no-a`` are the two sides of one.

    Examples
    --------
    >>> long_name("--cap"), long_name("--ladder/--no-ladder")
    ('cap', 'ladder')
    """
    return flag.partition("/")[0].lstrip("-")


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _both(text: str) -> dict[str, str]:
    """Take a help text apart into its languages.

    Examples
    --------
    >>> _both("Folder of a plan. / 方案文件夹")
    {'en': 'Folder of a plan.', 'zh': '方案文件夹'}
    """
    en, _, zh = " ".join(text.split()).rpartition(" / ")
    return {"en": en, "zh": zh.rstrip(".。")} if en else {"en": zh, "zh": zh}


COMMANDS: dict[str, Callable[..., None]] = {"commands": commands}
