"""The commands about the members of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.commands.access import actor, now, open_database, reading, writing
from app.commands.invocation import Failure
from app.commands.output import JsonOption, iso, local_time, print_json_array, print_table, say, warn
from app.commands.progress import progress_bar
from app.services import imports, lists, members
from app.services.imports import ImportProgress, ImportReport

app = typer.Typer(help="Members of a list.", add_completion=False)

ListArgument = Annotated[str, typer.Argument(metavar="LIST", help="The list.")]


@app.command("import")
def import_(
    ctx: typer.Context,
    list_name: ListArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="A header with address (or email); other columns are fields.")
    ],
) -> None:
    """Import members from a CSV file; bad lines are listed on standard error."""
    with reading(ctx) as session:
        view = lists.by_name(session, list_name)
    with open_database(ctx) as database, _progress() as told:
        report = imports.import_members(database, view.id, file, actor=actor(), now=now(), progress=told)
    for bad in report.bad_lines:
        where = f"line {bad.line}, {bad.column}" if bad.column else f"line {bad.line}"
        warn(f"{where}: {bad.sentence}")
    if report.bad > len(report.bad_lines):
        warn(f"{report.bad - len(report.bad_lines):,} more bad lines are not listed.")
    say(_summary(report, view.name))
    if report.taken == 0:
        raise Failure(f"No line of {file} was imported.")


@contextmanager
def _progress() -> Iterator[Callable[[ImportProgress], None] | None]:
    with progress_bar("Importing") as bar:
        if bar is None:
            yield None
        else:
            yield lambda step: bar.update(step.bytes_read, step.bytes_total, f"{step.taken:,} members")


def _summary(report: ImportReport, name: str) -> str:
    parts = [f"{report.added:,} added", f"{report.updated:,} updated"]
    for number, words in (
        (report.duplicates, "duplicates in the file"),
        (report.suppressed, "suppressed"),
        (report.bad, "bad"),
    ):
        if number:
            parts.append(f"{number:,} {words}")
    return f"List {name}: {', '.join(parts)}."


@app.command("list")
def list_(ctx: typer.Context, list_name: ListArgument, as_json: JsonOption = False) -> None:
    """List the members of a list."""
    with reading(ctx) as session:
        view = lists.by_name(session, list_name)
        found = members.every(session, view.id)
        if as_json:
            print_json_array(
                {
                    "address": member.address,
                    "name": member.name,
                    "joined": iso(member.joined),
                    "fields": dict(member.fields),
                    "suppressed": member.suppressed,
                }
                for member in found
            )
            return
        print_table(
            ("address", "name", "joined", "suppressed"),
            ((member.address, member.name, local_time(member.joined), member.suppressed) for member in found),
            empty=f"List {view.name} has no members; import some with: mailstreams member import {view.name} FILE.csv",
        )


@app.command()
def remove(
    ctx: typer.Context,
    list_name: ListArgument,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="The members' addresses.")],
) -> None:
    """Remove members from a list."""
    with writing(ctx) as session:
        list_id = lists.by_name(session, list_name).id
        ids = [members.by_address(session, list_id, address).id for address in addresses]
        number = members.remove(session, ids, actor=actor(), now=now())
    say("Removed 1 member." if number == 1 else f"Removed {number:,} members.")
