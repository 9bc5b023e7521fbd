"""Why this zone, in words, for planners and township heads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from zoning.base import words
from zoning.errors import Text
from zoning.indicators import AT_HAND
from zoning.schemes import Scheme
from zoning.zones.decided import decision_on, tell_decision
from zoning.zones.lacking import lacking
from zoning.zones.method import Called, Dimension, Method
from zoning.zones.overlays import nearest_change, ruling
from zoning.zones.reading import REVIEW

_GRADES = {"low": Text("low", "低"), "mid": Text("medium", "中"), "high": Text("high", "高")}
_REASONS = {
    "township": Text("it takes the class of its township", "随所在乡镇的类型"),
    "override": Text("a decision on record says so", "按已登记的人工决定"),
    "contiguity": Text("its neighbours are all of this class", "周边乡镇均为该类型（连片性调整）"),
    "unknown": Text("not enough is known to decide", "资料不足，无法判定"),
}


def zone_name(zone: Any, lang: str, scheme: Scheme) -> str:
    """Name of a zone of a scheme; a missing one is "unzoned".

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> scheme = load_scheme("national")
    >>> zone_name("ecological", "zh", scheme), zone_name(pd.NA, "en", scheme)
    ('重点生态功能区', 'unzoned')
    """
    if pd.isna(zone):
        return words.unzoned(lang)
    if zone == REVIEW:
        return "人工复核" if lang == "zh" else "manual review"
    return scheme.name_of(str(zone)).get(lang)


def indicator_name(name: str, lang: str, called: Mapping[str, Called] | None = None) -> str:
    """Name of an indicator; one's own as the plan calls it, else by its column.

    Examples
    --------
    >>> from zoning.zones.method import Called
    >>> indicator_name("ntl", "zh", {"ntl": Called(Text("night light", "夜间灯光"))})
    '夜间灯光'
    """
    if called and name in called:
        return called[name].name.get(lang)
    known = AT_HAND.get(name)
    return name if known is None else (known.zh if lang == "zh" else known.en)


def amount(
    name: str, value: Any, lang: str = "en", called: Mapping[str, Called] | None = None
) -> str:
    """Write an indicator's value with its unit.

    Examples
    --------
    >>> amount("built_share", 0.2812), amount("min_to_centre", 35.0, "zh"), amount("x", pd.NA)
    ('28.1%', '35 分钟', '–')
    """
    if pd.isna(value):
        return "–"
    if called and name in called:
        unit = called[name].unit
        if unit == "share":
            return f"{float(value) * 100:.1f}%"
        return f"{_number(float(value))} {unit}".rstrip()
    known = AT_HAND.get(name)
    number = float(value)
    if known is not None and (known.kind == "share" or name.endswith("_share")):
        return f"{number * 100:.1f}%"
    unit = "" if known is None else (known.unit_zh if lang == "zh" else known.unit)
    text = _number(number)
    return f"{text} {unit}".rstrip() if unit != "°" else f"{text}°"


def _number(x: float) -> str:
    """Write a number with four digits, a large one whole."""
    return f"{x:,.4g}" if abs(x) < 9_999.5 else f"{x:,.0f}"


def tell_flip(row: Mapping[str, Any] | pd.Series, method: Method, lang: str) -> Any:
    """Write the smallest single change that changes the zone; ``<NA>`` if there is none."""
    if pd.isna(row["flip_to"]):
        return pd.NA
    name = str(row["flip_indicator"])
    now, then = (amount(name, row[k], lang, method.called) for k in ("flip_from", "flip_to"))
    zone = zone_name(row["flip_zone"], lang, method.scheme)
    called = indicator_name(name, lang, method.called)
    if lang == "zh":
        return f"若{called}由 {now} 变为 {then}，将改为{zone}"
    return f"{zone} if {called} went from {now} to {then}"


def tell_township(
    row: Mapping[str, Any] | pd.Series,
    method: Method,
    lang: str = "en",
    decision: Mapping[str, Any] | pd.Series | None = None,
) -> str:
    """Write why a township has its zone.

    Parameters
    ----------
    row : mapping
        A row of the townships table.
    method : Method
    lang : {"en", "zh"}
    decision : mapping, optional
        The decision on record about it, from `review`.

    Returns
    -------
    str
        Several sentences on one line, plain text.

    Examples
    --------
    >>> from zoning.zones import classify_townships, load_method
    >>> m = load_method("two-matrices")
    >>> t = pd.DataFrame({"area_m2": [10_000_000], "built_m2": [4_000_000], "redline_m2": [0],
    ...     "farmland_m2": [1_000_000], "slope_deg": [1.0], "population": [60_000],
    ...     "gdp_10k_yuan": [900_000], "min_to_centre": [10]}, index=["t1"])
    >>> print(tell_township(classify_townships(t, m).loc["t1"], m, "en"))
    Optimised development. Constraint 2.8 (low, cuts 28 and 60); guidance 100.0 (high, cuts 25 and
    80); existing construction 40.0% (high, cuts 15.0% and 30.0%). Rule: suitability for
    construction high, existing construction high. ...
    """
    zh = lang == "zh"
    stop, comma, colon = ("。", "；", "：") if zh else (". ", "; ", ": ")
    left_open = is_left_open(row)
    scheme = method.scheme
    name = zone_name(REVIEW if left_open else row["zone"], lang, scheme)
    parts = [name if zh else name[:1].upper() + name[1:]]
    scores = comma.join(_dimension(d, row, lang) for d in method.dimensions)
    parts.append(scores[:1].upper() + scores[1:])
    if pd.notna(row.get("rule")):
        parts.append(
            ("规则" if zh else "Rule") + colon + rule_words(str(row["rule"]), method, lang)
        )
    if pd.notna(row.get("runner_up")) and pd.notna(row.get("margin")):
        runner = zone_name(row["runner_up"], lang, scheme)
        margin = f"{float(row['margin']) * 100:.1f}%"
        parts.append(
            f"次选{colon}{runner}，余量 {margin}" if zh else f"Runner-up: {runner}, margin {margin}"
        )
    if pd.notna(row.get(f"flip_{lang}")):
        flip = str(row[f"flip_{lang}"])
        parts.append(flip if zh else "Smallest change: " + flip)
    if pd.notna(row.get("flag")):
        parts.append(_flag(str(row["flag"]), method, lang))
    reason = row.get("zone_reason")
    if decision is not None:
        told = tell_decision(decision, scheme, lang)
        parts.append(told if zh else told[:1].upper() + told[1:])
    elif left_open:
        parts.append(tell_left_open(row, method, lang))
    elif pd.notna(reason) and reason in ("override", "contiguity", "unknown"):
        why = _REASONS[str(reason)].get(lang)
        gone = lacking(row, method) if reason == "unknown" else []
        if gone:
            why += f"：缺少 {'、'.join(gone)}" if zh else f": {', '.join(gone)} missing"
        alone = row.get("method_zone")
        if reason != "unknown" and pd.notna(alone):
            name = zone_name(alone, lang, scheme)
            why += f"；单按方法为{name}" if zh else f"; the method alone says {name}"
        parts.append(why if zh else why[:1].upper() + why[1:])
    return stop.join(p for p in parts if p).rstrip(".") + stop.strip()


def is_left_open(row: Mapping[str, Any] | pd.Series) -> bool:
    """Whether a rule fired without a zone: one that leaves the township to a person."""
    fired = pd.notna(row.get("rule")) and not str(row["rule"]).startswith("unknown:")
    return bool(pd.isna(row["zone"]) and fired)


def tell_left_open(row: Mapping[str, Any] | pd.Series, method: Method, lang: str) -> str:
    """Say that a person must decide, and between what where a crosswalk leaves it open."""
    zh = lang == "zh"
    choices = method.choices.get(str(row["rule"]))
    if not choices:
        return "该规则交由人工判定" if zh else "The rule leaves it to a person"
    names = [zone_name(c, lang, method.scheme) for c in choices]
    if zh:
        return f"对照表可取{'或'.join(names)}，须由人工决定"
    return f"The crosswalk allows {' or '.join(names)}: a decision on record must say which"


def _dimension(d: Dimension, row: Mapping[str, Any] | pd.Series, lang: str) -> str:
    def write(v: Any) -> str:
        if pd.isna(v):
            return "–"
        return f"{float(v) * 100:.1f}%" if d.unit == "share" else f"{float(v):.1f}"

    label = d.zh if lang == "zh" else d.en
    grade = row.get(f"{d.name}_grade")
    value = write(row.get(d.name))
    if pd.isna(grade):
        return f"{label} {value}"
    word = _GRADES.get(str(grade), Text(str(grade), str(grade))).get(lang)
    cuts = [write(c) if d.unit == "share" else f"{c:g}" for c in d.cuts]
    if not cuts:
        return f"{label} {value}"
    if lang == "zh":
        return f"{label} {value}（{word}，分界 {'、'.join(cuts)}）"
    return f"{label} {value} ({word}, cuts {' and '.join(cuts)})"


def rule_words(rule: str, method: Method, lang: str) -> str:
    """Say a rule that fired in words: the grades that met in a table, or the rule's own sentence.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> m = load_method("two-matrices")
    >>> rule_words("zone[high,mid]", m, "zh"), rule_words("zone[high,mid]", m, "en")
    ('建设适宜性高、现状开发强度中',
     'suitability for construction high, existing construction medium')
    """
    for known in method.rules:
        if known.id == rule and (known.zh if lang == "zh" else known.en):
            return known.zh if lang == "zh" else known.en
    hit = _CELL.fullmatch(rule)
    axes = None if hit is None else _axes(hit[1], method)
    if hit is None or axes is None:
        return rule
    met = list(zip(axes, hit[2].split(","), strict=False))
    if hit[3]:
        met.append((hit[3], hit[4]))
    told = [(_called(name, method, lang), _grade(grade)) for name, grade in met]
    if lang == "zh":
        return "、".join(f"{name}{grade.zh}" for name, grade in told)
    return ", ".join(f"{name} {grade.en}".strip() for name, grade in told)


def _grade(code: str) -> Text:
    """Name a grade: low to high, or the number of a class."""
    numbered = Text(f"grade {code}", f" {code} 级") if code.isdigit() else Text("", "")
    return _GRADES.get(code, numbered)


_CELL = re.compile(r"(\w+)\[([\w,-]+)\](?:/(\w+)=(\w+))?")


def _axes(table: str, method: Method) -> Sequence[str] | None:
    """Give what meets in a table of a method."""
    if table == "cube" and method.cube is not None:
        return method.cube.axes
    return next(((m.rows, m.columns) for m in method.matrices if m.name == table), None)


def _called(name: str, method: Method, lang: str) -> str:
    """Name a dimension, or the table whose result meets another."""
    for d in method.dimensions:
        if d.name == name:
            return d.zh if lang == "zh" else d.en
    return words.label(name, lang)


def _flag(code: str, method: Method, lang: str) -> str:
    for matrix in method.matrices:
        for flag in matrix.flags:
            if flag.code == code:
                told = flag.zh if lang == "zh" else flag.en
                return f"请复核：{told}" if lang == "zh" else f"To review: {told}"
    return code


def tell_unit(
    unit: Mapping[str, Any] | pd.Series,
    township: Mapping[str, Any] | pd.Series | None,
    method: Method,
    lang: str = "en",
    decisions: pd.DataFrame | None = None,
) -> str:
    """Write why a unit has its zone, and why its township has its own.

    Where the unit has the columns of the scheme's overlays, it also says which change of a
    protected share would change the zone, and which other overlay would rule here as well.

    Examples
    --------
    >>> unit = {"zone": "balance", "zone_reason": "overlay", "overlay_balance_m2": 700_000,
    ...         "area_m2": 1_000_000}
    >>> from zoning.zones import load_method
    >>> tell_unit(unit, None, load_method("two-matrices"), "en")
    'Ecological balance: red lines, protected cores, heritage sites or drinking-water sources cover
    70.0% of it, at least 50.0%.'
    >>> near = {**unit, "zone": "key", "zone_reason": "township", "overlay_balance_m2": 467_000}
    >>> tell_unit(near, None, load_method("two-matrices"), "zh")
    '重点开发：随所在乡镇的类型。若保护占比由 46.7% 变为 50.0%，将改为生态平衡。'
    """
    zh, scheme = lang == "zh", method.scheme
    name = zone_name(unit["zone"], lang, scheme)
    mine = decision_on(decisions, "unit", str(getattr(unit, "name", "")))
    why = _why_unit(unit, scheme, lang)
    if mine is not None:
        why = tell_decision(mine, scheme, lang)
    head = f"{name}：{why}。" if zh else f"{name[:1].upper() + name[1:]}: {why}."
    head += _unit_flip(unit, scheme, lang) + _others(unit, scheme, lang)
    if township is None:
        return head
    label = township.get("name")
    place = str(label) if label is not None and pd.notna(label) else ("乡镇" if zh else "township")
    over = decision_on(decisions, "township", str(getattr(township, "name", "")))
    rest = tell_township(township, method, lang, over)
    return f"{head}{place}：{rest}" if zh else f"{head} {place}: {rest}"


def _why_unit(unit: Mapping[str, Any] | pd.Series, scheme: Scheme, lang: str) -> str:
    """Give the reason of a unit's zone in words."""
    reason = str(unit["zone_reason"])
    zone = None if pd.isna(unit["zone"]) else unit["zone"]
    over = next((o for o in scheme.replacing if o.code == zone), None)
    if reason == "unknown" and pd.isna(unit.get("township", "")):
        return (
            "不属于任何乡镇或分属多个乡镇"
            if lang == "zh"
            else "it lies in no township or in several"
        )
    if reason != "overlay" or over is None:
        return _REASONS.get(reason, _REASONS["unknown"]).get(lang)
    part, least = unit.get(over.column), f"{over.share * 100:.1f}%"
    counted = over.counted.get(lang)
    if part is None or pd.isna(part) or not float(unit["area_m2"]) > 0:
        return f"{counted}占比达到 {least}" if lang == "zh" else f"{counted} cover {least} of it"
    share = f"{float(part) / float(unit['area_m2']) * 100:.1f}%"
    if lang == "zh":
        return f"{counted}占比 {share}，达到 {least}"
    return f"{counted} cover {share} of it, at least {least}"


def _row(unit: Mapping[str, Any] | pd.Series, scheme: Scheme) -> pd.DataFrame | None:
    """Give a unit as a frame of one row, if it has the columns of the replacing overlays."""
    names = ["area_m2", *(o.column for o in scheme.replacing)]
    if len(names) == 1 or any(n not in unit for n in names):
        return None
    return pd.DataFrame({n: pd.array([unit[n]], "Float64") for n in names})


def _others(unit: Mapping[str, Any] | pd.Series, scheme: Scheme, lang: str) -> str:
    """Name the overlays that rule the unit as well, behind the one that won, and those listed."""
    frame = _row(unit, scheme)
    told = ""
    if frame is not None and unit["zone_reason"] == "overlay":
        found = ruling(frame, scheme.replacing)
        also = [o for o, r in zip(scheme.replacing, found.rules[0], strict=True)
                if r and o.code != unit["zone"]]  # fmt: skip
        names = [o.name.get(lang) for o in also]
        if names and lang == "zh":
            told += f"{'、'.join(names)}亦达到阈值，按方案中的次序以前者为准。"
        elif names:
            told += f" {' and '.join(names)} would rule here too; the first of the scheme wins."
    beside = unit.get("overlays")
    if beside is not None and pd.notna(beside) and beside:
        names = [zone_name(code, lang, scheme) for code in str(beside).split("+")]
        told += f"叠加：{'、'.join(names)}。" if lang == "zh" else f" Overlays: {', '.join(names)}."
    return told


def _unit_flip(unit: Mapping[str, Any] | pd.Series, scheme: Scheme, lang: str) -> str:
    """Write how far the nearest overlay is from its threshold, and what the zone would become."""
    frame = _row(unit, scheme)
    if frame is None or unit["zone_reason"] not in ("township", "overlay", "contiguity"):
        return ""
    found = ruling(frame, scheme.replacing)
    change = nearest_change(found, scheme.replacing)
    at, then = int(change.overlay[0]), int(change.then[0])
    if at < 0:
        return ""
    overlay = scheme.replacing[at]
    other = scheme.replacing[then].code if then >= 0 else unit.get("township_zone")
    if pd.isna(other):
        return ""
    now, limit = f"{found.share[0, at] * 100:.1f}%", f"{overlay.share * 100:.1f}%"
    zone, below = zone_name(other, lang, scheme), bool(found.rules[0, at])
    if lang == "zh":
        change_zh = f"降至 {limit} 以下" if below else f"变为 {limit}"
        return f"若保护占比由 {now} {change_zh}，将改为{zone}。"
    change_en = f"fell below {limit}" if below else f"went to {limit}"
    return f" {zone[:1].upper() + zone[1:]} if the protected share {change_en} (now {now})."
