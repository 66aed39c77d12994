# /// script
# dependencies = ["PySide6-Essentials"]
# ///
"""Qt finds its plugins from the canonical path of its library; two wheels share one directory."""
import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTimer

app = QCoreApplication([])
QTimer.singleShot(0, app.quit)
app.exec()
assert os.path.isdir(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
