"""Tables as CSV that Excel opens in Chinese, with no text that acts as a formula."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: What makes a spreadsheet read a text as a formula.
_ACTING = ("=", "+", "-", "@", "\t", "\r")


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table in UTF-8 with a mark, so that Excel knows the encoding.

    Texts that would act as a formula get an apostrophe in front, which spreadsheets do not show.

    References
    ----------
    OWASP, CSV Injection.
    """
    safe = frame.copy()
    for column in safe.columns:
        if safe[column].dtype.kind not in "iufb":
            safe[column] = safe[column].map(tame)
    safe.columns = [tame(str(c)) for c in safe.columns]
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def tame(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    Examples
    --------
    >>> tame("=1+1"), tame("丹阳"), tame(-1)
    ("'=1+1", '丹阳', -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_ACTING) else value
