"""An audit proved again from the files of its plan: rules, sums, proposals, shapes.

What was stored are the ledger of the audit, the sets of claims and the settings; everything else is
derived from them again and held against what stands in the tables, and the shapes of patches are
held against each other, against the tolerance, and against red lines and farmland.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zoning.errors import Check
from zoning.review.audit import resolve
from zoning.review.audit.again_shapes import add, column, missing, shapes
from zoning.review.audit.contribute import LAYER, WING
from zoning.review.audit.decisions import DECIDED
from zoning.review.audit.resolve import Proposal, precedences, propose
from zoning.review.audit.rules import AGREE, NONE, SLIVER, Claim
from zoning.review.audit.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.contribution.parts import Contribution
    from zoning.plan import Plan


@dataclass(frozen=True)
class Stored:
    """An audit as its plan keeps it.

    Parameters
    ----------
    settings : Settings
    frames : mapping of str to DataFrame
    layer : GeoDataFrame
        The patches.
    claims : mapping of set to claims
    atoms : DataFrame
        The ledger, with ``sign`` and ``patch`` as the functions of a run know them.
    outside : mapping of role to Claim
    """

    settings: Settings
    frames: Mapping[str, pd.DataFrame]
    layer: gpd.GeoDataFrame
    claims: Mapping[int, tuple[Claim, ...]]
    atoms: pd.DataFrame
    outside: Mapping[str, Claim]

    @classmethod
    def of(cls, plan: Plan, given: Contribution) -> Stored:
        """Read it from a plan."""
        frames = {t.name: t.frame for t in given.tables}
        record = plan.run[WING]
        sets = frames["audit_sets"]
        claims = {
            int(n): _claims(text)
            for n, text in zip(sets["claim_set"], sets["claims"].fillna(""), strict=True)
        }
        atoms = frames["audit_atoms"].rename(columns={"claim_set": "sign", "conflict": "patch"})
        atoms["patch"] = atoms["patch"].fillna("").astype(object)
        layer = next(x.frame for x in given.layers if x.name == LAYER)
        outside = {role: (role, code) for role, code in record["outside"].items()}
        return cls(Settings.of(record["settings"]), frames, layer, claims, atoms, outside)

    def proposals(self) -> dict[tuple[int, str], Proposal]:
        """Settle every (set, patch) again."""
        ranks, rules = precedences(self.frames["audit_layers"]), self.settings.rules
        rows = self.frames["conflict_list"].set_index("conflict")
        found = {}
        for sign, patch in {(int(s), str(p)) for s, p in zip(
                self.atoms["sign"], self.atoms["patch"], strict=True)}:  # fmt: skip
            claims, gone = self.claims.get(sign, ()), None
            row = rows.loc[patch] if patch in rows.index else None
            if row is not None and row["kind"] == SLIVER:
                found[sign, patch] = Proposal(tuple(claims), (), ())
                continue
            if row is not None and row["state"] in DECIDED and _said(row["gives_way"]):
                gone = [c for c in claims if c[0] == row["gives_way"]]
            found[sign, patch] = propose(claims, rules.matches(claims), self.settings.order, ranks,
                                         self.outside, gone)  # fmt: skip
        return found

    def accounts(self, plan: Plan) -> dict[str, pd.DataFrame]:
        """Draw up every account of the proposal again."""
        settled = self.proposals()
        before = {key: self.claims.get(key[0], ()) for key in settled}
        after = {key: p.after for key, p in settled.items()}
        rows = self.frames["conflict_list"]
        slivers = set(rows.loc[rows["kind"] == SLIVER, "conflict"].astype(str))
        kept = (rows["gives_way"] == resolve.NOBODY).fillna(False)
        county = self.atoms["county"].astype(object)
        built = self.atoms["built_m2"].to_numpy() if "built_m2" in self.atoms else None
        found = {
            "audit_claims": resolve.balance(self.atoms, before, after),
            "audit_levels": resolve.level_balance(
                self.atoms, after, self.settings.rules, slivers,
                set(rows.loc[kept, "conflict"].astype(str)),
            ),
            "audit_cap": resolve.cap_account(
                self.atoms, built, county.mask(county.isin(("none", "overlap"))), before, after,
                plan.run.get("construction") or {},
            ),
        }  # fmt: skip
        if "audit_farmland" in self.frames:
            found["audit_farmland"] = resolve.farmland_debt(
                self.atoms, county, before, after, plan.pieces
            )
        return found


def _claims(text: str) -> tuple[Claim, ...]:
    pairs = [c.partition("=") for c in text.split(" + ") if c]
    return tuple((role, code) for role, _, code in pairs)


def _said(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def given_of(plan: Plan) -> Contribution | None:
    """Give the audit of a plan, if it has one."""
    return next((c for c in plan.contributions if c.wing == WING), None)


def refreshed(plan: Plan) -> Plan:
    """Draw up what an answer changed: the account of the cap, and land to replace farmland.

    Parameters
    ----------
    plan : Plan
        With other new land, or another cap, than the audit knew.

    Returns
    -------
    Plan
    """
    given = given_of(plan)
    if given is None:
        return plan
    fresh = Stored.of(plan, given).accounts(plan)
    tables = tuple(
        replace(t, frame=fresh[t.name])
        if t.name in ("audit_cap", "audit_farmland") else t for t in given.tables
    )  # fmt: skip
    others = tuple(
        replace(c, tables=tables) if c.wing == WING else c for c in plan.contributions
    )  # fmt: skip
    return replace(plan, contributions=others)


def verify(plan: Plan) -> list[Check]:
    """Prove the audit of a plan again; nothing where there is none.

    Returns
    -------
    list of Check
        ``verify.audit``, each with the table and the first row that differs.
    """
    given = given_of(plan)
    if given is None:
        return []
    stored = Stored.of(plan, given)
    found: list[Check] = []
    _sums(stored, plan, found)
    _rules(stored, found)
    _tables(stored, plan, found)
    shapes(stored.layer, stored.frames["conflict_list"], stored.settings.tolerance, plan, found)
    _record(stored, plan, found)
    return found


def _sums(stored: Stored, plan: Plan, found: list[Check]) -> None:
    """Add the ledger of the audit up by units, sets, patches and classes."""
    atoms, frames = stored.atoms, stored.frames
    add(found, "audit_atoms: city", {"city": round(plan.city.area.sum())},
         {"city": _total(atoms)})  # fmt: skip
    units = {str(u): 0 for u in plan.units.index}
    for unit, m2 in zip(atoms["unit"], atoms["area_m2"], strict=True):
        if str(unit) in units:
            units[str(unit)] += int(m2)
    area = {str(u): int(v) for u, v in plan.units["area_m2"].items()}
    if plan.config.grid.slivers == "keep":
        add(found, "audit_atoms: units", area, units, 1)
    add(found, "audit_sets: area_m2", column(frames["audit_sets"], "claim_set", "area_m2"),
         _group(atoms, ["sign"]))  # fmt: skip
    held = atoms[atoms["patch"] != ""]
    rows = frames["conflict_list"]
    add(found, "conflict_list: area_m2", column(rows, "conflict", "area_m2"),
         _group(held, ["patch"]))  # fmt: skip
    classes = frames["audit_classes"]
    add(found, "audit_classes: area_m2",
         {(r.kind, r.level): int(r.area_m2) for r in classes.itertuples()},
         _group(atoms, ["kind", "level"]))  # fmt: skip
    count: dict[Any, int] = dict.fromkeys(_group(atoms, ["kind", "level"]), 0)
    for r in rows.itertuples():
        count[r.kind, r.level] = count.get((r.kind, r.level), 0) + 1
    add(found, "audit_classes: patches",
         {(r.kind, r.level): int(r.patches) for r in classes.itertuples()}, count)  # fmt: skip
    worse = atoms[atoms["level"] != "pass"]
    kinds = frames["audit_kinds"]
    add(found, "audit_kinds: area_m2", column(kinds, "kind", "area_m2"), _group(worse, ["kind"]))
    places = frames["audit_places"]
    keys = ["county", "township", "kind", "level"]
    add(found, "audit_places: area_m2", _group(places, keys), _group(worse, keys))
    _by_unit(stored, found)


def _by_unit(stored: Stored, found: list[Check]) -> None:
    table = stored.frames["audit_units"].set_index("unit")
    for level in ("conflict", "unclassified", "warning", "notice"):
        some = _group(stored.atoms[stored.atoms["level"] == level], ["unit"])
        told = {str(u): int(v) for u, v in table[f"{level}_m2"].items()}
        add(found, f"audit_units: {level}_m2", told, {u: some.get(u, 0) for u in told})
    order = ["conflict", "unclassified", "warning", "notice"]
    worst = {
        str(u): next((v for v in order if row[f"{v}_m2"]), "pass")
        for u, row in zip(table.index, table.to_dict("records"), strict=True)
    }
    add(found, "audit_units: level", {str(u): v for u, v in table["level"].items()}, worst)


def _total(atoms: pd.DataFrame) -> int:
    return sum(int(v) for v in atoms["area_m2"])


def _group(frame: pd.DataFrame, keys: list[str]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    columns = [frame[k].astype(object).tolist() for k in keys]
    for key, m2 in zip(zip(*columns, strict=True), frame["area_m2"].tolist(), strict=True):
        name = key[0] if len(key) == 1 else key
        found[name] = found.get(name, 0) + int(m2)
    return found


def _by(frame: pd.DataFrame, keys: list[str], name: str) -> dict[Any, Any]:
    rows = zip(*(frame[k].astype(object) for k in keys), strict=True)
    return dict(zip(rows, frame[name].astype(object), strict=True))


def _rules(stored: Stored, found: list[Check]) -> None:
    """Match every set of claims again, and give every piece its class."""
    rules, sets = stored.settings.rules, stored.frames["audit_sets"]
    said: dict[str, dict[Any, Any]] = {"kind": {}, "level": {}, "rule": {}}
    for n, claims in stored.claims.items():
        told = rules.matches(claims)
        kind = NONE if not told else AGREE if told[0].level == "pass" else told[0].kind
        values = (kind, told[0].level if told else "pass", told[0].id if told else "")
        for name, value in zip(said, values, strict=True):
            said[name][n] = value
    for name, derived in said.items():
        stored_ = {k: "" if missing(v) else v for k, v in
                   column(sets, "claim_set", name).items()}  # fmt: skip
        add(found, f"audit_sets: {name}", stored_, derived)
    rows = stored.frames["conflict_list"].set_index("conflict")
    thin = set(rows.index[rows["kind"] == SLIVER])
    for name, sliver in (("kind", SLIVER), ("level", "notice")):
        is_ = [sliver if p in thin else said[name].get(s) for s, p in
               zip(stored.atoms["sign"], stored.atoms["patch"], strict=True)]  # fmt: skip
        add(found, f"audit_atoms: {name}", dict(enumerate(stored.atoms[name].astype(object))),
             dict(enumerate(is_)))  # fmt: skip
    sign = dict(zip(stored.atoms["patch"], stored.atoms["sign"], strict=True))
    of = {c: int(sign[c]) for c in rows.index if c in sign}
    right = {c: " + ".join("=".join(x) for x in stored.claims.get(n, ())) for c, n in of.items()}
    add(found, "conflict_list: claims", rows["claims"].to_dict(), right)
    add(found, "conflict_list: rule", rows["rule"].to_dict(),
         {c: said["rule"].get(n) for c, n in of.items()})  # fmt: skip
    for name, sliver in (("kind", SLIVER), ("level", "notice")):
        add(found, f"conflict_list: {name}", rows[name].to_dict(),
             {c: sliver if c in thin else said[name].get(n) for c, n in of.items()})  # fmt: skip


def _tables(stored: Stored, plan: Plan, found: list[Check]) -> None:
    """Draw up proposals, accounts and pairs again."""
    for name, right in stored.accounts(plan).items():
        is_ = stored.frames[name]
        keys = [c for c in ("role", "class", "level", "place", "county") if c in right]
        for name_ in [c for c in right if c not in keys]:
            add(found, f"{name}: {name_}", _by(is_, keys, name_), _by(right, keys, name_))
    settled = stored.proposals()
    leaves = {c: " + ".join("=".join(x) for x in p.leaves) for (_, c), p in settled.items() if c}
    told = {k: "" if missing(v) else v for k, v in
            column(stored.frames["conflict_list"], "conflict", "proposal").items()}  # fmt: skip
    add(found, "conflict_list: proposal", told, leaves)
    pairs: dict[Any, int] = {}
    area = _group(stored.atoms, ["sign"])
    for n, claims in stored.claims.items():
        for m in stored.settings.rules.matches(claims):
            key = (m.level, m.kind, m.id, "=".join(m.a), "=".join(m.b))
            pairs[key] = pairs.get(key, 0) + area.get(n, 0)
    keys = ["level", "kind", "rule", "claim_a", "claim_b"]
    add(found, "audit_pairs: area_m2", _group(stored.frames["audit_pairs"], keys), pairs)


def _record(stored: Stored, plan: Plan, found: list[Check]) -> None:
    """Hold run.json and its checks against the list of conflicts."""
    rows, record = stored.frames["conflict_list"], plan.run[WING]
    grave = rows[rows["level"].isin(("conflict", "unclassified"))]
    waiting = grave[~grave["state"].isin(DECIDED)]
    derived = {"undecided": len(waiting), "undecided_m2": int(waiting["area_m2"].sum())}
    add(found, "run.json: audit", {k: record[k] for k in derived}, derived)
    add(found, "run.json: audit.area_m2", record["area_m2"], _group(stored.atoms, ["level"]))
    told = {c.check: c for c in plan.checks}
    for level in ("conflict", "unclassified"):
        n = int((waiting["level"] == level).sum())
        check = told.get(f"audit.{level}")
        if check is not None or n:
            is_ = {"measured": check.measured, "ok": check.ok} if check is not None else {}
            add(found, f"run.json: audit.{level}", is_, {"measured": n, "ok": n == 0})
    done = rows[rows["state"].isin(DECIDED)]
    bare = done[["reason", "who", "date"]].isna().any(axis=1)
    add(found, "conflict_list: decided by nobody", dict.fromkeys(done.loc[bare, "conflict"], "?"),
         {})  # fmt: skip
