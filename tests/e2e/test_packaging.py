"""What the packages bring beside the program: menu entry, metadata, icons, completion, man page, licences, descriptions."""

from __future__ import annotations

import ast
import configparser
import os
import plistlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement
from PySide6.QtGui import QImage, QImageReader

from app.cli import app as command_line
from app.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


def script(*arguments: str) -> str:
    """The output of one of the scripts."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(PACKAGING / arguments[0]), *arguments[1:]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_menu_entry_starts_the_program_under_its_icon() -> None:
    entry = configparser.RawConfigParser(strict=True)
    entry.optionxform = str  # type: ignore[assignment, method-assign] # keys keep their case
    entry.read(PACKAGING / "mailstreams.desktop", encoding="utf-8")
    values = dict(entry["Desktop Entry"])
    assert values["Type"] == "Application"
    assert values["Exec"] == values["Icon"] == "mailstreams"
    assert {"Network", "Email"} <= set(values["Categories"].rstrip(";").split(";"))
    assert {key.removesuffix("[de]") for key in values if key.endswith("[de]")} == {"GenericName", "Comment"}


def test_the_metadata_name_the_menu_entry_and_both_programs() -> None:
    component = ElementTree.parse(PACKAGING / "org.mailstreams.MailStreams.metainfo.xml").getroot()
    assert component.findtext("launchable") == "mailstreams.desktop"
    assert {each.text for each in component.iter("binary")} == {"mailstreams", "mailstreams-engine"}
    release = component.find("releases/release")
    assert release is not None
    assert release.get("version") == "@VERSION@"


def test_icons_have_the_sizes_of_their_names(tmp_path: Path) -> None:
    script("icons.py", str(tmp_path))
    pictures = list(tmp_path.glob("hicolor/*/apps/mailstreams.png"))
    assert len(pictures) >= 8
    for path in pictures:
        image = QImage(str(path))
        assert f"{image.width()}x{image.height()}" == path.parents[1].name
        assert image.pixelColor(0, 0).alpha() == 0, "corners are transparent"
    reader = QImageReader(str(tmp_path / "mailstreams.ico"))
    assert reader.imageCount() == 7, reader.errorString()
    assert (tmp_path / "mailstreams.icns").read_bytes()[:4] == b"icns"


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], set[str]]:
    """``complete("mailstreams block cl")``: what bash offers for the last word."""
    file = tmp_path_factory.mktemp("completion") / "mailstreams"
    file.write_text(script("describe.py", "completion"), encoding="utf-8")

    def offer(line: str) -> set[str]:
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        asked = (
            f"source {file}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _mailstreams; echo ${{COMPREPLY[*]}}"
        )
        return set(subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True).stdout.split())

    return offer


def test_completion_offers_commands_subcommands_and_options(complete: Callable[[str], set[str]]) -> None:
    assert complete("mailstreams st") == {"stream"}
    assert complete("mailstreams block cl") == {"clear", "clear-and-probe"}
    assert "--replace-with" in complete("mailstreams stream delete --")
    assert "create" in complete("mailstreams --profile mailing ")


def test_the_man_page_has_every_command_and_no_stray_roff() -> None:
    commands = script("describe.py", "commands")
    named = {line.removeprefix(".B ") for line in commands.splitlines() if line.startswith(".B ")}
    help_text = script("program.py", "--help")
    assert len(named) > 15
    assert all(f"  {name} " in help_text for name in named)
    texts = [line for line in commands.splitlines() if not line.startswith((".TP", ".B "))]
    assert all(text and not text.startswith((".", "'")) for text in texts)
    assert "@COMMANDS@" in (PACKAGING / "mailstreams.1.in").read_text(encoding="utf-8")


def everything_below(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """A distribution and all that it needs here, by their normalised names."""
    found = {normalised(name)}
    for wanted in map(Requirement, metadata.requires(name) or ()):
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            found |= everything_below(wanted.name, frozenset(wanted.extras))
    return found


def normalised(name: str) -> str:
    """The name that all spellings of a distribution share (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_copyright_file_names_every_package_with_its_licence() -> None:
    told = script("describe.py", "licences")
    lines = [re.fullmatch(r"(\S+) (\S+): (.*)", line) for line in told.splitlines()]
    licences = {normalised(line[1]): line[3] for line in lines if line}
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    wanted = set[str]()
    for dependency in map(Requirement, dependencies):
        if dependency.marker is None or dependency.marker.evaluate():
            wanted |= everything_below(dependency.name, frozenset(dependency.extras))
    assert wanted - licences.keys() == set()
    assert [name for name, licence in licences.items() if not licence] == []
    assert "LGPL" in told


def test_windows_is_told_the_version_of_both_programs(tmp_path: Path) -> None:
    script("windows/version_info.py", str(tmp_path))
    for name in ("mailstreams", "mailstreams-engine"):
        text = (tmp_path / f"{name}.version").read_text(encoding="utf-8")
        ast.parse(text)
        assert VERSION in text
        assert f"{name}.exe" in text


def test_macos_entitlements_are_a_property_list() -> None:
    entitlements = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert all(value is True for value in entitlements.values())
    assert entitlements


@pytest.mark.parametrize("path", sorted(str(each.relative_to(ROOT)) for each in PACKAGING.rglob("*.sh")))
def test_shell_scripts_have_no_syntax_error(path: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / path)], check=True)


def test_the_version_comes_from_one_place() -> None:
    assert script("program.py", "--version").strip() == f"MailStreams {VERSION}"
    assert command_line is not None
    for path in (PACKAGING / "mailstreams.1.in", PACKAGING / "debian" / "control.in"):
        text = path.read_text(encoding="utf-8")
        assert "@VERSION@" in text
        assert VERSION not in text
