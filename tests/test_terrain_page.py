"""From heights to zones: every command of both pages runs, every quoted sentence is said."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from tests.test_cli import zoning

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("name", ["terrain-to-zones.md", "terrain-to-zones.zh-CN.md"])
def test_every_command_of_the_page_runs_and_says_what_is_quoted(name, tmp_path, monkeypatch):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["terrain_county.py", str(tmp_path)])
    runpy.run_path(str(ROOT / "scripts" / "terrain_county.py"), run_name="__main__")
    plan = (tmp_path / "plan.toml").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", page, flags=re.S)
    keys = [line.split("#")[0].strip() for line in shown[1].splitlines()]
    assert [k for k in keys if k and k not in plan] == []
    monkeypatch.chdir(tmp_path)
    steps = re.findall(r"^(?: {4}zoning (.*)|> (.*))$", page, flags=re.M)
    said, runs = "", 0
    for command, quote in steps:
        if command:
            found = zoning(*command.split())
            assert found.returncode == 0, (command, found.stderr[-2000:])
            said, runs = " ".join((found.stdout + found.stderr).split()), runs + 1
        else:
            assert " ".join(quote.split()) in said, quote
    assert runs == 8 and (tmp_path / "out" / "report.docx").exists()
    for picture in re.findall(r"\((images/[^)]+)\)", page):
        assert (ROOT / "docs" / picture).exists()


@pytest.mark.slow
def test_the_pictures_can_be_drawn_again(tmp_path):
    import json

    script = runpy.run_path(str(ROOT / "scripts" / "terrain_county.py"))
    script["make"](tmp_path)
    z, towns = script["heights"](), tmp_path / "townships.gpkg"
    assert z.shape == (240, 320) and z.max() > 400 and towns.exists()
    assert json.loads(json.dumps(script["PEOPLE"])) == script["PEOPLE"]
