"""Runs before the frozen window: pyqtgraph imports QtOpenGL, which is large and only used for curves drawn by OpenGL.

An empty module stands in for it; our charts are drawn by widgets.
"""

import sys
import types

for name in ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets", "PySide6.QtTest"):
    sys.modules[name] = types.ModuleType(name)
