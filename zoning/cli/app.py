"""Where every command starts: registration, the version, and what an error becomes."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from zoning.base.encoding import HANDLER, register
from zoning.base.memory import give_back_columns
from zoning.cli.command import drop_output, outcome
from zoning.cli.console import Talk, default_language
from zoning.cli.groups import grouped
from zoning.errors import InputError

#: Modules whose functions named in ``COMMANDS`` become commands, in the order of the help.
_ROOMS = (
    "plan",
    "look",
    "batch",
    "grid",
    "answers",
    "site",
    "verify",
    "diff",
    "deliver",
    "evaluate",
    "policy",
    "review",
    "programs",
    "commands",
)

#: Exit code after Ctrl-C; newer versions of typer give it themselves, older ones abort.
_INTERRUPTED = 130


def _version(wanted: bool) -> None:
    if wanted:
        from zoning import __version__

        print(f"zoning {__version__}")
        raise typer.Exit


def _start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version. / 显示版本"
        ),
    ] = False,
) -> None:
    """Main-functional-zone planning (主体功能区规划): boundaries to zones, caps and maps."""


def functions(wanted: str | None = None) -> dict[str, Callable[..., None]]:
    """Give every command by its name, in the order of the help; that one alone if it is wanted."""
    found: dict[str, Callable[..., None]] = {}
    for room in _ROOMS:
        found |= import_module(f"zoning.cli.{room}").COMMANDS
        if wanted in found:
            found = {wanted: found[wanted]}
            break
    for name, function in found.items():
        vars(function)["command_name"] = name
    return found


class _Grouped(TyperGroup):
    """The list of commands under the heads of their groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, group by group."""
        width = max(map(len, self.commands))
        for title, names in grouped(list(self.commands)):
            limit = formatter.width - 6 - width
            rows = [(n.ljust(width), self.commands[n].get_short_help_str(limit)) for n in names]
            with formatter.section(f"{title.en} / {title.zh}"):
                formatter.write_dl(rows)


def build(wanted: str | None = None) -> typer.Typer:
    """Put the commands together, or one; what they need is imported when they run."""
    app = typer.Typer(
        name="zoning",
        cls=_Grouped,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # the import of rich would take longer than the help itself
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_start)
    for name, function in functions(wanted).items():
        first = (function.__doc__ or "").partition("\n")[0]
        app.command(name, short_help=first)(function)
    return app


def start() -> None:
    """Run the command line in a process of its own, and end that process at once.

    To free a million objects one by one takes a tenth of a second, and nobody needs them free. What
    was registered for the end is called, and output is flushed; where threads still work, the
    process ends as any other.
    """
    try:
        main()
    except SystemExit as left:
        if not isinstance(left.code, int) or threading.active_count() > 1:
            raise
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # whoever read it is gone, or it is closed
                stream.flush()
        os._exit(left.code)


def main() -> None:
    """Run the command line and leave with the exit code of what happened."""
    _open_streams()
    _stay_offline()
    # Arrow's own pool keeps what it has freed, so that others must ask for more: a sixth of the
    # memory of a question to a province.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    give_back_columns()
    _look_seldom()
    _speak_plainly()
    code = _run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        drop_output()
        code = outcome(error, _talk())
    if code == _INTERRUPTED:
        print("interrupted / 已中断", file=sys.stderr)
    gc.freeze()  # the process ends: nothing in it need be sought through twice more
    sys.exit(code)


def _open_streams() -> None:
    """Give closed streams somewhere to go: whoever closed them wants no answer, but the work."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nowhere)


#: Objects made between two looks for circles of references, and how many looks at the young ones
#: come before one at the old (Python: 700, 10, 10). A run makes a million lasting objects, mostly
#: of the libraries themselves; the columns of its tables are no part of a circle.
_SELDOM = (500_000, 5, 100)


def _look_seldom() -> None:
    """Seek circles of references less often: a short run spent a tenth of its time on them."""
    gc.set_threshold(*_SELDOM)


def _stay_offline() -> None:
    """Keep GDAL off the network: a raster in a folder may name an address (``/vsicurl``, WMS)."""
    os.environ["CPL_VSIL_CURL_ALLOWED_EXTENSIONS"] = ".no-network"
    os.environ["GDAL_HTTP_PROXY"] = "http://127.0.0.1:9"
    os.environ["GDAL_HTTP_MAX_RETRY"] = "0"


def _run() -> int:
    """Run the command and give the exit code; commands tell their own errors."""
    try:
        # Where a command is called, the modules of the others need not be looked into.
        code = build(next(iter(sys.argv[1:]), None))(standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except SystemExit as left:
        # Typer and rich make a failure of a reader who has seen enough; it is none.
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        drop_output()
        return 0
    except BrokenPipeError:
        drop_output()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except Exception as error:
        from zoning.cli.usage import is_usage, problem_of

        if not is_usage(error):
            return outcome(error, _talk())
        if type(error).__name__ == "NoArgsIsHelpError":  # no word at all: its text is the help
            error.show()  # type: ignore[attr-defined]
            return InputError.exit_code
        return outcome(InputError([problem_of(error)]), _talk())
    return code if isinstance(code, int) else 0


def _talk() -> Talk:
    """Read from the bare words how to speak, where the options themselves were not understood."""
    words = sys.argv[1:]
    lang = default_language()
    for word, value in zip(words, [*words[1:], ""], strict=True):
        name, _, joined = word.partition("=")
        if name == "--lang" and (joined or value) in ("zh", "en"):
            lang = joined or value
    return Talk(lang, "--json" in words)


def _speak_plainly() -> None:
    """Never die of a character that an old terminal cannot show, and lose none: km² as km2."""
    register()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)
