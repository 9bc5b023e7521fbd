"""Units of policy files: what a column is measured in, held through every formula.

Inside, numbers stand in base units (yuan, m2, tCO2, GJ, ...); a file may write any unit of
``data/policies/units.txt``. The library pint reads the units; products and quotients are our own,
so that a formula is held against its units once, before any row is computed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from zoning.base.shipped import data_path
from zoning.errors import InputError, Text, meant, suggest

_SHAPE = re.compile(r"[\w·*/^()%²³. ]{1,60}")
_POWERS = str.maketrans({"²": "2", "³": "3"})


class Unit(NamedTuple):
    """A unit: how many base units it is, and of what.

    Attributes
    ----------
    factor : float
    dims : tuple of (str, int)
        Powers of the dimensions, sorted by name; empty for pure numbers.
    name : str
        As it is written for people.
    """

    factor: float
    dims: tuple[tuple[str, int], ...]
    name: str = ""

    @property
    def pure(self) -> bool:
        """Whether it is a number without dimension."""
        return not self.dims

    def times(self, other: Unit, sign: int = 1) -> Unit:
        """Multiply (or divide, with ``sign`` -1) the dimensions; the factor becomes 1."""
        powers = dict(self.dims)
        for name, power in other.dims:
            powers[name] = powers.get(name, 0) + sign * power
        return Unit(1.0, tuple(sorted((n, p) for n, p in powers.items() if p)))

    def same(self, other: Unit) -> bool:
        """Whether both measure the same kind of thing."""
        return self.dims == other.dims


#: Numbers without unit.
PURE = Unit(1.0, (), "1")
#: Base unit of each dimension, to write a result whose unit has no name of its own.
_BASE = {
    "money": "yuan", "length": "m", "person": "person", "household": "household", "time": "year",
    "mass": "t", "energy": "GJ", "carbon_dioxide": "tCO2",
}  # fmt: skip


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(None)
    lines = data_path("policies", "units.txt").read_text(encoding="utf-8").splitlines()
    for line in sorted(
        (x for x in lines if x and not x.startswith("#")), key=lambda x: "[" not in x
    ):
        registry.define(line)
    return registry


@cache
def parse_unit(text: str, where: str = "") -> Unit:
    """Read a unit.

    Parameters
    ----------
    text : str
        Such as ``"yuan"``, ``"万元/亩"``, ``"tCO2/1e4 yuan"``, ``"m2"``, ``"%"``, ``"1"``.
    where : str
        For messages.

    Raises
    ------
    InputError
        If it is no unit of the table, with the nearest one.

    Examples
    --------
    >>> parse_unit("万元/亩").factor == 15.0, parse_unit("万元/亩").dims
    (True, (('length', -2), ('money', 1)))
    >>> parse_unit("%").factor, parse_unit("tCO2/1e4 yuan").factor
    (0.01, 0.0001)
    """
    plain = text.translate(_POWERS).replace("%", "percent").strip()
    if plain in ("", "1"):
        return PURE
    if not _SHAPE.fullmatch(text) or re.search(r"\*\*|\^|[.\d]{7}|e\d\d", plain):
        raise _no_unit(text, where)
    # m2 and km3 are powers of a name; 1e4 is a number
    powered = re.sub(r"(?<![\w.])(k?m)([23])(?!\w)", r"\1**\2", plain)
    # "tCO2/1e4 yuan" means per ten thousand yuan: a number binds to the name after it
    powered = re.sub(r"(\d[\w.]*)\s+([^\W\d]\w*)", r"(\1*\2)", powered)
    try:
        quantity = _registry().parse_expression(powered)
        base = quantity.to_root_units() if hasattr(quantity, "to_root_units") else None
        factor = float(base.magnitude) if base is not None else float(quantity)
        powers = dict(quantity.dimensionality) if base is not None else {}
        dims = tuple(sorted((str(n).strip("[]"), int(p)) for n, p in powers.items() if p))
        if not 0 < factor < 1e30 or any(abs(p) > 9 for _, p in dims):
            raise _no_unit(text, where)
    except InputError:
        raise
    except Exception as error:  # pint tells what it cannot read by many kinds of error
        raise _no_unit(text, where) from error
    return Unit(factor, dims, text)


def _no_unit(text: str, where: str) -> InputError:
    words = re.findall(r"[^\W\d]\w*", text) or [text]
    known = sorted(_names())
    wrong = next((w for w in words if w not in known), words[0])
    near = suggest(wrong, known)
    return InputError(
        InputError.one(
            f"no unit {text[:60]!r}", f"没有单位 {text[:60]!r}", where=where, code="no-unit",
            measured=text[:60],
            remedy=meant(near, Text("units stand in data/policies/units.txt",
                                    "可用单位见 data/policies/units.txt")),
        ).problems
    )  # fmt: skip


@cache
def _names() -> frozenset[str]:
    lines = data_path("policies", "units.txt").read_text(encoding="utf-8").splitlines()
    parts = [x.split("=") for x in lines if x and not x.startswith("#")]
    return frozenset({"m2", "km2"} | {w.strip() for p in parts for w in (p[0], *p[2:])})


def dimension_name(unit: Unit) -> str:
    """Write the dimension of a unit in base units.

    Examples
    --------
    >>> dimension_name(parse_unit("万元/亩")), dimension_name(PURE)
    ('yuan/m2', '1')
    """
    up = [_power(n, p) for n, p in unit.dims if p > 0]
    down = [_power(n, -p) for n, p in unit.dims if p < 0]
    return "/".join([" ".join(up) or "1", *down])


def _power(name: str, power: int) -> str:
    base = _BASE.get(name, name)
    return base if power == 1 else f"{base}{power}"


def fitting(unit: Unit) -> Unit:
    """Give a unit its name in base units, if it has none.

    Examples
    --------
    >>> fitting(parse_unit("t").times(parse_unit("ha"), -1)).name
    't/m2'
    """
    return unit if unit.name else Unit(unit.factor, unit.dims, dimension_name(unit))
