"""Break the accounts of a run by hand, one way at a time; verify must refute the plan.

    python scripts/mutate_accounts.py [--only NAME ...]

A copy of the package is changed in one place and makes a plan of honest inputs, with right
checksums and digest: nobody forged it, the program was wrong. The package as it is verifies the
plan. Prints what each mutant was named by; exit 1 if one passes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Name to file, what stands there, and what is written instead.
MUTANTS = {
    "land under red lines is free": (
        "ledger/sums.py", "known & ~built & ~water & ~kept", "known & ~built & ~water"),
    "water is free": (
        "ledger/sums.py", "known & ~built & ~water & ~kept", "known & ~built & ~kept"),
    "built land is free too": (
        "ledger/sums.py", "known & ~built & ~water & ~kept", "known & ~water & ~kept"),
    "red lines of level 1 are those of level 2": (
        "ledger/sums.py", 'atoms["red_level"] == 1', 'atoms["red_level"] == 2'),
    "farmland is not green": ("ledger/sums.py", '["ecology", "agriculture"]', '["ecology"]'),
    "built land in red lines is all built land": ("ledger/sums.py", "built & red, 0", "built, 0"),
    "shares forget new land": (
        "ledger/sums.py", 'share(table["built_m2"] + new, table["area_m2"])',
        'share(table["built_m2"], table["area_m2"])'),
    "caps are rounded up": (
        "capacity/rules.py", "return math.floor(exact)", "return math.floor(exact) + 1"),
    "caps forget the survey": (
        "capacity/rules.py", " / Fraction(repr(float(factor)))", ""),
    "quotas are a tenth more": (
        "capacity/rules.py", "Fraction(repr(float(share))) * int(area_m2)",
        "Fraction(repr(float(share))) * int(area_m2 * 11 // 10)"),
    "an overlay counts one protection only": (
        "ledger/sums.py", "covered(parts, overlay.protections)",
        "covered(parts, list(overlay.protections)[:0])"),
    "pieces lose a square metre": (
        "ledger/sums.py", "    return runs.in_order(out)\n\n\ndef describe_",
        '    out["built_m2"] += 1\n    return runs.in_order(out)\n\n\ndef describe_'),
    "own limits count half": (
        "capacity/own.py", ".to_numpy(np.float64) * STEP)", ".to_numpy(np.float64) * STEP / 2)"),
    "a share to keep is a share to take": (
        "capacity/own.py", "(1 - _exact(rule.keep)) * existing", "_exact(rule.keep) * existing"),
    "phases have a tenth more": (
        "capacity/phases.py", "share_of(rule.share, headroom_m2)",
        "share_of(rule.share, headroom_m2 * 11 // 10)"),
    "later phases are worth as much": (
        "allocation/stages.py", "np.round(steps * LATER**t) / QUANTUM",
        "np.round(steps * 1.0**t) / QUANTUM"),
    "twice as much may go": (
        "capacity/reductions.py", "share_of(rule.share, int(b))",
        "share_of(rule.share, 2 * int(b))"),
    "the boundary costs half": (
        "allocation/proof/bounded.py", "worth - how.lambda_km * _M_PER_KM",
        "worth - how.lambda_km * _M_PER_KM / 2"),
    "flows may be as large as they like": (
        "allocation/proof/bounded.py", "np.clip(at.flow, -at.weight, at.weight)", "at.flow * 1.5"),
}  # fmt: skip
#: From this mutant on the plan has rules of its own.
FIRST_OF_RULES = "own limits count half"
#: Rules that give every account something to count.
RULES = """
[[cap.limit]]
name = "farm"
of = "farmland"
upper = 400000
keep_share = 0.98
[[cap.phase]]
name = "near"
share = 0.3
[[cap.phase]]
name = "far"
[[cap.reduction]]
name = "old"
township = "321000001"
share = 0.2
lower_m2 = 1000
[allocation]
boundary_weight = 0.01
"""

RUN = """
import sys
sys.path.insert(0, {tests!r})
import worlds
from pathlib import Path
from zoning import api
cap = "[cap]\\nshare = 0.28\\nsource = \\"x\\"\\nsurvey_factor = 0.9\\n"
extra = "[outputs]\\nqgis = false\\nmap = false\\n" + {rules!r}
api.run(worlds.write(Path({box!r}, "w"), cap=cap, extra=extra), Path({box!r}, "out"))
"""


def mutated(name: str, box: Path) -> str:
    """Run a mutant and verify its plan; give what refutes it, or nothing."""
    file, old, new = MUTANTS[name]
    shutil.copytree(ROOT / "zoning", box / "zoning")
    (box / "data").symlink_to(ROOT / "data", target_is_directory=True)
    path = box / "zoning" / file
    text = path.read_text(encoding="utf-8")
    if text.count(old) < 1:
        raise SystemExit(f"{name}: '{old}' does not stand in {file} any more")
    path.write_text(text.replace(old, new), encoding="utf-8")
    rules = RULES if list(MUTANTS).index(name) >= list(MUTANTS).index(FIRST_OF_RULES) else ""
    script = RUN.format(tests=str(ROOT / "tests"), box=str(box), rules=rules)
    env = {**os.environ, "PYTHONPATH": str(box), "PYTHONDONTWRITEBYTECODE": "1"}
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], env=env, cwd=box, capture_output=True,
        text=True, encoding="utf-8",
    )  # fmt: skip
    if made.returncode:
        return "the run itself refuses: " + made.stderr.strip().splitlines()[-1][:160]
    shutil.rmtree(box / "zoning")
    from zoning import api

    found = [c for c in api.verify(box / "out") if not c.ok and c.level == "error"]
    return f"{len(found)}: {found[0].text.en[:140]}" if found else ""


def main() -> int:
    """Try the mutants."""
    sys.path.insert(0, str(ROOT))
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--only", nargs="+", choices=MUTANTS, default=list(MUTANTS))
    passed = []
    for name in ask.parse_args().only:
        with tempfile.TemporaryDirectory() as box:
            said = mutated(name, Path(box))
        print(f"{name}: {said or 'PASSES'}", flush=True)
        passed += [] if said else [name]
    return int(bool(passed))


if __name__ == "__main__":
    sys.exit(main())
