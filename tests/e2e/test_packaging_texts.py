"""The texts of the window: all can be collected, translations keep what is filled in, and what is compiled is up to date."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QTranslator

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "resources" / "translations").glob("mailstreams_*.ts"))
FILLED_IN = re.compile(r"\{\w*\}|%L?n|</?\w+>")


@pytest.fixture(scope="module")
def texts() -> ModuleType:
    """The collector of texts."""
    spec = importlib.util.spec_from_file_location("packaging_texts", ROOT / "packaging" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def file(request: pytest.FixtureRequest) -> Path:
    """Each language."""
    return Path(request.param)


def test_there_is_german() -> None:
    assert "mailstreams_de" in {path.stem for path in FILES}


def test_all_texts_are_translated(texts: ModuleType, file: Path) -> None:
    done = texts.read(file)
    missing = [text for text in texts.collect(ROOT / "ui") if text not in done]
    assert missing == [], "run packaging/translate.sh, then translate these"


def test_translations_keep_what_is_filled_in_and_the_keys_to_press(texts: ModuleType, file: Path) -> None:
    for text, forms in texts.read(file).items():
        for form in forms:
            expected, found = (
                sorted(part for part in FILLED_IN.findall(each) if not part.startswith("%"))
                for each in (text.source, form)
            )
            assert found == expected, text
            assert ("&" in text.source) == ("&" in form), text
        if text.has_plural:
            assert re.search(r"%L?n", forms[-1]), text


def test_the_compiled_file_is_up_to_date(file: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "compiled.qm"
    release = Path(sys.executable).with_name("pyside6-lrelease")
    subprocess.run([str(release), "-silent", str(file), "-qm", str(compiled)], check=True)
    assert compiled.read_bytes() == file.with_suffix(".qm").read_bytes(), "run packaging/translate.sh"


def test_qt_finds_texts_and_their_plurals(file: Path) -> None:
    translator = QTranslator()
    assert translator.load(str(file.with_suffix(".qm")))
    if file.stem == "mailstreams_de":
        assert translator.translate("BlockDetail", "Clear block") == "Sperre aufheben"
        one, three = (translator.translate("StatusBar", "%Ln block(s)", "", number) for number in (1, 3))
        assert (one, three) == ("%Ln Sperre", "%Ln Sperren")


def module_with(tmp_path: Path, line: str) -> Path:
    """A folder with a module that has one line in a method."""
    source = f"class Page:\n    def fill(self, other: Widget, thing: QObject) -> None:\n        {line}\n"
    (tmp_path / "page.py").write_text(source, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "context"),
    [
        ('self.tr("Text")', "Page"),
        ('other.tr("Text")', "Widget"),
        ('translate("free", "Text")', "free"),
        ('QCoreApplication.translate("free", "Text")', "free"),
        ('QT_TRANSLATE_NOOP("free", "Text")', "free"),
    ],
)
def test_a_text_belongs_to_where_qt_looks_for_it(texts: ModuleType, tmp_path: Path, line: str, context: str) -> None:
    assert texts.collect(module_with(tmp_path, line)) == [texts.Text(context, "Text")]


@pytest.mark.parametrize("line", ['thing.tr("Text")', "self.tr(other.title)", 'make().tr("Text")'])
def test_a_text_that_qt_would_not_find_is_refused(
    texts: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(texts, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"page\.py:3: "):
        texts.collect(module_with(tmp_path, line))


def test_what_is_translated_stays_and_what_is_gone_goes(texts: ModuleType, tmp_path: Path) -> None:
    kept, gone = texts.Text("Page", "%n line(s) <b>&"), texts.Text("Page", "Old")
    path = tmp_path / "mailstreams_xx.ts"
    texts.write(path, "xx", [gone, kept], {kept: ["eins & <b>", "%n"], gone: ["alt"]})
    assert texts.read(path) == {kept: ["eins & <b>", "%n"], gone: ["alt"]}
    new = texts.Text("Page", "New")
    texts.write(path, "xx", [kept, new], texts.read(path))
    assert texts.read(path) == {kept: ["eins & <b>", "%n"]}
