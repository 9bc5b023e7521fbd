"""The documents build without a warning, and name all of the public door."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from zoning import __version__, api

ROOT = Path(__file__).parent.parent


def test_the_reference_holds_every_public_name():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"auto\w+:: zoning\.api\.(\w+)", text))
    assert named == set(api.__all__) - {"COMMANDS", "FORMATS", "REPORTS"}


def test_every_page_is_in_the_contents():
    pages = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md")}
    trees = [t for text in pages.values() for t in re.findall(r"{toctree}(.*?)```", text, re.S)]
    listed = {word for tree in trees for word in tree.split()}
    assert set(pages) - {"index"} - listed == set()


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation


def test_hooks_bring_what_they_run():
    """A commit from an editor knows no .venv: a hook may not look for ruff on the path."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert text.count("- id: ") == text.count("language: python") == 3
    assert text.count("additional_dependencies: ") == 3


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         str(ROOT / "docs"), str(tmp_path)],
        cwd=ROOT, capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "api.html").read_text(encoding="utf-8")
    assert "zoning.api.allocate" in page
    assert "Share of the cap, 0..1." in page
