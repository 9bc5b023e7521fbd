"""The README says what is true: its output, its commands, its links."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def load_script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_shows_what_the_demo_prints():
    script = load_script("update_readme")
    shown = script.updated(README, script.demo_output())
    assert script.steady(shown) == script.steady(README)
    assert len(re.findall(r"Digest of the plan: [0-9a-f]{64}\n", shown)) == 1


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_commands_of_the_readme_exist():
    from zoning.cli.app import build

    known = {c.name for c in build().registered_commands}
    named = set(re.findall(r"(?:^|/|\\)zoning (\w+)", README, flags=re.M))
    assert named
    assert named <= known


def test_both_readmes_give_the_same_commands():
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    for line in re.findall(r"^(?:python3|py) .*$", README, flags=re.M):
        assert line in chinese


def test_the_page_of_plan_toml_is_made_from_the_models():
    script = load_script("write_config_docs")
    assert (ROOT / "docs" / "plan-toml.md").read_text(encoding="utf-8") == script.document()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_python_of_the_readme_runs(name, tmp_path, monkeypatch):
    text = (ROOT / name).read_text(encoding="utf-8")
    (code,) = re.findall(r"<!-- python -->\n```python\n(.*?)```", text, flags=re.S)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(code, name, "exec"), names)
    plan, less, unit = (names[k] for k in ("plan", "less", "unit"))
    assert plan.units.at[unit, "new_m2"] > 0
    assert less.units.at[unit, "new_m2"] == 0
    assert less.run["construction"]["new_m2"] < plan.run["construction"]["new_m2"]
    assert [check for check in less.verify() if not check.ok] == []
    (saved,) = tmp_path.glob("*/report.docx")
    assert (saved.parent / "plan.gpkg").exists()
    assert list(tmp_path.glob("*.png"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "lang"), [("walkthrough.md", "en"), ("walkthrough.zh-CN.md", "zh")]
)
def test_the_walkthrough_quotes_what_explain_says(name, lang):
    import zoning as zn

    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    (quote,) = re.findall(r"^((?:> .*\n)+)", page, flags=re.M)
    (place,) = re.findall(r"zoning explain out (\S+)", page)
    said = zn.demo().explain(place, lang).lines[1]
    assert " ".join(quote.replace("\n> ", " ").removeprefix("> ").split()) == said


PAGES = [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.zh-CN.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_chinese_pages_are_set_as_chinese(page):
    """Full-width signs beside Chinese characters, no space before the per cent sign."""
    text = re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|^ {4}.*$", "", page.read_text(encoding="utf-8"),
                  flags=re.S | re.M)  # fmt: skip
    wrong = re.findall(r".{0,12}(?:[\u4e00-\u9fff][,;:(]|[,;:)][\u4e00-\u9fff]|\d %).{0,8}", text)
    assert wrong == []
