"""Writes what follows from the program itself: the commands for the man page, the shell completion, the licences.

python packaging/describe.py commands | completion | licences
"""

from __future__ import annotations

import sys
from typing import Any, Final

from typer.main import get_command

from app.cli import app

_COMPLETION: Final = """\
# bash completion for mailstreams and mailstreams-engine, made from its commands.
_mailstreams() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} path="" part
    for part in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        [[ $part == -* ]] || path="${{path:+$path }}$part"
    done
    local words
    case "$path" in
{cases}
        *) words="" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    [ ${{#COMPREPLY[@]}} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}}
complete -F _mailstreams mailstreams mailstreams-engine
"""
_COPYRIGHT: Final = """\
MailStreams

Copyright: the MailStreams authors. All rights reserved.

The program contains these packages, each under its own licence. Qt and Qt for Python are used under the LGPL version 3:
their libraries are files of their own in the program's folder and can be replaced. On Debian the text is in
/usr/share/common-licenses/LGPL-3; sources are at https://download.qt.io/official_releases/QtForPython/.

"""


def _tree(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[str]]:
    """The words that may follow each path of commands."""
    options = [option for each in command.params for option in each.opts if option.startswith("--")]
    names = command.list_commands(None) if hasattr(command, "list_commands") else []
    found = {path: [*names, *options]}
    for name in names:
        found |= _tree(command.get_command(None, name), (*path, name))
    return found


def commands() -> str:
    """A paragraph of the man page for each command."""
    root: Any = get_command(app)
    words = {name: root.get_command(None, name).get_short_help_str(200) for name in root.list_commands(None)}
    return "".join(f".TP\n.B {name}\n{_roff(text)}\n" for name, text in words.items())


def _roff(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")


def completion() -> str:
    """The completion for bash."""
    tree = _tree(get_command(app))
    return _COMPLETION.format(
        cases="\n".join(f'        "{" ".join(path)}") words="{" ".join(words)}" ;;' for path, words in tree.items())
    )


def licences() -> str:
    """Whose work the program contains, for the package's copyright file."""
    from ui.dialogs.about import PACKAGES, package  # noqa: PLC0415 - the command line's parts need no Qt

    found = [about for name in PACKAGES if (about := package(name)) is not None]
    python = f"Python {sys.version.split()[0]}: PSF-2.0"
    return (
        _COPYRIGHT + "\n".join([python, *(f"{name} {version}: {licence}" for name, version, licence in found)]) + "\n"
    )


def main() -> None:
    """Write one of them to standard output."""
    writers = {"commands": commands, "completion": completion, "licences": licences}
    if len(sys.argv) != 2 or sys.argv[1] not in writers:
        raise SystemExit(__doc__)
    sys.stdout.write(writers[sys.argv[1]]())


if __name__ == "__main__":
    main()
