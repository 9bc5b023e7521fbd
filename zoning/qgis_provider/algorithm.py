"""One command of zoning as an algorithm of Processing."""

import json
import os

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFileDestination,
)

from . import forms, parameters, results
from .forms import key_of
from .tool import MissingError

LOAD = "LOAD"
#: Outputs of every command.
TEXT, CODE, OK, ANSWER = "TEXT", "EXIT_CODE", "OK", "ANSWER"
#: Layers of plan.gpkg that a model may want to go on with.
_LAYERS = ("zones", "units")


class Command(QgsProcessingAlgorithm):
    """A command; its form follows what the tool says of itself.

    Parameters
    ----------
    command, described : dict
        The command, and the whole of ``zoning commands --json``.
    tool : Tool or None
        None where no zoning was found.
    lang : {"zh", "en"}
    why_not : str
        Why there is no tool.
    """

    def __init__(self, command, described, tool, lang, why_not=""):
        super().__init__()
        self.command, self.described = command, described
        self.tool, self.lang, self.why_not = tool, lang, why_not

    def createInstance(self):  # noqa: N802 - names of QGIS, here and below
        """Give a fresh copy."""
        return Command(self.command, self.described, self.tool, self.lang, self.why_not)

    def name(self):
        """Give the identifier."""
        return self.command["name"]

    def displayName(self):  # noqa: N802
        """Give the name for people: what the command does."""
        told = self.command["help"][self.lang].rstrip(".。")
        return "{} ({})".format(told.split("; ")[0].split(": ")[0], self.command["name"])

    def groupId(self):  # noqa: N802
        """Give the identifier of the group."""
        return self.command.get("group", "")

    def group(self):
        """Give the name of the group."""
        names = {g["name"]: g[self.lang] for g in self.described.get("groups", [])}
        return names.get(self.groupId(), self.groupId())

    def shortDescription(self):  # noqa: N802
        """Give the help in one line, in both languages."""
        return "{0[en]} / {0[zh]}".format(self.command["help"])

    def shortHelpString(self):  # noqa: N802
        """Give the help: parameters, choices, exit codes, in both languages."""
        return forms.help_of(self.command, self.lang, self.described.get("exit_codes"))

    def tags(self):
        """Give words to search for."""
        return ["zoning", "主体功能区", self.command["help"]["en"], self.command["help"]["zh"]]

    def canExecute(self):  # noqa: N802
        """Say whether the tool is there."""
        return (self.tool is not None, self.why_not)

    def initAlgorithm(self, config=None):  # noqa: N802
        """Build the form."""
        self._form()
        self._results()

    def _form(self):
        for parameter in forms.own(self.command):
            for made in parameters.make(parameter, self.lang):
                self.addParameter(made)
        if any(f.endswith(".gpkg") for _, f, _ in forms.outputs_of(self.command)):
            label = {"zh": "结果加载到当前工程", "en": "Load the result into the project"}
            self.addParameter(
                QgsProcessingParameterBoolean(LOAD, label[self.lang], defaultValue=True)
            )

        label = {"zh": "JSON 结果", "en": "The answer as JSON"}[self.lang]
        answer = QgsProcessingParameterFileDestination(
            ANSWER, label, "JSON (*.json)", optional=True, createByDefault=False
        )
        answer.setFlags(answer.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(answer)

    def _results(self):
        zh = self.lang == "zh"
        taken = {d.name() for d in self.outputDefinitions()}
        made = [
            QgsProcessingOutputString(TEXT, "输出文字" if zh else "What the command said"),
            QgsProcessingOutputNumber(CODE, "退出码" if zh else "Exit code"),
            QgsProcessingOutputBoolean(OK, "检查全部通过" if zh else "All checks passed"),
        ]
        for key, file, _ in forms.outputs_of(self.command):
            html = file.endswith(".html")
            kind = QgsProcessingOutputHtml if html else QgsProcessingOutputFile
            made.append(kind(key, file))
            if file == "plan.gpkg":
                made += [QgsProcessingOutputVectorLayer(n.upper(), n) for n in _LAYERS]
        for parameter in forms.own(self.command):
            # A model goes on with the folder that a command worked in.
            if parameter["kind"] == "plan-folder" and parameter["required"]:
                made.append(QgsProcessingOutputFolder("PLAN_FOLDER", parameter["help"][self.lang]))
        for output in made:
            if output.name() not in taken:
                self.addOutput(output)

    def checkParameterValues(self, given, context):  # noqa: N802
        """Refuse a form without a place, where the command needs one."""
        for parameter in forms.own(self.command):
            key = key_of(parameter)
            needed = forms.kind_of(parameter) == "place" and parameter["required"]
            ways = (key, key + parameters.POINT, key + parameters.LAYER)
            if needed and not any(map(given.get, ways)):
                return False, {"zh": "请给出地点", "en": "a place is missing"}[self.lang]
        return super().checkParameterValues(given, context)

    def processAlgorithm(self, given, context, feedback):  # noqa: N802
        """Run the command; its lines are the log, its steps the progress."""
        values = {
            key_of(p): parameters.read(p, self, given, context, feedback)
            for p in forms.own(self.command)
        }
        words = forms.words_of(self.command, values)
        feedback.pushCommandInfo("zoning " + " ".join(words))

        def progress(text, done, of):
            feedback.setProgressText(text)
            if of:
                feedback.setProgress(100.0 * done / of)

        try:
            answer = self.tool.run(
                words, self.lang, feedback.pushInfo, progress, feedback.isCanceled
            )
        except MissingError as error:
            raise QgsProcessingException(str(error)) from error
        if feedback.isCanceled():
            raise QgsProcessingException({"zh": "已中断", "en": "interrupted"}[self.lang])
        if answer.code not in (0, 1) or (answer.code == 1 and not answer.data):
            raise QgsProcessingException(answer.wrong or answer.text)
        for line in filter(None, answer.wrong.splitlines()):
            feedback.pushWarning(line)
        if given.get(LOAD, True) and self.parameterDefinition(LOAD) is not None:
            folder = os.path.dirname(answer.written[0]) if answer.written else ""
            results.load(answer.written, results.title_of(folder), context)
        place = self.parameterAsFileOutput(given, ANSWER, context) if given.get(ANSWER) else ""
        return {**self._told(answer, values), ANSWER: _stored(answer.data, place)}

    def _told(self, answer, values):
        """Give the results by the names of the outputs."""
        told = {TEXT: answer.text, CODE: answer.code, OK: answer.code == 0}
        there = {os.path.basename(f): f for f in answer.written}
        for key, file, _ in forms.outputs_of(self.command):
            told[key] = there.get(file)
        if "plan.gpkg" in there:
            for name in _LAYERS:
                told[name.upper()] = "{}|layername={}".format(there["plan.gpkg"], name)
        for parameter in forms.own(self.command):
            key = key_of(parameter)
            if parameter["output"]:
                told[key] = values[key] or _folder(answer.written)
            if parameter["kind"] == "plan-folder" and parameter["required"]:
                told["PLAN_FOLDER"] = values[key]
        return told


def _folder(written):
    """Give the folder of the files that a command wrote where it chose the place by itself."""
    return os.path.dirname(written[0]) if written else None


def _stored(data, place):
    """Put the answer as data into a file, if one is wanted."""
    if place:
        with open(place, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, indent=1)
    return place or None
