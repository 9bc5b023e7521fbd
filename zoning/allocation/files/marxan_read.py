"""A Marxan folder as the question it poses: read as Marxan reads it, or refused with the reason.

All targets are kept as constraints, so penalty factors and annealing settings are not used. What
else would make the question another one than Marxan's is an error; what is merely read otherwise
than one might think is a note.

References
----------
I. R. Ball, H. P. Possingham, M. E. Watts: Marxan and relatives, in Spatial Conservation
Prioritization, Oxford, 2009; the reading of files follows the source of Marxan 4.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from zoning.allocation.files import marxan_zones
from zoning.allocation.files.marxan_files import Folder, locate, numbers, open_folder, table_of
from zoning.allocation.files.selection import Selection
from zoning.errors import InputError, Problem, Text, raise_all

ZONE = "selected"
#: Marxan's status: 1 in the first choice only, 2 locked in, 3 locked out.
_START, _IN, _OUT = 1, 2, 3

#: Keys that say how to search and what to write; the optimum does not depend on them.
_SEARCH = frozenset((
    "VERSION", "PROP", "RANDSEED", "NUMREPS", "NUMITNS", "STARTTEMP", "COOLFAC", "NUMTEMP",
    "HEURTYPE", "RUNMODE", "MISSLEVEL", "CLUMPTYPE", "ITIMPTYPE", "VERBOSITY", "SCENNAME",
    "OUTPUTDIR", "THRESHPEN1", "THRESHPEN2", "STARTDECTHRESH", "ENDDECTHRESH", "STARTDECMULT",
    "ENDDECMULT", "BESTSCORETHRESHOLD", "IMPORTANCE", "TIMELIMIT", "NUMTHREADS", "PENALTYNAME",
    "MATRIXSPORDERNAME", "REJECTION", "SYNCFREEZE", "FAULTTOLERANCE", "SLEEPTIME",
))  # fmt: skip
_FILES = frozenset((
    "BLM", "CM", "INPUTDIR", "PUNAME", "SPECNAME", "PUVSPRNAME", "BOUNDNAME", "COSTTHRESH",
))  # fmt: skip
#: Keys that make it another question, with what they ask for.
_OTHER = {
    "ASYMMETRICCONNECTIVITY": ("connections with a direction", "有方向的连接"),
    "COSTTHRESH": ("a threshold on the cost", "费用阈值"),
    "BLOCKDEFNAME": ("targets by type of feature", "按类型定义的目标"),
    "PROBABILITYWEIGHTING": ("targets of probability", "概率目标"),
    "ZONECONTRIB3NAME": ("contributions of single units", "按单元的贡献率"),
    "CONNECTIVITYIN": ("connections counted inside the choice", "按内部连接计算"),
}
_SPEC_OTHER = {
    "target2": ("a smallest clump", "最小聚块"), "sepnum": ("separated copies", "分离的重复"),
    "ptarget1d": ("a target of probability", "概率目标"),
    "ptarget2d": ("a target of probability", "概率目标"),
}  # fmt: skip


def read_marxan(folder: Path | str, name: str | None = None) -> Selection:
    """Read a Marxan folder as a minimum set: all targets are kept, penalty factors are not used.

    Parameters
    ----------
    folder : path
        With ``input.dat``, or ``pu.dat, spec.dat, puvspr.dat`` (and ``bound.dat``) by their names;
        or an input file.
    name : str, optional
        The input file, where there are several.

    Returns
    -------
    Selection
        One zone, ``selected``, or the zones of Marxan with Zones; for
        :func:`zoning.allocation.files.selection.select`. What was read otherwise than one might
        think stands in its ``notes``.

    Raises
    ------
    InputError
        If a file or column is missing, a value is no number, or Marxan would be asked for what a
        minimum set with targets cannot say; every such thing is named.
    """
    found = open_folder(Path(folder), name)
    _refuse(found)
    pu_file = locate(found, "PUNAME", ("pu.dat",))
    pu = table_of(found, pu_file)
    _needs(pu, ("id",), pu_file)
    units = pd.Index(_ids(pu, pu_file))
    spec_file = locate(found, "SPECNAME", ("spec.dat", "feat.dat"))
    spec = table_of(found, spec_file)
    _needs(spec, ("id",), spec_file)
    features = pd.Index(_ids(spec, spec_file))
    _refuse_columns(pu, pu_file, spec, spec_file)
    amounts = _amounts(found, units, features)
    amounts, bounds = _targets(found, spec, spec_file, amounts, features)
    zones = bool(set(found.words) & marxan_zones.KEYS)
    cost = 0.0 if zones else _cost(found, pu, pu_file)
    question = Selection(
        costs=pd.DataFrame({"unit": units, "zone": ZONE, "cost": cost}),
        amounts=amounts,
        bounds=bounds,
        locks=_locks(found, pu, pu_file),
        edges=_edges(found, units),
        names=_names(spec, features),
        notes=tuple(found.notes),
        files=tuple(found.files),
    )
    if not zones:
        return question
    _no_status(question, pu_file)
    return marxan_zones.zoned(found, question, pu, features)


def _no_status(question: Selection, path: Path) -> None:
    """Refuse units locked by their status: with zones it does not say which zone."""
    if len(question.locks):
        unit = question.locks["unit"].iloc[0]
        raise InputError.one(
            f"unit {unit} has status 2 or 3, which does not say which zone it keeps",
            f"单元 {unit} 的 status 为 2 或 3，未说明锁定于哪个分区",
            where=str(path), code="marxan-status-of-zones",
            remedy=("name its zone in the file of PULOCKNAME", "请在 PULOCKNAME 文件中指定分区"),
        )  # fmt: skip


def _refuse(found: Folder) -> None:
    """Name every key that asks for another question; tell those that are not used."""
    problems, where, words = [], str(found.path), found.words
    for key, (en, zh) in _OTHER.items():
        if _asked(words.get(key, "0")):
            text = Text(f"{key} {words[key]} asks for {en}, which is not solved here",
                        f"{key} {words[key]} 要求{zh}，此处不支持")  # fmt: skip
            problems.append(Problem(text, where, measured=words[key], code="marxan-key"))
    raise_all(problems, InputError)
    known = _SEARCH | _FILES | marxan_zones.KEYS | set(_OTHER)
    odd = sorted(k for k in words if k not in known and not k.startswith("SAVE"))
    if odd:
        found.note(f"keys that are not known and not used: {', '.join(odd)}",
                   f"未知且未使用的键：{', '.join(odd)}", where, "marxan-unknown-key")  # fmt: skip
    if words:
        found.note(
            "solved exactly: targets are kept; penalty factors (spf) and settings of annealing"
            " are not used",
            "精确求解：目标作为约束保持；不使用惩罚系数（spf）与退火参数",
            where, "marxan-exact",
        )  # fmt: skip


def _asked(word: str) -> bool:
    """Whether a key asks for something: a file, or a number above 0 (written ``0.0E+0000`` too)."""
    try:
        return float(word) > 0
    except ValueError:
        return True


def _refuse_columns(pu: pd.DataFrame, pu_file: Path, spec: pd.DataFrame, spec_file: Path) -> None:
    problems = []
    for column, (en, zh) in _SPEC_OTHER.items():
        if column not in spec:
            continue
        least = 1 if column == "sepnum" else 0
        over = numbers(spec, column, spec_file) > least
        if over.any():
            line = int(spec.index[over][0])
            text = Text(f"{column} asks for {en}, which is not solved here",
                        f"{column} 要求{zh}，此处不支持")  # fmt: skip
            problems.append(
                Problem(text, f"{spec_file}, line {line}", measured=str(spec.at[line, column]),
                        code="marxan-column")
            )  # fmt: skip
    if "prob" in pu and (numbers(pu, "prob", pu_file) > 0).any():
        text = Text("prob asks for a target of probability, which is not solved here",
                    "prob 要求概率目标，此处不支持")  # fmt: skip
        problems.append(Problem(text, str(pu_file), code="marxan-column"))
    raise_all(problems, InputError)


def _needs(table: pd.DataFrame, columns: tuple[str, ...], path: Path) -> None:
    missing = [c for c in columns if c not in table]
    if missing:
        raise InputError.one(
            f"columns {', '.join(missing)} are missing", f"缺少字段 {', '.join(missing)}",
            where=str(path), code="missing-column",
        )  # fmt: skip


def _ids(table: pd.DataFrame, path: Path) -> pd.Series:
    ids = numbers(table, "id", path, whole=True)
    if ids.duplicated().any():
        line = int(ids.index[ids.duplicated()][0])
        raise InputError.one(
            f"id {ids.at[line]} occurs twice", f"编号 {ids.at[line]} 重复",
            where=f"{path}, line {line}", code="duplicate-code", measured=int(ids.at[line]),
        )  # fmt: skip
    return ids


def _cost(found: Folder, pu: pd.DataFrame, path: Path) -> pd.Series | float:
    if "cost" in pu:
        return numbers(pu, "cost", path).to_numpy()
    found.note("there is no column cost: every unit costs 1", "没有 cost 字段：每个单元费用为 1",
               str(path), "marxan-no-cost")  # fmt: skip
    return 1.0


def _amounts(found: Folder, units: pd.Index, features: pd.Index) -> pd.DataFrame:
    """Read what each unit holds, by position; of a pair that stands twice the last counts."""
    path = locate(found, "PUVSPRNAME", ("puvspr.dat", "puvsp.dat", "puvspr2.dat"))
    names = ("species", "pu", "amount")
    held = table_of(found, path, names)
    species, pu = (numbers(held, c, path, whole=True) for c in names[:2])
    amount = numbers(held, "amount", path)
    for ids, known, en, zh, code in (
        (species, features, "features", "要素", "marxan-other-features"),
        (pu, units, "units", "单元", "marxan-other-units"),
    ):
        odd = sorted(set(ids) - set(known))
        if odd:
            listed = ", ".join(map(str, odd[:5]))
            found.note(f"{len(odd)} {en} that stand in no list are left out: {listed}",
                       f"{len(odd)} 个未列出的{zh}被忽略：{listed}", str(path), code)  # fmt: skip
    table = pd.DataFrame({"constraint": species, "unit": pu, "zone": ZONE, "amount": amount})
    table = table[species.isin(features) & pu.isin(units)]
    twice = table.duplicated(["constraint", "unit"], keep="last")
    if twice.any():
        found.note(
            f"{int(twice.sum())} pairs of feature and unit stand twice; the last counts, as in"
            " Marxan 4",
            f"{int(twice.sum())} 组要素与单元重复；与 Marxan 4 相同，以最后一行为准",
            str(path), "marxan-twice",
        )  # fmt: skip
    return table[~twice].reset_index(drop=True)


def _targets(
    found: Folder, spec: pd.DataFrame, path: Path, amounts: pd.DataFrame, features: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Targets as amounts; ``prop`` is a share of all there is, ``targetocc`` counts units."""
    there = amounts.groupby("constraint")["amount"].sum().reindex(features, fill_value=0.0)
    lower = np.zeros(len(spec))
    if "target" in spec:
        lower = np.maximum(numbers(spec, "target", path).to_numpy(), 0.0)
    if "prop" in spec:
        share = numbers(spec, "prop", path).to_numpy()
        lower = np.where(share > 0, share * there.to_numpy(), lower)
    if not {"target", "prop", "targetocc"} & set(spec):
        found.note("no column holds targets: nothing is asked for", "没有目标字段：未要求任何目标",
                   str(path), "marxan-no-targets")  # fmt: skip
    bounds = pd.DataFrame({"lower": lower, "upper": np.inf}, index=features.rename("constraint"))
    if "targetocc" not in spec:
        return amounts, bounds
    count = pd.Series(numbers(spec, "targetocc", path).to_numpy(), index=features)
    count = count[count > 0]
    more = amounts[amounts["constraint"].isin(count.index) & (amounts["amount"] > 0)]
    named = {k: f"{k} (units)" for k in count.index}
    more = more.assign(constraint=more["constraint"].map(named), amount=1.0)
    counted = pd.DataFrame({"lower": count, "upper": np.inf}).rename(index=named)
    return pd.concat([amounts, more]), pd.concat([bounds, counted]).rename_axis("constraint")


def _names(spec: pd.DataFrame, features: pd.Index) -> dict[object, str]:
    if "name" not in spec:
        return {}
    return {k: str(n) for k, n in zip(features, spec["name"], strict=True) if str(n)}


def _locks(found: Folder, pu: pd.DataFrame, path: Path) -> pd.DataFrame:
    if "status" not in pu:
        return pd.DataFrame({"unit": [], "zone": [], "locked": []})
    status = numbers(pu, "status", path)
    odd = ~status.isin([0, _START, _IN, _OUT])
    if odd.any():
        line = int(status.index[odd][0])
        raise InputError.one(
            f"status {status.at[line]:g} is not 0, 1, 2 or 3",
            f"status 为 {status.at[line]:g}，只能为 0、1、2 或 3",
            where=f"{path}, line {line}", code="marxan-status", measured=float(status.at[line]),
        )  # fmt: skip
    first = int((status == _START).sum())
    if first:
        found.note(f"{first} units have status 1 (in Marxan's first choice): no matter here",
                   f"{first} 个单元 status 为 1（仅影响 Marxan 的初始解），此处无影响",
                   str(path), "marxan-status-1")  # fmt: skip
    part = status.isin([_IN, _OUT])
    ids = numbers(pu, "id", path, whole=True)[part]
    return pd.DataFrame({"unit": ids, "zone": ZONE, "locked": status[part] == _IN})


def _edges(found: Folder, units: pd.Index) -> pd.DataFrame:
    """Read the boundary by position; of a pair that stands twice the first counts, as in Marxan."""
    none = pd.DataFrame({"a": [], "b": [], "weight": []})
    blm = _blm(found)
    if blm == 0:
        return none
    if "BOUNDNAME" not in found.words:
        found.note(
            f"BLM is {blm:g}, but no BOUNDNAME says where the boundary is: none is counted, as in"
            " Marxan",
            f"BLM 为 {blm:g}，但没有 BOUNDNAME 指明边界文件：与 Marxan 相同，不计边界",
            str(found.path), "marxan-no-boundary",
        )  # fmt: skip
        return none
    path = locate(found, "BOUNDNAME", ())
    names = ("id1", "id2", "boundary")
    table = table_of(found, path, names)
    a, b = (numbers(table, c, path, whole=True) for c in names[:2])
    length = numbers(table, "boundary", path)
    odd = ~(a.isin(units) & b.isin(units))
    if odd.any():
        line = int(table.index[odd][0])
        raise InputError.one(
            f"units {a.at[line]} and {b.at[line]}: one is in no list of units"
            f" ({int(odd.sum())} such lines)",
            f"单元 {a.at[line]} 与 {b.at[line]} 之一不在单元表中（共 {int(odd.sum())} 行）",
            where=f"{path}, line {line}", code="marxan-other-units",
        )  # fmt: skip
    if (length < 0).any():
        line = int(table.index[length < 0][0])
        raise InputError.one(
            f"the boundary is {length.at[line]:g}, below 0", f"边界为 {length.at[line]:g}，小于 0",
            where=f"{path}, line {line}", code="bad-edge", measured=float(length.at[line]),
        )  # fmt: skip
    pair = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "weight": length * blm})
    twice = pair.duplicated(["a", "b"]) & (pair["a"] != pair["b"])
    if twice.any():
        found.note(
            f"{int(twice.sum())} boundaries stand twice (both ways); the first counts, as in"
            " Marxan",
            f"{int(twice.sum())} 条边界重复（双向列出）；与 Marxan 相同，以第一条为准",
            str(path), "marxan-twice",
        )  # fmt: skip
    return pair[~twice].reset_index(drop=True)


def _blm(found: Folder) -> float:
    text = found.words.get("BLM", found.words.get("CM", "0"))
    try:
        blm = float(text)
    except ValueError:
        blm = np.nan
    if not 0 <= blm < np.inf:
        raise InputError.one(f"BLM is '{text}', no number from 0", f"BLM 为“{text}”，应为非负数",
                             where=str(found.path), code="marxan-number")  # fmt: skip
    return blm
