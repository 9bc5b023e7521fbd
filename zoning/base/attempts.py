"""Several readers one after another: the problems of all are told together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from zoning.errors import Finding, InputError, Problem

T = TypeVar("T")


def attempted(
    problems: list[Problem], read: Callable[[], T], notes: list[Finding] | None = None
) -> T | None:
    """Run a reader; keep its problems, and what it noticed beside them, and go on.

    Examples
    --------
    >>> problems = []
    >>> attempted(problems, lambda: 1)
    1
    """
    try:
        return read()
    except InputError as error:
        problems.extend(error.problems)
        if notes is not None:
            notes.extend(error.notes)
        return None
