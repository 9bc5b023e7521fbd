"""Where every command starts: registration, language, and what an error becomes."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer

from zoning.cli import console
from zoning.errors import InputError, Problem, Text, ZoningError

#: Modules whose functions named in ``COMMANDS`` become commands, in the order of the help.
_ROOMS = ("plan", "grid", "answers", "verify", "deliver", "evaluate")

#: Exit code after Ctrl-C; newer versions of typer give it themselves, older ones abort.
_INTERRUPTED = 130


def build() -> typer.Typer:
    """Put the commands together; what they need is imported when they run."""
    app = typer.Typer(
        name="zoning",
        help="Main-functional-zone planning (主体功能区规划): boundaries to zones, caps and maps.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for room in _ROOMS:
        for name, function in import_module(f"zoning.cli.{room}").COMMANDS.items():
            app.command(name)(function)
    return app


def _drop_output() -> None:
    """Send what is left of the answer nowhere: the reader of the pipe is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Run the command line and leave with the exit code of what happened."""
    _speak_utf8()
    console.settings.reset()
    code = _run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    if code == _INTERRUPTED:
        print("interrupted / 已中断", file=sys.stderr)
    sys.exit(code)


def _run() -> int:
    """Run the command, tell what went wrong, and give the exit code."""
    try:
        code = build()(standalone_mode=False)
    except ZoningError as error:
        return _tell(error)
    except typer.Exit as leave:
        return leave.exit_code
    except SystemExit as left:
        # Typer and rich make a failure of a reader who has seen enough; it is none.
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        _drop_output()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except Exception as error:
        return _other(error)
    return code if isinstance(code, int) else 0


def _other(error: Exception) -> int:
    """Tell a wrong call, a disk that refuses, or a mistake of ours."""
    if _is_usage(error):
        return _usage(error)
    if isinstance(error, OSError) and (error.filename or error.errno == errno.ENOSPC):
        why, where = error.strerror or str(error), str(error.filename or "")
        _trace(error)
        return _tell(InputError.one(
            f"cannot be read or written: {why}", f"无法读写:{why}", where=where, code="disk",
            remedy=("check the place and its permissions", "请检查位置和权限"),
        ))  # fmt: skip
    _internal(error)
    return 4


def _is_usage(error: Exception) -> bool:
    """Whether click says that the command was called wrongly."""
    return any(c.__name__ in ("UsageError", "ClickException") for c in type(error).__mro__)


def _speak_utf8() -> None:
    """Never die of a character that an old terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _as_json(problems: Sequence[Problem]) -> bool:
    """Write problems as JSON where that was asked for, even if the options were never read."""
    if not (console.settings.json or "--json" in sys.argv[1:]):
        return False
    told: list[dict[str, Any]] = [p.as_dict(console.settings.lang) for p in problems]
    print(json.dumps({"error": told}, ensure_ascii=False, indent=1))
    return True


def _usage(error: Any) -> int:
    """Say how the command should have been called."""
    text = error.format_message()
    if not _as_json([Problem(Text(text, text), "zoning", code="usage")]):
        error.show()
    return 2


def _tell(error: ZoningError) -> int:
    """Write every problem, as text or as JSON, and give the exit code."""
    if _as_json(error.problems):
        return error.exit_code
    for problem in error.problems:
        print(problem.tell(console.settings.lang), file=sys.stderr)
    n = len(error.problems)
    if n > 1:
        zh = console.settings.lang == "zh"
        print(f"共 {n} 个问题" if zh else f"{n} problems", file=sys.stderr)
    return error.exit_code


def _trace(error: Exception) -> None:
    """Write where an error came from, with -v."""
    if logging.getLogger("zoning").isEnabledFor(logging.INFO) or os.environ.get("ZONING_TRACE"):
        import traceback

        traceback.print_exception(error)


def _internal(error: Exception) -> None:
    """Say that this is our mistake; the trace comes with -v."""
    _trace(error)
    text = Text(
        f"internal error: {error!r}. This is our mistake; please report it with -v output.",
        f"内部错误:{error!r}。这是软件的问题,请附上 -v 的输出报告。",
    )
    if not _as_json([Problem(text, code="internal")]):
        print(text.get(console.settings.lang), file=sys.stderr)
