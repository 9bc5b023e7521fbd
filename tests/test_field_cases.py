"""Files with trouble that people report in public: the result is right, or the trouble is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import field_cases
import pytest

from zoning import api
from zoning.cli import main
from zoning.errors import InputError
from zoning.pipeline import rehearse
from zoning.planfile import load

pytestmark = pytest.mark.slow

#: Cases whose right numbers need a whole run; the others are told before anything is measured.
RUNS = [c for c in field_cases.CASES if c["right"] is not None]
TOLD = [c for c in field_cases.CASES if c["right"] is None]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "w"
    field_cases.world(folder)
    return folder


def made(case, world, tmp_path):
    """Write the files of a case; give its folder and what is asked of it."""
    folder = tmp_path / "case"
    shutil.copytree(world, folder)
    asked = case["make"](folder)
    if isinstance(asked, dict):
        return folder, asked
    return (folder if asked is None else asked), {}


def told(findings, levels=("error", "warning")) -> str:
    """Give what is said loudly, in English; both languages must be there."""
    assert all(f.what.en and f.what.zh for f in findings)
    return " || ".join(
        f"{f.code} {f.tell()}" for f in findings if getattr(f, "level", "error") in levels
    )


def holds(case, text: str) -> bool:
    return bool(case["told"]) and any(re.search(w, text, re.I | re.S) for w in case["told"])


def measure(plan):
    towns = plan.townships
    return {
        "units": len(plan.units),
        "area_m2": int(plan.units["area_m2"].sum()),
        "built_m2": None if "built_m2" not in plan.units else int(plan.units["built_m2"].sum()),
        "red_m2": plan.run["redlines"]["union_m2"] if plan.run.get("redlines") else None,
        "zones": {} if towns is None else towns["zone"].to_dict(),
        "names": {} if towns is None else towns["name"].to_dict(),
    }


@pytest.mark.parametrize("case", RUNS, ids=[c["id"] for c in RUNS])
def test_right_or_told(case, world, tmp_path):
    folder, asked = made(case, world, tmp_path)
    try:
        plan = api.run(folder / "plan.toml")
    except InputError as error:
        assert holds(case, told(error.problems)), error
        return
    got = measure(plan)
    if "names" in asked:
        assert got["names"] == asked["names"]
    for key, want in case["right"].items():
        assert got[key] == (
            want if key == "zones" else pytest.approx(want, rel=case["rel"], abs=0.5)
        )


@pytest.mark.parametrize("case", TOLD, ids=[c["id"] for c in TOLD])
def test_told(case, world, tmp_path, capsys, monkeypatch):
    folder, asked = made(case, world, tmp_path)
    if "grid" in asked:
        _grid(asked, case, capsys)
    elif "export" in asked:
        _export(asked, folder)
    elif "quiet" in asked:
        argv = ["run", str(folder / "plan.toml"), "-o", str(folder / "out"), "-q", "--lang", "en"]
        monkeypatch.setattr("sys.argv", ["zoning", *argv])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 1 and "cap" in "".join(capsys.readouterr())
    else:
        levels = ("error", "warning", "note") if "notes" in asked else ("error", "warning")
        try:
            ready = rehearse(load(folder / "plan.toml"), folder)
            text = told(ready.intake.findings, levels)
        except InputError as error:
            text = told(error.problems)
        assert holds(case, text), text


def test_a_cap_that_nobody_states_fails_nothing(world, tmp_path):
    """The files of Q01 without a cap: no share is invented, and its absence is told."""
    folder = Path(shutil.copytree(world, tmp_path / "case"))
    use = field_cases.use()
    use[20:40, 20:50] = 7
    field_cases.write_tif(folder / "use.tif", use)
    plan = api.run(folder / "plan.toml")
    assert plan.run["construction"]["cap_m2"] is None
    assert not [c for c in plan.checks if not c.ok and c.level == "error"]
    told_of = [c for c in plan.checks if not c.ok and "no cap" in c.text.en]
    assert [c.level for c in told_of] == ["warning"]


def _grid(asked, case, capsys):
    arguments = [str(a) for a in asked["grid"]]
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    make = lambda: api.grid(boundary=given["--boundary"], crs=given.get("--crs"))  # noqa: E731
    if asked["want"] is None:
        with pytest.raises(InputError) as e:
            make()
        assert re.search("4528|swap", told(e.value.problems))
        return
    units = make()
    assert (len(units.units), units.area_m2) == (asked["want"]["units"], asked["want"]["area_m2"])


def _export(asked, folder):
    api.run(folder / "plan.toml", folder / "out")
    try:
        api.export(folder / "out", to="shp", out=folder / "导出 结果")
    except InputError as error:
        assert re.search("GBK|UTF-8", str(error))
        return
    assert asked["export"](folder / "导出 结果", "").startswith("PASS")
