"""TOML of any size in time that grows with the size: names of many parts, lists of many lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

#: Parts of a name (``a.b.c``); no file of ours has more than five (our choice).
DEEPEST = 100
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG = re.compile(rf"(?<![\w.-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{DEEPEST}}}")

#: What holds brackets that open nothing, brackets, and the ends of lines.
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*'''
    r"|[\[\]{}\n]", re.DOTALL,
)  # fmt: skip


def ends(text: str) -> Iterator[int]:
    r"""Give the line after each statement of valid TOML, blank lines and comments among them.

    Examples
    --------
    >>> list(ends('a = [1,\n2] # ]\nb = "["\n'))
    [2, 3, 4]
    """
    depth = line = 0
    for token in _TOKEN.finditer(text + "\n"):
        one = token[0]
        line += one.count("\n")
        depth += (one in "[{") - (one in "]}")
        if one == "\n" and depth == 0:
            yield line


def loads(text: str) -> dict[str, Any]:
    """Read TOML as `tomllib.loads` does, but no name of more than `DEEPEST` parts.

    Raises
    ------
    ValueError
        It is no TOML.
    RecursionError
        A name, or tables and lists in one another, are nested too deeply.

    Examples
    --------
    >>> loads("a.b = 1.5")
    {'a': {'b': 1.5}}
    >>> loads("[" + "a." * 100_000 + "a]")
    Traceback (most recent call last):
    RecursionError: a name of more than 100 parts
    """
    if _LONG.search(text):
        raise RecursionError(f"a name of more than {DEEPEST} parts")
    return tomllib.loads(text)
