"""What a comparison reads of a plan, and of an official list of townships and zones."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from zoning.digest import digest
from zoning.errors import InputError, Problem, Text, ZoningError, meant, raise_all, suggest
from zoning.plan import Plan
from zoning.schemes import Scheme

#: The word of this wing.
WING = "diff"
#: Codes that stand for a zone where there is none: not zoned, and not part of that plan.
UNZONED, OUTSIDE = "unzoned", "outside"
#: Heads under which a list may have its columns.
_HEADS = {
    "code": ("code", "township", "township_code", "代码", "乡镇代码", "编码", "行政区代码",
             "行政区划代码", "xzqdm"),
    "name": ("name", "township_name", "名称", "乡镇", "乡镇名称", "镇街", "乡镇街道",
             "乡镇（街道）", "行政区名称", "xzqmc"),
    "zone": ("zone", "zone_code", "功能区", "主体功能区", "主体功能", "分区", "类型",
             "主体功能定位", "主体功能类型", "功能定位", "功能区类型", "ztgnmc"),
}  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One of two plans that are compared.

    Parameters
    ----------
    name : str
    scheme : Scheme
        The zones that it speaks of.
    digest : str
        Of the plan; of a list, of its file.
    units : DataFrame, index unit
        ``zone`` (codes of the scheme, `UNZONED`), ``township``, ``area_m2``, and where there is
        an allocation ``new_m2``.
    towns : DataFrame, index township
        ``name``, ``zone`` as above, ``area_m2``.
    plan : Plan or None
        None for a list.
    """

    name: str
    scheme: Scheme
    digest: str
    units: pd.DataFrame
    towns: pd.DataFrame
    plan: Plan | None

    @property
    def basis(self) -> str:
        """What a unit's zone is: its own (``"unit"``), or that of its township."""
        return "township" if self.plan is None else "unit"

    def zone_name(self, code: str) -> Text:
        """Give the name of a code of this side, also where there is no zone."""
        return NOWHERE.get(code) or self.scheme.name_of(code)


NOWHERE = {
    UNZONED: Text("not zoned", "未分区"),
    OUTSIDE: Text("not part of the plan (or rounding)", "不在方案内（含取整差）"),
}


def side_of(plan: Plan, *, by_township: bool = False) -> Side:
    """Give what a comparison reads of a plan.

    Parameters
    ----------
    plan : Plan
    by_township : bool
        Whether a unit counts with the class of its township, as beside a list.
    """
    units = plan.units
    zone = "township_zone" if by_township else "zone"
    frame = pd.DataFrame(
        {
            "zone": _codes(units.get(zone), units.index),
            "township": _words(units.get("township"), units.index),
            "area_m2": units["area_m2"].astype("int64"),
        }
    )
    if "new_m2" in units and "allocation" in plan.run:
        frame["new_m2"] = units["new_m2"].astype("int64")
    # What the plan says of a version before it is no part of what is compared.
    kept = tuple(c for c in plan.contributions if c.wing != WING)
    number = digest(replace(plan, contributions=kept))
    return Side(plan.name, plan.scheme, number, frame, _towns(plan), plan)


def _towns(plan: Plan) -> pd.DataFrame:
    towns = plan.townships
    if towns is None:
        empty = pd.DataFrame({"name": [], "zone": [], "area_m2": []}, dtype="object")
        return empty.rename_axis("township")
    return pd.DataFrame(
        {
            "name": towns["name"].astype(str),
            "zone": _codes(towns.get("zone"), towns.index),
            "area_m2": towns["area_m2"].astype("int64"),
        }
    )


def _codes(zone: pd.Series | None, index: pd.Index) -> pd.Series:
    """Give zones as words; what has none is `UNZONED`."""
    return _words(zone, index).replace("", UNZONED)


def _words(column: pd.Series | None, index: pd.Index) -> pd.Series:
    if column is None:
        return pd.Series("", index=index, dtype=object)
    return column.astype(object).where(column.notna(), "").astype(str).astype(object)


def side_of_list(path: Path, like: Plan, schemes: list[Scheme]) -> Side:
    """Read an official list (CSV, XLSX) of townships and their zones as the other side.

    Parameters
    ----------
    path : Path
        A head line; a column with codes or names of townships, one with zones by code or name.
    like : Plan
        Whose townships it lists; their areas are those of this plan.
    schemes : list of Scheme
        Those that its zones may be of; the first that has all of them is taken.

    Raises
    ------
    InputError
        Every row whose township or zone is not known, or that comes twice.
    """
    if like.townships is None:
        raise _wrong(path, "the plan has no townships to compare a list with",
                     "方案没有乡镇，无法与名单比较")  # fmt: skip
    rows = _read(path)
    codes, problems = _places(rows, like, path)
    scheme = _scheme(rows["zone"], schemes)
    zones: dict[str, str] = {}
    for number, (code, said) in enumerate(zip(codes, rows["zone"], strict=True), start=2):
        found = scheme.find(said)
        if said and found is None:
            problems.append(_unknown(
                f"row {number}", Text(f"'{said}' is no zone of '{scheme.name}'",
                                      f"“{said}”不是“{scheme.name}”的分区"),
                suggest(said, [*scheme.codes, *(z.zh for z in scheme.members)]), path))  # fmt: skip
        if code in zones:
            problems.append(_unknown(
                f"row {number}", Text(f"township {code} comes twice", f"乡镇 {code} 重复"), None,
                path))  # fmt: skip
        if code is not None:
            zones[code] = found or UNZONED
    raise_all(problems)
    own = _towns(like)
    towns = own.loc[own.index.isin(zones)].copy()
    towns["zone"] = towns.index.map(zones).astype(object)
    base = side_of(like).units[["township", "area_m2"]]
    units = base.assign(zone=base["township"].map(zones).fillna(UNZONED).astype(object))
    from zoning.base.staged import sha256

    return Side(path.stem, scheme, sha256(path), units, towns, None)


def _read(path: Path) -> pd.DataFrame:
    """Read the columns of a list under our names, as stripped text."""
    from zoning.inputs.tables import read_table

    frame, _ = read_table(path, role="list")
    heads = {_plain(str(c)).lower(): c for c in frame.columns}
    found: dict[str, pd.Series] = {}
    for name, known in _HEADS.items():
        head = next((heads[h] for h in map(_plain, known) if h in heads), None)
        if head is not None:
            text = frame[head].astype(object)
            found[name] = text.where(text.notna(), "").astype(str).str.strip()
    if "zone" not in found or not ({"code", "name"} & set(found)):
        listed = ", ".join(map(str, frame.columns))
        heads_of = {k: ", ".join(v) for k, v in _HEADS.items()}
        raise InputError.one(
            f"needs a column of townships (code or name) and one of zones; it has {listed}",
            f"需要乡镇列（代码或名称）和分区列；现有列：{listed}", where=str(path), code="list",
            remedy=(f"call them by one of these: {heads_of['code']}; or {heads_of['name']}; and "
                    f"{heads_of['zone']}",
                    "列名可为：" + "、".join(_HEADS["code"]) + "；或" + "、".join(_HEADS["name"])
                    + "；以及" + "、".join(_HEADS["zone"])),
        )  # fmt: skip
    return pd.DataFrame(found)


def _places(rows: pd.DataFrame, like: Plan, path: Path) -> tuple[list[str | None], list[Problem]]:
    """Find the township of each row: by code, else by a name that only one has."""
    towns = _towns(like)
    # Brackets may be wide in one and narrow in the other.
    by_name = (
        towns.reset_index().groupby(towns["name"].map(_plain).to_numpy())["township"].agg(list)
    )
    problems: list[Problem] = []
    found: list[str | None] = []
    for number, row in enumerate(rows.to_dict("records"), start=2):
        code, name = row.get("code", ""), row.get("name", "")
        several = by_name.get(_plain(name), [])
        if code in towns.index:
            found.append(code)
            continue
        found.append(str(several[0]) if len(several) == 1 and not code else None)
        if found[-1] is None:
            said, known = code or name, towns.index if code else towns["name"]
            more = len(several) > 1
            text = Text(
                f"'{said}' is {'the name of several townships' if more else 'no township'} here",
                f"“{said}”{'对应多个乡镇' if more else '不在方案的乡镇中'}",
            )
            problems.append(_unknown(f"row {number}", text, suggest(said, map(str, known)), path))
    return found, problems


def _plain(name: str) -> str:
    """Write a name with narrow signs and without spaces."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def _scheme(said: pd.Series, schemes: list[Scheme]) -> Scheme:
    """Choose the first scheme that knows most of the words."""
    words = [w for w in said.unique() if w]
    return max(schemes, key=lambda s: sum(s.find(w) is not None for w in words))


def _unknown(where: str, text: Text, near: str | None, path: Path) -> Problem:
    remedy = meant(near)
    return Problem(text, f"{path}, {where}", remedy=remedy, code="list")


def _wrong(path: Path, en: str, zh: str) -> ZoningError:
    return InputError.one(en, zh, where=str(path), code="list")


def hold(before: Side, after: Side) -> None:
    """Refuse two sides whose units are not the same squares.

    Raises
    ------
    InputError
        With both lattices, or if they share no unit.
    """
    one, two = before.plan, after.plan
    if one is None or two is None:
        return
    if one.grid.same_lattice != two.grid.same_lattice:
        said = [f"{p.grid.cell_m} m, {p.grid.crs}, {tuple(p.grid.origin_m)}" for p in (one, two)]
        raise InputError.one(
            f"the two plans stand on different lattices: {said[0]} and {said[1]}",
            f"两个方案采用不同的网格：{said[0]} 与 {said[1]}", where=two.name,
            code="other-lattice", measured=said[1], limit=said[0],
            remedy=("run one of them with the [grid] of the other",
                    "请用同一套 [grid] 重新运行其中一个方案"),
        )  # fmt: skip
    if not one.units.index.intersection(two.units.index).size:
        raise InputError.one(
            f"'{one.name}' and '{two.name}' have no unit in common: they are of different places",
            f"“{one.name}”与“{two.name}”没有共同单元：属于不同地区", where=two.name,
            code="other-place",
        )  # fmt: skip
