"""English plurals without a file of translations: "%Ln block(s)" reads "1 block", "3 blocks". On the Qt loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTranslator


class EnglishPlurals(QTranslator):
    """The translator behind all others. It knows "(s)" and "(es)" in texts that count something, and nothing else.

    None says "not mine" to Qt, which then asks the next translator.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return False

    def translate(
        self,
        context: str,  # noqa: ARG002 - Qt's signature
        source: str,
        disambiguation: str | None = None,  # noqa: ARG002
        n: int = -1,
    ) -> str | None:
        if n < 0 or "(" not in source:
            return None
        one = n == 1
        return source.replace("(es)", "" if one else "es").replace("(s)", "" if one else "s")
