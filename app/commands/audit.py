"""The commands about the trail of what people and the engine changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.access import reading
from app.commands.output import JsonOption, csv_output, iso, local_time, print_json_array, print_table, say
from app.services import activity
from app.services.activity import ActivityFilter, ActivityLine

app = typer.Typer(help="What people and the engine changed; the trail is only added to.", add_completion=False)

TextOption = Annotated[str, typer.Option("--text", metavar="T", help="Only lines with this text in them.")]
KindOption = Annotated[str, typer.Option("--kind", metavar="K", help="Only changes of this kind, such as stream.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    text: TextOption = "",
    kind: KindOption = "",
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, max=activity.PAGE, help="So many at most.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List the last changes, the newest first."""
    with reading(ctx) as session:
        found = activity.rows(session, activity.keys(session, ActivityFilter(text, kind=kind))[:most])
    if as_json:
        print_json_array(
            {
                "at": iso(line.at),
                "actor": line.actor,
                "action": line.action,
                "subject": line.subject,
                "before": line.before,
                "after": line.after,
            }
            for line in found
        )
        return
    print_table(
        ("at", "actor", "action", "subject", "change"),
        ((local_time(line.at), line.actor, line.action, line.subject, _change(line)) for line in found),
        empty="There are no such changes.",
    )


@app.command()
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A new file, or - for standard output.")],
    text: TextOption = "",
    kind: KindOption = "",
) -> None:
    """Write the trail, the oldest change first, to a CSV file that is safe to open in a spreadsheet."""
    with reading(ctx) as session, csv_output(file) as output:
        wanted = ActivityFilter(text, kind=kind)
        number = activity.export_csv(session, output, activity.keys(session, wanted, descending=False))
    if str(file) != "-":
        say(f"Wrote {number:,} changes to {file}.")


def _change(line: ActivityLine) -> str:
    return f"{line.before} → {line.after}" if line.before and line.after else line.before or line.after
