"""Texts for encodings that lack some characters: plain forms, never a question mark."""

from __future__ import annotations

import codecs
import re
import unicodedata

#: Plain forms that Unicode does not give by itself.
_PLAIN = {"−": "-", "–": "-", "≤": "<=", "≥": ">=", "✓": "v", "✗": "x"}
#: A raised digit behind a digit: 10⁴ is not 104.
_POWER = re.compile("([0-9])([⁰¹²³⁴-⁹])")
#: Name of the handler of errors that writes plain forms.
HANDLER = "zoning-plain"


def simplified(text: str, encoding: str) -> str:
    """Replace characters that the encoding lacks by their plain forms, where they have one.

    Examples
    --------
    >>> simplified("3 km² − 10⁴", "GBK"), simplified("3 km²", "UTF-8")
    ('3 km2 - 10^4', '3 km²')
    """
    if can_write(text, encoding):
        return text
    text = _POWER.sub(r"\1^\2", text)
    return "".join(
        c if can_write(c, encoding) else _PLAIN.get(c) or unicodedata.normalize("NFKC", c)
        for c in text
    )


def can_write(text: str, encoding: str) -> bool:
    """Whether the encoding has every character of a text.

    Examples
    --------
    >>> can_write("镇江", "GBK"), can_write("km²", "GBK")
    (True, False)
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def register() -> None:
    r"""Let streams with ``errors="zoning-plain"`` write plain forms, and codes of all else.

    Examples
    --------
    >>> register()
    >>> "3 km², 𠮷".encode("GBK", HANDLER).decode("GBK")
    '3 km2, \\U00020bb7'
    """
    codecs.register_error(HANDLER, _plainly)


def _plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    told = simplified(lost, error.encoding)
    if not can_write(told, error.encoding):
        told = lost.encode("ascii", "backslashreplace").decode("ascii")
    return told, error.end
