"""What every command shares: its four common options, its errors, and what it says of itself."""

from __future__ import annotations

import copy
import errno
import functools
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import typer

from zoning.base.heard import hearing
from zoning.cli.console import Talk, about_answer, default_language, log_level
from zoning.errors import Finding, InputError, Problem, Text, ZoningError, meant, once, suggest


@dataclass(frozen=True, slots=True)
class About:
    """What a parameter is beyond its type, for programs that build forms of the commands.

    Parameters
    ----------
    kind : str
        ``"plan"`` (a plan.toml), ``"plan-folder"``, ``"vector"``, ``"raster"``, ``"folder"``,
        ``"file"``, ``"crs"``, ``"units"`` (codes) ...; empty where the type says all.
    choices : tuple of str
        The only values that are taken.
    output : bool
        Whether something is written there.
    endings : tuple of str
        The endings of the file that is written there, where the ending chooses the format.
    """

    kind: str = ""
    choices: tuple[str, ...] = ()
    output: bool = False
    endings: tuple[str, ...] = ()


Lang = Annotated[
    str,
    typer.Option("--lang", help="Language of messages. / 提示语言", show_default=False),
    About(choices=("zh", "en")),
]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON. / 输出 JSON")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say only what is wrong. / 安静")]
Verbose = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, help="Say more on stderr. / 详细日志", show_default=False
    ),
]
_SHARED: dict[str, tuple[Any, Any]] = {
    "lang": (Lang, ""), "as_json": (Json, False), "quiet": (Quiet, False), "verbose": (Verbose, 0),
}  # fmt: skip


def command(*, writes: dict[str, Sequence[str]] | None = None) -> Callable[..., Any]:
    """Make a command of a function that takes a `Talk` first.

    Parameters
    ----------
    writes : dict of str to names, optional
        What is written: for each parameter that names a place, the files inside it (``"."`` where
        the place itself is the file).

    Returns
    -------
    callable
        A decorator. The command has ``--lang``, ``--json``, ``-q`` and ``-v`` beside its own
        parameters, turns errors into words and exit codes, and carries ``writes``.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]
        shared = [
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=value, annotation=kind)
            for n, (kind, value) in _SHARED.items()
        ]

        @functools.wraps(function)
        def run(**given: Any) -> None:
            lang, quiet, as_json, verbose = (
                given.pop(k) for k in ("lang", "quiet", "as_json", "verbose")
            )
            log_level(verbose)
            known = lang in ("zh", "en")
            spoken = lang if known else default_language()
            name = run.command_name  # type: ignore[attr-defined]
            talk = Talk(spoken, as_json, quiet, lang or None, name)
            try:
                _check_choices(own, given)
                _check_choices(shared, {"lang": lang} if lang else {})
                with hearing() as heard:
                    try:
                        function(talk, **given)
                    finally:
                        _tell_heard(heard, talk)
                talk.finish()
            except typer.Exit:
                talk.finish()
                raise
            except Exception as error:
                if type(error).__module__.startswith(("typer", "click")):
                    raise
                raise typer.Exit(outcome(error, talk)) from error

        everything = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared
        everything = [p.replace(annotation=_with_choices(p.annotation)) for p in everything]
        run.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in everything}
        run.writes = {k: tuple(v) for k, v in (writes or {}).items()}  # type: ignore[attr-defined]
        run.command_name = function.__name__  # type: ignore[attr-defined]
        del run.__wrapped__  # the signature above is the one that counts
        return run

    return decorate


def _tell_heard(heard: Sequence[Finding], talk: Talk) -> None:
    """Tell what happened to files on the side, also beside JSON: it stands on stderr."""
    for finding in heard:
        if finding.level != "note" or not talk.quiet:
            print(finding.line(talk.lang), file=sys.stderr)


#: Characters that a list of choices may take in the help; longer ones stand in the text.
_LONGEST = 34


def _with_choices(annotation: Any) -> Any:
    """Let the help show the choices of a parameter, and the shell complete them."""
    choices = about(annotation).choices
    if not choices:
        return annotation
    kind, info, *rest = get_args(annotation)
    info = copy.copy(info)
    if len("|".join(choices)) <= _LONGEST:
        info.metavar = info.metavar or "|".join(choices)
    info.autocompletion = lambda: list(choices)
    return Annotated[kind, info, *rest]


def about(annotation: Any) -> About:
    """Give what a parameter's annotation says of it."""
    parts = get_args(annotation) if get_origin(annotation) is Annotated else ()
    return next((part for part in parts if isinstance(part, About)), About())


def flags_of(annotation: Any) -> list[str]:
    """Give the flags of an option; an argument has none."""
    info = get_args(annotation)[1]
    # In an annotation typer takes the first flag for a default.
    first = [info.default] if isinstance(info.default, str) else []
    return [flag for flag in [*first, *(info.param_decls or ())] if flag.startswith("-")]


def _check_choices(parameters: Sequence[inspect.Parameter], given: dict[str, Any]) -> None:
    """Refuse values that are none of a parameter's choices."""
    for p in parameters:
        choices, value = about(p.annotation).choices, given.get(p.name)
        if not choices or value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            if one not in choices:
                flags = [flag for flag in flags_of(p.annotation) if flag.startswith("--")]
                near = suggest(str(one), choices)
                listed = ", ".join(choices)
                raise InputError.one(
                    f"'{one}' is none of {listed}", f"“{one}”不在 {'、'.join(choices)} 之中",
                    where=(flags or [p.name])[0], code="usage",
                    remedy=meant(near),
                )  # fmt: skip


def outcome(error: Exception, talk: Talk) -> int:
    """Tell an error in the user's language, or as JSON, and give the exit code."""
    if isinstance(error, ZoningError):
        _tell(error.problems, talk, error.notes)
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        raise error
    _trace(error)
    if isinstance(error, OSError) and (error.filename or error.errno in _DISK):
        why, where = error.strerror or str(error), str(error.filename or "")
        problem = Problem(
            Text(f"cannot be read or written: {why}", f"无法读写：{why}"), where, code="disk",
            remedy=Text("check the place and its permissions", "请检查位置和权限"),
        )  # fmt: skip
        _tell([problem], talk)
        return InputError.exit_code
    problem_of = _LIMITS.get(type(error))
    if problem_of is not None:
        _tell([problem_of], talk)
        return InputError.exit_code
    text = Text(
        f"internal error: {error!r}. This is our mistake; please report it with -v output.",
        f"内部错误：{error!r}。这是软件的问题，请附上 -v 的输出报告。",
    )
    if not as_json([Problem(text, code="internal")], talk):
        print(text.get(talk.lang), file=sys.stderr)
    return ZoningError.exit_code


#: Errors of a disk that name no file: those of a stream that is open already, as the answer's.
_DISK = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}

#: What a machine or a reader cannot take, whichever input asks for it.
_LIMITS: dict[type[BaseException], Problem] = {
    MemoryError: Problem(
        Text("needs more memory than there is", "所需内存超过本机可用内存"), code="memory",
        remedy=Text("larger cells, a smaller region, or a machine with more memory",
                    "请增大单元边长、缩小范围或换用内存更大的机器"),
    ),
    RecursionError: Problem(
        Text("an input is nested too deeply to be read", "输入嵌套过深，无法读取"),
        code="too-deep", remedy=Text("write it with fewer levels", "请减少嵌套层级"),
    ),
}  # fmt: skip


def as_json(problems: Sequence[Problem], talk: Talk, notes: Sequence[Finding] = ()) -> bool:
    """Write problems as JSON where that was asked for, and where it can be written at all."""
    if talk.json:
        told = [p.as_dict(talk.lang) for p in problems]
        about = about_answer(talk.command)
        beside = {"notes": [n.as_dict(talk.lang) for n in notes]} if notes else {}
        answer = {"answer": about, "error": told, **beside}
        try:
            print(json.dumps(answer, ensure_ascii=False, indent=1), flush=True)
        except BrokenPipeError:
            raise
        except OSError:
            drop_output()
            return False
    return talk.json


def drop_output() -> None:
    """Send what is left of the answer nowhere: nobody reads it, or it does not fit there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(problems: Sequence[Problem], talk: Talk, notes: Sequence[Finding] = ()) -> None:
    """Write every problem, and what was found beside them, as text or as JSON."""
    if as_json(problems, talk, notes):
        return
    for problem in problems:
        print(problem.tell(talk.lang), file=sys.stderr)
    n = len(problems)
    if n > 1:
        print(talk.say(f"{n} problems", f"共 {n} 个问题"), file=sys.stderr)
    if notes and not talk.quiet:
        print(talk.say("Beside them:", "此外："), file=sys.stderr)
        for note in once(notes):
            print(note.line(talk.lang), file=sys.stderr)


def _trace(error: Exception) -> None:
    """Write where an error came from, with -v."""
    if logging.getLogger("zoning").isEnabledFor(logging.INFO) or os.environ.get("ZONING_TRACE"):
        import traceback

        traceback.print_exception(error)
