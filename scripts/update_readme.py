"""Write what `zoning demo` prints into the README, so that the README shows what is computed.

python scripts/update_readme.py
"""

import io
import re
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from zoning import pipeline, planfile
from zoning.cli import console
from zoning.cli.plan import tell
from zoning.resources import data_path

README = Path(__file__).parent.parent / "README.md"
MARKERS = ("<!-- demo-output -->", "<!-- /demo-output -->")


def demo_output() -> str:
    """Give the table of the demo as the command prints it, without the paths."""
    path = data_path("zhenjiang.toml")
    plan = pipeline.run(planfile.load(path), path.parent)
    console.settings.lang = "en"
    out = io.StringIO()
    with redirect_stdout(out):
        tell(plan, [])
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def updated(text: str, output: str) -> str:
    """Put the output between the markers."""
    start, end = MARKERS
    block = f"{start}\n```text\n{output}\n```\n{end}"
    return re.sub(f"{re.escape(start)}.*?{re.escape(end)}", lambda _: block, text, flags=re.S)


if __name__ == "__main__":
    text = updated(README.read_text(encoding="utf-8"), demo_output())
    with tempfile.NamedTemporaryFile(
        "w", dir=README.parent, delete=False, encoding="utf-8", newline="\n"
    ) as file:
        file.write(text)
    Path(file.name).replace(README)
    print(f"{README.name} shows the present result")
