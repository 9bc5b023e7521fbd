"""Pack the tool for machines without a package index: wheels, checksums, an install script.

python scripts/make_bundle.py [-o DIR] [--platform linux|windows] [--python 3.11]

A folder is written with a wheel of this checkout, the wheels of everything it needs (extra
``china`` included), ``SHA256SUMS`` and ``install.sh`` or ``install.ps1``. Carry it over, run the
script there: it holds the checksums, makes ``.venv`` beside it and installs with ``--no-index``.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

#: What pip calls the platforms; several tags, since wheels name the oldest system they run on.
TAGS = {
    "linux": [f"manylinux_2_{n}_x86_64" for n in (17, 24, 26, 27, 28)] + ["manylinux2014_x86_64"],
    "windows": ["win_amd64"],
}

SH = """\
#!/bin/sh
# Install zoning from the wheels beside this script; no network is used.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
(cd "$here" && sha256sum --quiet -c SHA256SUMS)
"${PYTHON:-python3}" -m venv "${1:-$here/.venv}"
"${1:-$here/.venv}/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" \\
  "zoning[china]"
"${1:-$here/.venv}/bin/zoning" --version
"""

PS1 = """\
# Install zoning from the wheels beside this script; no network is used.
param([string]$Into = "$PSScriptRoot\\.venv")
$ErrorActionPreference = "Stop"
foreach ($line in Get-Content "$PSScriptRoot\\SHA256SUMS") {
  $sum, $name = $line -split "  ", 2
  $is = (Get-FileHash -Algorithm SHA256 (Join-Path $PSScriptRoot $name)).Hash.ToLower()
  if ($is -ne $sum) { throw "checksum of $name does not hold" }
}
py -m venv $Into
& "$Into\\Scripts\\python" -m pip install --quiet --no-index --find-links "$PSScriptRoot\\wheels" `
  "zoning[china]"
& "$Into\\Scripts\\zoning" --version
"""


def pip(*arguments: str) -> None:
    """Run pip of this Python."""
    subprocess.run([sys.executable, "-m", "pip", *arguments], cwd=ROOT, check=True)


def gather(wheels: Path, platform: str, python: str) -> None:
    """Build the wheel of this checkout and bring the wheels that it needs."""
    wheels.mkdir(parents=True)
    pip("wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), ".")
    # uv resolves for the other machine (colorama is needed on Windows alone); pip would read the
    # markers of this one.
    wanted = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate",
         "--extra", "china", "--python-platform", platform, "--python-version", python,
         "pyproject.toml"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    tags = [x for tag in TAGS[platform] for x in ("--platform", tag)]
    pip(
        "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(wheels),
        "--python-version", python, *tags, *wanted,
    )  # fmt: skip


def seal(folder: Path) -> int:
    """Write checksums of all wheels, sorted by name; give their number."""
    rows = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  wheels/{path.name}\n"
        for path in sorted((folder / "wheels").iterdir())
    ]
    (folder / "SHA256SUMS").write_text("".join(rows), encoding="utf-8", newline="\n")
    return len(rows)


def main() -> None:
    """Make the bundle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
    )
    parser.add_argument("--platform", choices=[*TAGS], default="linux")
    parser.add_argument("--python", default="3.11")
    given = parser.parse_args()
    out = given.out or ROOT / "dist" / f"zoning-{given.platform}-{given.python}"
    if out.exists():
        parser.error(f"{out} exists; choose another folder")
    gather(out / "wheels", given.platform, given.python)
    count = seal(out)
    if given.platform == "linux":
        script = out / "install.sh"
        script.write_text(SH, encoding="utf-8", newline="\n")
        script.chmod(0o755)
    else:
        # PowerShell 5 reads UTF-8 only with a mark; the script is ASCII.
        (out / "install.ps1").write_text(PS1, encoding="ascii", newline="\r\n")
    print(f"{out}: {count} wheels")


if __name__ == "__main__":
    main()
