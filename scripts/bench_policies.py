"""Processor time of policies: 1,370 townships x 40 formulas, 10,000 firms x 12 months.

python scripts/bench_policies.py [--small]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from zoning.policy.compiled import compile_policy
from zoning.policy.gather import Given
from zoning.policy.read import read_policy
from zoning.policy.run import Result, run_policy

HEAD = """[policy]
en = "bench"
zh = "基准"
about_en = "bench"
about_zh = "基准"
source = "made up"
evidence = "own"
main = "{main}"
"""


def townships(rows: int, formulas: int) -> tuple[str, dict[str, pd.DataFrame]]:
    """Make a policy of many formulas over townships: groups, shares, ranks, rounding."""
    kinds = ("share(a, by=g) * b", "rank(b, by=g)", "a / sum(a) + minmax(b)",
             "where(a > b, a, b) * clip(a, 0, 1)", "fill(ln(a), 0) + min(a, b)")  # fmt: skip
    text = HEAD.format(main="t") + '[tables.t]\nfile = ""\nkey = "k"\n[tables.t.columns]\n'
    text += 'k = { unit = "text" }\ng = { unit = "text" }\na = { unit = "1" }\nb = { unit = "1" }\n'
    for i in range(formulas):
        total = '\nround = { step = 1, total = "1000000" }' if i == 0 else ""
        formula = "1000000 * share(a)" if i == 0 else kinds[i % len(kinds)]
        text += f'[[tables.t.formulas]]\nname = "f{i}"\nunit = "1"\nformula = "{formula}"{total}\n'
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"k": [f"t{i:06d}" for i in range(rows)], "a": rng.uniform(1, 2, rows),
                          "b": rng.uniform(1, 2, rows),
                          "g": rng.integers(0, 13, rows).astype(str)})  # fmt: skip
    return text, {"t": frame}


def firms(count: int, months: int) -> tuple[str, dict[str, pd.DataFrame]]:
    """Make accounts of firms by month with factors, summed by firm and by park."""
    text = (
        HEAD.format(main="firms")
        + """
[tables.factors]
key = "item"
rows = [{ item = "coal", factor = 2.07 }, { item = "power", factor = 0.5978 }]
[tables.factors.columns]
item = { unit = "text" }
factor = { unit = "tCO2/t" }
[tables.activity]
file = ""
key = ["firm", "month"]
[tables.activity.columns]
firm = { unit = "text" }
month = { unit = "text" }
item = { unit = "text" }
amount = { unit = "t" }
[[tables.activity.formulas]]
name = "emission"
unit = "tCO2"
formula = "amount * look(factors, factor)"
[tables.firms]
file = ""
key = "firm"
[tables.firms.columns]
firm = { unit = "text" }
park = { unit = "text" }
[[tables.firms.formulas]]
name = "total_emission"
unit = "tCO2"
formula = "total(activity, emission)"
[tables.parks]
group = "firms"
key = "park"
[[tables.parks.formulas]]
name = "park_emission"
unit = "tCO2"
formula = "total(firms, total_emission)"
"""
    )
    rng = np.random.default_rng(2)
    codes = np.array([f"f{i:06d}" for i in range(count)])
    activity = pd.DataFrame({
        "firm": np.repeat(codes, months), "month": np.tile(np.arange(1, months + 1), count),
        "item": np.where(rng.random(count * months) < 0.5, "coal", "power"),
        "amount": rng.uniform(1, 900, count * months),
    })  # fmt: skip
    parks = pd.DataFrame({"firm": codes, "park": rng.integers(0, 80, count).astype(str)})
    return text, {"activity": activity, "firms": parks}


def measure(text: str, tables: dict[str, pd.DataFrame]) -> tuple[float, Result]:
    """Give processor seconds from the file to the result."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.toml")
        path.write_text(text, encoding="utf-8")
        start = time.process_time()
        result = run_policy(compile_policy(read_policy(path)), None, Given(tables))
        return time.process_time() - start, result


def main() -> None:
    """Print a line for each case."""
    scale = 20 if "--small" in sys.argv else 1
    cases = {
        "1,370 townships x 40 formulas": townships(1370 // scale, 40),
        "10,000 firms x 12 months": firms(10_000 // scale, 12),
    }
    for name, case in cases.items():
        seconds, result = measure(*case)
        rows = len(result.tables[result.policy.main])
        print(f"{name}: {seconds:.2f} s of processor time, {rows:,} rows")


if __name__ == "__main__":
    main()
