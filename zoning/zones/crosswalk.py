"""A method of one scheme read in the zones of another; and the method of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from zoning.base.strict import Located
from zoning.errors import InputError
from zoning.schemes import Crosswalk, Scheme, crosswalk_names, load_crosswalk
from zoning.schemes.crosswalk import parse_crosswalk
from zoning.zones.classify import load_method
from zoning.zones.method import Method
from zoning.zones.parse import parse_method
from zoning.zones.reading import REVIEW
from zoning.zones.table import grade_table


def under(method: Method, scheme: Scheme, crosswalk: Crosswalk) -> Method:
    """Say in the zones of ``scheme`` what a method says in its own.

    Every outcome becomes what the crosswalk makes of it; one with several choices is left to a
    person, and ``choices`` of the method tells between what. So margins, flips and draws speak of
    the zones of ``scheme`` too.

    Raises
    ------
    InputError
        If the crosswalk does not fit both schemes.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> found = under(load_method("two-matrices"), load_scheme("national"),
    ...               load_crosswalk("zhenjiang-2013_national"))
    >>> found.matrices[-1].cells["high"], found.choices["zone[low,low]"]
    (('urbanised', 'urbanised', 'urbanised'), ('agricultural', 'urbanised'))
    """
    crosswalk.check(method.scheme, scheme)

    def to(zone: str) -> str:
        return zone if zone == REVIEW else crosswalk.to(zone) or REVIEW

    matrices = list(method.matrices)
    if matrices:
        last = matrices[-1]
        cells = {row: tuple(to(z) for z in values) for row, values in last.cells.items()}
        specials = tuple(replace(e, value=to(e.value)) for e in last.exceptions)
        matrices[-1] = replace(last, cells=cells, exceptions=specials)
    cube = method.cube
    if cube is not None:
        cube = replace(
            cube,
            cells={k: tuple(tuple(to(z) for z in row) for row in rows)
                   for k, rows in cube.cells.items()},
        )  # fmt: skip
    return replace(
        method, scheme=scheme, matrices=tuple(matrices), cube=cube,
        rules=tuple(replace(x, zone=to(x.zone)) for x in method.rules),
        choices=_open(method, crosswalk),
    )  # fmt: skip


def _open(method: Method, crosswalk: Crosswalk) -> dict[str, tuple[str, ...]]:
    """Give the choices of every cell or rule that a crosswalk leaves open."""
    said = {x.id: x.zone for x in method.rules}
    if not method.rules:
        table = grade_table(method)
        said = dict(zip(np.ravel(table.rule), np.ravel(table.zone), strict=True))
    found = {rule: crosswalk.choices.get(zone, ()) for rule, zone in said.items()}
    return {str(rule): choices for rule, choices in found.items() if len(choices) > 1}


def method_of(
    given: str | Path | Mapping[str, Any],
    scheme: Scheme,
    crosswalk: str | Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> Method:
    """Give a method in the zones of a plan.

    Parameters
    ----------
    given : str, Path or mapping
        A shipped name, a file, or the method itself as plain data.
    scheme : Scheme
        Of the plan.
    crosswalk : str or mapping, optional
        ``[zones] crosswalk``: needed where the method speaks of another scheme.
    folder : Path, optional
        Where a relative path of the crosswalk starts.

    Raises
    ------
    InputError
        If the method cannot be read, or speaks of another scheme and there is no crosswalk.
    """
    if isinstance(given, Mapping):
        document, at = (given.document, given.path) if isinstance(given, Located) else (None, ())
        method = parse_method(given, "[zones.method]", document, scheme, at)
    else:
        method = load_method(given, scheme)
    if method.scheme.name == scheme.name:
        return method
    if crosswalk is None:
        shipped = f"{method.scheme.name}_{scheme.name}"
        fits = shipped in crosswalk_names()
        raise InputError.one(
            f"method '{method.name}' speaks of the zones of '{method.scheme.name}', the plan of "
            f"those of '{scheme.name}'",
            f"方法“{method.name}”采用分区方案“{method.scheme.name}”，本方案采用“{scheme.name}”",
            where="[zones] method", code="no-crosswalk",
            remedy=(f"name a [zones] crosswalk ({f'a file, or {shipped}' if fits else 'a file'}), "
                    f"or a method of '{scheme.name}'",
                    f"请给出 [zones] crosswalk（{f'文件或 {shipped}' if fits else '文件'}），"
                    f"或采用“{scheme.name}”的方法"),
        )  # fmt: skip
    walk = (
        parse_crosswalk(crosswalk, "[zones] crosswalk")
        if isinstance(crosswalk, Mapping)
        else load_crosswalk(crosswalk, folder)
    )
    return under(method, scheme, walk)
