"""What a command wrote, as layers of the project in the looks that stand in the files."""

import os

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingLayerPostProcessorInterface,
    QgsProviderRegistry,
)

#: Layers from the top of the map; others follow.
_ORDER = ("city", "counties", "townships", "redlines", "allocation", "zones", "units")
#: Looks have to live until QGIS has loaded the layers.
_ALIVE = []


class _Look(QgsProcessingLayerPostProcessorInterface):
    """Puts a loaded layer into a group of the plan, in its order and its own style."""

    def __init__(self, group, rank):
        super().__init__()
        self.group, self.rank = group, rank

    def postProcessLayer(self, layer, context, feedback):  # noqa: N802 - the name of QGIS
        """Style the layer, and on older QGIS move it into the group."""
        layer.loadDefaultStyle()
        root = context.project().layerTreeRoot() if context.project() else None
        node = root.findLayer(layer.id()) if root else None
        if node is None or node.parent() != root:
            return  # newer QGIS puts it into the group by itself
        group = root.findGroup(self.group) or root.insertGroup(0, self.group)
        ranks = [n.customProperty("zoning/rank", 99) for n in group.children()]
        at = sum(int(r) <= self.rank for r in ranks)
        copy = node.clone()
        copy.setCustomProperty("zoning/rank", self.rank)
        group.insertChildNode(at, copy)
        root.removeChildNode(node)


def layers_of(path):
    """Give names and addresses of the layers with geometry in a file, from the top of the map."""
    found = QgsProviderRegistry.instance().querySublayers(path)
    shapes = [s for s in found if s.type() == 0 and s.wkbType() not in (0, 100)]
    order = {name: i for i, name in enumerate(_ORDER)}
    shapes.sort(key=lambda s: order.get(s.name(), len(order)))
    return [(s.name(), s.uri()) for s in shapes]


def load(files, title, context):
    """Let QGIS load the layers of the GeoPackages among ``files`` when the algorithm has ended."""
    if context.project() is None:
        return
    rank = 0
    for path in files:
        if not path.lower().endswith(".gpkg"):
            continue
        for name, uri in layers_of(path):
            details = QgsProcessingContext.LayerDetails(name, context.project(), name)
            look = _Look(title, rank)
            _ALIVE.append(look)
            details.setPostProcessor(look)
            if hasattr(details, "groupName"):  # since QGIS 3.32
                details.groupName, details.layerSortKey = title, -rank
            context.addLayerToLoadOnCompletion(uri, details)
            rank += 1


def title_of(folder):
    """Give the name of the folder of a plan, as the head of its layers."""
    return os.path.basename(os.path.normpath(folder)) or "zoning"
