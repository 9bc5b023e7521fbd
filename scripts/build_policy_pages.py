"""Write docs/policies/: a page for each shipped policy, its formulas as mathematics, and an index.

python scripts/build_policy_pages.py          writes them
python scripts/build_policy_pages.py --check  says whether they are those of the files
"""

from __future__ import annotations

import sys
from pathlib import Path

from zoning.base.shipped import load_toml
from zoning.policy.page import page
from zoning.policy.read import find, read_policy, shipped

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "policies"


def pages() -> dict[str, str]:
    """Give every page by its name."""
    found = {f"{name}.md": page(read_policy(find(name))) for name in shipped()}
    found["README.md"] = index()
    return found


def index() -> str:
    """Give the list of policies and the functions of the language."""
    lines = ["# Shipped policies / 随附政策", "",
             "Written by `scripts/build_policy_pages.py`. How to write one of your own: "
             "[policies](../policies.md), [中文](../policies.zh-CN.md).", "",
             "| policy | what | evidence |", "|---|---|---|"]  # fmt: skip
    for name in shipped():
        p = read_policy(find(name))
        made_up = ", with made-up numbers" if p.notice else ""
        lines.append(
            f"| [`{name}`]({name}.md) | {p.title.en} / {p.title.zh} | {p.evidence}{made_up} |"
        )
    lines += ["", "## Functions / 函数", "", "| written | gives | 说明 |", "|---|---|---|"]
    for told in load_toml("policies", "functions.toml").values():
        lines.append(f"| `{told['usage']}` | {told['en']} | {told['zh']} |")
    lines += ["", "```{toctree}", ":hidden:", "", *shipped(), "```"]
    return "\n".join(lines) + "\n"


def _there(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main() -> int:
    wanted = pages()
    if "--check" in sys.argv:
        wrong = [n for n, text in wanted.items() if text != _there(OUT / n)]
        print("old: " + ", ".join(wrong) if wrong else "all pages are those of the files")
        return 1 if wrong else 0
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (OUT / name).write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(wanted)} pages in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
