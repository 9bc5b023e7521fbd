"""Make the scripts and the stylesheet of the offline map small, as every page carries them.

``python scripts/build_page.py`` joins the sources of the page (``zoning/outputs/assets/*.js``, in
the order of ``zoning.outputs.webmap.frame.SCRIPTS``), lets esbuild take out what only people read,
and writes ``assets/built``; of fflate it takes what unpacks. The npm client brings esbuild, in the
version that stands here. Each file tells the SHA-256 of what it is made of, so ``--check`` needs no
esbuild to see that a source was changed and not built; a test builds them again, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from zoning.outputs.webmap.frame import BUILT, SCRIPTS  # noqa: E402

ASSETS = ROOT / "zoning" / "outputs" / "assets"
ESBUILD = "0.28.2"
#: Older browsers are told so by the page itself.
TARGET = "chrome80"
#: All that the page needs of fflate, under the name that it is called by.
UNPACKS = (
    'import { unzlibSync } from "./vendor/fflate/browser.js";\nwindow.fflate = { unzlibSync };\n'
)


def sources() -> dict[str, str]:
    """Give what each built file is made of."""
    read = {n: (ASSETS / n).read_text(encoding="utf-8") for n in (*SCRIPTS, "map.css")}
    library = (ASSETS / "vendor" / "fflate" / "browser.js").read_text(encoding="utf-8")
    made_of = ("".join(read[n] for n in SCRIPTS), UNPACKS + library, read["map.css"])
    return dict(zip(BUILT, made_of, strict=True))


def head(text: str) -> str:
    """Give the first line of a built file: what it was made of, and by what."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"/* built by esbuild {ESBUILD} of sources with SHA-256 {digest} */\n"


def build(folder: Path) -> None:
    """Write the built files into ``folder``."""
    with tempfile.TemporaryDirectory() as tmp:
        esbuild = fetched(Path(tmp))
        for name, text in sources().items():
            kind = "css" if name.endswith(".css") else "js"
            # A stylesheet loses its blanks only: browsers differ in what else means the same.
            how = ["--minify-whitespace"] if kind == "css" else ["--minify", f"--target={TARGET}"]
            how += ["--line-limit=160"]
            if name == "inflate.js":
                how += ["--bundle", "--format=iife"]
                text = UNPACKS
            made = subprocess.run(
                [esbuild, f"--loader={kind}", "--charset=utf8", "--log-level=warning", *how],
                cwd=ASSETS, input=text, capture_output=True, encoding="utf-8", timeout=120,
            )  # fmt: skip
            if made.returncode or made.stderr:
                raise SystemExit(made.stderr)
            written = head(sources()[name]) + made.stdout
            (folder / name).write_text(written, encoding="utf-8", newline="\n")


def fetched(folder: Path) -> str:
    """Let the npm client bring esbuild."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("the npm client is needed; it comes with Node.js")
    subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", f"esbuild@{ESBUILD}"],
        cwd=folder, check=True, timeout=300,
    )  # fmt: skip
    return str(folder / "node_modules" / "esbuild" / "bin" / "esbuild")


def stale(folder: Path) -> list[str]:
    """Name the built files that are made of other sources than those that lie here."""
    return [
        name for name, text in sources().items()
        if not (folder / name).is_file()
        or not (folder / name).read_text(encoding="utf-8").startswith(head(text))
    ]  # fmt: skip


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, build nothing")
    parser.add_argument("--into", type=Path, default=ASSETS / "built", help="folder to write into")
    options = parser.parse_args()
    if not options.check:
        build(options.into)
    old = stale(options.into)
    for name in old:
        print(f"made of other sources: {name}; run python scripts/build_page.py")
    print(f"{len(BUILT) - len(old)} of {len(BUILT)} files are built of these sources")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
