"""The text of an HTML message, for readers whose program shows no HTML. Pure; runs where mailings are compiled."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
_PARAGRAPHS: Final = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dl",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
    }
    | {"hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul"}
)
_LINES: Final = frozenset({"br", "div", "dd", "dt", "li", "tr"})
_CELLS: Final = frozenset({"td", "th"})
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0\u200b\u200c\u00ad\u034f]+")
_SECTION = re.compile(r"<!\[(?:[^>-]|-(?!->))*>?")
"""Conditions for one mail program (``<![if !mso]>``), on whose damaged forms the parser gives up; the end of a comment stays."""
_MANY_BREAKS = re.compile(r" *\n(?: *\n)+ *")
_BREAK = re.compile(r" *\n *")


def text_of_html(markup: str) -> str:
    """What *markup* says, in plain text: paragraphs parted by empty lines, links with their address, images by their
    alternative text. Merge fields come through. "" when there is nothing to read."""
    reader = _Reader()
    reader.feed(_SECTION.sub(" ", markup))
    reader.close()
    text = _BREAK.sub("\n", _MANY_BREAKS.sub("\n\n", "".join(reader.pieces)))
    return text.strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        self._break_before(tag)
        attributes = {name: value or "" for name, value in attrs}
        if tag == "li":
            self.pieces.append("- ")
        elif tag == "a":
            self._links.append((attributes.get("href", "").strip(), len(self.pieces)))
        elif tag == "img" and not self._unseen:
            self.pieces.append(attributes.get("alt", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        self._break_before(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(_BLANKS.sub(" ", data))

    def _break_before(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in _LINES:
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append(" ")

    def _end_link(self, target: str, start: int) -> None:
        said = "".join(self.pieces[start:]).strip()
        if target.lower().startswith(("http:", "https:", "{{")) and target != said and not self._unseen:
            self.pieces.append(f" ({target})" if said else target)
