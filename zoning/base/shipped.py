"""Where the data that ships with the package lies.

In a wheel it is inside the package; in a working copy it is the folder ``data`` beside it.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

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


def _refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
    raise TypeError("shipped data are shared by everything that reads them: change a copy")


class _Table(dict[str, Any]):
    """A table that all share: reads as a dict, refuses changes, copies into plain ones."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {k: deepcopy(v, memo) for k, v in self.items()}

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


class _Rows(list[Any]):
    """As `_Table`, for a list."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [deepcopy(v, memo) for v in self]

    def __reduce__(self) -> Any:
        return list, (list(self),)


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return _Table({k: _kept(v) for k, v in value.items()})
    return _Rows(map(_kept, value)) if isinstance(value, list) else value


@cache
def load_toml(*parts: str) -> dict[str, Any]:
    """Read a shipped TOML file once; what it returns is shared and refuses to be changed.

    Examples
    --------
    >>> load_toml("weights", "random_index.toml")["limit"] = 1
    Traceback (most recent call last):
    TypeError: shipped data are shared by everything that reads them: change a copy
    """
    kept: dict[str, Any] = _kept(strict.read(data_path(*parts)).data)
    return kept
