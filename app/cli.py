"""The command line: global options, commands that load when they are used, and one place that tells what went wrong.

The entry point of a process. Exit codes: 0 done, 1 failed or forbidden by the state, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from app.commands.invocation import Failure, Invocation
from app.services.problems import BadValue, Problem, UnknownName, near_names
from app.version import VERSION

PROGRAM: Final = "mailstreams"
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
"""The exit code that shells use for a program ended by SIGINT."""

_COMMANDS: Final = {
    "gui": "gui",
    "serve": "serve",
    "demo": "demo",
    "address": "addresses",
    "stream": "streams",
    "site": "sites",
    "list": "lists",
    "segment": "segments",
    "associate": "associate",
    "resolve": "resolve",
    "member": "members",
    "mailing": "mailings",
    "block": "blocks",
    "recipient": "recipients",
    "why": "why",
    "suppress": "suppressions",
    "dkim": "dkim",
    "rule": "rules",
    "config": "config",
    "doctor": "doctor",
    "backup": "backup",
    "audit": "audit",
}
"""Each command with the module of app.commands that holds it."""

_PARTS: Final = {"worker": "engine.worker", "rehearsal": "app.rehearsal.__main__"}
"""Not for people: how an installed program starts parts of itself as processes of its own executable."""


class _LazyGroup(TyperGroup):
    """Loads the module of a command when it is asked for, so that what needs no database answers at once."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = get_command(import_module(f"app.commands.{_COMMANDS[cmd_name]}").app)
        assert isinstance(command, TyperCommand | TyperGroup)  # noqa: S101 - narrows typer's return type
        command.name = cmd_name
        _make_plain(command)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise UnknownName("command", args[0], near_names(args[0], _COMMANDS))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Problem, Failure, typer.TyperException, typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as fault:
            raise Failure(_fault_words(fault, ctx.find_object(Invocation))) from fault


def _make_plain(command: Any) -> None:
    """Help of commands is plain text, as that of the program: it can be piped, and needs none of rich's heavy parts."""
    command.rich_markup_mode = None
    for each in getattr(command, "commands", {}).values():
        _make_plain(each)


app: Final = typer.Typer(cls=_LazyGroup, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"MailStreams {VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def options(
    ctx: typer.Context,
    profile: Annotated[
        Path | None,
        typer.Option(help="The folder for database, keys and logs.", envvar="MAILSTREAMS_PROFILE", metavar="DIR"),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="The database, when it is not the profile's own.", metavar="URL")
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Send bulk mail over many addresses in parallel, and keep it flowing when destinations refuse some of them."""
    ctx.obj = Invocation(profile, database)
    if ctx.invoked_subcommand is None:
        import_module("app.commands.gui").gui_(ctx)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Failures are told in one sentence on standard error."""
    try:
        code = app(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except typer.TyperException as error:
        _tell(_usage_words(error))
        return error.exit_code
    except Problem as problem:
        _tell(problem.sentence)
        return WRONG_USAGE if isinstance(problem, BadValue | UnknownName) else 1
    except Failure as failure:
        _tell(str(failure))
        return failure.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _usage_words(error: typer.TyperException) -> str:
    """What is wrong with a command line, with the commands to choose from where one is missing."""
    context = getattr(error, "ctx", None)
    words = error.format_message()
    if context is not None and isinstance(context.command, TyperGroup) and words.startswith("Missing command"):
        return f"Missing command; {context.command_path} takes {', '.join(context.command.list_commands(context))}"
    return words


def _fault_words(fault: Exception, invocation: Invocation | None) -> str:
    """One sentence about a fault of the program; the log file has the rest."""
    from app import logs, paths

    try:
        written = logs.note_crash(paths.open_profile(invocation.profile if invocation else None).logs, fault)
    except paths.ProfileProblem:
        written = None
    where = f"; {written} says more" if written else f": {logs.without_secrets(str(fault))}"
    return f"A fault of the program ended this command{where}."


def _tell(sentence: str) -> None:
    """One line on standard error, made safe to look at: it may quote what was typed or what a stranger sent."""
    from engine.hostile import shown

    line = shown(" ".join(sentence.split()))
    sys.stderr.write(line if line.endswith((".", "!", "?")) else f"{line}.")
    sys.stderr.write("\n")


def main() -> None:
    """The console script."""
    if len(sys.argv) > 1 and sys.argv[1] in _PARTS:
        part = import_module(_PARTS[sys.argv.pop(1)])
        sys.exit(part.main())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode is no reason to fail
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has left; the interpreter's last flush must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
