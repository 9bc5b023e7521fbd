"""What every layer of a plan claims land for: polygons with a role and a class each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import Ints
from zoning.inputs.plans import NOTHING
from zoning.review.audit.rules import Claim

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan

#: Name of the contribution that holds protections other than red lines, and of its layer.
_PROTECTIONS = "protections"


@dataclass(frozen=True)
class Claims:
    """All polygons that claim land, in an order that does not depend on that of the inputs.

    Parameters
    ----------
    claims : tuple of Claim
        All different ones, sorted; those that stand for land outside a role too.
    shapes : array of polygon, shape (n,)
    claim : int array, shape (n,)
        Which claim each polygon makes.
    outside : mapping of role to int
        The claim of land under no polygon of the role.
    layers : DataFrame
        One row for each layer that takes part: ``role``, ``plan`` (its name), ``year``,
        ``survey``, ``precedence``, ``features``, ``input`` (table of plan.toml), ``source``.
    layer : int array, shape (n,)
        Row of ``layers`` that each polygon comes from.
    """

    claims: tuple[Claim, ...]
    shapes: npt.NDArray[np.object_]
    claim: Ints
    outside: dict[str, int]
    layers: pd.DataFrame
    layer: Ints

    def roles(self) -> tuple[str, ...]:
        """Give the roles that take part, sorted."""
        return tuple(sorted({role for role, _ in self.claims}))


def claims_of(
    plan: Plan, plans: gpd.GeoDataFrame | None, parks: gpd.GeoDataFrame | None = None
) -> Claims:
    """Collect what protections, parks and plans claim.

    Parameters
    ----------
    plan : Plan
        Gives red lines and other protections.
    plans : GeoDataFrame, optional
        Of :mod:`zoning.inputs.plans`, in the CRS of the plan.
    parks : GeoDataFrame, optional
        ``kind`` and ``geometry``.

    Returns
    -------
    Claims
    """
    given = next((c for c in plan.contributions if c.wing == _PROTECTIONS), None)
    frame = None
    if given is not None:
        frame = next(x.frame for x in given.layers if x.name == _PROTECTIONS)
    return collect(plan.redlines, frame, plans, parks)


def collect(
    redlines: gpd.GeoDataFrame | None,
    protections: gpd.GeoDataFrame | None,
    plans: gpd.GeoDataFrame | None,
    parks: gpd.GeoDataFrame | None = None,
) -> Claims:
    """Collect claims from layers; see :func:`claims_of`.

    Parameters
    ----------
    redlines : GeoDataFrame, optional
        ``level``.
    protections : GeoDataFrame, optional
        ``kind``.
    plans, parks : GeoDataFrame, optional
    """
    rows: list[tuple[Claim, Any, int]] = []
    layers: list[dict[str, Any]] = []
    _add_protections(redlines, protections, rows, layers)
    if parks is not None and len(parks):
        layers.append(_layer("park", "[inputs.parks]", len(parks)))
        for kind, shape in zip(parks["kind"], parks.geometry, strict=True):
            code = kind.strip() if isinstance(kind, str) and kind.strip() else "park"
            rows.append((("park", code), shape, len(layers) - 1))
    rest: dict[str, str] = {}
    if plans is not None:
        for _, part in plans.groupby("layer", sort=True):
            first = part.iloc[0]
            layers.append(_layer(first["role"], "[[inputs.plans]]", len(part), first))
            rows += [
                ((str(role), str(code)), shape, len(layers) - 1)
                for role, code, shape in zip(
                    part["role"], part["class"], part.geometry, strict=True
                )
            ]
            if first["outside"] != NOTHING:
                rest[str(first["role"])] = str(first["outside"])
    return gather(rows, layers, rest)


def gather(
    rows: Sequence[tuple[Claim, Any, int]], layers: list[dict[str, Any]], rest: dict[str, str]
) -> Claims:
    """Put claims in an order of their own, and number them."""
    import pandas as pd

    claims = tuple(sorted({c for c, _, _ in rows} | set(rest.items())))
    number = {c: i for i, c in enumerate(claims)}
    shapes = np.array([s for _, s, _ in rows], dtype=object)
    table = pd.DataFrame(layers, columns=list(_layer("", "", 0)))
    for name in ("year", "precedence", "features"):
        table[name] = table[name].astype("Int64")
    for name in ("role", "plan", "survey", "input", "source"):
        table[name] = table[name].astype("string")
    return Claims(
        claims, shapes, np.array([number[c] for c, _, _ in rows], dtype=np.int64),
        {role: number[role, code] for role, code in rest.items()}, table,
        np.array([k for _, _, k in rows], dtype=np.int64),
    )  # fmt: skip


def _layer(role: str, table: str, features: int, row: Any = None) -> dict[str, Any]:
    given = {} if row is None else row
    return {
        "role": role, "plan": given.get("plan"), "year": given.get("year"),
        "survey": given.get("survey", ""), "precedence": given.get("precedence"),
        "features": features, "input": table, "source": given.get("source", ""),
    }  # fmt: skip


def _years(frame: gpd.GeoDataFrame, column: str) -> dict[str, Any]:
    """Give the year of a layer of protections, where all of it is of one year."""
    import pandas as pd

    years = pd.to_numeric(frame[column], errors="coerce") if column in frame else frame.index[:0]
    one = years.dropna().unique()
    return {"year": int(one[0])} if len(one) == 1 else {}


def _add_protections(
    redlines: gpd.GeoDataFrame | None,
    protections: gpd.GeoDataFrame | None,
    rows: list[tuple[Claim, Any, int]],
    layers: list[dict[str, Any]],
) -> None:
    where = "[[inputs.protections]]"
    if redlines is not None and len(redlines):
        layers.append(_layer("redline", where, len(redlines), _years(redlines, "source_year")))
        rows += [
            (("redline", f"level{int(level)}"), shape, len(layers) - 1)
            for level, shape in zip(redlines["level"], redlines.geometry, strict=True)
        ]
    if protections is None:
        return
    for kind in sorted(protections["kind"].unique()):
        part = protections[protections["kind"] == kind]
        layers.append(_layer(str(kind), where, len(part), _years(part, "year")))
        rows += [((str(kind), str(kind)), shape, len(layers) - 1) for shape in part.geometry]
