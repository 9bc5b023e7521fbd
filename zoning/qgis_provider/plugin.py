"""What QGIS calls: registers the provider, and in a window adds the tool that says why."""

import os

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QIcon

from .provider import FOLDER, Provider, language

_MENU = "zoning"
_LABEL = {"zh": "点击查看定类理由", "en": "Click a unit: why this zone"}


class Plugin:
    """The plug-in.

    Parameters
    ----------
    iface : QgisInterface or None
        None in ``qgis_process``.
    """

    def __init__(self, iface):
        self.iface, self.provider, self.why, self.action = iface, None, None, None

    def initProcessing(self):  # noqa: N802 - names of QGIS
        """Put the commands into the toolbox."""
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802
        """Add the tool to the window."""
        self.initProcessing()
        from qgis.PyQt.QtWidgets import QAction

        from .why import Why

        self.why = Why(self.iface)
        icon = QIcon(os.path.join(FOLDER, "icon.svg"))
        self.action = QAction(icon, _LABEL[language()], self.iface.mainWindow())
        self.action.triggered.connect(self.why.start)
        self.iface.addPluginToMenu(_MENU, self.action)
        self.iface.addToolBarIcon(self.action)

    def unload(self):
        """Take everything away."""
        if self.action is not None:
            self.iface.removePluginMenu(_MENU, self.action)
            self.iface.removeToolBarIcon(self.action)
            self.why.remove()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
