"""What programs read: every list, show, status, resolve, count and test in JSON, with the words and fields that are promised."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from desk import FIRST, SECOND, UNUSED, Desk

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z").fullmatch
STATUS = {
    "name",
    "state",
    "stream",
    "total",
    "delivered",
    "failed",
    "expired",
    "stopped",
    "in_doubt",
    "waiting",
    "held",
}
BLOCK = {
    "id",
    "state",
    "streams",
    "sending_address",
    "mx_address",
    "mx_host",
    "domain",
    "scope",
    "stage",
    "code",
    "enhanced",
    "reply",
    "rule",
    "since",
    "last_probe",
    "next_probe",
    "held",
}
RECIPIENT = {"address", "state", "attempts", "sent_via", "mx_address", "code", "reply"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("profile"))
    desk.fill()
    return desk


def ask(desk: Desk, *arguments: str, stdin: str = "") -> Any:
    told = desk.run(*arguments, "--json", stdin=stdin)
    assert (told.exit_code, told.stderr) == (0, ""), told
    return json.loads(told.stdout)


@pytest.mark.parametrize(
    "line",
    [
        "address list",
        "stream list",
        "site list",
        "list list",
        "segment list",
        "segment list --list readers",
        "member list readers",
        "member list empty",
        "mailing status",
        "block list",
        "block list --all",
        "block history 1",
        "recipient list running",
        "recipient list running --state held",
        "suppress list",
        "audit list",
        "audit list --kind stream --text news --most 5",
        "dkim list",
        "rule list",
        "rule list --all",
        "rule lab",
        "config list",
    ],
)
def test_lists_are_arrays_of_objects(desk: Desk, line: str) -> None:
    found = ask(desk, *line.split())
    assert isinstance(found, list)
    assert all(isinstance(row, dict) for row in found)


@pytest.mark.parametrize(
    "line",
    [
        f"address show {FIRST}",
        "stream show news",
        "mailing status draft",
        "block show 1",
        "resolve readers",
        "resolve readers --segment germans",
        "segment count germans",
        "config get delivery.workers",
        "rule show lists.spamhaus",
    ],
)
def test_one_thing_is_one_object(desk: Desk, line: str) -> None:
    assert isinstance(ask(desk, *line.split()), dict)


def test_the_status_of_mailings(desk: Desk) -> None:
    running, draft = ask(desk, "mailing", "status")
    assert set(running) == set(draft) == STATUS
    assert ask(desk, "mailing", "status", "RUNNING") == running
    assert running == {
        "name": "running",
        "state": "active",
        "stream": "default",
        "total": 3,
        "delivered": 0,
        "failed": 0,
        "expired": 0,
        "stopped": 0,
        "in_doubt": 0,
        "waiting": 3,
        "held": 0,
    }
    assert (draft["name"], draft["state"], draft["total"]) == ("draft", "draft", 0)


def test_the_report_of_blocks(desk: Desk) -> None:
    (block,) = ask(desk, "block", "list")
    assert set(block) == BLOCK
    assert block["streams"] == ["news"]
    assert (block["state"], block["stage"], block["code"], block["enhanced"]) == ("blocked", "banner", 554, "5.7.1")
    assert block["reply"] == "554 5.7.1 blocked \u202e\x1b[31m", "as it was on the wire"
    assert INSTANT(block["since"])
    assert INSTANT(block["next_probe"])
    assert block["last_probe"] is None
    assert {row["state"] for row in ask(desk, "block", "list", "--all")} == {"blocked", "cleared"}
    assert ask(desk, "block", "show", str(block["id"])) == block


def test_recipients(desk: Desk) -> None:
    found = ask(desk, "recipient", "list", "running", "--state", "WAITING")
    assert [set(row) for row in found] == [RECIPIENT] * 3
    assert found[0] == {
        "address": "r0@one.test",
        "state": "waiting",
        "attempts": 0,
        "sent_via": None,
        "mx_address": None,
        "code": None,
        "reply": None,
    }


def test_resolution_says_which_rule_chose_the_stream(desk: Desk) -> None:
    assert ask(desk, "resolve", "Readers") == {"stream": "default", "rule": "default"}
    assert desk.run("associate", "site", "lists.sender.test", "news").exit_code == 0
    assert ask(desk, "resolve", "readers") == {"stream": "news", "rule": "site"}
    assert desk.run("associate", "list", "readers", "other").exit_code == 0
    assert ask(desk, "resolve", "readers", "--segment", "germans") == {"stream": "other", "rule": "list"}
    assert desk.run("associate", "segment", "germans", "news").exit_code == 0
    assert ask(desk, "resolve", "readers", "--segment", "germans") == {"stream": "news", "rule": "segment"}
    for line in (
        "associate segment germans --inherit",
        "associate list readers --inherit",
        "associate site lists.sender.test --inherit",
    ):
        assert desk.run(*line.split()).exit_code == 0
    assert ask(desk, "resolve", "readers") == {"stream": "default", "rule": "default"}
    assert ask(desk, "mailing", "status", "running")["stream"] == "default"


def test_a_stream_with_its_addresses(desk: Desk) -> None:
    stream = ask(desk, "stream", "show", "News")
    assert [(each["ip"], each["weight"], each["paused"]) for each in stream["addresses"]] == [
        (FIRST, 100, False),
        (SECOND, 100, False),
    ]
    assert desk.run("stream", "set-weight", "news", SECOND, "250").exit_code == 0
    assert desk.run("stream", "add-address", "news", UNUSED).exit_code == 0
    assert [each["weight"] for each in ask(desk, "stream", "show", "news")["addresses"]] == [100, 250, 100]
    assert desk.run("stream", "remove-address", "news", UNUSED).exit_code == 0
    assert [each["ip"] for each in ask(desk, "stream", "show", "news")["addresses"]] == [FIRST, SECOND]
    assert desk.run("stream", "copy", "news").exit_code == 0
    assert {row["name"] for row in ask(desk, "stream", "list")} == {"default", "news", "other", "news copy"}
    assert desk.run("stream", "delete", "news copy").exit_code == 0


def test_members_come_in_and_bad_lines_are_told(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("email,name,city\nnew@two.test,New,Kiel\nnobody,X,Y\n", encoding="utf-8")
    told = desk.run("member", "import", "empty", str(file))
    assert told.exit_code == 0
    assert told.stderr.startswith("line 3")
    (member,) = ask(desk, "member", "list", "empty")
    assert (member["address"], member["name"], member["fields"]) == ("new@two.test", "New", {"city": "Kiel"})
    assert desk.run("member", "remove", "empty", "NEW@two.test").exit_code == 0
    assert ask(desk, "member", "list", "empty") == []


def test_rule_test_answers_line_by_line(desk: Desk) -> None:
    lines = [
        '{"reply": "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "stage": "RCPT"}',
        '{"reply": "550 5.1.1 No such user", "stage": "End of Data"}',
        '{"reply": "250 ok"}',
    ]
    told = desk.run("rule", "test", stdin="\n".join(lines))
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert [set(row) for row in found] == [{"verdict", "rule", "scope", "permanent"}] * 3
    assert [row["verdict"] for row in found] == ["block", "recipient", "accepted"]


def test_own_rules_come_first(desk: Desk, tmp_path: Path) -> None:
    table = tmp_path / "rule.toml"
    table.write_text(
        "[[rule]]\nid = 'own.moon'\npattern = 'phase of the moon'\nverdict = 'block'\npermanent = true\n"
        "examples = ['550 wrong phase of the moon']\n"
    )
    reply = '{"reply": "550 wrong phase of the moon"}'
    assert desk.run("rule", "add", str(table)).exit_code == 0

    def verdict() -> tuple[str, str]:
        answer = json.loads(desk.run("rule", "test", stdin=reply).stdout)
        return answer["verdict"], answer["rule"]

    assert verdict() == ("block", "own.moon")
    assert desk.run("rule", "shadow", "own.moon").exit_code == 0
    assert verdict()[1] != "own.moon"
    assert desk.run("rule", "off", "own.moon").exit_code == 0
    assert [row["state"] for row in ask(desk, "rule", "list")] == ["off"]
    shown = desk.run("rule", "show", "own.moon")
    assert shown.exit_code == 0
    table.write_text(shown.stdout.replace("enabled = false", "enabled = true"))
    assert desk.run("rule", "edit", "own.moon", str(table)).exit_code == 0
    assert verdict() == ("block", "own.moon")
    assert desk.run("rule", "remove", "own.moon").exit_code == 0
    assert ask(desk, "rule", "list") == []


def test_rule_measure(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    rows = [
        {"reply": "550 5.1.1 No such user", "verdict": "recipient", "stage": "RCPT"},
        {"reply": "x", "verdict": "block", "borderline": True},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    found = ask(desk, "rule", "measure", str(file))
    assert (found["rows"], found["borderline"], found["accuracy"]) == (1, 1, 1.0)
    assert found["verdicts"]["recipient"]["precision"] == 1.0


def test_settings(desk: Desk) -> None:
    assert desk.run("config", "set", "network.name_servers", "127.0.0.1:5353, 127.0.0.2").exit_code == 0
    assert desk.run("config", "get", "network.name_servers").stdout == "127.0.0.1:5353,127.0.0.2:53\n"
    assert desk.run("config", "set", "network.name_servers", "").exit_code == 0
    assert ask(desk, "config", "get", "network.name_servers") == {"key": "network.name_servers", "value": ""}


def test_suppressed_addresses(desk: Desk) -> None:
    assert desk.run("suppress", "add", "A@one.test", "b@one.test", "--reason", "asked").exit_code == 0
    assert desk.run("suppress", "add", "c@one.test", "--list", "readers").exit_code == 0
    found = {row["address"]: row["list"] for row in ask(desk, "suppress", "list")}
    assert found == {"a@one.test": None, "b@one.test": None, "c@one.test": "readers"}
    assert desk.run("suppress", "remove", "a@one.test", "B@one.test").exit_code == 0
    assert desk.run("suppress", "remove", "c@one.test", "--list", "readers").exit_code == 0
    assert ask(desk, "suppress", "list") == []


def test_dkim_keys(desk: Desk) -> None:
    told = desk.run("dkim", "add", "sender.test", "--selector", "s1", "--generate")
    assert told.exit_code == 0
    assert "s1._domainkey.sender.test" in told.stdout
    assert "PRIVATE KEY" not in told.stdout
    (key,) = ask(desk, "dkim", "list")
    assert (key["domain"], key["selector"], key["fault"]) == ("sender.test", "s1", "")
    assert Path(key["file"]).stat().st_mode & 0o077 == 0
    assert desk.run("dkim", "remove", "sender.test").exit_code == 0
    assert ask(desk, "dkim", "list") == []


def test_doctor(desk: Desk) -> None:
    desk.run("config", "set", "network.name_servers", "127.0.0.1:9")
    told = desk.run("doctor", "--json")
    found = {row["check"]: row["grade"] for row in json.loads(told.stdout)}
    desk.run("config", "set", "network.name_servers", "")
    assert told.exit_code == 0, told
    assert (found["database"], found["settings"], found["disk"], found["rules"]) == ("pass", "pass", "pass", "pass")
    assert (found["name servers"], found["engine"]) == ("warning", "warning")
    assert f"address {FIRST}" in found


def test_a_backup_is_a_database_of_its_own(desk: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert desk.run("backup", str(copy)).exit_code == 0
    told = desk.run("--database", f"sqlite:///{copy}", "stream", "list", "--json")
    assert {row["name"] for row in json.loads(told.stdout)} == {"default", "news", "other"}
    assert copy.stat().st_mode & 0o077 == 0
    assert desk.run("backup", str(copy)).exit_code == 1, "nothing is overwritten"


def test_an_export_of_recipients(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert desk.run("recipient", "export", "running", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8-sig").splitlines()[1] == "r0@one.test,waiting,0,,,,"
    assert desk.run("recipient", "export", "running", str(file)).exit_code == 1


def test_clearing_by_domain_address_and_id(desk: Desk) -> None:
    assert desk.run("block", "hold", "1", "--reason", "wait").exit_code == 0
    assert ask(desk, "block", "show", "1")["next_probe"] is None
    assert "nothing to clear" in desk.run("block", "clear", "--domain", "two.test").stdout
    assert desk.run("block", "clear", "--address", FIRST, "--reason", "they said so").exit_code == 0
    assert ask(desk, "block", "list") == []
    assert [row["event"] for row in ask(desk, "block", "history", "1")] == ["blocked", "made_permanent", "cleared"]


def test_the_trail_of_changes_can_be_read_and_taken_along(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("site", "create", "trail.sender.test").exit_code == 0
    (newest,) = ask(desk, "audit", "list", "--kind", "site", "--most", "1")
    assert (newest["action"], newest["subject"]) == ("site.create", "site trail.sender.test")
    assert INSTANT(newest["at"])
    file = tmp_path / "trail.csv"
    assert desk.run("audit", "export", str(file)).exit_code == 0
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert [line["subject"] for line in lines if line["action"] == "site.create"][-1] == newest["subject"]
    assert len(lines) >= len(ask(desk, "audit", "list"))
    refused = desk.run("audit", "export", str(file))
    assert (refused.exit_code, "exists already" in refused.stderr) == (1, True)
