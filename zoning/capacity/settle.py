"""The account after the new land: every limit held against what was placed."""

from __future__ import annotations

import pandas as pd

from zoning.capacity.accounts import Account, closed_zones
from zoning.capacity.green import eco_check
from zoning.capacity.phases import order_of
from zoning.capacity.rules import Limit, by_column, told
from zoning.errors import Check, Text


def settle(
    acc: Account, pieces: pd.DataFrame, new_m2: pd.Series, *, eco_agri_m2: int | None = None
) -> list[Check]:
    """Add the new land to the account again and hold every limit against it.

    Parameters
    ----------
    acc : Account
        As :func:`account` gave it.
    pieces : DataFrame, index ``piece``
        The same pieces.
    new_m2 : Series of int64, index ``piece``
        New construction land in square metres.
    eco_agri_m2 : int, optional
        Ecological and agricultural space after the new land.

    Returns
    -------
    list of Check
        One per limit (``new.city``, ``new.quota`` ...), the free land of each piece, and what
        stays unspent of each quota as a note.

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["u1"], "township": ["t"], "county": ["c"], "area_m2": [1000],
    ...      "built_m2": [200], "free_m2": [500]}, index=["u1|t"])
    >>> from zoning.capacity import CapRules, account
    >>> acc = account(pieces, CapRules(share=0.28), 1000)
    >>> [(c.check, c.ok, c.margin) for c in settle(acc, pieces, pd.Series([70], index=["u1|t"]))]
    [('new.free', True, 0), ('new.city', True, 10)]
    """
    new = new_m2.reindex(pieces.index)
    over = int(((new < 0) | (new > pieces["free_m2"])).sum())
    checks = [
        Check(
            "new.free",
            "error",
            over == 0 and bool(new.notna().all()),
            over,
            0,
            "pieces",
            "city",
            Text(f"{over} pieces build more than is free", f"{over} 个地块的新增超过可用土地"),
        )
    ]
    for limit in acc.limits:
        land = limit.land(pieces, new)
        used = (limit.used(pieces, land, up=up) for up in (True, False))
        checks += _limit_checks(limit, *used)
    checks += _nested(acc, pieces, new) + _reduced(pieces)
    checks += _closed_checks(acc, pieces, new)
    return checks + eco_check(acc.rules, eco_agri_m2, acc.base_m2)


def _nested(acc: Account, pieces: pd.DataFrame, new: pd.Series) -> list[Check]:
    """Hold each phase against the next: what is built by its end stays."""
    found, names = [], [by_column(p) for p in order_of(acc.limits)[:-1]]
    titles = {x.code: x.name for x in acc.limits if x.kind == "phase"}
    for name, column in zip(order_of(acc.limits), names, strict=False):
        en, zh = titles[name].en or name, titles[name].zh or name
        later = names[names.index(column) + 1 :]
        after = pieces[later[0]] if later else new
        off = int(((pieces[column] < 0) | (pieces[column] > after)).sum())
        text = Text(
            f"{off} pieces have more by the end of {en} than after it",
            f"{off} 个地块在{zh}末的新增多于其后",
        )
        found.append(Check("new.phase_nested", "error", off == 0, off, 0, "pieces", name, text))
    return found


def _reduced(pieces: pd.DataFrame) -> list[Check]:
    """Hold reduced land against what may go."""
    if "reduced_m2" not in pieces:
        return []
    gone = pieces["reduced_m2"]
    off = int(((gone < 0) | (gone > pieces["reducible_m2"])).sum())
    text = Text(f"{off} pieces give up more than may go", f"{off} 个地块的减量超过可减面积")
    return [Check("new.reducible", "error", off == 0, off, 0, "pieces", "city", text)]


def _closed_checks(acc: Account, pieces: pd.DataFrame, new: pd.Series) -> list[Check]:
    """Tell new land in zones that may take none, whatever caps the plan states."""
    if "zone" not in pieces:
        return []
    found = []
    for code, name in closed_zones(acc.rules).items():
        used = int(new[pieces["zone"].eq(code).fillna(False)].sum())
        text = Text(
            f"{name.en}: the zone takes no new construction land; new land {told(used)}",
            f"{name.zh}：该分区不得新增建设用地，新增 {told(used)}",
        )
        found.append(Check("new.closed_zone", "error", used == 0, used, 0, "m2", code, text))
    return found


def _limit_checks(limit: Limit, used: int, least: int) -> list[Check]:
    """Hold the cap and the floor of one limit against the land used under it."""
    found = []
    name, told = limit.label, limit.told
    new_en, new_zh = _taken(limit)
    if limit.cap_m2 is not None:
        left = limit.cap_m2 - used
        found.append(
            Check(
                f"new.{limit.kind}",
                "error",
                left >= 0,
                used,
                limit.cap_m2,
                limit.unit,
                limit.code,
                Text(
                    f"{name.en}: {new_en} {told(used)}, unspent {told(left)}",
                    f"{name.zh}：{new_zh} {told(used)}，剩余 {told(left)}",
                ),
            )
        )
    if limit.floor_m2 > 0:
        found.append(
            Check(
                f"floor.{limit.kind}",
                "error",
                least >= limit.floor_m2,
                least,
                limit.floor_m2,
                limit.unit,
                limit.code,
                Text(
                    f"{name.en}: {new_en} {told(least)}, at least {told(limit.floor_m2)}",
                    f"{name.zh}：{new_zh} {told(least)}，不得少于 {told(limit.floor_m2)}",
                ),
            )
        )
    return found


def _taken(limit: Limit) -> Text:
    """Say what is counted: new land, what new land takes, or land that is given up."""
    if limit.kind == "reduction":
        return Text("given up", "减量")
    return Text("taken", "占用") if limit.coefficient else Text("new land", "新增")
