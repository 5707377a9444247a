"""The workers' journals under a running program: somebody deletes them, or takes the right to write to their folder away."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from nursery import Nursery
from ordeal import WORKERS, Ordeal
from stops import FILE_BYTES
from troubles import calm, read_only

from engine.ports import RecipientState


def test_a_journal_that_is_deleted_is_begun_anew(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 2000, scenario=calm()) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(200)
        shutil.rmtree(ordeal.profile.journal)
        said = "the journal was deleted; another one is begun"
        ordeal.wait(lambda: ordeal.output.read_text().count(said) == WORKERS, said)
        ordeal.wait_for_messages(ordeal.network.client.summary().messages + 200)
        ordeal.kill("both", source=random.Random(1))
        ordeal.start()
        ordeal.finish()
        found = ordeal.reckon()
        assert ordeal.output.read_text().count(said) == WORKERS
    assert found.faults == []
    assert found.twice == 0


def test_a_worker_that_dies_without_a_journal_leaves_doubt_and_nobody_is_sent_twice(
    nursery: Nursery, tmp_path: Path
) -> None:
    with Ordeal(tmp_path, nursery, 1500, scenario=calm()) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(200)
        for worker in ordeal.workers():
            worker.suspend()
        shutil.rmtree(ordeal.profile.journal)
        ordeal.workers()[0].kill()
        ordeal.workers()[-1].resume()
        ordeal.finish()
        found = ordeal.reckon()
    assert found.twice == 0
    assert found.ends[RecipientState.IN_DOUBT] > 0
    assert [fault for fault in found.faults if "can be explained" not in fault] == []


def test_a_profile_that_can_t_be_written_to_for_a_while(nursery: Nursery, tmp_path: Path) -> None:
    """Files can neither be made nor deleted in it: the journals grow on, and all goes on."""
    with Ordeal(tmp_path, nursery, 3000, scenario=calm()) as ordeal:
        ordeal.environment = {FILE_BYTES: "4000"}
        ordeal.start()
        ordeal.wait_for_messages(200)
        workers = {worker.pid for worker in ordeal.workers()}
        folder = ordeal.profile.folder
        with read_only(folder, *(path for path in folder.rglob("*") if path.is_dir())):
            said = "the journal can't begin a new file"
            ordeal.wait(lambda: ordeal.output.read_text().count(said) == WORKERS, said)
            ordeal.wait_for_messages(ordeal.network.client.summary().messages + 1000)
            until = time.monotonic() + 2.5
            ordeal.wait(lambda: time.monotonic() > until, "it is tried again")
        assert {worker.pid for worker in ordeal.workers()} == workers, ordeal.output.read_text()
        assert ordeal.output.read_text().count(said) == WORKERS, "it is told once"
        ordeal.finish()
        found = ordeal.reckon()
    assert found.faults == []
    assert found.ends == {RecipientState.DELIVERED: 3000}
