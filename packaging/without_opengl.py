"""Runs before the frozen window: pyqtgraph imports Qt's OpenGL modules, which are large and serve curves drawn by OpenGL.

Stand-ins take their place; our charts are drawn by widgets.
"""

import sys
import types

sys.modules["PySide6.QtOpenGL"] = types.ModuleType("PySide6.QtOpenGL")
widgets = types.ModuleType("PySide6.QtOpenGLWidgets")
widgets.QOpenGLWidget = type("QOpenGLWidget", (), {})
sys.modules["PySide6.QtOpenGLWidgets"] = widgets
