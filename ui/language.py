"""The language of the window: translators for Qt's own texts and for ours, behind the English plurals."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

from ui.plurals import EnglishPlurals


class Language(QObject):
    """Chosen once for each window: widgets take their texts when they are made."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._installed: list[QTranslator] = []
        if QLocale.system().language() is QLocale.Language.C:
            QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
        application.installTranslator(EnglishPlurals(application))

    def choose(self, code: str) -> None:
        """Show texts in a language, as far as they are translated: "system", or a code such as "de"."""
        for translator in self._installed:
            self._application.removeTranslator(translator)
        self._installed.clear()
        locale = QLocale() if code == "system" else QLocale(code)
        QLocale.setDefault(locale)
        qt = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
        with as_file(files("resources") / "translations") as own:
            for folder, name in ((qt, "qtbase"), (own, "mailstreams")):
                self._install(locale, folder, name)

    def _install(self, locale: QLocale, folder: Path, name: str) -> None:
        translator = QTranslator(self)
        if translator.load(locale, name, "_", str(folder)):
            self._application.installTranslator(translator)
            self._installed.append(translator)
