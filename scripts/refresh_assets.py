"""Bring the browser files of other projects anew, from the packages that ``assets.toml`` names.

``python scripts/refresh_assets.py`` packs each package with the npm client, takes out the listed
files and writes their sha256 into ``assets.toml``. ``--check`` downloads nothing and only compares
what lies here with the list. To move to another version, change it in ``assets.toml`` first.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "zoning" / "outputs" / "assets"
LIST = ASSETS / "assets.toml"


def digest(data: bytes) -> str:
    """Give the sha256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def packages(files: list[dict[str, str]]) -> set[tuple[str, str]]:
    """Name the packages and versions that the list needs."""
    return {(f["package"], f["version"]) for f in files}


def pack(name: str, version: str, folder: Path) -> tarfile.TarFile:
    """Let the npm client fetch one package and open it."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("the npm client is needed; it comes with Node.js")
    command = [npm, "pack", "--silent", f"{name}@{version}"]
    made = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return tarfile.open(folder / made.stdout.strip().splitlines()[-1])


def refresh(files: list[dict[str, str]]) -> dict[str, str]:
    """Fetch all packages and write the listed files; give their digests."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as tmp:
        for name, version in sorted(packages(files)):
            with pack(name, version, Path(tmp)) as archive:
                for f in files:
                    if f["package"] != name:
                        continue
                    member = archive.extractfile(f"package/{f['inside']}")
                    if member is None:
                        raise SystemExit(f"{name}@{version} has no file {f['inside']}")
                    data = member.read()
                    target = ASSETS / f["path"]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)
                    found[f["path"]] = digest(data)
    return found


def write_digests(text: str, digests: dict[str, str]) -> str:
    """Put the digests into the text of the list, one per block."""
    blocks = text.split("[[file]]")
    for i, block in enumerate(blocks[1:], 1):
        path = tomllib.loads(block)["path"]
        blocks[i] = re.sub(r'sha256 = "\w*"', f'sha256 = "{digests[path]}"', block)
    return "[[file]]".join(blocks)


def check(files: list[dict[str, str]]) -> list[str]:
    """Name the files that are missing or differ from the list."""
    wrong = []
    for f in files:
        path = ASSETS / f["path"]
        if not path.is_file() or digest(path.read_bytes()) != f["sha256"]:
            wrong.append(f["path"])
    return wrong


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, download nothing")
    options = parser.parse_args()
    text = LIST.read_text(encoding="utf-8")
    files = tomllib.loads(text)["file"]
    if not options.check:
        LIST.write_text(write_digests(text, refresh(files)), encoding="utf-8", newline="\n")
        files = tomllib.loads(LIST.read_text(encoding="utf-8"))["file"]
    wrong = check(files)
    for path in wrong:
        print(f"differs from the list: {path}")
    print(f"{len(files) - len(wrong)} of {len(files)} files agree with assets.toml")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
