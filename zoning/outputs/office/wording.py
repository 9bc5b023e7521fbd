"""The words of one plan: its own zones and places, beside the general dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.names import by_code
from zoning.base.shipped import data_path, load_toml
from zoning.capacity.titles import called as rule_called
from zoning.contribution.parts import stem_of
from zoning.inputs.protections import load_kinds
from zoning.questions.titles import limit_title
from zoning.zones import unzoned_land

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from zoning.plan import Plan

#: Columns that hold zones; ``overlay`` holds those beside them.
_ZONES = ("zone", "township_zone", "runner_up", "method_zone", "cluster_zone", "flip_zone")


def is_missing(value: Any) -> bool:
    """Whether a cell of a table holds nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> is_missing(pd.NA), is_missing(float("nan")), is_missing(0)
    (True, True, False)
    """
    if type(value) is float:
        return value != value
    return value is None or str(value) in ("<NA>", "nan", "NaT", "None")


def dictionary(plan: Plan, lang: str) -> Mapping[str, Mapping[str, str]]:
    """Give, for each column that holds codes, the words for them.

    Parameters
    ----------
    plan : Plan
        Names of zones are those of the plan.
    lang : {"zh", "en"}

    Returns
    -------
    mapping of column to mapping of code to word
        Red-line types and land-use classes come from the tables that ship with the package.
    """
    name = "name_zh" if lang == "zh" else "name_en"
    zones = {str(code): str(row[name]) for code, row in zone_rows(plan)}
    found: dict[str, dict[str, str]] = dict.fromkeys(_ZONES, zones)
    found["overlay"] = {o.code: o.name.get(lang) for o in plan.scheme.overlays}
    for column in plan.tables["methods"].columns if "methods" in plan.tables else ():
        if column not in ("township", "agree", "status"):  # every method has a column of zones
            found[f"methods.{column}"] = zones
    found["contiguity.was"] = found["decisions.was"] = zones
    names = [str(c) for c in (*plan.config.indicators.spread, "area_m2", "built_m2")]
    for column in ("column", "weight"):
        found[f"reconciliation.{column}"] = {c: words.label(c, lang) for c in names}
    found["townships.rule"], found["townships.flip_indicator"] = _reasons(plan, lang)
    found["where"] = found["limits.code"] = standing(plan, lang)
    found["residuals.code"] = found["where"] | {"all": words.value("role", "redlines", lang)}
    found["protection_sets.code"] = {str(c): found["where"][str(c)] for c in load_kinds().index}
    found["checks.unit"] = {c.unit: words.unit_sign(c.unit, lang) for c in plan.checks}
    found["type"] = {code: word.get(lang) for code, word in words.values("type").items()}
    overlap = {code: word.get(lang) for code, word in words.values("closing_row").items()}
    found["redline_types.type"] = {**found["type"], **overlap}
    found["redline_areas.area_code"] = overlap
    found["landuse"] = _shipped(("landuse", "classes.toml"), "class", "value", lang)
    given = (t.frame for c in plan.contributions for t in c.tables)
    found["source"] = {} if lang != "zh" else {
        str(text): words.source(str(text), lang)
        for frame in (plan.redlines, *plan.tables.values(), *given)
        if frame is not None and "source" in frame for text in frame["source"].dropna().unique()
    }  # fmt: skip
    return found


def _reasons(plan: Plan, lang: str) -> tuple[dict[str, str], dict[str, str]]:
    """Say the rules that fired, and the indicators that would change a zone, in words."""
    from zoning.errors import ZoningError
    from zoning.pipeline.method import called_of, load_method
    from zoning.zones.tell import indicator_name, rule_words

    towns, called = plan.townships, called_of(plan.config)

    def seen(column: str) -> list[str]:
        if towns is None or column not in towns:
            return []
        return sorted(map(str, towns[column].dropna().unique()))

    try:
        method = load_method(plan.config)
        rules = {r: rule_words(r, method, lang) for r in seen("rule")}
    except ZoningError:  # a method in a file outside the folder
        rules = {}
    return rules, {i: indicator_name(i, lang, called) for i in seen("flip_indicator")}


def standing(plan: Plan, lang: str) -> dict[str, str]:
    """Name where a check or a limit may stand, by the code that it has there.

    The city, a zone, a county, a township; a kind of protection, where its land has no codes; a
    policy.
    """
    side = "name_zh" if lang == "zh" else "name_en"
    kinds = {str(c): str(row["zh" if lang == "zh" else "en"]) for c, row in load_kinds().iterrows()}
    given = {t.name: t.title.get(lang) for c in plan.contributions for t in c.tables}
    policies = {c.where: given[stem_of(c.where)] for c in plan.checks if stem_of(c.where) in given}
    zones = {str(code): str(row[side]) for code, row in zone_rows(plan)}
    city = {code: word.get(lang) for code, word in words.values("where").items()}
    limits = {x.name: rule_called(x).get(lang) for x in plan.config.cap.limit}
    return {**kinds, **policies, **limits, **place_names(plan, lang), **zones, **city}


def zone_rows(plan: Plan) -> list[tuple[str, Any]]:
    """Give code and row of every zone of a plan; none for a plan without zones."""
    return [] if plan.zones is None else [(str(c), row) for c, row in plan.zones.iterrows()]


def with_unzoned(plan: Plan) -> pd.DataFrame:
    """Give the table of the zones with a last row for land without one, where there is such land.

    The column ``zone`` of that row is missing.
    """
    import pandas as pd

    frame = pd.DataFrame(plan.zones.drop(columns=plan.zones.geometry.name)).reset_index()
    gone = unzoned_land(plan.units)
    if gone is not None:
        names = {f"name_{lang}": words.unzoned(lang) for lang in ("zh", "en")}
        row = {c: v for c, v in {**gone, **names}.items() if c in frame}
        last = pd.DataFrame([row]).reindex(columns=frame.columns)
        types = {c: "Int64" if frame[c].dtype.kind == "i" else frame[c].dtype for c in frame}
        frame = pd.concat([frame.astype(types), last.astype(types)], ignore_index=True)
    return frame


def why_unzoned(plan: Plan, lang: str) -> str:
    """Say why land has no zone, as the run found it; empty where all land has one."""
    why = (plan.run.get("unzoned") or {}).get("why")
    return "" if not why else str(why[lang])


def _shipped(file: tuple[str, str], table: str, key: str, lang: str) -> dict[str, str]:
    """Read code and name of a shipped class table; empty where the package has none."""
    if not data_path(*file).is_file():
        return {}
    rows = load_toml(*file).get(table, [])
    return {str(r[key]): str(r[lang]) for r in rows if key in r and lang in r}


def say(known: Mapping[str, Mapping[str, str]], column: str, value: Any, lang: str) -> str:
    """Say a code in words; what is not known is written as it is."""
    own = known.get(column, {}).get(str(value))
    return own if own is not None else words.value(column, value, lang)


def holds_codes(known: Mapping[str, Mapping[str, str]], column: str) -> bool:
    """Whether the values of a column are codes that have words."""
    return bool(known.get(column)) or bool(words.values(column))


def short_zones(plan: Plan, lang: str) -> dict[str, str]:
    """Give short names of the zones, for narrow tables; a renamed zone keeps its whole name."""
    side, scheme = "zh" if lang == "zh" else "en", plan.scheme
    found: dict[str, str] = {}
    for code, row in zone_rows(plan):
        name = str(row[f"name_{side}"])
        same = scheme.name_of(code).get(lang) == name
        found[code] = scheme.shorts[code].get(lang) if same and code in scheme.shorts else name
    return found


def place_names(plan: Plan, lang: str = "zh") -> dict[str, str]:
    """Give the name of every county and township by code, as it is written or in English."""
    return by_code(plan.counties, plan.townships, lang=lang)


def rule_name(plan: Plan, kind: str, code: str, name: str, lang: str) -> str:
    """Name a rule of the price list: an area by its name, a limit by what it is and where."""
    if name:
        return name
    head, _, place = code.rpartition(":")
    said = limit_title(plan, head or kind, place).get(lang)
    if kind == "floor":
        said += "：下限" if lang == "zh" else ": lower limit"
    return said


def with_names(plan: Plan, table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Put names beside the codes of counties and townships of an account.

    The column is called ``county_name`` or ``township_name``; a table that has it keeps its own,
    and one of townships or counties that has a ``name`` needs none.
    """
    names = place_names(plan)
    out = table.copy()
    for column in ("township", "county"):
        target = f"{column}_name"
        itself = column == out.columns[0] and "name" in out.columns
        if column in out.columns and target not in out.columns and not itself:
            at = int(out.columns.get_loc(column)) + 1
            called = [
                names.get(str(c), words.value(column, c, lang) if column == "township" else "")
                for c in out[column]
            ]
            out.insert(at, target, called)
    return out
