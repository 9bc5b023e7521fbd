"""Run the algorithms of the provider in a real QGIS and say what came out, as JSON.

Run with the Python that QGIS belongs to:

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/qgis_provider_check.py PLUGINS JOB OUT

``JOB``, a JSON file: ``runs`` (key, name, parameters, step to stop at), ``folder`` (of a plan),
``unit`` (x, y), ``plan`` (a plan.toml), ``model`` and ``model_out`` (places to write to).
"""

import json
import os
import signal
import sys
import traceback

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProject,
    QgsVectorLayer,
)  # fmt: skip


class Feedback(QgsProcessingFeedback):
    """Keeps what it is told; asks to stop after a step, if that is wanted."""

    def __init__(self, stop_at=None):
        super().__init__()
        self.steps, self.percent, self.lines, self.stop_at = [], [], [], stop_at

    def setProgressText(self, text):
        self.steps.append(text)
        if self.stop_at is not None and len(self.steps) >= self.stop_at:
            self.cancel()

    def setProgress(self, value):
        self.percent.append(value)

    def pushInfo(self, text):
        self.lines.append(text)

    pushCommandInfo = pushInfo

    def reportError(self, text, fatal=False):
        self.lines.append(text)


def run(registry, name, parameters, stop_at=None, project=None):
    """Run an algorithm; what it would load is loaded as QGIS does it."""
    algorithm = registry.createAlgorithmById("zoning:" + name)
    context, feedback = QgsProcessingContext(), Feedback(stop_at)
    context.setFeedback(feedback)
    if project is not None:
        context.setProject(project)
    told = {"steps": feedback.steps, "percent": feedback.percent, "lines": feedback.lines}
    valid, why = algorithm.checkParameterValues(parameters, context)
    if not valid:
        return {**told, "refused": why}
    results, ok = algorithm.run(parameters, context, feedback)
    told |= {"ok": ok, "results": {k: v for k, v in results.items() if k != "x"}, "loaded": []}
    for uri, details in context.layersToLoadOnCompletion().items():
        layer = QgsVectorLayer(uri, details.name, "ogr")
        project.addMapLayer(layer)
        details.postProcessor().postProcessLayer(layer, context, feedback)
        node = project.layerTreeRoot().findLayer(layer.id())
        told["loaded"].append({"name": layer.name(), "valid": layer.isValid(),
                               "renderer": layer.renderer().type(),
                               "group": node.parent().name()})  # fmt: skip
    root = project.layerTreeRoot().children() if project is not None else []
    told["order"] = [[n.name() for n in g.children()] for g in root if hasattr(g, "children")]
    return told


def forms(registry):
    """Say what each algorithm looks like in the toolbox."""
    found = {}
    for algorithm in registry.providerById("zoning").algorithms():
        found[algorithm.name()] = {
            "title": algorithm.displayName(), "group": algorithm.group(),
            "help": algorithm.shortHelpString(),
            "parameters": {d.name(): d.type() for d in algorithm.parameterDefinitions()},
            "outputs": {d.name(): d.type() for d in algorithm.outputDefinitions()},
        }  # fmt: skip
    return found


def model(place):
    """Build a model of a whole plan run: make a plan, prove it, ask why, allocate again."""
    source = QgsProcessingModelChildParameterSource
    made = QgsProcessingModelAlgorithm("plan", "zoning")
    for definition in (
        QgsProcessingParameterFile("plan", "plan.toml"),
        QgsProcessingParameterFolderDestination("out", "out"),
    ):
        if not definition.isDestination():
            made.addModelParameter(definition, QgsProcessingModelParameter(definition.name()))

    def child(key, name, **values):
        step = QgsProcessingModelChildAlgorithm("zoning:" + name)
        step.setChildId(key)
        step.setDescription(key)
        for parameter, value in values.items():
            step.addParameterSources(parameter, [value])
        return step

    first = child("run", "run", PLAN=source.fromModelParameter("plan"))
    first.setModelOutputs({"out": _output("out", "run", "OUT")})
    folder = source.fromChildOutput("run", "OUT")
    made.addChildAlgorithm(first)
    made.addChildAlgorithm(child("verify", "verify", FOLDER=folder))
    # From here on the folder that was proved: a model orders its steps by what they need.
    proved = source.fromChildOutput("verify", "PLAN_FOLDER")
    asked = child("explain", "explain", FOLDER=proved, PLACE=source.fromStaticValue("甲镇"))
    made.addChildAlgorithm(asked)
    again = child("allocate", "allocate", FOLDER=proved, CAP=source.fromStaticValue("0.2"))
    again.setModelOutputs({"again": _output("again", "allocate", "OUT")})
    made.addChildAlgorithm(again)
    made.toFile(place)
    return made


def _output(name, child, key):
    output = QgsProcessingModelOutput(name)
    output.setChildId(child)
    output.setChildOutputName(key)
    return output


def why(job):
    """Ask about a place, as a click on the map does."""
    from zoning_provider import why as room

    project = QgsProject.instance()
    project.clear()
    empty = room.plan_folder(None, project)
    units = QgsVectorLayer(job["folder"] + "/plan.gpkg|layername=units", "units", "ogr")
    project.addMapLayer(units)
    folder = room.plan_folder(None, project)
    place = room.lonlat(QgsPointXY(*job["unit"]), units.crs())
    return {"empty": empty, "folder": folder, "text": room.ask(folder, place, "zh"),
            "nowhere": room.ask(folder, "1,1", "zh")}  # fmt: skip


def click(job):
    """Click on a canvas: the panel shows the reason."""
    import time

    from qgis.gui import QgsMapCanvas, QgsMessageBar
    from qgis.PyQt.QtWidgets import QMainWindow
    from zoning_provider.plugin import Plugin

    class Window(QMainWindow):
        """What the plug-in asks of the window of QGIS."""

        def __init__(self):
            super().__init__()
            self.canvas, self.bar, self.actions = QgsMapCanvas(), QgsMessageBar(), []
            self.canvas.setDestinationCrs(QgsProject.instance().mapLayers().popitem()[1].crs())

        mapCanvas = lambda self: self.canvas  # noqa: E731
        messageBar = lambda self: self.bar  # noqa: E731
        mainWindow = lambda self: self  # noqa: E731
        activeLayer = lambda self: None  # noqa: E731
        addDockWidget = lambda self, area, dock: QMainWindow.addDockWidget(self, area, dock)  # noqa: E731
        addPluginToMenu = lambda self, menu, action: self.actions.append(action)  # noqa: E731
        removePluginMenu = lambda self, menu, action: self.actions.remove(action)  # noqa: E731
        addToolBarIcon = removeToolBarIcon = lambda self, action: None

    window = Window()
    plugin = Plugin(window)
    plugin.initProcessing = lambda: None  # the provider is there already
    plugin.initGui()
    window.actions[0].trigger()
    told = {"tool": window.canvas.mapTool() is plugin.why.tool}
    plugin.why.tool.canvasClicked.emit(QgsPointXY(*job["unit"]), 1)
    told["waiting"] = plugin.why.text.toPlainText()
    until = time.monotonic() + 60
    while plugin.why.text.toPlainText() == told["waiting"] and time.monotonic() < until:
        QgsApplication.processEvents()
        time.sleep(0.05)
    told["text"] = plugin.why.text.toPlainText()
    plugin.unload()
    told["left"] = len(window.actions)
    return told


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also when started with "&"
    plugins, job_file, out = sys.argv[1:]
    with open(job_file, encoding="utf-8") as f:
        job = json.load(f)
    sys.path.insert(0, plugins)
    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], True)
    app.initQgis()
    from zoning_provider.plugin import Plugin

    plugin = Plugin(None)
    plugin.initProcessing()
    registry = QgsApplication.processingRegistry()
    told = {"qgis": QgsApplication.applicationName(), "forms": forms(registry), "runs": {}}
    told["missing"] = plugin.provider.why_not
    for key, name, parameters, stop_at in job["runs"]:
        project = QgsProject()
        try:
            told["runs"][key] = run(registry, name, parameters, stop_at, project)
        except Exception:
            told["runs"][key] = {"error": traceback.format_exc()}
    made = model(job["model"])
    context, feedback = QgsProcessingContext(), Feedback()
    parameters = {"plan": job["plan"], "run:out": job["model_out"],
                  "allocate:again": QgsProcessing.TEMPORARY_OUTPUT}  # fmt: skip
    made.initAlgorithm()
    results, ok = made.run(parameters, context, feedback)
    told["model"] = {"ok": ok, "results": {k: str(v) for k, v in results.items()},
                     "lines": feedback.lines,
                     "inputs": [d.name() for d in made.parameterDefinitions()]}  # fmt: skip
    told["why"] = why(job)
    told["click"] = click(job)
    QgsProject.instance().clear()
    with open(out, "w", encoding="utf-8") as f:
        json.dump(told, f, ensure_ascii=False, indent=1, default=str)
    app.exitQgis()


if __name__ == "__main__":
    main()
