"""A command as a form and back: what its parameters are, and the words that call it."""


def key_of(parameter):
    """Give the name of a parameter in Processing.

    Examples
    --------
    >>> key_of({"name": "boundary-weight"})
    'BOUNDARY_WEIGHT'
    """
    return parameter.get("key") or parameter["name"].upper().replace("-", "_")


def own(command):
    """Give the parameters of a command that belong to it alone, and ``--lang``, each with its key.

    An option may be called like an argument: then its key is its longer name.

    Examples
    --------
    >>> names = ("folder", "as_folder")
    >>> same = [{"name": "folder", "parameter": n, "shared": False} for n in names]
    >>> [key_of(p) for p in own({"parameters": same})]
    ['FOLDER', 'AS_FOLDER']
    """
    found, taken = [], set()
    for parameter in command["parameters"]:
        if parameter["shared"] and parameter["parameter"] != "lang":
            continue
        key = key_of(parameter)
        key = parameter["parameter"].upper() if key in taken else key
        taken.add(key)
        found.append(dict(parameter, key=key))
    return found


def kind_of(parameter):
    """Say which kind of field a parameter needs.

    Returns
    -------
    str
        ``choice``, ``flag``, ``integer``, ``number``, ``files``, ``vector``, ``raster``,
        ``folder``, ``file``, ``plan``, ``crs``, ``place``, ``list``, ``text``; with ``-out`` where
        something is written there.

    Examples
    --------
    >>> base = {"choices": [], "type": "path", "kind": "folder", "output": True, "several": False}
    >>> kind_of(base), kind_of({**base, "output": False, "kind": "plan-folder"})
    ('folder-out', 'folder')
    """
    kind, written = parameter["kind"], "-out" if parameter["output"] else ""
    if parameter["choices"]:
        return "choice"
    if parameter["type"] in ("flag", "integer", "number"):
        return parameter["type"]
    if parameter["several"]:
        return "files" if parameter["type"] == "path" else "list"
    if kind in ("folder", "plan-folder"):
        return "folder" + written
    if kind in ("vector", "raster") and not written:
        return kind
    if kind.startswith("place"):
        return "place"
    if kind in ("crs", "plan"):
        return kind
    return "file" + written if kind in ("file", "raster") or parameter["type"] == "path" else "text"


def words_of(command, given):
    """Give the words that call a command.

    Parameters
    ----------
    command : dict
        As ``zoning commands --json`` describes it.
    given : dict
        Values by the names of `key_of`: text, number, bool, or a list of texts. What is missing,
        None, empty or the default is left to the command.

    Examples
    --------
    >>> option = {"parameter": "cap", "name": "cap", "flags": ["--cap"], "shared": False,
    ...           "default": None, "several": False}
    >>> argument = {**option, "parameter": "folder", "name": "folder", "flags": []}
    >>> words_of({"name": "allocate", "parameters": [argument, option]},
    ...          {"FOLDER": "-out", "CAP": 0.27})
    ['allocate', '--cap=0.27', '--', '-out']
    """
    options, arguments = [], []
    for parameter in own(command):
        value = given.get(key_of(parameter))
        if value is None or value == "" or value == []:
            continue
        values = value if isinstance(value, (list, tuple)) else [value]
        if not parameter["flags"]:
            arguments += [str(v) for v in values]
        elif isinstance(value, bool):
            if value != bool(parameter["default"]):
                options.append(_flag(parameter, value))
        elif value != parameter["default"]:
            # One word: a value may begin with a dash.
            options += ["{}={}".format(_flag(parameter, True), v) for v in values]
    return [command["name"], *options, *(["--", *arguments] if arguments else [])]


def _flag(parameter, on):
    """Give the long flag of an option; ``--a/--no-a`` has one for each side."""
    flag = next(f for f in parameter["flags"] if f.startswith("--"))
    yes, _, no = flag.partition("/")
    return yes if on else (no.strip() or yes)


def split_list(text):
    r"""Take a text of several values apart: one a line, or behind semicolons.

    Examples
    --------
    >>> split_list("a; b\n\nc")
    ['a', 'b', 'c']
    """
    return [v.strip() for v in text.replace("；", ";").replace("\n", ";").split(";") if v.strip()]


def outputs_of(command):
    """Name what a command writes: (key, file, parameter) for every file with a name of its own.

    Examples
    --------
    >>> writes = [{"in": "out", "files": ["plan.gpkg", "sheets/*.pdf", "."]}]
    >>> outputs_of({"writes": writes})
    [('PLAN_GPKG', 'plan.gpkg', 'out')]
    """
    return [
        (file.upper().replace(".", "_"), file, place["in"])
        for place in command["writes"]
        for file in place["files"]
        if file != "." and "*" not in file and "/" not in file
    ]


def help_of(command, lang, exit_codes=None):
    """Write the help of a command as HTML, in the wanted language first and then in the other.

    Parameters
    ----------
    command : dict
    lang : {"zh", "en"}
    exit_codes : dict, optional
        What the exit codes mean.
    """
    other = "en" if lang == "zh" else "zh"
    return _help(command, lang, exit_codes) + "<hr>" + _help(command, other, exit_codes)


def _help(command, lang, exit_codes):
    colon = "：" if lang == "zh" else ": "
    rows = [
        "<li><b>{}</b>{}{}{}</li>".format(
            key_of(p), colon, _escaped(p["help"][lang]), _range(p, lang))
        for p in own(command)
    ]  # fmt: skip
    text = "<p>{}</p><ul>{}</ul>".format(_escaped(command["help"][lang]), "".join(rows))
    codes = [
        "{} {}".format(code, _escaped(words[lang])) for code, words in (exit_codes or {}).items()
    ]
    if codes:
        head, comma = ("EXIT_CODE：", "；") if lang == "zh" else ("EXIT_CODE: ", "; ")
        text += "<p>{}{}</p>".format(head, comma.join(codes))
    return text


def _range(parameter, lang):
    """Tell choices, limits and default of a parameter."""
    told = []
    if parameter["choices"]:
        told.append(" | ".join(parameter["choices"]))
    for key, sign in (("min", "≥ "), ("max", "≤ ")):
        if parameter[key] is not None:
            told.append("{}{:g}".format(sign, parameter[key]))
    if parameter["default"] not in (None, "", False):
        word = "默认 " if lang == "zh" else "default "
        told.append(word + str(parameter["default"]))
    if not told:
        return ""
    left, comma, right = ("（", "；", "）") if lang == "zh" else (" (", "; ", ")")
    return left + _escaped(comma.join(told)) + right


def _escaped(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
