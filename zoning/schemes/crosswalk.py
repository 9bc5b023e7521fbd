"""From the zones of one scheme to those of another; what is open stays open."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoning.base import strict
from zoning.base.shipped import data_path
from zoning.errors import InputError, Problem, Text, raise_all, suggest
from zoning.schemes.scheme import Scheme


@dataclass(frozen=True)
class Crosswalk:
    """What each zone of a scheme becomes in another one.

    Parameters
    ----------
    name : str
        File or shipped name.
    source, evidence : str
        Where the choices come from.
    choices : mapping of code to tuple of codes
        One: it becomes that. Several: nobody knows before a person decides.

    Examples
    --------
    >>> c = load_crosswalk("zhenjiang-2013_national")
    >>> c.to("key"), c.to("moderate"), c.choices["moderate"]
    ('urbanised', None, ('agricultural', 'urbanised'))
    """

    name: str
    source: str
    evidence: str
    choices: Mapping[str, tuple[str, ...]]

    def to(self, code: str) -> str | None:
        """Give what a code becomes; None where there are several choices or none."""
        found = self.choices.get(code, ())
        return found[0] if len(found) == 1 else None

    def check(self, before: Scheme, after: Scheme) -> None:
        """Hold the crosswalk against both schemes.

        Raises
        ------
        InputError
            Base zones of ``before`` that are left out, codes that neither scheme has.
        """
        problems = [
            _wrong(f"says nothing of '{code}'", f"缺少“{code}”", self.name)
            for code in before.base if not self.choices.get(code)
        ]  # fmt: skip
        for code, found in self.choices.items():
            if code not in before.base:
                problems.append(_unknown(code, before, self.name))
            problems += [_unknown(x, after, self.name) for x in found if x not in after.base]
        raise_all(problems)


def _wrong(en: str, zh: str, where: str, remedy: Text | None = None) -> Problem:
    return Problem(Text(en, zh), where, remedy=remedy, code="crosswalk")


def _unknown(code: str, scheme: Scheme, where: str) -> Problem:
    close = suggest(code, scheme.base) or ", ".join(scheme.base)
    return _wrong(
        f"'{code}' is no base zone of scheme '{scheme.name}'",
        f"“{code}”不是方案“{scheme.name}”的基本分区", where,
        Text(f"did you mean {close}?", f"是否指“{close}”？"),
    )  # fmt: skip


def crosswalk_names() -> tuple[str, ...]:
    """Names of the crosswalks that ship with the package.

    Examples
    --------
    >>> crosswalk_names()
    ('zhenjiang-2013_national',)
    """
    return tuple(sorted(p.stem for p in data_path("schemes", "crosswalks").glob("*.toml")))


def load_crosswalk(name_or_path: str | Path, folder: Path | None = None) -> Crosswalk:
    """Read a shipped crosswalk by name, or one's own.

    Parameters
    ----------
    name_or_path : str or Path
        A shipped name; or a TOML file with ``source``, ``evidence`` and a table ``[zones]`` of code
        = code or list of codes; or a CSV file with the columns ``from`` and ``to``, where several
        rows of one ``from`` are choices.
    folder : Path, optional
        Where a relative path starts.

    Raises
    ------
    InputError
        No such file, unreadable, or not of that form.
    """
    path = Path(name_or_path)
    if path.suffix not in (".toml", ".csv"):
        known = crosswalk_names()
        if str(name_or_path) not in known:
            raise InputError.one(
                f"no crosswalk '{name_or_path}'", f"没有对照表“{name_or_path}”",
                where="[zones] crosswalk", code="no-crosswalk",
                remedy=(f"a .toml or .csv file, or one that ships: {', '.join(known)}",
                        f"给出 .toml 或 .csv 文件，或内置的 {', '.join(known)}"),
            )  # fmt: skip
        path = data_path("schemes", "crosswalks", f"{name_or_path}.toml")
    elif folder is not None:
        path = folder / path
    try:
        toml = path.suffix == ".toml"
        data = strict.read(path).data if toml else _rows(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.one(
            f"cannot be read: {error}", f"无法读取：{error}", where=str(path), code="bad-file"
        ) from error
    return parse_crosswalk(data, path.stem if path.is_relative_to(data_path()) else path.name)


def _rows(text: str) -> dict[str, Any]:
    """Read rows of ``from`` and ``to``; a table has no room for a source."""
    zones: dict[str, list[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        code, to = (str(row.get(k) or "").strip() for k in ("from", "to"))
        zones.setdefault(code, []).append(to)
    return {"source": "choice of this plan", "evidence": "own", "zones": zones}


def parse_crosswalk(data: Mapping[str, Any], where: str) -> Crosswalk:
    """Read a crosswalk from plain data; it is also how a plan folder keeps one.

    Examples
    --------
    >>> parse_crosswalk({"source": "s", "evidence": "own", "zones": {"a": "z1"}}, "x").to("a")
    'z1'
    """
    problems = [
        _wrong(f"unknown key '{key}'", f"未知的键“{key}”", where)
        for key in data if key not in ("source", "evidence", "zones")
    ]  # fmt: skip
    problems += [
        _wrong(f"has no {key}", f"缺少 {key}", where)
        for key in ("source", "evidence") if not data.get(key)
    ]  # fmt: skip
    zones = data.get("zones")
    if not isinstance(zones, Mapping) or not zones:
        problems.append(_wrong("has no table [zones]", "缺少 [zones] 表", where))
        zones = {}
    choices = {}
    for code, to in zones.items():
        found = [to] if isinstance(to, str) else to
        if not isinstance(found, list | tuple) or not all(isinstance(x, str) and x for x in found):
            problems.append(
                _wrong(f"'{code}' becomes {to!r}, which is no code and no list of codes",
                       f"“{code}”对应 {to!r}，既不是代码也不是代码列表", where)
            )  # fmt: skip
            continue
        choices[str(code)] = tuple(dict.fromkeys(found))
    raise_all(problems)
    return Crosswalk(where, str(data["source"]), str(data["evidence"]), choices)


def as_data(crosswalk: Crosswalk) -> dict[str, Any]:
    """Give a crosswalk as plain data, for a configuration that needs no other file."""
    zones = {code: list(found) for code, found in crosswalk.choices.items()}
    return {"source": crosswalk.source, "evidence": crosswalk.evidence, "zones": zones}
