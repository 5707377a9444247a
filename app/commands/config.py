"""The commands about settings."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonOption, print_json, print_json_array, print_table, say
from app.services import configuration

app = typer.Typer(help="Settings.", add_completion=False)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The setting, such as delivery.workers.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all settings."""
    with reading(ctx) as session:
        views = configuration.listing(session)
    if as_json:
        print_json_array(
            {
                "key": view.key,
                "value": view.value,
                "default": view.default,
                "description": view.description,
                "allowed": view.allowed,
            }
            for view in views
        )
        return
    print_table(
        ("setting", "value", "default", ""),
        ((view.key, view.value, view.default, view.description) for view in views),
        empty="There are no settings.",
    )


@app.command()
def get(ctx: typer.Context, key: KeyArgument, as_json: JsonOption = False) -> None:
    """Print the value of a setting."""
    with reading(ctx) as session:
        view = configuration.get(session, key)
    if as_json:
        print_json({"key": view.key, "value": view.value})
    else:
        say(view.value)


@app.command("set", context_settings={"ignore_unknown_options": True})
def set_(
    ctx: typer.Context,
    key: KeyArgument,
    value: Annotated[str, typer.Argument(help="The value; parts of a list are separated by commas.")],
) -> None:
    """Change a setting; a running engine takes it up at once."""
    with writing(ctx) as session:
        view = configuration.store(session, key, value, actor=actor(), now=now())
    say(f"{view.key} is {view.value or 'empty'} now.")
