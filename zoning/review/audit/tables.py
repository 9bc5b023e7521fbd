"""The tables of an audit: patches, classes, places, pairs, the ledger before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import Text
from zoning.inputs.plans import role_of
from zoning.review.audit import resolve
from zoning.review.audit.decisions import JOIN
from zoning.review.audit.patches import THIN
from zoning.review.audit.rules import AGREE, LEVELS, SLIVER, Claim, Match, Matrix
from zoning.review.audit.run import Result

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan

#: Columns of the layer and the list of conflicts, in order.
CONFLICT_COLUMNS = (
    "conflict", "kind", "level", "claims", "claims_en", "claims_zh", "area_m2", "real_m2",
    "width_m", "parts", "form", "township", "township_name", "n_townships", "townships", "county",
    "zone", "n_units", "units", "years", "rule", "remedy_en", "remedy_zh", "source", "evidence",
    "proposal", "state", "gives_way", "reason", "who", "date",
)  # fmt: skip


def tables(result: Result, plan: Plan) -> dict[str, pd.DataFrame]:
    """Draw up every table of an audit.

    Parameters
    ----------
    result : Result
    plan : Plan
        Gives names of places, classes of land use, the account of the cap, free farmland.

    Returns
    -------
    dict of DataFrame
        By name, as docs/review.md describes them.
    """
    atoms = result.atoms
    county, built = atoms["county"], built_atoms(result, plan)
    construction = plan.run.get("construction") or {}
    found = {
        "conflict_list": conflict_rows(result, plan),
        "audit_classes": classes(atoms, result.patches),
        "audit_kinds": kinds(atoms, result.patches),
        "audit_levels": level_balance(result),
        "audit_places": by_place(atoms),
        "audit_units": by_unit(result, plan),
        "audit_pairs": pairs(result),
        "audit_sets": sets(result),
        "audit_claims": resolve.balance(atoms, result.before, result.after),
        "audit_cap": resolve.cap_account(
            atoms, built, county.mask(county.isin(("none", "overlap"))), result.before,
            result.after, construction,
        ),
        "audit_layers": layers(result).drop(columns=["input", "source"]),
        "audit_sources": layers(result)[["role", "plan", "input", "source"]],
        "audit_atoms": ledger(result, built),
    }  # fmt: skip
    found["audit_balance"] = in_words(found["audit_claims"])
    if any(c[0] == "basic_farmland" for c in result.claims.claims):
        found["audit_farmland"] = resolve.farmland_debt(
            atoms, county, result.before, result.after, plan.pieces
        )
    if len(result.decisions):
        found["audit_decisions"] = result.decisions
    return found


def built_atoms(result: Result, plan: Plan) -> Any:
    """Say what of each atom is construction land now; None where the plan has no land use."""
    classes = plan.run.get("landuse_classes")
    value = result.atoms["landuse"].to_numpy()
    if not classes or not (value >= 0).any():
        return None
    built = [c["value"] for c in classes if c["group"] == "construction"]
    return np.isin(value, built) * result.atoms["area_m2"].to_numpy()


def in_words(balance: pd.DataFrame) -> pd.DataFrame:
    """Put the names of claims in the place of their codes."""
    names = [_names([(r, c)]) for r, c in zip(balance["role"], balance["class"], strict=True)]
    out = balance.drop(columns=["role", "class"])
    out.insert(0, "claim_en", [n.en for n in names])
    out.insert(1, "claim_zh", [n.zh for n in names])
    return out


def conflict_rows(result: Result, plan: Plan) -> pd.DataFrame:
    """List every patch with all that is known of it, the worst and largest first."""
    import pandas as pd

    p, rules = result.patches.copy(), result.settings.rules
    matches = [result.audited.matches[s][0] for s in p["sign"]]
    names = [_names(result.audited.claims_of(s)) for s in p["sign"]]
    p["claims_en"], p["claims_zh"] = [n.en for n in names], [n.zh for n in names]
    town = plan.townships["name"] if plan.townships is not None else pd.Series(dtype="string")
    p["township_name"] = town.reindex(p["township"]).astype("string").to_numpy()
    remedies = [
        _remedy(m, k, f, rules) for m, k, f in zip(matches, p["kind"], p["form"], strict=True)
    ]
    p["remedy_en"], p["remedy_zh"] = [r.en for r in remedies], [r.zh for r in remedies]
    p["source"] = ["" if m.rule is None else m.rule.source for m in matches]
    p["evidence"] = ["" if m.rule is None else m.rule.evidence for m in matches]
    p["years"] = [_years(result, s) for s in p["sign"]]
    p["real_m2"] = p["real_m2"].round().astype("int64").clip(upper=p["area_m2"])
    p["width_m"] = p["width_m"].round(2)
    out = p[list(CONFLICT_COLUMNS)].copy()
    for name in out.select_dtypes(["object", "string"]).columns:
        out[name] = out[name].astype("string")
    order = out["level"].map(list(LEVELS).index).to_numpy()
    keys = np.lexsort((out["conflict"].to_numpy(dtype=str), -out["area_m2"].to_numpy(), order))
    out["patch"] = np.arange(len(out))
    return out.iloc[keys].reset_index(drop=True)


def conflict_layer(rows: pd.DataFrame, result: Result, crs: Any) -> gpd.GeoDataFrame:
    """Give the patches their shapes."""
    import geopandas as gpd

    shapes = result.audited.shapes[rows["patch"].to_numpy()]
    return gpd.GeoDataFrame(rows.drop(columns="patch"), geometry=list(shapes), crs=crs)


def _names(claims: list[Claim]) -> Text:
    en, zh = [], []
    for role, code in claims:
        told, name = role_of(role), role_of(role).class_name(code)
        same = code == role
        en.append(told.name.en if same else f"{told.name.en}: {name.en}")
        zh.append(told.name.zh if same else f"{told.name.zh}：{name.zh}")
    return Text(JOIN.join(en), JOIN.join(zh))


def _remedy(match: Match, kind: str, form: str, rules: Matrix) -> Text:
    code = "snap" if kind == SLIVER else "classify" if match.rule is None else match.rule.remedy
    if kind == SLIVER and form == THIN:
        return Text("a narrow thing of one layer, such as a road: see whether it is real",
                    "某一图层的狭长要素（如道路）：请核实是否真实")  # fmt: skip
    own = {
        "snap": Text("no contradiction of plans: bring the lines together",
                     "非规划矛盾：统一边界线"),
        "classify": Text("no rule fits: write one, or correct the class",
                         "没有适用规则：请补充规则或更正类别"),
    }  # fmt: skip
    return rules.remedies.get(code) or own.get(code, Text("", ""))


def _years(result: Result, sign: int) -> str:
    """Give the years of the layers that claim the ground."""
    roles = {role for role, _ in result.audited.claims_of(sign)}
    table = result.claims.layers
    known = table.loc[table["role"].isin(roles), "year"].dropna().astype(int)
    return "+".join(str(y) for y in sorted(set(known)))


def classes(atoms: pd.DataFrame, patches: pd.DataFrame) -> pd.DataFrame:
    """Give each class and level its area and patches; together they are the city."""
    import pandas as pd

    area = atoms.groupby(["kind", "level"])["area_m2"].sum()
    count = patches.groupby(["kind", "level"]).size()
    table = pd.DataFrame({
        "patches": count.reindex(area.index, fill_value=0).astype("int64"), "area_m2": area,
    })  # fmt: skip
    table = table.reset_index()
    order = np.lexsort((table["kind"], table["level"].map(list(LEVELS).index)))
    return table.iloc[order].reset_index(drop=True)


def kinds(atoms: pd.DataFrame, patches: pd.DataFrame) -> pd.DataFrame:
    """Give each class of conflict what does not pass, the largest first."""
    table = classes(atoms, patches)
    some = table[table["level"] != "pass"].groupby("kind")[["patches", "area_m2"]].sum()
    return some.reset_index().sort_values(
        ["area_m2", "kind"], ascending=[False, True], ignore_index=True
    )  # fmt: skip


def level_balance(result: Result) -> pd.DataFrame:
    """Give each level its area before and after the proposal; both columns are the city."""
    p = result.patches
    slivers = set(np.flatnonzero((p["kind"] == SLIVER).to_numpy()).tolist())
    kept = set(np.flatnonzero((p["gives_way"] == resolve.NOBODY).fillna(False)).tolist())
    return resolve.level_balance(
        result.atoms, result.after, result.settings.rules, slivers, kept
    )  # fmt: skip


def by_place(atoms: pd.DataFrame) -> pd.DataFrame:
    """Give each township the area of each class and level that is not passed."""
    some = atoms[atoms["level"] != "pass"]
    keys = ["county", "township", "kind", "level"]
    return some.groupby(keys, observed=True)["area_m2"].sum().reset_index()


def by_unit(result: Result, plan: Plan) -> pd.DataFrame:
    """Give each unit its worst level, the area of every level, and how many patches."""
    import pandas as pd

    atoms, units = result.atoms, plan.units.index
    wide = atoms.pivot_table(
        index="unit", columns="level", values="area_m2", aggfunc="sum", fill_value=0
    ).reindex(columns=list(LEVELS), fill_value=0)  # fmt: skip
    wide = wide.reindex(units, fill_value=0).astype("int64")
    table = pd.DataFrame({"unit": units.astype(str)})
    worst = [next((v for v in LEVELS if row[v]), "pass") for row in wide.to_dict("records")]
    table["level"] = worst
    some = atoms[atoms["level"] != "pass"]
    sums = some.groupby(["unit", "level", "kind"])["area_m2"].sum().reset_index()
    sums = sums.sort_values(["unit", "area_m2", "kind"], ascending=[True, False, True])
    first = sums.drop_duplicates(["unit", "level"]).set_index(["unit", "level"])["kind"]
    keys = pd.MultiIndex.from_arrays([table["unit"], table["level"]])
    table["kind"] = first.reindex(keys).fillna(AGREE).to_numpy()
    for level in LEVELS:
        if level != "pass":
            table[f"{level}_m2"] = wide[level].to_numpy()
    held = atoms[atoms["patch"] >= 0].drop_duplicates(["unit", "patch"])
    count = held.groupby("unit").size().reindex(units, fill_value=0)
    table["patches"] = count.to_numpy(dtype=np.int64)
    return table


def pairs(result: Result) -> pd.DataFrame:
    """Give each pair of claims its rule and area; ground of three plans stands in three rows."""
    import pandas as pd

    area = result.atoms.groupby("sign")["area_m2"].sum()
    found: dict[tuple[Any, ...], int] = {}
    for sign, m2 in area.items():
        for m in result.audited.matches[int(sign)]:
            key = (m.level, m.kind, m.id, "=".join(m.a), "=".join(m.b))
            found[key] = found.get(key, 0) + int(m2)
    rows = sorted(
        ((*k, m2) for k, m2 in found.items()),
        key=lambda r: (list(LEVELS).index(r[0]), -r[-1], r[2:5]),
    )
    return pd.DataFrame(rows, columns=["level", "kind", "rule", "claim_a", "claim_b", "area_m2"])


def sets(result: Result) -> pd.DataFrame:
    """Give each set of claims, what the rules say of it and what is proposed."""
    import pandas as pd

    area = result.atoms.groupby("sign")["area_m2"].sum()
    rows = []
    for sign in range(len(result.audited.signs)):
        found, proposal = result.audited.matches[sign], result.proposals[sign]
        kind = (
            "none" if not found else "agree" if found[0].level == "pass" else found[0].kind
        )  # fmt: skip
        rows.append((
            sign, JOIN.join("=".join(c) for c in result.audited.claims_of(sign)), kind,
            found[0].level if found else "pass", found[0].id if found else "",
            JOIN.join("=".join(c) for c in proposal.leaves),
            JOIN.join("=".join(c) for c in proposal.after), int(area.get(sign, 0)),
        ))  # fmt: skip
    columns = ["claim_set", "claims", "kind", "level", "rule", "proposal", "after", "area_m2"]
    table = pd.DataFrame(rows, columns=columns)
    return table[table["area_m2"] > 0].reset_index(drop=True)


def layers(result: Result) -> pd.DataFrame:
    """List who takes part, with the ground that each role claims (once, where layers overlap)."""
    table = result.claims.layers.copy()
    table["claimed_m2"] = [_claimed(result, str(r)) for r in table["role"]]
    return table.sort_values(["input", "role", "plan"], ignore_index=True)


def _claimed(result: Result, role: str) -> int:
    outside = result.claims.outside.get(role)
    area = result.atoms.groupby("sign")["area_m2"].sum()
    return int(sum(
        m2 for sign, m2 in area.items()
        if any(result.claims.claims[c][0] == role and c != outside
               for c in result.audited.signs[int(sign)])
    ))  # fmt: skip


def ledger(result: Result, built: Any) -> pd.DataFrame:
    """Give the audit's own ledger: every other table is a sum of it."""
    import pandas as pd

    atoms = result.atoms.rename(columns={"sign": "claim_set"})
    names = np.append(result.patches["conflict"].to_numpy(dtype=object), "")
    atoms["conflict"] = pd.array(names[atoms["patch"].to_numpy()], dtype="string")
    keys = ["unit", "township", "county", "claim_set", "conflict", "kind", "level"]
    if built is not None:
        atoms["built_m2"] = built
    sums = ["area_m2", "built_m2"] if built is not None else ["area_m2"]
    return atoms.groupby(keys, sort=True)[sums].sum().reset_index()
