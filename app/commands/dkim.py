"""The commands about DKIM keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.access import actor, now, profile_of, reading, writing
from app.commands.output import JsonOption, print_json_array, print_table, say
from app.services import dkim_keys
from app.services.problems import BadValue

app = typer.Typer(help="DKIM keys of sender domains.", add_completion=False)

DomainArgument = Annotated[str, typer.Argument(metavar="DOMAIN", help="The sender domain.")]


@app.command()
def add(
    ctx: typer.Context,
    domain: DomainArgument,
    selector: Annotated[str, typer.Option(metavar="S", help="The selector that the public key is published under.")],
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A private key (PEM) that only you may read.")
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make a new key in the profile.")] = False,
) -> None:
    """Sign the mail of a sender domain, and print what to publish in the DNS."""
    if (key is None) != generate:
        raise BadValue("key", "Give either --key FILE or --generate.")
    folder = profile_of(ctx).keys
    with writing(ctx) as session:
        if key is None:
            made = dkim_keys.generate(
                session, domain=domain, selector=selector, folder=folder, actor=actor(), now=now()
            )
        else:
            made = dkim_keys.register(session, domain=domain, selector=selector, path=key, actor=actor(), now=now())
    say(f"Mail from {made.domain} is signed. Publish this TXT record at {made.host}:")
    say(made.record)


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the keys of all sender domains."""
    with reading(ctx) as session:
        views = dkim_keys.listing(session)
    if as_json:
        print_json_array(
            {
                "domain": view.domain,
                "selector": view.selector,
                "file": str(view.path),
                "host": view.host,
                "record": view.record,
                "fault": view.fault,
            }
            for view in views
        )
        return
    print_table(
        ("domain", "selector", "file", "fault"),
        ((view.domain, view.selector, view.path, view.fault) for view in views),
        empty="No sender domain has a DKIM key; add one with: mailstreams dkim add DOMAIN --selector S --generate",
    )


@app.command()
def remove(ctx: typer.Context, domain: DomainArgument) -> None:
    """Sign the mail of a domain no longer; the key's file stays."""
    with writing(ctx) as session:
        dkim_keys.remove(session, domain, actor=actor(), now=now())
    say(f"Mail from {domain} is no longer signed.")
