"""To Marxan: the folder of input.dat, pu.dat, spec.dat, puvsp.dat and bound.dat.

Marxan minimises the cost of chosen units so that every feature reaches its target. A cap is said
through its complement: Marxan chooses the units that are *not* built, a feature per cap collects
the free land of such units, and its target is the free land less the cap. A floor cannot be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from zoning.allocation.files.export import number, save_lines
from zoning.allocation.proof.bounded import Boundary
from zoning.allocation.proof.certificate import read
from zoning.allocation.stages import staged as has_stages
from zoning.base.staged import staged
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InputError, Problem, Text, raise_all

#: Marxan's status: 1 in the first choice only, 2 locked in, 3 locked out.
_IN, _OUT = 2, 3


def _refuse(pieces: pd.DataFrame, limits: Sequence[Limit], how: Boundary) -> None:
    """Say what cannot be said in Marxan's terms."""
    problems = []
    if has_stages(limits, pieces):
        text = Text("phases and land that may go cannot be said in Marxan's terms",
                    "Marxan 无法表达分期与减量")  # fmt: skip
        problems.append(Problem(text, "[cap]", code="marxan-stages"))
    if not how.whole:
        text = Text(
            "Marxan chooses whole units, this plan builds fractions of them",
            "Marxan 只能选择完整单元，本方案按单元的一部分分配",
        )
        remedy = Text("allocate whole units", "改用整单元分配")
        problems.append(Problem(text, "[allocation]", remedy=remedy, code="marxan-fractions"))
    for limit in limits:
        if limit.floor_m2 > 0:
            en, zh = limit.label
            text = Text(
                f"{en}: a floor on new land would cap the units left out; Marxan has targets only",
                f"{zh}：新增下限等于未选单元的上限，而 Marxan 只有目标值",
            )
            problems.append(Problem(text, "[cap]", code="marxan-floor"))
    raise_all(problems, InputError)


def write_marxan(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    folder: Path | str,
    *,
    locks: Sequence[Lock] = (),
    how: Boundary,
) -> Path:
    """Write the question of whole units as a Marxan folder.

    A unit that Marxan selects stays unbuilt; its cost is the suitability-m2 that is lost. The
    boundary is the same for a choice and its complement; ``BLM`` is lambda x 1000 (m2 per m).

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        As for :func:`zoning.allocation.allocate`.
    limits : sequence of Limit
        Caps only.
    folder : path
        Made if need be; each file appears whole or not at all.
    locks : sequence of Lock
        What was decided.
    how : Boundary
        Edges, lambda and core share, with ``whole=True``.

    Returns
    -------
    Path
        ``input.dat``. The unit codes stand in ``units.csv`` beside it.

    Raises
    ------
    InputError
        If the question cannot be said in Marxan's terms, with the reason.
    """
    _refuse(pieces, limits, how)
    folder = Path(folder)
    table = pieces.sort_index(kind="stable")
    at = read(table, limits, locks)
    unit, codes = pd.factorize(table["unit"], sort=True)
    n = len(codes)

    def total(values: object) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        weights = np.asarray(values, dtype=np.float64)
        return np.bincount(unit, weights=weights, minlength=n).astype(np.float64)

    can, must = total(at.most) > 0, total(at.least) > 0
    core = total(table["built_m2"]) > how.core_share * total(table["area_m2"])
    cost = total(at.worth / 1e9 * at.most)
    # A core with free land is chosen in the boundary but may stay unbuilt: its land gets a
    # number of its own, without neighbours, after the units.
    split = np.flatnonzero(core & can)
    number_of = np.arange(1, n + 1)
    land_at = number_of.copy()
    land_at[split] = n + 1 + np.arange(len(split))
    status = np.where(core | must, _OUT, np.where(can, 0, _IN))
    pu = [f"{k},{number(0 if core[i] else cost[i])},{status[i]}" for i, k in enumerate(number_of)]
    pu += [f"{land_at[i]},{number(cost[i])},{_OUT if must[i] else 0}" for i in split]
    spec, amounts = ["id,target,spf,name"], []
    for f, limit in enumerate((x for x in limits if x.cap_m2 is not None), start=1):
        land = total(at.counts(list(limits).index(limit)) * at.most)
        target = max(0.0, round(float(land.sum()), 6) - int(limit.cap_m2 or 0))
        spec.append(f"{f},{number(target)},1000000,{limit.kind}_{f}")
        amounts += [
            (f, int(land_at[i]), number(round(float(land[i]), 6))) for i in np.flatnonzero(land > 0)
        ]
    amounts.sort(key=lambda row: (row[1], row[0]))
    index = pd.Index(codes)
    a, b = (index.get_indexer(how.edges[c]) for c in ("a", "b"))
    area = total(table["area_m2"])
    bound = [
        f"{number_of[i]},{number_of[j]},{number(float(x))}"
        for i, j, x in zip(a, b, how.edges["length_m"], strict=True)
        if min(i, j) >= 0 and area[i] > 0 and area[j] > 0
    ]
    names = [f"{k},{code}" for k, code in zip(number_of, codes, strict=True)]
    names += [f"{land_at[i]},{codes[i]} (free land)" for i in split]
    files = {
        "units.csv": ["id,unit", *names],
        "pu.dat": ["id,cost,status", *pu],
        "spec.dat": spec,
        "puvsp.dat": ["species,pu,amount", *(",".join(map(str, row)) for row in amounts)],
        "bound.dat": ["id1,id2,boundary", *bound],
        "input.dat": _input(how.lambda_km * 1000.0),
    }
    with staged(folder, last=("input.dat",)) as stage:
        for name, lines in files.items():
            save_lines(stage / name, iter(lines))
    return folder / "input.dat"


def _input(blm: float) -> list[str]:
    return [
        f"BLM {number(blm)}",
        "PROP 0.5",
        "RANDSEED 1",
        "NUMREPS 10",
        "NUMITNS 1000000",
        "STARTTEMP -1",
        "NUMTEMP 10000",
        "INPUTDIR .",
        "PUNAME pu.dat",
        "SPECNAME spec.dat",
        "PUVSPRNAME puvsp.dat",
        "BOUNDNAME bound.dat",
        "OUTPUTDIR output",
        "RUNMODE 1",
        "MISSLEVEL 1",
    ]
