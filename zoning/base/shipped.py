"""Where the data that ships with the package lies.

In a wheel it is inside the package; in a working copy it is the folder ``data`` beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from zoning.base import strict

_PACKAGE = Path(__file__).parent.parent
_INSIDE = _PACKAGE / "_data"
_BESIDE = _PACKAGE.parent / "data"


def data_path(*parts: str) -> Path:
    """Give the path of a shipped file or folder.

    Examples
    --------
    >>> data_path("schemes", "national.toml").name
    'national.toml'
    """
    root = _INSIDE if _INSIDE.is_dir() else _BESIDE
    return root.joinpath(*parts)


@cache
def load_toml(*parts: str) -> dict[str, Any]:
    """Read a shipped TOML file once (do not change what it returns)."""
    return strict.read(data_path(*parts)).data
