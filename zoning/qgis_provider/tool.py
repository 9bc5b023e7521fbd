"""The zoning that this plug-in calls: where it is, what it can do, and a run of it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

#: Written by ``zoning qgis install`` beside this file.
SETTINGS = "settings.json"
#: The form of ``zoning commands --json`` that this plug-in understands.
FORMAT = 1
#: Seconds that the list of commands may take before the one of the installation is used.
PATIENCE_S = 30
#: Seconds between two looks at whether the user wants to stop.
TICK_S = 0.1
#: Seconds that an interrupted command gets to end by itself.
GRACE_S = 5
#: What QGIS sets for its own Python and libraries, and another Python must not see.
_OURS = (
    "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONNOUSERSITE", "PROJ_LIB", "PROJ_DATA",
    "GDAL_DATA", "GDAL_DRIVER_PATH", "GEOTIFF_CSV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "QT_PLUGIN_PATH", "O4W_QT_PREFIX", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV",
)  # fmt: skip


class MissingError(Exception):
    """No zoning can be started; the text says what was tried, in both languages."""


class Answer:
    """What a command gave back.

    Parameters
    ----------
    code : int
        Exit code: 0 done, 1 done but a check of the plan fails, others failed.
    text : str
        What it wrote for people.
    wrong : str
        What it wrote on what is wrong.
    data : dict
        The answer as data, as ``--json`` gives it; empty where there is none.
    """

    def __init__(self, code, text, wrong, data):
        self.code, self.text, self.wrong, self.data = code, text, wrong, data

    @property
    def written(self):
        """Files that were written."""
        return [str(f) for f in self.data.get("written") or []]


class Tool:
    """A zoning that can be started.

    Parameters
    ----------
    command : list of str
        Program and first words.
    path : str
        Where Python finds the package, if it is not installed in the program's own place.
    stored : dict
        The list of commands of the day of the installation.
    """

    def __init__(self, command, path="", stored=None):
        self.command, self.path, self.stored = list(command), path, stored or {}

    def environment(self, lang=""):
        """Give the environment for a program that is not part of QGIS."""
        env = {k: v for k, v in os.environ.items() if k not in _OURS}
        env.update(PYTHONUTF8="1", PYTHONIOENCODING="utf-8", ZONING_PROGRESS="lines")
        if self.path:
            env["PYTHONPATH"] = self.path
        if lang:
            env["ZONING_LANG"] = lang
        return env

    def describe(self):
        """Ask the tool for its commands; if it does not answer, give those of the installation."""
        try:
            done = subprocess.run(
                [*self.command, "commands", "--json"], env=self.environment(),
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                timeout=PATIENCE_S, check=True, **_hidden(),
            )  # fmt: skip
            return json.loads(done.stdout.decode("utf-8"))
        except (OSError, ValueError, subprocess.SubprocessError):
            return self.stored

    def run(self, words, lang="", line=None, progress=None, stop=None):
        """Run a command to its end.

        Parameters
        ----------
        words : list of str
            Command, options and arguments.
        lang : {"zh", "en"}
            Language of messages.
        line : callable, optional
            Called with each line for people.
        progress : callable, optional
            Called with text, done and of; the last two are None where the end is not known.
        stop : callable, optional
            Says whether the user wants to stop.

        Returns
        -------
        Answer

        Raises
        ------
        MissingError
            If the program cannot be started.
        """
        handle, place = tempfile.mkstemp(suffix=".json", prefix="zoning-")
        os.close(handle)
        env = self.environment(lang)
        env["ZONING_ANSWER"] = place
        try:
            process = subprocess.Popen(
                [*self.command, *words], env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **_hidden(),
            )  # fmt: skip
        except OSError as error:
            Path(place).unlink()
            raise MissingError(_missing(self.command, error)) from error
        try:
            text, wrong = _listen(process, line, progress, stop)
            return Answer(process.returncode, text, wrong, _read(place))
        finally:
            process.stdout.close()
            process.stderr.close()
            Path(place).unlink()


def find(folder):
    """Find zoning: ``ZONING_COMMAND``, then the settings beside this file, then the path.

    Parameters
    ----------
    folder : str or Path
        Where the settings lie.

    Raises
    ------
    MissingError
        If there is none.
    """
    settings = {}
    place = Path(folder) / SETTINGS
    if place.is_file():
        settings = json.loads(place.read_text(encoding="utf-8"))
    said, known = os.environ.get("ZONING_COMMAND"), settings.get("command")
    stored = settings.get("commands")
    if said:
        return Tool([said], "", stored)
    if known and shutil.which(known[0]):
        return Tool(known, settings.get("path", ""), stored)
    on_path = shutil.which("zoning")
    if on_path:
        return Tool([on_path], "", stored)
    raise MissingError(_missing(known or ["zoning"], None))


def _missing(command, error):
    tried = " ".join(command)
    why = "" if error is None else " ({})".format(error)
    return (
        "zoning cannot be started: {0}{1}. Run 'zoning qgis install' again in the Python where "
        "zoning is installed. / 无法启动 zoning：{0}{1}。请在安装了 zoning 的 Python 中重新运行 "
        "zoning qgis install。"
    ).format(tried, why)


def _hidden():
    """Keep Windows from opening a console, and Ctrl-C of ours from reaching more than the tool."""
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    return {"start_new_session": True}


def _read(place):
    text = Path(place).read_text(encoding="utf-8")
    return json.loads(text) if text else {}


def _listen(process, line, progress, stop):
    """Read both streams until the program ends, and stop it when the user wants that.

    The callbacks are called in the thread of the caller, as QGIS wants it.
    """
    heard, said, wrong = queue.Queue(), [], []

    def hear(stream, lines):
        for raw in stream:
            heard.put((lines, raw.decode("utf-8", "replace").rstrip()))

    def tell():
        while not heard.empty():
            lines, text = heard.get()
            step = progress_of(text)
            if step is None:
                lines.append(text)
                if line and lines is said:
                    line(text)
            elif progress:
                progress(*step)

    streams = ((process.stdout, said), (process.stderr, wrong))
    ears = [threading.Thread(target=hear, args=pair, daemon=True) for pair in streams]
    for ear in ears:
        ear.start()
    _wait(process, tell, stop or (lambda: False))
    for ear in ears:
        ear.join()
    tell()
    return "\n".join(said), "\n".join(wrong)


def _wait(process, tell, stop):
    """Tell what is heard until the program ends; who wants to stop it need not wait for ever."""
    asked = None
    while process.poll() is None:
        time.sleep(TICK_S)
        tell()
        if asked is None and stop():
            asked = time.monotonic()
            _interrupt(process)
        elif asked is not None and time.monotonic() - asked > GRACE_S:
            # A shell that started QGIS in the background lets its children ignore Ctrl-C.
            process.terminate()


def _interrupt(process):
    """Ask the program to end. What it writes appears whole or not at all, so nothing is broken."""
    if os.name == "nt":
        process.terminate()
    else:
        process.send_signal(signal.SIGINT)


def progress_of(text):
    """Read a line of progress; None if it is another line.

    Examples
    --------
    >>> progress_of('{"progress": {"text": "plans", "done": 1, "of": 4}}')
    ('plans', 1, 4)
    >>> progress_of("warning: ...") is None
    True
    """
    if not text.startswith('{"progress"'):
        return None
    try:
        told = json.loads(text)["progress"]
    except (ValueError, KeyError):
        return None
    return told.get("text", ""), told.get("done"), told.get("of")
