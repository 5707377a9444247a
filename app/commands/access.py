"""How commands reach the database: the profile and database of the invocation, sessions, who acts and when."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy.orm import Session

from app.commands.invocation import Failure, Invocation
from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.paths import Profile, ProfileProblem, open_profile

WRONG_USAGE = 2


def profile_of(ctx: typer.Context) -> Profile:
    """The profile folder of the invocation."""
    try:
        return open_profile(_invocation(ctx).profile)
    except ProfileProblem as problem:
        raise Failure(str(problem), WRONG_USAGE) from None


@contextmanager
def open_database(ctx: typer.Context) -> Iterator[Database]:
    """The database of the invocation; its troubles, inside the block too, end the command with one sentence."""
    profile = profile_of(ctx)
    try:
        url = profile.database_url(_invocation(ctx).database)
        node = profile.config().get("node", "")
    except ProfileProblem as problem:
        raise Failure(str(problem), WRONG_USAGE) from None
    try:
        with Database.open(url, profile.backups, node=node) as database:
            yield database
    except DatabaseProblem as problem:
        raise Failure(problem.sentence) from None


@contextmanager
def reading(ctx: typer.Context) -> Iterator[Session]:
    """A session that sees one moment of the database."""
    with open_database(ctx) as database, database.read() as session:
        yield session


@contextmanager
def writing(ctx: typer.Context) -> Iterator[Session]:
    """A session whose changes are committed at the end of the block, all or none."""
    with open_database(ctx) as database, database.write() as session:
        yield session


def actor() -> str:
    """Who acts, for history and audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "command line"


def now() -> float:
    """The present instant in epoch seconds."""
    return time.time()


def _invocation(ctx: typer.Context) -> Invocation:
    invocation = ctx.find_object(Invocation)
    if invocation is None:
        raise RuntimeError("the command line's callback makes the invocation")
    return invocation
