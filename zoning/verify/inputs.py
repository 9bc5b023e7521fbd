"""The inputs read again: their checksums, and a whole run of them held against the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.errors import Text, ZoningError
from zoning.inputs.source import is_data, sha256_of
from zoning.plan import Plan
from zoning.verify import lists
from zoning.verify.compare import Findings, values

FILE = "plan.toml"
_AGAIN = Text("the inputs, measured again", "重新量算的输入数据")
#: Columns that new land and reductions fill, which the second run does not place.
_PLACED = ("new_m2", "reduced_m2")


def audit(plan: Plan, given: Path, found: Findings) -> None:
    """Hold the inputs against their SHA-256, then measure them again.

    Parameters
    ----------
    plan : Plan
    given : Path
        Where the paths of the inputs start, that of plan.toml; or the plan's file, of any name.
    """
    folder, file = (given.parent, given.name) if given.is_file() else (given, FILE)
    _rules(plan, folder, file, found)
    whole = True
    for source in plan.run.get("inputs", ()):
        path = _place(folder, str(source["path"]))
        if not is_data(path):
            found.add("verify.input", False, Text(f"{path} is not there", f"缺少 {path}"),
                      str(source["path"]))  # fmt: skip
            whole = False
            continue
        is_, told = sha256_of(path), source.get("sha256")
        whole = whole and is_ == told
        found.add("verify.input", is_ == told,
                  Text(f"{source['path']}: SHA-256 {is_[:16]}, run.json says {str(told)[:16]}",
                       f"{source['path']}：SHA-256 {is_[:16]}，run.json 记为 {str(told)[:16]}"),
                  str(source["path"]), measured=is_, limit=told)  # fmt: skip
    if not whole:
        found.not_looked_at(Text("areas measured again: the inputs are not those of the run",
                                 "重新量算：输入数据与运行时不同"))  # fmt: skip
        return
    _measure(plan, folder, found)
    lists.again(plan, folder, found)


def _rules(plan: Plan, folder: Path, file: str, found: Findings) -> None:
    """Hold the rules of the plan against its file: an answer has others, and says so here."""
    from zoning.pipeline.ready import settle_method
    from zoning.planfile.read import load

    path = folder / file
    if not path.is_file():
        found.not_looked_at(Text(f"rules of the plan: there is no {file} beside the inputs",
                                 f"方案规则：输入数据旁没有 {file}"))  # fmt: skip
        return
    try:
        asked = settle_method(load(path), folder)
    except ZoningError as error:
        text = Text(f"{file} cannot be read: {error.tell('en')}",
                    f"{file} 无法读取：{error.tell('zh')}")  # fmt: skip
        found.add("verify.rules", False, text, file, level="warning")
        return
    had, right = (dict(_leaves(c.model_dump(mode="json", exclude={"outputs"})))
                  for c in (plan.config, asked))  # fmt: skip
    off = [k for k in {**right, **had} if had.get(k) != right.get(k)]
    if not off:
        text = Text(f"{file}: the rules that the plan was made with", f"{file}：与方案所用规则一致")
        found.add("verify.rules", True, text, file)
        return
    key, n = off[0], len(off)
    text = Text(
        f"{file}: {key} is {right.get(key)}, the plan was made with {had.get(key)}"
        + (f" ({n} places differ)" if n > 1 else "")
        + ": an answer to other rules, or another plan",
        f"{file} 中 {key} 为 {right.get(key)}，方案所用为 {had.get(key)}"
        + (f"（共 {n} 处不一致）" if n > 1 else "") + "：属其他规则下的推演，或非同一方案",
    )  # fmt: skip
    found.add("verify.rules", False, text, f"{file}: {key}", level="warning",
              measured=str(had.get(key)), limit=str(right.get(key)))  # fmt: skip


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Give every value of nested tables and lists, by its place."""
    inner = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for key, one in inner:
        place = f"{at}.{key}" if at else str(key)
        if isinstance(one, dict | list) and one:
            yield from _leaves(one, place)
        elif one not in (None, [], {}):
            yield place, one


def _place(folder: Path, told: str) -> Path:
    """Give the place of an input; the list that ships is called by a name."""
    from zoning.base.shipped import data_path

    return data_path("access", "made-up.csv") if told == "made-up" else folder / told


def _measure(plan: Plan, folder: Path, found: Findings) -> None:
    """Run the inputs again without placing land, and compare the ledger atom by atom."""
    from zoning import pipeline

    part = plan.config.allocation.model_copy(update={"enabled": False})
    try:
        again = pipeline.run(plan.config.model_copy(update={"allocation": part}), folder)
    except ZoningError as error:
        text = Text(f"the inputs cannot be run again: {error.tell('en')}",
                    f"输入数据无法重新运行：{error.tell('zh')}")  # fmt: skip
        found.add("verify.measured", False, text, str(folder))
        return
    keys = [c for c in plan.ledger.columns if c != "area_m2"]

    def atoms(one: Plan) -> dict[str, int]:
        rows = zip(*(one.ledger[k] for k in keys), one.ledger["area_m2"], strict=True)
        return {"|".join(map(str, row[:-1])): int(row[-1]) for row in rows}

    found.column("verify.measured", "ledger.parquet, area_m2", atoms(plan), atoms(again),
                 source=_AGAIN)  # fmt: skip
    _words(plan, again, found)


def _words(plan: Plan, again: Plan, found: Findings) -> None:
    """Hold what comes from the inputs as it is: attributes, names, sources, years, reasons."""
    pairs = {
        "townships": (plan.townships, again.townships), "redlines": (plan.redlines, again.redlines),
        "protections": (_protections(plan), _protections(again)),
        "decisions": (plan.tables.get("decisions"), again.tables.get("decisions")),
        "redline_areas": (plan.tables.get("redline_areas"), again.tables.get("redline_areas")),
    }  # fmt: skip
    for name, (had, right) in pairs.items():
        if had is None or right is None:
            continue
        if len(had) == len(right) and name not in ("townships", "redlines"):
            had, right = had.reset_index(drop=True), right.reset_index(drop=True)
        # New land is no input; shapes are measured by the atoms above.
        given = [c for c in right.columns if c in had and c not in ("geometry", *_PLACED)]
        for column in given:
            found.column("verify.measured", f"plan.gpkg: {name}, {column}",
                         _plain(had[column]), _plain(right[column]), source=_AGAIN)  # fmt: skip


def _protections(plan: Plan) -> pd.DataFrame | None:
    layers = (x for c in plan.contributions for x in c.layers if x.name == "protections")
    return next((x.frame for x in layers), None)


def _plain(column: pd.Series) -> dict[Any, Any]:
    """Give values as both a file and a reader have them: a day and a list as text."""
    return {
        k: v if v is None or isinstance(v, int | float) else str(v) or None
        for k, v in values(column).items()
    }
