"""Writes what follows from the command line itself: the list of commands for the man page, and the shell completion.

    python packaging/describe.py commands | completion
"""

from __future__ import annotations

import sys
from typing import Any

from typer.main import get_command

from app.cli import app

_COMPLETION = """\
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
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}}
complete -F _mailstreams mailstreams mailstreams-engine
"""


def _tree(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[str]]:
    """The words that may follow each path of commands."""
    options = [option for each in command.params for option in each.opts if option.startswith("--")]
    names = command.list_commands(None) if hasattr(command, "list_commands") else []
    found = {path: [*names, *options]}
    for name in names:
        found |= _tree(command.get_command(None, name), (*path, name))
    return found


def main() -> None:
    """Write one of the two to standard output."""
    root = get_command(app)
    if sys.argv[1:] == ["commands"]:
        for name in root.list_commands(None):  # type: ignore[attr-defined]
            words = root.get_command(None, name).get_short_help_str(200)  # type: ignore[attr-defined]
            sys.stdout.write(f".TP\n.B {name}\n{words}\n")
    elif sys.argv[1:] == ["completion"]:
        cases = "\n".join(f'        "{" ".join(path)}") words="{" ".join(words)}" ;;' for path, words in _tree(root).items())
        sys.stdout.write(_COMPLETION.format(cases=cases))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
