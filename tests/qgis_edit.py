"""Edit one feature of a layer in a real QGIS, as a person would in its attribute form.

Run with the Python that QGIS belongs to:

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/qgis_edit.py FILE LAYER KEY=VALUE NAME=VALUE...
"""

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import QgsApplication, QgsVectorLayer


def main(file, name, key, *changes):
    app = QgsApplication([], False)
    app.initQgis()
    layer = QgsVectorLayer(f"{file}|layername={name}", name, "ogr")
    assert layer.isValid(), file
    column, _, value = key.partition("=")
    feature = next(f for f in layer.getFeatures() if f[column] == value)
    setup = layer.editorWidgetSetup(layer.fields().indexOf("decided_state"))
    print(setup.type(), sorted(m for d in setup.config().get("map", []) for m in d))
    assert layer.startEditing()
    for change in changes:
        column, _, value = change.partition("=")
        assert layer.changeAttributeValue(feature.id(), layer.fields().indexOf(column), value)
    assert layer.commitChanges(), layer.commitErrors()
    sys.stdout.flush()
    os._exit(0)  # taking QGIS down while its objects live crashes some versions


if __name__ == "__main__":
    main(*sys.argv[1:])
