"""Read a scheme: shipped by name, the plan's own, or shipped with changes of the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, TypeVar

from zoning.base.shipped import data_path, load_toml
from zoning.base.strict import EVIDENCE
from zoning.base.tables import CONTRACTS
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.schemes.scheme import (
    Overlay,
    OverlayEntry,
    Scheme,
    SchemePart,
    Zone,
    ZoneEntry,
    protections,
)

#: The scheme of a plan that names none.
DEFAULT = "zhenjiang-2013"
#: Source and tag of a number that a plan sets without a source.
OWN = ("choice of this plan", "own")
FEWEST, MOST = 2, 12

_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
#: Codes that stand for something else in a table, and the names of columns.
_TAKEN = frozenset(
    ["none", "overlap", "review", "unknown", "unzoned", "missing", "city", "all"]
).union(
    *({column.name for column in c.columns} for c in CONTRACTS.values()),
    {c.index for c in CONTRACTS.values() if c.index},
    ["overlays", "geometry"],
)

Z = TypeVar("Z", bound=Zone)


@cache
def scheme_names() -> tuple[str, ...]:
    """Names of the schemes that ship with the package.

    Examples
    --------
    >>> scheme_names()
    ('national', 'zhenjiang-2013')
    """
    return tuple(sorted(p.stem for p in data_path("schemes").glob("*.toml")))


@cache
def load_scheme(name: str) -> Scheme:
    """Read a shipped scheme.

    Raises
    ------
    InputError
        If there is no such scheme.

    Examples
    --------
    >>> load_scheme("national").base
    ('urbanised', 'agricultural', 'ecological')
    """
    if name not in scheme_names():
        raise InputError([_no_scheme(name)])
    return parse_scheme(load_toml("schemes", f"{name}.toml"), name)


def parse_scheme(data: Mapping[str, Any], name: str) -> Scheme:
    """Read a scheme from plain data, as it stands in a file of ``data/schemes``.

    Raises
    ------
    InputError
        Every unknown key, code, colour, share and protection that cannot be, at once.

    Examples
    --------
    >>> two = [{"code": "z1", "zh": "甲"}, {"code": "none", "zh": "乙"}]
    >>> parse_scheme({"zh": "甲乙", "en": "AB", "zone": two}, "mine")
    Traceback (most recent call last):
    zoning.errors.InputError: mine: zone code 'none' means something else in tables. ...
    """
    keys = ("zh", "en", "source", "evidence", "zone", "overlay")
    problems = [
        Problem(Text(f"unknown key '{key}'", f"未知的键“{key}”"), name, code="unknown-key")
        for key in data if key not in keys
    ]  # fmt: skip
    zones, overlays = _entries(data, "zone", ZoneEntry), _entries(data, "overlay", OverlayEntry)
    zh, en, source, evidence = (str(data.get(k, "")) for k in keys[:4])
    scheme = Scheme(
        name, zh, en, source, evidence,
        tuple(_own_zone(e, i) for i, e in enumerate(zones)),
        tuple(_own_overlay(e, i + len(zones)) for i, e in enumerate(overlays)),
    )  # fmt: skip
    raise_all([*problems, *_wrong(scheme, name)])
    return scheme


def _entries(data: Mapping[str, Any], key: str, kind: type[Any]) -> list[Any]:
    """Read the tables of an array; what pydantic finds becomes a problem of the scheme."""
    from pydantic import ValidationError

    parts = data.get(key, ())
    if not isinstance(parts, list | tuple):
        raise InputError.one(
            f"{key} must be an array of tables", f"{key} 须为表的数组", where=f"[[{key}]]",
            code="scheme", remedy=(f"write [[{key}]]", f"请写作 [[{key}]]"),
        )  # fmt: skip
    try:
        return [kind.model_validate(part) for part in parts]
    except ValidationError as error:
        found = [
            Problem(Text(f"{e['loc']}: {e['msg']}", f"{e['loc']}:{e['msg']}"), f"[[{key}]]",
                    code="scheme")
            for e in error.errors()
        ]  # fmt: skip
        raise InputError(found) from error


def scheme_of(part: SchemePart, where: str = "plan.toml") -> Scheme:
    """Give the scheme of a plan's ``[zones]``.

    Parameters
    ----------
    part : SchemePart
        ``scheme`` names a shipped one, which ``zone`` and ``overlay`` may change by code and to
        which ``overlay`` may add; any other name is the plan's own scheme, made of ``zone`` and
        ``overlay``. Without a name it is :data:`DEFAULT`, or the plan's own if zones are given.
    where : str
        The file, for messages.

    Raises
    ------
    InputError
        With every problem of the scheme.

    Examples
    --------
    >>> two = (ZoneEntry(code="z1", zh="甲"), ZoneEntry(code="z2", zh="乙"))
    >>> scheme_of(SchemePart(scheme="mine", zone=two)).codes
    ('z1', 'z2')
    >>> old = scheme_of(SchemePart(balance_share=0.3))
    >>> old.name, old.overlays[0].share, old.overlays[0].evidence
    ('zhenjiang-2013', 0.3, 'own')
    """
    keys = {key: getattr(part, key) for key in SchemePart.model_fields}
    return _read(SchemePart.model_construct(**keys), where)


@lru_cache(maxsize=64)
def _read(part: SchemePart, where: str) -> Scheme:
    """Read it once: a plan is asked for its scheme hundreds of times."""
    name, shipped = part.scheme, scheme_names()
    if name is not None and name not in shipped and not part.zone:
        raise InputError([replace(_no_scheme(name), where=where)])
    if name in shipped or (name is None and not part.zone):
        scheme = load_scheme(name or DEFAULT)
        scheme, problems = _changed(scheme, part, where)
    else:
        zones = tuple(_own_zone(e, i) for i, e in enumerate(part.zone))
        more = tuple(_own_overlay(e, i + len(zones)) for i, e in enumerate(part.overlay))
        label = name or "own"
        scheme = Scheme(label, label, label, *OWN, zones, more)
        problems = []
    if part.balance_share is not None or part.balance_source is not None:
        scheme, more_problems = _old_share(scheme, part, where)
        problems += more_problems
    raise_all([*problems, *_wrong(scheme, where)])
    return scheme


def stated(scheme: Scheme) -> dict[str, Any]:
    """Give the keys of ``[zones]`` that state a whole scheme, nothing left to a shipped file.

    Examples
    --------
    >>> scheme = load_scheme("zhenjiang-2013")
    >>> scheme_of(SchemePart(**stated(scheme))) == scheme
    True
    """
    keys = ("code", "zh", "en", "short_zh", "short_en", "colour", "new_land")
    more = ("protections", "share", "replaces", "source", "evidence")
    return {
        "scheme": scheme.name,
        "zone": tuple(ZoneEntry(**{k: getattr(z, k) for k in keys}) for z in scheme.zones),
        "overlay": tuple(
            OverlayEntry(**{k: getattr(o, k) for k in (*keys, *more)}) for o in scheme.overlays
        ),
        "balance_share": None,
        "balance_source": None,
        "balance_evidence": None,
    }


def _no_scheme(name: str) -> Problem:
    close = suggest(name, scheme_names())
    shipped = ", ".join(scheme_names())
    return Problem(
        Text(f"[zones] scheme: no scheme '{name}' ships, and there is no [[zones.zone]]",
             f"[zones] scheme：没有内置方案“{name}”，也未给出 [[zones.zone]]"),
        "[zones] scheme", code="no-scheme",
        remedy=meant(close, Text(f"shipped: {shipped}", f"内置：{shipped}")),
    )  # fmt: skip


def _own_zone(entry: ZoneEntry, number: int) -> Zone:
    return Zone(entry.code, *_words(entry), _colour(entry, number), entry.new_land is not False)


def _own_overlay(entry: OverlayEntry, number: int) -> Overlay:
    return Overlay(
        entry.code, *_words(entry), _colour(entry, number), entry.new_land is not False,
        entry.protections or (), 0.0 if entry.share is None else entry.share,
        entry.replaces is not False, entry.source or OWN[0],
        entry.evidence or (OWN[1] if not entry.source else ""),
    )  # fmt: skip


def _words(entry: ZoneEntry) -> tuple[str, str, str, str]:
    """Give zh, en, short_zh, short_en, each standing in for one that is left out."""
    zh = entry.zh or entry.en or entry.code
    en = entry.en or entry.zh or entry.code
    return zh, en, entry.short_zh or zh, entry.short_en or en


def _colour(entry: ZoneEntry, number: int) -> str:
    palette = load_toml("styles", "zones.toml")["colours"]
    return entry.colour or str(palette[number % len(palette)])


def _changed(scheme: Scheme, part: SchemePart, where: str) -> tuple[Scheme, list[Problem]]:
    """Lay ``[[zones.zone]]`` and ``[[zones.overlay]]`` over a shipped scheme."""
    problems = [
        Problem(
            Text(f"[[zones.zone]] '{e.code}' is no base zone of scheme '{scheme.name}'",
                 f"[[zones.zone]] “{e.code}”不是方案“{scheme.name}”的基本分区"),
            where, code="unknown-zone",
            remedy=Text("give your own scheme another name", "自定义方案请另取名称"),
        )
        for e in part.zone if e.code not in scheme.base
    ]  # fmt: skip
    zones = [_laid(z, _of(part.zone, z.code)) for z in scheme.zones]
    known = {o.code for o in scheme.overlays}
    overlays = [_laid_over(o, _of(part.overlay, o.code)) for o in scheme.overlays]
    new = [e for e in part.overlay if e.code not in known]
    first = len(zones) + len(overlays)
    overlays += [_own_overlay(e, first + i) for i, e in enumerate(new)]
    codes = [e.code for e in (*part.zone, *part.overlay)]
    again = {c for c in codes if codes.count(c) > 1 and c in (*scheme.base, *known)}
    problems += [_twice(code, where) for code in sorted(again)]
    return replace(scheme, zones=tuple(zones), overlays=tuple(overlays)), problems


def _of(entries: Sequence[Any], code: str) -> Any:
    return next((e for e in entries if e.code == code), None)


def _laid(zone: Z, entry: ZoneEntry | None) -> Z:
    if entry is None:
        return zone
    keys = ("zh", "en", "short_zh", "short_en", "colour", "new_land")
    given = {k: getattr(entry, k) for k in keys if getattr(entry, k) is not None}
    for lang in ("zh", "en"):  # a new name is not shortened to an old one
        if lang in given and f"short_{lang}" not in given:
            given[f"short_{lang}"] = given[lang]
    return replace(zone, **given)


def _laid_over(overlay: Overlay, entry: OverlayEntry | None) -> Overlay:
    if entry is None:
        return overlay
    keys = ("protections", "share", "replaces", "source", "evidence")
    given = {k: getattr(entry, k) for k in keys if getattr(entry, k) is not None}
    if "share" in given or "protections" in given:
        # A number of the plan's own does not inherit the source of the one it replaced.
        given = {"source": OWN[0], "evidence": OWN[1], **given}
    return replace(_laid(overlay, entry), **given)


def _old_share(scheme: Scheme, part: SchemePart, where: str) -> tuple[Scheme, list[Problem]]:
    """Let ``balance_share`` of a file without a scheme change the overlay of the default."""
    if part.scheme is not None or part.zone:
        return scheme, [
            Problem(
                Text("[zones] balance_share does not go with a scheme",
                     "[zones] balance_share 不能与 scheme 并用"), where, code="old-key",
                remedy=Text(f'write [[zones.overlay]] code = "CODE", share = {part.balance_share}',
                            f'请写 [[zones.overlay]] code = "代码", share = {part.balance_share}'),
            )
        ]  # fmt: skip
    first = scheme.overlays[0]
    share = first.share if part.balance_share is None else float(part.balance_share)
    changed = replace(
        first, share=share, source=part.balance_source or OWN[0],
        evidence=part.balance_evidence or OWN[1],
    )  # fmt: skip
    return replace(scheme, overlays=(changed, *scheme.overlays[1:])), []


def _wrong(scheme: Scheme, where: str) -> Iterator[Problem]:
    """Find what cannot be in a scheme."""
    n = len(scheme.zones)
    if not FEWEST <= n <= MOST:
        yield Problem(
            Text(f"{n} base zones; a scheme has {FEWEST} to {MOST}",
                 f"基本分区 {n} 个；应为 {FEWEST} 至 {MOST} 个"),
            where, measured=n, limit=MOST if n > MOST else FEWEST, code="zone-count",
        )  # fmt: skip
    seen: set[str] = set()
    for zone in (*scheme.zones, *scheme.overlays):
        yield from _wrong_code(zone.code, where)
        if zone.code in seen:
            yield _twice(zone.code, where)
        seen.add(zone.code)
        if not _COLOUR.fullmatch(zone.colour):
            yield Problem(
                Text(f"colour {zone.colour!r} of '{zone.code}' is not #rrggbb",
                     f"“{zone.code}”的颜色 {zone.colour!r} 不是 #rrggbb"), where, code="colour",
            )  # fmt: skip
    for overlay in scheme.overlays:
        yield from _wrong_overlay(overlay, where)


def _twice(code: str, where: str) -> Problem:
    return Problem(
        Text(f"zone code '{code}' stands twice", f"分区代码“{code}”重复"), where, code="zone-twice"
    )


def _wrong_code(code: str, where: str) -> Iterator[Problem]:
    if not _CODE.fullmatch(code):
        yield Problem(
            Text(f"zone code {code!r} is no safe identifier",
                 f"分区代码 {code!r} 不是安全的标识符"),
            where, code="zone-code",
            remedy=Text("begin with a letter a-z; then a-z, 0-9 and _, at most 32",
                        "以小写字母开头，仅含 a-z、0-9、_，不超过 32 个字符"),
        )  # fmt: skip
    elif code in _TAKEN or code.endswith("_m2"):
        yield Problem(
            Text(f"zone code '{code}' means something else in tables",
                 f"分区代码“{code}”在表中另有含义"),
            where, code="zone-code-taken", remedy=Text("choose another code", "请另选代码"),
        )  # fmt: skip


def _wrong_overlay(overlay: Overlay, where: str) -> Iterator[Problem]:
    here, here_zh = f"overlay '{overlay.code}'", f"叠加区“{overlay.code}”"
    if not 0 < overlay.share <= 1:
        yield Problem(
            Text(f"{here} has no share in (0, 1]", f"{here_zh}的 share 须大于 0 且不超过 1"), where,
            measured=overlay.share, limit=1.0, code="overlay-share",
        )  # fmt: skip
    if not overlay.replaces and not overlay.new_land:
        yield Problem(
            Text(f"{here} stands beside the zones, so it cannot close land (new_land)",
                 f"{here_zh}与分区并存，不能禁止新增建设用地（new_land）"), where,
            code="overlay-closed",
            remedy=Text("set replaces = true, or give the land as [[inputs.protections]]",
                        "请设 replaces = true，或以 [[inputs.protections]] 给出该范围"),
        )  # fmt: skip
    if not overlay.protections:
        yield Problem(
            Text(f"{here} counts no protections", f"{here_zh}未列出计入的保护地类型"), where,
            code="overlay-protections",
            remedy=Text('such as protections = ["redline", "core"]',
                        '例如 protections = ["redline", "core"]'),
        )  # fmt: skip
    known = protections()
    for kind in overlay.protections:
        if kind not in known:
            close = suggest(kind, known) or ", ".join(known)
            yield Problem(
                Text(f"{here} counts '{kind}', which is no kind of protection",
                     f"{here_zh}计入的“{kind}”不是保护地类型"), where, code="overlay-protections",
                remedy=Text(f"did you mean {close}?", f"是否指“{close}”？"),
            )  # fmt: skip
    if overlay.evidence not in EVIDENCE:
        yield Problem(
            Text(f"{here} has evidence {overlay.evidence!r}, which is none of "
                 + ", ".join(EVIDENCE),
                 f"{here_zh}的证据标记 {overlay.evidence!r} 不在 {'、'.join(EVIDENCE)} 之中"),
            where, code="evidence",
        )  # fmt: skip
