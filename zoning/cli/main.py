"""Where every command starts: registration, language, and what an error becomes."""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib import import_module

import typer

from zoning.cli import console
from zoning.errors import ZoningError

#: Modules whose functions named in ``COMMANDS`` become commands, in the order of the help.
_ROOMS = ("plan", "grid", "answers", "deliver", "evaluate")


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


def main() -> None:
    """Run the command line and leave with the exit code of what happened."""
    _speak_utf8()
    console.settings.reset()
    try:
        code = build()(standalone_mode=False)
    except ZoningError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except typer.Exit as leave:
        sys.exit(leave.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted / 已中断", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if _is_usage(error):
            error.show()  # type: ignore[attr-defined]
            sys.exit(2)
        _internal(error)
        sys.exit(4)
    sys.exit(code if isinstance(code, int) else 0)


def _is_usage(error: Exception) -> bool:
    """Whether click says that the command was called wrongly."""
    return any(c.__name__ in ("UsageError", "ClickException") for c in type(error).__mro__)


def _speak_utf8() -> None:
    """Never die of a character that an old terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _tell(error: ZoningError) -> None:
    """Write every problem, as text or as JSON."""
    if console.settings.json:
        problems = [p.as_dict(console.settings.lang) for p in error.problems]
        print(json.dumps({"error": problems}, ensure_ascii=False, indent=1))
        return
    for problem in error.problems:
        print(problem.tell(console.settings.lang), file=sys.stderr)
    n = len(error.problems)
    if n > 1:
        zh = console.settings.lang == "zh"
        print(f"共 {n} 个问题" if zh else f"{n} problems", file=sys.stderr)


def _internal(error: Exception) -> None:
    """Say that this is our mistake; the trace comes with -v."""
    if logging.getLogger("zoning").isEnabledFor(logging.DEBUG) or os.environ.get("ZONING_TRACE"):
        import traceback

        traceback.print_exception(error)
    zh = console.settings.lang == "zh"
    text = (
        f"内部错误:{error!r}。这是软件的问题,请附上 -v 的输出报告。" if zh
        else f"internal error: {error!r}. This is our mistake; please report it with -v output."
    )  # fmt: skip
    print(text, file=sys.stderr)
