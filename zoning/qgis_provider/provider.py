"""The provider: all commands that the tool has, so later ones appear by themselves."""

import os

from qgis.core import Qgis, QgsApplication, QgsMessageLog, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithm import Command
from .tool import FORMAT, SETTINGS, MissingError, Tool, find

FOLDER = os.path.dirname(os.path.abspath(__file__))


def language():
    """Give the language of QGIS: Chinese or English."""
    said = QgsApplication.locale() or os.environ.get("LANG", "")
    return "zh" if said.lower().startswith("zh") else "en"


class Provider(QgsProcessingProvider):
    """The commands of zoning in the toolbox, the model designer and qgis_process."""

    def __init__(self):
        super().__init__()
        self.tool, self.why_not = None, ""

    def id(self):
        """Give the identifier."""
        return "zoning"

    def name(self):
        """Give the name in the toolbox."""
        return "主体功能区规划 zoning" if language() == "zh" else "zoning 主体功能区规划"

    def longName(self):  # noqa: N802 - the name of QGIS
        """Give the name with the version of the tool."""
        version = (self.tool.stored if self.tool else {}).get("zoning", "")
        return "{} {}".format(self.name(), version).strip()

    def icon(self):
        """Give the picture in the toolbox."""
        return QIcon(os.path.join(FOLDER, "icon.svg"))

    def supportedOutputVectorLayerExtensions(self):  # noqa: N802
        """Give the endings of files with units."""
        return ["gpkg", "parquet", "geojson", "fgb", "shp"]

    def supportedOutputRasterLayerExtensions(self):  # noqa: N802
        """Give the endings of rasters."""
        return ["tif"]

    def supportsNonFileBasedOutput(self):  # noqa: N802
        """Say that layers in memory cannot be written."""
        return False

    def loadAlgorithms(self):  # noqa: N802
        """Ask the tool what it can do."""
        try:
            self.tool, self.why_not = find(FOLDER), ""
        except MissingError as error:
            self.tool, self.why_not = None, str(error)
        asked = self.tool or Tool([], stored=_stored())
        described = asked.describe() if self.tool else asked.stored
        if int(described.get("format", FORMAT)) > FORMAT:
            QgsMessageLog.logMessage(
                "run 'zoning qgis install' again / 请重新运行 zoning qgis install",
                "zoning", Qgis.Warning,
            )  # fmt: skip
        for command in described.get("commands", []):
            if command.get("tool", True):
                made = Command(command, described, self.tool, language(), self.why_not)
                self.addAlgorithm(made)


def _stored():
    """Give the commands of the day of the installation, where the tool itself is gone."""
    import json

    place = os.path.join(FOLDER, SETTINGS)
    if not os.path.isfile(place):
        return {}
    with open(place, encoding="utf-8") as file:
        return json.load(file).get("commands", {})
