"""Where lines of Chinese and Latin text may break, and how wide the columns of a table must be.

References
----------
Requirements for Chinese Text Layout (中文排版需求), W3C; Unicode Standard Annex 14. The rules here
are those that reports need: no closing sign at the start and no opening sign at the end of a line,
no break inside Latin words and numbers or between a number and its unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from unicodedata import east_asian_width

import numpy as np

from zoning.outputs.office.font import width

#: Signs that begin no line, and signs that end none.
NO_START = frozenset("，。、；：！？）》」』】〕〉”’…—·％%‰℃°,.;:!?)]}>²³")
NO_END = frozenset("（《「『【〔〈“‘([{<≤≥#$§")
NBSP = "\u00a0"
_UNIT = re.compile(r"(\d) (%|‰|km²|km|m²|m\b|ha|hm²|个|项|处|页|年|月|日|米|平方)")


def bound(text: str) -> str:
    r"""Bind numbers to their units, so that no line breaks between them.

    Examples
    --------
    >>> bound("28.00 % of 3,840 km²"), bound("共 71 个区域")
    ('28.00\xa0% of 3,840\xa0km²', '共 71\xa0个区域')
    """
    return _UNIT.sub(rf"\1{NBSP}\2", text)


def is_cjk(char: str) -> bool:
    """Whether a character is set on the square grid of Chinese text.

    Examples
    --------
    >>> [is_cjk(c) for c in "镇，a1 "]
    [True, True, False, False, False]
    """
    code = ord(char)
    return (
        0x2E80 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFFEF
        or code >= 0x20000
        or char in "“”‘’…—"
    )


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters.

    Examples
    --------
    >>> may_break("镇", "江"), may_break("镇", "，"), may_break("（", "镇"), may_break("k", "m")
    (True, False, False, False)
    """
    if NBSP in (before, after) or after in NO_START or before in NO_END or after == " ":
        return False
    if before == " ":
        return True
    if is_cjk(before) or is_cjk(after):
        return True
    return before in "-/\\–|" and after != " " and not after.isdigit()


def pieces(text: str) -> list[str]:
    """Cut a text into pieces that are not broken; spaces stay at the end of a piece.

    Examples
    --------
    >>> pieces("占全市 25.9%，km² each")
    ['占', '全', '市 ', '25.9%，', 'km² ', 'each']
    """
    found, start = [], 0
    for place in range(1, len(text)):
        if may_break(text[place - 1], text[place]):
            found.append(text[start:place])
            start = place
    return [*found, text[start:]] if text else []


def lines(text: str, room: float, size: float, first: float = 0.0) -> list[str]:
    r"""Break a text into lines.

    Parameters
    ----------
    text : str
        ``\n`` ends a line.
    room : float
        Width of a line in points.
    size : float
        Of the letters, in points.
    first : float
        Indent of the first line, in points.

    Returns
    -------
    list of str
        At least one. A piece that is wider than a line is cut where it must be.

    Examples
    --------
    >>> lines("镇江市，丹阳市", 40, 10)
    ['镇江市，', '丹阳市']
    >>> lines("red-line areas", 45, 10)
    ['red-line', 'areas']
    """
    found: list[str] = []
    for part in text.split("\n"):
        found += _broken(part, room, size, first if not found else 0.0)
    return found


def _broken(text: str, room: float, size: float, first: float) -> list[str]:
    found: list[str] = []
    line, used = "", first
    for piece in pieces(text):
        wide = width(piece.rstrip(" "), size)
        if line and used + wide > room:
            found.append(line.rstrip(" "))
            line, used = "", 0.0
        for part in _forced(piece, room - used, room, size):
            if part is None:
                found.append(line)
                line, used = "", 0.0
                continue
            line += part
            used += width(part, size)
    return [*found, line.rstrip(" ")]


def _forced(piece: str, rest: float, room: float, size: float) -> Iterator[str | None]:
    """Give a piece as it is, or cut to the room (None: here a line ends)."""
    if width(piece.rstrip(" "), size) <= rest:
        yield piece
        return
    part = ""
    for char in piece:
        if part and width(part + char, size) > rest:
            yield part
            yield None
            part, rest = "", room
        part += char
    yield part


def narrowest(text: str, size: float) -> float:
    """Give the width below which a text would be cut inside a word, in points."""
    return max((width(p.rstrip(" "), size) for p in pieces(text)), default=0.0)


def _readable(text: str, size: float, run: int) -> float:
    """Give the width at which a text reads: Chinese breaks anywhere, but not after every sign.

    Examples
    --------
    >>> _readable("优化开发区域", 10.0, 4), _readable("a", 10.0, 4) < 10
    (40.0, True)
    """
    wide = sum(east_asian_width(c) in "WF" for c in text)
    return max(narrowest(text, size), min(wide, run) * size)


#: So many Chinese signs stand side by side in a column, where the table has the room.
RUN = 4
#: No word asks for more than this part of a table; longer ones (checksums, paths) are cut.
_MOST_WORD = 0.34


def fitted(
    heads: Sequence[str], rows: Sequence[Sequence[str]], wishes: Sequence[float], room: float,
    sizes: Sequence[float], padding: float, wider: float = 1.0, bold: float = 1.0,
) -> tuple[list[float], float]:  # fmt: skip
    """Give the widths of columns and the size of letters at which a table reads best.

    The largest size at which no word breaks; a smaller one where that makes the table much shorter.

    Parameters
    ----------
    heads, rows, wishes, room, padding, bold
        See :func:`column_widths`.
    sizes : sequence of float
        The usual one first.
    wider : float
        How much wider letters may be than those that are counted with.

    Examples
    --------
    >>> fitted(["a", "b"], [["area", "1"]], [1, 1], 200, (9.0, 8.0), 6)
    ([100.0, 100.0], 9.0)
    """
    for run in range(RUN, 0, -1):  # smaller letters before columns of single signs
        best: tuple[float, list[float], float] | None = None
        for size in sizes:
            found = column_widths(heads, rows, wishes, room, size * wider, padding, run, bold)
            if found is None or (best and size < _LEAST_SIZE * sizes[0]):
                continue
            told = _one_line(heads, rows, size * wider, bold)
            tall = _lines(told, np.array(found), padding)[0] * size
            if best is None or tall < _SHORTER * best[0]:
                best = tall, found, size
        if best is not None:
            return best[1:]
    total = sum(wishes)
    return [room * w / total for w in wishes], sizes[-1]


#: Letters are made smaller, down to this part, where that takes a fifth of the height (our choice).
_LEAST_SIZE, _SHORTER = 0.88, 0.8


def column_widths(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    wishes: Sequence[float],
    room: float,
    size: float,
    padding: float,
    run: int = RUN,
    bold: float = 1.0,
) -> list[float] | None:
    """Share the width of a table so that no head or word breaks, and few cells have many lines.

    Parameters
    ----------
    heads : sequence of str
    rows : sequence of sequences of str
    wishes : sequence of float
        Relative widths.
    room : float
        Of the table, in points.
    size : float
        Of the letters.
    padding : float
        Left and right of a cell together.
    run : int
        So many Chinese signs at least stand side by side, where a cell has as many.
    bold : float
        How much wider the letters of heads are.

    Returns
    -------
    list of float or None
        None where the words have no room side by side at this size.

    Examples
    --------
    >>> column_widths(["name", "construction"], [["a", "1"]], [3, 1], 140, 10, 6)
    [51.39, 88.61]
    """
    least = [
        padding + 0.01 + max(
            min(_readable(head, size * bold, run), room * _MOST_WORD),
            *(min(_readable(row[i], size, run), room * _MOST_WORD) for row in rows),
            0.0,
        )
        for i, head in enumerate(heads)
    ]  # fmt: skip
    if sum(least) > room:
        return None
    widths = _evened([room * w / sum(wishes) for w in wishes], least)
    told = _one_line(heads, rows, size, bold)
    return _fewest_lines(told, np.array(widths), np.array(least), padding)


def _one_line(heads: Sequence[str], rows: Sequence[Sequence[str]], size: float, bold: float) -> Any:
    """Give the width of each text in one line, as an array of rows and columns, the head first."""
    first = [width(head, size * bold) for head in heads]
    return np.array([first, *([width(cell, size) for cell in row] for row in rows)])


def _lines(told: Any, columns: Any, padding: float) -> tuple[float, float]:
    """Count the lines of all rows, and of all cells."""
    lines = np.ceil(told / (columns - padding) - 1e-6)
    return float(lines.max(axis=1).sum()), float(lines.sum())


def _evened(widths: Sequence[float], least: Sequence[float]) -> list[float]:
    """Let columns that have more than the least give to those that have less.

    Examples
    --------
    >>> _evened([50.0, 50.0], [80.0, 10.0])
    [80.0, 20.0]
    """
    short = [max(0.0, low - w) for low, w in zip(least, widths, strict=True)]
    spare = [max(0.0, w - low) for low, w in zip(least, widths, strict=True)]
    need, there = sum(short), sum(spare)
    if need <= 0:
        return list(widths)
    return [w + s - p * need / there for w, s, p in zip(widths, short, spare, strict=True)]


def _fewest_lines(told: Any, widths: Any, least: Any, padding: float) -> list[float]:
    """Move room between columns as long as a table gets shorter by it.

    Parameters
    ----------
    told : array of rows and columns
        Width of each text in one line; the head first.
    widths, least : array of columns
    padding : float

    Examples
    --------
    >>> texts = np.array([[20.0, 20.0], [150.0, 20.0]])
    >>> _fewest_lines(texts, np.array([100.0, 100.0]), np.array([20.0, 20.0]), 0.0)
    [150.0, 50.0]
    """
    # Where no row gets shorter at once, cells that do count, so that a second move can help.
    tall = partial(_lines, told, padding=padding)
    best, room = tall(widths), float(widths.sum())
    for step in (room / 4, room / 8, room / 16, room / 32, room / 64):
        while True:
            moves = [
                widths + step * (one - other)
                for one in np.eye(len(widths)) for other in np.eye(len(widths))
                if (one != other).any() and (widths - step * other >= least).all()
            ]  # fmt: skip
            found = min(moves, key=tall, default=widths)
            if tall(found) >= best:
                break
            widths, best = found, tall(found)
    return [float(w) for w in widths]
