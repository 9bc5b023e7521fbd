"""Other programs: the tools inside QGIS, and what opens the files of a plan."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoning.errors import InputError, meant, suggest

#: Folder of the plug-in in a profile; the name by which QGIS enables it.
PLUGIN = "zoning_provider"
ACTIONS = ("install", "remove", "where")
#: What ``open`` opens: key, file or folder of a plan (tried in this order), in words.
VIEWS = {
    "map": "map.html", "qgis": "plan.qgz", "report": "report.docx", "tables": "tables.xlsx",
    "folder": ".",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QgisPlugin:
    """Where the tools inside QGIS stand.

    Parameters
    ----------
    folder : Path
        Folder of the plug-in in the profile.
    files : tuple of Path
        What was written or taken away.
    enabled : bool
        Whether the profile starts it.
    """

    folder: Path
    files: tuple[Path, ...]
    enabled: bool


def qgis(
    action: str = "install",
    *,
    profile: str = "default",
    profiles: str | Path | None = None,
    commands: Mapping[str, Any] | None = None,
) -> QgisPlugin:
    """Put the commands into the toolbox of QGIS, or take them away.

    Parameters
    ----------
    action : {"install", "remove", "where"}
        ``where`` only looks.
    profile : str
        Name of the profile of QGIS.
    profiles : str or Path, optional
        Folder of the profiles; by default ``QGIS_CUSTOM_CONFIG_PATH``, else where QGIS keeps them
        on this system. QGIS makes a profile that does not exist when it first starts.
    commands : mapping, optional
        The list of commands, for a toolbox whose zoning is gone.

    Returns
    -------
    QgisPlugin

    Raises
    ------
    InputError
        If the action is not known, or a file of the folder is not ours and stands in the way.

    Notes
    -----
    The plug-in is a copy; ``settings.json`` beside it names the Python that runs this function,
    so QGIS and zoning need not share one. It is enabled in ``QGIS3.ini`` of the profile.

    Examples
    --------
    >>> import tempfile
    >>> from zoning import api
    >>> made = api.qgis(profiles=tempfile.mkdtemp())
    >>> made.folder.name, made.enabled, (made.folder / "metadata.txt").is_file()
    ('zoning_provider', True, True)
    """
    if action not in ACTIONS:
        near = suggest(action, ACTIONS)
        raise InputError.one(
            f"'{action}' is none of {', '.join(ACTIONS)}",
            f"“{action}”不在 {'、'.join(ACTIONS)} 之中", where="action", code="usage",
            remedy=meant(near),
        )  # fmt: skip
    home = Path(profiles) if profiles else profiles_folder()
    folder = home / profile / "python" / "plugins" / PLUGIN
    ini = home / profile / "QGIS" / "QGIS3.ini"
    if action == "install":
        files = _copy(folder, commands or {})
        _enable(ini, True)
    elif action == "remove":
        files = _remove(folder)
        _enable(ini, False)
    else:
        files = tuple(sorted(p for p in folder.glob("*") if p.is_file()))
    return QgisPlugin(folder, files, f"{PLUGIN}=true" in _lines(ini))


def profiles_folder() -> Path:
    """Give the folder where QGIS keeps its profiles on this system."""
    own = os.environ.get("QGIS_CUSTOM_CONFIG_PATH")
    if own:
        return Path(own) / "profiles"
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "QGIS" / "QGIS3" / "profiles"


def _copy(folder: Path, commands: Mapping[str, Any]) -> tuple[Path, ...]:
    """Write the plug-in whole or not at all; what an older version left goes."""
    import zoning
    from zoning.base.staged import staged

    package = Path(zoning.__file__).parent
    source = package / "qgis_provider"
    names = sorted(p.name for p in source.iterdir() if p.suffix in (".py", ".txt", ".svg"))
    settings = {
        "command": [sys.executable, "-m", "zoning"],
        # A package that runs from a checkout is found there by the new process, too.
        "path": "" if _installed(package) else str(package.parent),
        "commands": dict(commands),
    }
    old = [p.name for p in folder.glob("*.py")] if folder.is_dir() else []
    with staged(folder, last=("metadata.txt",), stale=old) as stage:
        for name in names:
            text = (source / name).read_text(encoding="utf-8")
            if name == "metadata.txt":
                text = text.replace("version=0\n", f"version={zoning.__version__}\n")
            (stage / name).write_text(text, encoding="utf-8", newline="\n")
        written = json.dumps(settings, ensure_ascii=False, indent=1)
        (stage / "settings.json").write_text(written, encoding="utf-8")
    return tuple(folder / n for n in (*names, "settings.json"))


def _installed(package: Path) -> bool:
    """Whether the package lies where its Python looks by itself."""
    import site

    return str(package.parent) in (*site.getsitepackages(), site.getusersitepackages())


def _remove(folder: Path) -> tuple[Path, ...]:
    """Take our files away; what somebody put beside them stays."""
    from contextlib import suppress

    from zoning.base import marks

    gone = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.is_file() and path.name != marks.LIST and marks.state(folder, path.name) == "ours":
            gone.append(path)
    for path in [*gone, *([folder / marks.LIST] if gone else [])]:
        path.unlink(missing_ok=True)
    for cache in folder.glob("__pycache__/*.pyc"):
        cache.unlink()
    for place in (folder / "__pycache__", folder):
        with suppress(OSError):
            place.rmdir()
    return tuple(gone)


def _lines(ini: Path) -> list[str]:
    return ini.read_text(encoding="utf-8").splitlines() if ini.is_file() else []


def _enable(ini: Path, on: bool) -> None:
    """Let the profile start the plug-in, or forget it; all other lines of its settings stay."""
    head, ours = "[PythonPlugins]", f"{PLUGIN}=true"
    lines = [line for line in _lines(ini) if not line.startswith(f"{PLUGIN}=")]
    if on:
        if head not in lines:
            lines += [*([""] if lines else []), head]
        lines.insert(lines.index(head) + 1, ours)
    elif not ini.is_file():
        return
    ini.parent.mkdir(parents=True, exist_ok=True)
    part = ini.with_name(ini.name + ".zoning")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    part.replace(ini)


def open(folder: str | Path, what: str | None = None) -> Path:
    """Open a file of a plan with the program that this computer has for it.

    Parameters
    ----------
    folder : str or Path
        Folder of a plan.
    what : {"map", "qgis", "report", "tables", "folder"}, optional
        By default the first that is there.

    Returns
    -------
    Path
        What was opened.

    Raises
    ------
    InputError
        If there is no such file, or no program opens it.

    Examples
    --------
    >>> from zoning import api
    >>> api.open("no such folder")
    Traceback (most recent call last):
    ...
    zoning.errors.InputError: no such folder: there is no such folder
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError.one("there is no such folder", "没有这个文件夹", where=str(folder),
                             code="no-folder")  # fmt: skip
    from zoning.base.staged import recover

    recover(folder)
    names = VIEWS if what is None else {what: VIEWS.get(what, "")}
    place = next((folder / f for f in names.values() if f and (folder / f).exists()), None)
    if place is None:
        file = VIEWS.get(what or "", "")
        raise InputError.one(
            f"there is no {file or what}", f"没有 {file or what}", where=str(folder),
            code="nothing-to-open",
            remedy=("make it with zoning map, zoning report or zoning run",
                    "请用 zoning map、zoning report 或 zoning run 生成"),
        )  # fmt: skip
    if not _launch(place):
        raise InputError.one(
            "no program here opens it", "本机没有可以打开它的程序", where=str(place),
            code="no-program", remedy=("open it by hand", "请手动打开"),
        )  # fmt: skip
    return place


def _launch(place: Path) -> bool:
    """Hand a file to the system; pages go to the browser."""
    if place.suffix == ".html":
        import webbrowser

        return webbrowser.open(place.absolute().as_uri())
    import typer

    return typer.launch(str(place.absolute())) == 0
