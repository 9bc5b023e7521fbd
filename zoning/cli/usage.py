"""A command that was called wrongly: what is wrong, in both languages, and how it is called.

What reads the words of a command speaks English only. Its errors are known by their kind and, where
it has none, by their sentence; one that is not known here is told as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from zoning.errors import Problem, Text, meant

Say = Callable[[re.Match[str]], Text]


def is_usage(error: Exception) -> bool:
    """Whether the command was called wrongly."""
    return any(c.__name__ in ("UsageError", "ClickException") for c in type(error).__mro__)


def problem_of(error: Any) -> Problem:
    """Say what is wrong with the words of a command, and how it is called."""
    sentence = error.format_message()
    found = Text(sentence, sentence)
    near: list[str] = list(getattr(error, "possibilities", None) or ())
    for pattern, say in _SENTENCES.items():
        if match := re.match(pattern, sentence, re.DOTALL):
            found = say(match)
            near = near or re.findall(r"'([^']+)'", match.groupdict().get("near") or "")
            break
    return Problem(found, _command(error), code="usage", remedy=_remedy(error, near))


def _command(error: Any) -> str:
    """Name the command, whatever the program was started as."""
    if error.ctx is not None:
        words = error.ctx.command_path.replace("python -m ", "").split()[1:]
    else:
        words = [word for word in sys.argv[1:2] if not word.startswith("-")]
    return " ".join(["zoning", *words])


def _remedy(error: Any, near: list[str]) -> Text:
    name = _command(error)
    asked = Text(f"{name} -h tells what it takes", f"{name} -h 列出其参数与选项")
    if other := meant(", ".join(near)):
        return Text(f"{other.en} {asked.en}", f"{other.zh}{asked.zh}")
    if type(error).__name__ in ("MissingParameter", "UsageError") and error.ctx is not None:
        pieces = error.ctx.command.collect_usage_pieces(error.ctx)
        said = " ".join([name, *pieces])
        return Text(f"it is called as {said}; {asked.en}", f"用法：{said}；{asked.zh}")
    return asked


def _plain(en: str, zh: str) -> Say:
    return lambda m: Text(en.format(*m.groups()), zh.format(*m.groups()))


#: Sentences of what reads the words, in its older versions and in the newer, and what is said
#: instead.
_SENTENCES: dict[str, Say] = {
    r"No such command '(.+?)'\.?(?P<near>.*)": _plain("there is no command {0}", "没有 {0} 命令"),
    r"No such option:? '?([^\s']+)": _plain("there is no option {0}", "没有选项 {0}"),
    r"Missing argument '(.+)'": _plain("{0} is missing", "缺少参数 {0}"),
    r"Missing option '(.+)'": _plain("option {0} is missing", "缺少选项 {0}"),
    r"Missing command": _plain("which command?", "缺少命令"),
    r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)": _plain(
        "more words than it takes: {0}", "多余的参数：{0}"),
    r"Option '(.+)' requires an argument": _plain(
        "option {0} needs a value", "选项 {0} 需要一个值"),
    r"Option '(.+)' requires (\d+) arguments": _plain(
        "option {0} needs {1} values", "选项 {0} 需要 {1} 个值"),
    r"Option '(.+)' does not take a value": _plain(
        "option {0} takes no value", "选项 {0} 不带值"),
    r"Invalid value for '(.+?)'.*: .+ (?:be|is not) a valid integer.*": _plain(
        "{0} must be a whole number", "{0} 应为整数"),
    r"Invalid value for '(.+?)'.*: .+ (?:be|is not) a valid (?:number|float).*": _plain(
        "{0} must be a number", "{0} 应为数值"),
    r"Invalid value for '(.+?)'.*: Input should be greater than or equal to (\S+)": _plain(
        "{0} must be {1} or more", "{0} 不得小于 {1}"),
    r"Invalid value for '(.+?)'.*: Input should be less than or equal to (\S+)": _plain(
        "{0} must be {1} or less", "{0} 不得大于 {1}"),
    r"Invalid value for '(.+?)'.*: Input should be greater than (\S+)": _plain(
        "{0} must be more than {1}", "{0} 必须大于 {1}"),
    r"Invalid value for '(.+?)'.*: Input should be less than (\S+)": _plain(
        "{0} must be less than {1}", "{0} 必须小于 {1}"),
    r"Invalid value for '(.+?)'.*: .+ is not in the range x>=([^\s<]+?)\.?$": _plain(
        "{0} must be {1} or more", "{0} 不得小于 {1}"),
    r"Invalid value for '(.+?)'.*: .+ is not in the range x<=([^\s<]+?)\.?$": _plain(
        "{0} must be {1} or less", "{0} 不得大于 {1}"),
    r"Invalid value for '(.+?)'.*: .+ is not in the range ([^\s<]+)<=x<=([^\s<]+?)\.?$": _plain(
        "{0} must be from {1} to {2}", "{0} 应在 {1} 至 {2} 之间"),
}  # fmt: skip
