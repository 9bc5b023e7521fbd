"""How firm a ranking is: the weights drawn anew, as for the zones."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import InputError
from zoning.policy.compiled import Compiled
from zoning.policy.evaluate import full
from zoning.policy.gather import Given, gather
from zoning.policy.kinds import Block
from zoning.policy.run import Result, run_policy

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Seed of the draws; that of the stability of zones.
SEED = 20_131


def ranking(
    compiled: Compiled, plan: Plan | None = None, given: Given | None = None, *,
    draws: int = 500, half_width: float = 0.2, seed: int = SEED,
) -> pd.DataFrame:  # fmt: skip
    """Draw every weight evenly within its half-width, and rank again.

    Weights of a row are scaled back to their total. Rows are ranked inside the groups by which
    the weights are given: scores of different groups are not compared.

    Parameters
    ----------
    compiled : Compiled
        With ``[show] rank`` and weights.
    plan, given
        As for :func:`zoning.policy.run.run_policy`.
    draws : int
    half_width : float
        0.2 is +-20 %.
    seed : int

    Returns
    -------
    DataFrame
        The keys, ``group``, ``rank`` as computed, ``best`` and ``worst`` over the draws, ``kept``:
        share of draws in which the rank is the same.

    Raises
    ------
    InputError
        If the policy ranks nothing or has no weights.

    Examples
    --------
    >>> from zoning.policy.compiled import compile_policy
    >>> from zoning.policy.read import find, read_policy
    >>> c = compile_policy(read_policy(find("compensation-hainan")))
    >>> found = ranking(c, given=Given({}, examples=True), draws=20)
    >>> found[["county", "rank", "kept"]].values.tolist()
    [['A', 2, 1.0], ['B', 1, 1.0]]
    """
    policy = compiled.policy
    if not policy.show.rank or not policy.blocks:
        raise InputError.one(
            "the policy has no weights, or names no column to rank",
            "该政策没有权重，或未指定排名的字段", where=policy.path.name, code="no-rank",
            remedy=("write [show] rank = COLUMN", "请写 [show] rank = 字段"),
        )  # fmt: skip
    first = run_policy(compiled, plan, given)
    rows, _ = gather(policy, plan, given or Given({}))
    ready = replace(given or Given({}), rows=rows)
    group = _groups(first)
    own = _ranks(first, group)
    rng = np.random.default_rng(seed)
    found = np.empty((draws, len(own)))
    for i in range(draws):
        blocks = {n: _drawn(b, half_width, rng) for n, b in policy.blocks.items()}
        other = replace(compiled, policy=replace(policy, blocks=blocks))
        found[i] = _ranks(run_policy(other, plan, ready), group)
    main = first.tables[policy.main]
    table = pd.DataFrame(list(main.keys), columns=list(main.table.keys))
    known = ~np.isnan(own)
    table["group"] = group
    for name, values in (("rank", own), ("best", found.min(0)), ("worst", found.max(0))):
        table[name] = pd.array(np.where(known, values, 0), dtype="Int64")
        table.loc[~known, name] = pd.NA
    table["kept"] = np.where(known, (found == own).mean(axis=0), np.nan)
    return table


def _drawn(block: Block, half: float, rng: np.random.Generator) -> Block:
    rows = {}
    for group, row in block.rows.items():
        drawn = {k: w * float(rng.uniform(1 - half, 1 + half)) for k, w in row.items()}
        scale = block.total / math.fsum(drawn.values())
        rows[group] = {k: w * scale for k, w in drawn.items()}
    return replace(block, rows=rows)


def _groups(result: Result) -> npt.NDArray[np.object_]:
    """Give the group of each row: the column by which the weights are given, if there is one."""
    main = result.tables[result.policy.main]
    by = {b.by for b in result.policy.blocks.values()}
    name = by.pop() if len(by) == 1 else None
    if name is None or name not in main.columns:
        return np.full(len(main), "", dtype=object)
    return np.asarray(full(main.columns[name], len(main)).data, dtype=object)


def _ranks(result: Result, group: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Rank the rows inside their groups, 1 the highest; noise does not break a tie."""
    main = result.tables[result.policy.main]
    value = main.columns[result.policy.show.rank]
    rounded = pd.Series(value.data).map(lambda x: float(f"{x:.10g}"))
    ranks = rounded.where(value.known).groupby(group).rank(method="min", ascending=False)
    return np.asarray(ranks, dtype=np.float64)
