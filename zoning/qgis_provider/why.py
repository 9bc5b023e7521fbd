"""A click on the map says why the unit there has its zone."""

import html
import os

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProject,
    QgsTask,
)
from qgis.gui import QgsMapToolEmitPoint
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtWidgets import QDockWidget, QTextBrowser

from .parameters import LONLAT
from .provider import FOLDER, language
from .tool import MissingError, find

_WAIT = {"zh": "正在查询…", "en": "Asking the plan ..."}
_NO_PLAN = {
    "zh": "当前工程没有 zoning 方案的图层（plan.gpkg）。",
    "en": "No layer of this project belongs to a plan of zoning (plan.gpkg).",
}
_TITLE = {"zh": "定类理由", "en": "Why this zone"}


def folder_of(layer):
    """Give the folder of the plan that a layer belongs to; None for other layers."""
    path = layer.source().split("|")[0] if layer is not None else ""
    folder = os.path.dirname(path)
    whole = os.path.basename(path) == "plan.gpkg" and os.path.isfile(
        os.path.join(folder, "run.json")
    )
    return folder if whole else None


def plan_folder(active=None, project=None):
    """Give the folder of a plan: of the active layer, else of the first layer that has one."""
    project = project or QgsProject.instance()
    layers = [active, *(n.layer() for n in project.layerTreeRoot().findLayers())]
    return next(filter(None, map(folder_of, filter(None, layers))), None)


def lonlat(point, crs):
    """Write a point as LON,LAT."""
    to = QgsCoordinateReferenceSystem(LONLAT)
    there = QgsCoordinateTransform(crs, to, QgsProject.instance()).transform(point)
    return "{:.7f},{:.7f}".format(there.x(), there.y())


def ask(folder, place, lang):
    """Ask why, and give the lines; errors of the command are the answer then."""
    try:
        answer = find(FOLDER).run(["explain", "--", folder, place], lang)
    except MissingError as error:
        return str(error)
    return answer.text or answer.wrong


class Why(QObject):
    """The tool in the toolbar, and the panel that shows the answer.

    Parameters
    ----------
    iface : QgisInterface
    """

    def __init__(self, iface):
        super().__init__()
        self.iface, self.task = iface, None
        self.tool = QgsMapToolEmitPoint(iface.mapCanvas())
        self.tool.canvasClicked.connect(self.clicked)
        self.text = QTextBrowser()
        self.panel = QDockWidget(_TITLE[language()])
        self.panel.setObjectName("zoning_why")
        self.panel.setWidget(self.text)
        iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.panel)
        self.panel.hide()

    def start(self):
        """Let the next click ask."""
        self.iface.mapCanvas().setMapTool(self.tool)

    def clicked(self, point, _button=None):
        """Ask the plan about a point of the canvas, in the background."""
        folder = plan_folder(self.iface.activeLayer())
        if folder is None:
            self.iface.messageBar().pushMessage("zoning", _NO_PLAN[language()], Qgis.Warning)
            return
        crs = self.iface.mapCanvas().mapSettings().destinationCrs()
        self.show(_WAIT[language()])
        place, lang = lonlat(point, crs), language()
        self.task = QgsTask.fromFunction(
            _TITLE[lang], lambda _task: ask(folder, place, lang), on_finished=self._answered
        )
        QgsApplication.taskManager().addTask(self.task)

    def _answered(self, error, text=None):
        self.show(str(error) if error else (text or ""))

    def show(self, text):
        """Show lines in the panel."""
        lines = html.escape(text).splitlines()
        self.text.setHtml("".join("<p>{}</p>".format(line) for line in lines))
        self.panel.show()

    def remove(self):
        """Take the panel away."""
        self.iface.mapCanvas().unsetMapTool(self.tool)
        self.iface.removeDockWidget(self.panel)
        self.panel.deleteLater()
