"""Write what `zoning demo` prints into the README, so that the README shows what is computed.

python scripts/update_readme.py [--check]
"""

import io
import itertools
import re
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from zoning import api
from zoning.cli.console import Talk
from zoning.cli.telling import tell_plan

README = Path(__file__).parent.parent / "README.md"
MEASURES = README.parent / "docs" / "reference-case.md"


def demo_output() -> str:
    """Give the table of the demo as the command prints it, without the paths."""
    plan = api.demo()
    out = io.StringIO()
    with redirect_stdout(out):
        tell_plan(Talk("en"), plan, [])
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def measures() -> str:
    """Give the table of what was measured of the reference case."""
    lines = MEASURES.read_text(encoding="utf-8").splitlines()
    start = lines.index("| measure | wanted | reached |")
    return "\n".join(itertools.takewhile(lambda line: line.startswith("|"), lines[start:]))


def updated(text: str, output: str) -> str:
    """Put output and measures between their markers."""
    for name, block in (("demo-output", f"```text\n{output}\n```"), ("measures", measures())):
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        whole = f"{start}\n{block}\n{end}"
        pattern = f"{re.escape(start)}.*?{re.escape(end)}"
        text = re.sub(pattern, lambda _, whole=whole: whole, text, flags=re.S)
    return text


def steady(text: str) -> str:
    """Leave out what other versions of solver and libraries give otherwise: gap and digest."""
    return re.sub(r"(gap|Digest of the plan:) [0-9a-f.e-]+", r"\1 ...", text)


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    text = updated(old, demo_output())
    if "--check" in sys.argv:
        sys.exit(steady(text) != steady(old))
    with tempfile.NamedTemporaryFile(
        "w", dir=README.parent, delete=False, encoding="utf-8", newline="\n"
    ) as file:
        file.write(text)
    Path(file.name).replace(README)
    print(f"{README.name} shows the present result")
