"""Collects the texts of the window and brings a translation file (.ts, Qt Linguist's form) up to date with them.

    python packaging/texts.py FILE.ts...

What is translated stays, what is new is added as unfinished, what is gone is dropped. Texts are found in Python's syntax
tree: ``self.tr(text)`` belongs to the class that it stands in, ``name.tr(text)`` to the class that the parameter *name* is
annotated with (Qt looks through the base classes), ``translate(context, text)`` and ``QT_TRANSLATE_NOOP`` say it themselves.
A text that can't be collected ends the program with its place.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

ROOT: Final = Path(__file__).resolve().parents[1]
FREE_FUNCTIONS: Final = ("translate", "QT_TRANSLATE_NOOP")
PLURAL_MARKS: Final = ("%n", "%Ln")


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """One text of a context. ``comment`` tells equal texts of a context apart."""

    context: str
    source: str
    comment: str = ""

    @property
    def has_plural(self) -> bool:
        """Whether it counts something."""
        return any(mark in self.source for mark in PLURAL_MARKS)


class Collector(ast.NodeVisitor):
    """Finds the texts of one module."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._classes: list[str] = []
        self._annotations: list[dict[str, str]] = [{}]
        self.texts: list[Text] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Texts in it belong to it."""
        self._classes.append(node.name)
        self.generic_visit(node)
        self._classes.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Its parameters are known in it, and in functions inside it."""
        known = dict(self._annotations[-1])
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if isinstance(argument.annotation, ast.Name):
                known[argument.arg] = argument.annotation.id
        self._annotations.append(known)
        self.generic_visit(node)
        self._annotations.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that ast looks for

    def visit_Call(self, node: ast.Call) -> None:
        """Take the text when it is one of those functions."""
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "tr" and isinstance(function, ast.Attribute):
            self._add(node, self._context(function.value, node), node.args)
        elif name in FREE_FUNCTIONS and len(node.args) >= 2 and _constant(node.args[1]) is not None:
            self._add(node, _constant(node.args[0]), node.args[1:])
        self.generic_visit(node)

    def _context(self, owner: ast.expr, call: ast.Call) -> str | None:
        if not isinstance(owner, ast.Name):
            return None
        if owner.id == "self":
            return self._classes[-1] if self._classes else None
        found = self._annotations[-1].get(owner.id)
        if found == "QObject":
            self._fail(call, "Qt does not look for texts of QObject; annotate a class below it")
        return found

    def _add(self, call: ast.Call, context: str | None, arguments: list[ast.expr]) -> None:
        source = _constant(arguments[0]) if arguments else None
        if context is None or source is None:
            self._fail(call, "this text has no context, or is no constant")
        else:
            comment = _constant(arguments[1]) if len(arguments) > 1 else None
            self.texts.append(Text(context, source, comment or ""))

    def _fail(self, node: ast.expr, reason: str) -> None:
        raise SystemExit(f"{self._path.relative_to(ROOT)}:{node.lineno}: {reason}")


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def collect(folder: Path) -> list[Text]:
    """The texts of all modules below *folder*, each once, sorted by context, in the order in which they stand there."""
    found: dict[Text, None] = {}
    for path in sorted(folder.rglob("*.py")):
        collector = Collector(path)
        collector.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        found |= dict.fromkeys(collector.texts)
    return sorted(found, key=lambda text: text.context)


def read(path: Path) -> dict[Text, list[str]]:
    """What a file has translated: for each text its forms, singular and plural where it counts something."""
    if not path.exists():
        return {}
    done = {}
    for context in ElementTree.parse(path).getroot().iter("context"):  # noqa: S314 - our own file
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is None or translation.get("type") is not None:
                continue
            text = Text(
                *(_words(part) for part in (context.find("name"), message.find("source"), message.find("comment")))
            )
            done[text] = [_words(form) for form in translation.iter("numerusform")] or [_words(translation)]
    return done


def _words(element: ElementTree.Element | None) -> str:
    return (element.text or "") if element is not None else ""


def write(path: Path, language: str, texts: list[Text], done: dict[Text, list[str]]) -> None:
    """Write the file with what is translated."""
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    contexts: dict[str, ElementTree.Element] = {}
    for text in texts:
        if text.context not in contexts:
            contexts[text.context] = ElementTree.SubElement(root, "context")
            ElementTree.SubElement(contexts[text.context], "name").text = text.context
        contexts[text.context].append(_message(text, done.get(text)))
    ElementTree.indent(root, "    ")
    body = ElementTree.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def _message(text: Text, forms: list[str] | None) -> ElementTree.Element:
    message = ElementTree.Element("message", {"numerus": "yes"} if text.has_plural else {})
    ElementTree.SubElement(message, "source").text = text.source
    if text.comment:
        ElementTree.SubElement(message, "comment").text = text.comment
    translation = ElementTree.SubElement(message, "translation", {} if forms else {"type": "unfinished"})
    if text.has_plural:
        for form in forms or ["", ""]:
            ElementTree.SubElement(translation, "numerusform").text = form
    else:
        translation.text = forms[0] if forms else ""
    return message


def _listed(texts: list[Text]) -> str:
    return "".join(f"    {text.context}: {text.source}\n" for text in texts)


def main() -> None:
    """Update each file; say what is not translated yet."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    texts = collect(ROOT / "ui")
    for path in map(Path, sys.argv[1:]):
        done = read(path)
        write(path, path.stem.removeprefix("mailstreams_"), texts, done)
        missing = [text for text in texts if text not in done]
        sys.stdout.write(f"{path.name}: {len(texts) - len(missing)} of {len(texts)} texts are translated\n")
        sys.stdout.write(_listed(missing))


if __name__ == "__main__":
    main()
