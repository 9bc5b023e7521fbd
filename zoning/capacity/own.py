"""Limits of the plan's own: what one square metre of new land counts, piece by piece.

New land in a piece is taken to lie evenly on its free land: of 100 m2 in a piece whose free land is
farmland to 60 %, 60 m2 are farmland taken. Coefficients are rounded to millionths.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from zoning.capacity.rules import STEP, Limit, OwnLimit
from zoning.errors import InputError, Problem, Text, raise_all

#: Keys of a table of coefficients, and the column of the pieces that holds the same codes.
KEYS = {"unit": "unit", "township": "township", "county": "county", "class": "zone"}


def add_coefficients(
    pieces: pd.DataFrame,
    own: Sequence[OwnLimit],
    units: pd.DataFrame | None = None,
    folder: Path | None = None,
) -> pd.DataFrame:
    """Put the coefficient of each limit beside the pieces, in millionths per m2 of new land.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``free_m2`` and, for farmland, ``free_farmland_m2``.
    own : sequence of OwnLimit
    units : DataFrame, index ``unit``, optional
        For columns that only units have.
    folder : Path, optional
        Where files of tables are.

    Returns
    -------
    DataFrame
        With one int64 column ``limit_NAME`` more for each limit.

    Raises
    ------
    InputError
        If a column, file, place or value is missing or below 0; all such things at once.

    Examples
    --------
    >>> pieces = pd.DataFrame({"county": ["c", "d"], "free_m2": [10, 10],
    ...                        "free_farmland_m2": [6, 10]}, index=["a", "b"])
    >>> rule = OwnLimit("farm", "farmland", places={"county": ("c",)}, upper=3)
    >>> add_coefficients(pieces, [rule])["limit_farm"].tolist()
    [600000, 0]
    """
    problems: list[Problem] = []
    found = pieces.copy()
    for rule in own:
        here = inside_of(pieces, rule, problems)
        per_m2 = _per_m2(pieces, rule, here, units, folder, problems)
        steps = np.round(per_m2.where(here, 0.0).fillna(0.0).to_numpy(np.float64) * STEP)
        found[rule.column] = steps.astype(np.int64)
    raise_all(problems, InputError)
    return found


def inside_of(pieces: pd.DataFrame, rule: OwnLimit, problems: list[Problem]) -> pd.Series:
    """Say which pieces lie in all places that the limit names."""
    return places_of(pieces, rule.places, f"[[cap.limit]] {rule.name}", problems)


def places_of(
    pieces: pd.DataFrame,
    places: Mapping[str, tuple[str, ...]],
    where: str,
    problems: list[Problem],
) -> pd.Series:
    """Say which pieces lie in all places that a rule names; places that are not there are told."""
    here = pd.Series(True, index=pieces.index)
    for column, codes in places.items():
        if column not in pieces:
            _tell(problems, where, f"the plan has no {column}", f"本方案没有 {column}")
            continue
        values = pieces[column].astype("string").fillna("")
        known = set(values) if column != "overlays" else {c for v in values for c in v.split("+")}
        if column in ("county", "township"):
            codes = tuple(c for code in codes for c in beginning(code, known) or [code])
        for code in sorted(set(codes) - known):
            _tell(problems, where, f"'{code}' is no {column} of the plan",
                  f"本方案没有 {column}“{code}”")  # fmt: skip
        if column == "overlays":
            here &= values.map(lambda v: not set(codes).isdisjoint(v.split("+"))).astype(bool)  # noqa: B023
        else:
            here &= values.isin(codes)
    return here


def beginning(code: str, known: Iterable[str]) -> list[str]:
    """Give the codes that a rule means: ``3211*`` stands for all that begin so, a prefecture.

    Examples
    --------
    >>> beginning("3211*", ["321111", "321112", "320102", ""])
    ['321111', '321112']
    """
    return sorted(c for c in known if c and c.startswith(code[:-1])) if code[-1:] == "*" else []


def _per_m2(
    pieces: pd.DataFrame, rule: OwnLimit, here: pd.Series, units: pd.DataFrame | None,
    folder: Path | None, problems: list[Problem],
) -> pd.Series:  # fmt: skip
    """Give what one m2 of new land counts in each piece."""
    nothing = pd.Series(0.0, index=pieces.index)
    if rule.table:
        values = _from_table(pieces, rule, folder, problems)
    elif rule.of == "area":
        return nothing + 1.0
    elif rule.of == "farmland":
        if "free_farmland_m2" not in pieces:
            _tell(problems, rule, "the plan does not know which free land is farmland",
                  "本方案不知道可用土地中的耕地面积")  # fmt: skip
            return nothing
        return farmland_per_m2(pieces)
    else:
        values = _from_column(pieces, rule, units, problems)
    if values is None:
        return nothing
    missing = here & values.isna() & (pieces["free_m2"] > 0)
    if missing.any():
        n, first = int(missing.sum()), missing.idxmax()
        _tell(problems, rule, f"{n} pieces have no value, such as {first}",
              f"{n} 个地块没有值，例如 {first}")  # fmt: skip
    if (values < 0).any() or np.isinf(values).any():
        _tell(problems, rule, "a coefficient is below 0 or not finite", "系数小于 0 或不是有限数")
    return values


def farmland_per_m2(pieces: pd.DataFrame) -> pd.Series:
    """Give the share of each piece's free land that is farmland."""
    free = pieces["free_m2"].where(pieces["free_m2"] > 0)
    return (pieces["free_farmland_m2"] / free).astype("float64").fillna(0.0).clip(upper=1.0)


def _from_column(
    pieces: pd.DataFrame, rule: OwnLimit, units: pd.DataFrame | None, problems: list[Problem]
) -> pd.Series | None:
    if rule.of in pieces:
        return pd.to_numeric(pieces[rule.of], errors="coerce").astype("float64")
    if units is not None and rule.of in units:
        values = pd.to_numeric(units[rule.of], errors="coerce").astype("float64")
        return pieces["unit"].map(values).astype("float64")
    _tell(problems, rule, f"no column '{rule.of}' in pieces or units",
          f"地块与单元中没有字段“{rule.of}”")  # fmt: skip
    return None


def _from_table(
    pieces: pd.DataFrame, rule: OwnLimit, folder: Path | None, problems: list[Problem]
) -> pd.Series | None:
    file, column, key = rule.table
    path = Path(file) if folder is None else folder / file
    from zoning.inputs.tables import read_table

    table, _ = read_table(path, code=key)
    if column not in table:
        _tell(problems, rule, f"{path} has no column '{column}'", f"{path} 没有字段“{column}”")
        return None
    values = pd.to_numeric(table.set_index(key)[column], errors="coerce").astype("float64")
    return pieces[KEYS[key]].astype("string").map(values).astype("float64")


def _tell(problems: list[Problem], rule: OwnLimit | str, en: str, zh: str) -> None:
    where = rule if isinstance(rule, str) else f"[[cap.limit]] {rule.name}"
    problems.append(Problem(Text(en, zh), where, code="own-limit"))


def own_limits(pieces: pd.DataFrame, own: Sequence[OwnLimit]) -> list[Limit]:
    """Turn the limits of a plan into limits on new land.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        With the columns of :func:`add_coefficients`.
    own : sequence of OwnLimit

    Returns
    -------
    list of Limit
        Caps are rounded down, floors up, to whole units.
    """
    return [_limit(pieces, rule) for rule in own]


def _limit(pieces: pd.DataFrame, rule: OwnLimit) -> Limit:
    caps = [] if rule.upper is None else [math.floor(_exact(rule.upper))]
    if rule.keep is not None:
        caps.append(math.floor((1 - _exact(rule.keep)) * existing(pieces, rule)))
    return Limit(
        "limit",
        rule.name,
        floor_m2=0 if rule.lower is None else math.ceil(_exact(rule.lower)),
        cap_m2=min(caps) if caps else None,
        source=rule.source,
        name=rule.title if rule.title.en else Text(rule.name, rule.name),
        coefficient=rule.column,
        unit=rule.unit,
        phase=rule.phase,
    )


def existing(pieces: pd.DataFrame, rule: OwnLimit) -> Fraction:
    """Give what there is of a thing in the places of a limit, today.

    Of farmland all that the land use shows there, also where nothing may be built; of anything else
    what the free land holds.
    """
    if rule.of == "farmland" and not rule.table and "farmland_m2" in pieces:
        here = inside_of(pieces, rule, [])
        return Fraction(int(pieces.loc[here, "farmland_m2"].sum()))
    counted = pieces[rule.column].astype(object) * pieces["free_m2"].astype(object)
    return Fraction(int(counted.sum()), STEP)


def _exact(number: float) -> Fraction:
    return Fraction(repr(float(number)))
