"""Bad input at every command: one sentence that names the field, exit code 2 (or 1 where the state forbids it), nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import FIRST, Desk

DRAFT = ("--list", "readers", "--from", "me@sender.test", "--subject", "Hi")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that commands are given."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "text.txt").write_text("Hello")
    (folder / "empty.txt").write_text("")
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    (folder / "bad.eml").write_bytes(b"\0\0")
    (folder / "none.csv").write_text("name,city\nAnn,Kiel\n")
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 10)
    (folder / "all_bad.csv").write_text("address\nnobody\n")
    (folder / "rule.toml").write_text("[[rule]]\nid = 'x'\npattern = '('\nverdict = 'block'\nexamples = ['x']\n")
    (folder / "good_rule.toml").write_text(
        "[[rule]]\nid = 'own-x'\npattern = 'x'\nverdict = 'block'\nexamples = ['554 x']\n"
    )
    (folder / "labelled.jsonl").write_text('{"reply": "554 x", "verdict": "nonsense"}\n')
    (folder / "open_key.pem").write_text("key")
    (folder / "open_key.pem").chmod(0o644)
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("profile"))
    desk.fill()
    return desk


BAD_VALUES = [
    # Command lines, the words that the sentence must hold
    ("nonsense", "command 'nonsense'"),
    ("strem list", "Did you mean 'stream'"),
    ("stream lst", "lst"),
    ("stream", "command"),
    ("stream list --jason", "--jason"),
    ("stream list extra", "extra"),
    # address
    ("address add", "IP"),
    ("address add 300.1.1.1", "300.1.1.1"),
    ("address add fe80::1%eth0", "zone"),
    ("address add 0.0.0.0", "0.0.0.0"),
    ("address add 127.0.0.20 --helo a..b", "HELO"),
    ("address add 127.0.0.20 --helo out\r\nMAIL", "HELO"),
    ("address show 127.0.0.99", "127.0.0.99"),
    ("address show here", "here"),
    ("address pause 127.0.0.99", "127.0.0.99"),
    ("address resume 127.0.0.99", "127.0.0.99"),
    ("address remove 127.0.0.99", "127.0.0.99"),
    ("address check nowhere", "nowhere"),
    # stream
    ("stream create third", "--address"),
    ("stream create third --address here", "here"),
    ("stream create third --address 127.0.0.99", "127.0.0.99"),
    ("stream create |\t| --address 127.0.0.11", "name"),
    ("stream create a\nb --address 127.0.0.11", "name"),
    ("stream show nws", "Did you mean 'news'"),
    ("stream rename nothing else", "nothing"),
    ("stream rename news ||", "name"),
    ("stream copy nothing", "nothing"),
    ("stream delete nothing", "nothing"),
    ("stream delete news --replace-with nothing", "nothing"),
    ("stream add-address news 127.0.0.99", "127.0.0.99"),
    ("stream add-address news", "address"),
    ("stream remove-address news 127.0.0.99", "127.0.0.99"),
    ("stream remove-address news 127.0.0.11 127.0.0.99", "127.0.0.99"),
    ("stream remove-address news", "address"),
    ("stream set-weight news 127.0.0.11 0", "1 to 1000"),
    ("stream set-weight news 127.0.0.11 1001", "1"),
    ("stream set-weight news 127.0.0.11 -5", "weight"),
    ("stream set-weight news 127.0.0.11 many", "weight"),
    ("stream set-weight news 127.0.0.13 5", "127.0.0.13"),
    ("stream edit nothing --guard", "nothing"),
    ("stream pause nothing", "nothing"),
    # site, list, segment
    ("site create bad_host!", "host"),
    ("site delete nowhere.test", "nowhere.test"),
    ("list create new --site nowhere.test", "nowhere.test"),
    ("list create new", "--site"),
    ("list create || --site lists.sender.test", "name"),
    ("list delete nothing", "nothing"),
    ("segment create s --list nothing --where {}", "nothing"),
    ("segment create s --list readers --where nonsense", "where"),
    ('segment create s --list readers --where {"field":"x"}', "no field 'x'"),
    ('segment create s --list readers --where {"field":"country","operator":"like","value":"x"}', "operator"),
    ("segment count nothing", "nothing"),
    ("segment delete nothing", "nothing"),
    ("segment list --list nothing", "nothing"),
    # associate, resolve
    ("associate thing readers news", "thing"),
    ("associate list nothing news", "nothing"),
    ("associate list readers nothing", "nothing"),
    ("associate list readers", "stream"),
    ("associate list readers news --inherit", "stream"),
    ("resolve nothing", "nothing"),
    ("resolve readers --segment nothing", "nothing"),
    # member
    ("member import nothing FILES/none.csv", "nothing"),
    ("member import readers FILES/missing.csv", "missing.csv"),
    ("member import readers FILES/none.csv", "address"),
    ("member import readers FILES/empty.txt", "empty"),
    ("member import readers FILES", "FILES"),
    ("member list nothing", "nothing"),
    ("member remove readers nobody@one.test", "nobody@one.test"),
    ("member remove readers", "ADDRESS"),
    # mailing
    ("mailing create m --from me@sender.test --text FILES/text.txt", "--list"),
    ("mailing create m --list readers --subject Hi --text FILES/text.txt", "--from"),
    ("mailing create m --list readers --from me --subject Hi --text FILES/text.txt", "from"),
    ("mailing create m --list nothing --from me@sender.test --subject Hi --text FILES/text.txt", "nothing"),
    ("mailing create m DRAFT", "text"),
    ("mailing create m DRAFT --text FILES/missing.txt", "missing.txt"),
    ("mailing create m DRAFT --text FILES/empty.txt", "empty"),
    ("mailing create m DRAFT --text FILES/latin.txt", "UTF-8"),
    ("mailing create m DRAFT --html FILES", "html"),
    ("mailing create m DRAFT --eml FILES/bad.eml", "eml"),
    ("mailing create m DRAFT --eml FILES/text.txt --text FILES/text.txt", "eml"),
    ("mailing create m DRAFT --text FILES/text.txt --segment nothing", "nothing"),
    ("mailing create m DRAFT --text FILES/text.txt --stream nothing", "nothing"),
    ("mailing create m DRAFT --text FILES/text.txt --expiry-hours -1", "expiry"),
    ("mailing create m DRAFT --text FILES/text.txt --expiry-hours nan", "expiry"),
    ("mailing create m DRAFT --text FILES/text.txt --expiry-hours soon", "expiry-hours"),
    ("mailing create m DRAFT --text FILES/text.txt --hourly-ceiling 0", "hour"),
    ("mailing create m DRAFT --text FILES/text.txt --reply-to x", "reply"),
    ("mailing create m DRAFT --text FILES/text.txt --unsubscribe-url javascript:x", "unsubscribe"),
    ("mailing create || DRAFT --text FILES/text.txt", "name"),
    (
        "mailing create m --list readers --from me@sender.test --subject a\r\nBcc:x@y.test --text FILES/text.txt",
        "subject",
    ),
    ("mailing start nothing", "nothing"),
    ("mailing schedule draft --at never", "never"),
    ("mailing schedule draft --at 2001-01-01T00:00", "passed"),
    ("mailing unschedule nothing", "nothing"),
    ("mailing pause nothing", "nothing"),
    ("mailing resume nothing", "nothing"),
    ("mailing stop nothing", "nothing"),
    ("mailing stop running --waiting later", "later"),
    ("mailing move nothing news", "nothing"),
    ("mailing move running nothing", "nothing"),
    ("mailing copy nothing", "nothing"),
    ("mailing delete nothing", "nothing"),
    ("mailing test draft nobody", "nobody"),
    ("mailing settle running maybe", "maybe"),
    ("mailing settle running again r0", "r0"),
    ("mailing status nothing", "nothing"),
    ("mailing status nothing --wait --json", "nothing"),
    # block
    ("block show x", "id"),
    ("block show 99", "99"),
    ("block clear", "--stream"),
    ("block clear 1 --stream news", "--stream"),
    ("block clear one", "one"),
    ("block clear -- -1", "-1"),
    ("block clear BLOCK 99", "99"),
    ("block clear --stream nothing", "nothing"),
    ("block clear --address nowhere", "nowhere"),
    ("block clear --address 127.0.0.99", "127.0.0.99"),
    ("block clear --domain a..b", "domain"),
    ("block clear BLOCK --reason a\x00b", "reason"),
    ("block probe 99", "99"),
    ("block hold 99", "99"),
    ("block exempt 99", "99"),
    ("block unexempt 99", "99"),
    ("block note 99 text", "99"),
    ("block history 99", "99"),
    # recipient, why
    ("recipient list nothing", "nothing"),
    ("recipient list running --state gone", "gone"),
    ("recipient export nothing -", "nothing"),
    ("why nothing r0@one.test", "nothing"),
    ("why running nobody@one.test", "nobody@one.test"),
    ("why running elsewhere.test", "elsewhere.test"),
    ("why running a@b@", "a@b@"),
    # suppress, dkim
    ("suppress add nobody", "nobody"),
    ("suppress add a@b.test --list nothing", "nothing"),
    ("suppress remove a@b.test", "a@b.test"),
    ("suppress list --list nothing", "nothing"),
    ("dkim add sender.test --selector s", "--key"),
    ("dkim add bad..domain --selector s --generate", "domain"),
    ("dkim add sender.test --selector !! --generate", "selector"),
    ("dkim add sender.test --selector s --key FILES/missing.pem", "missing.pem"),
    ("dkim add sender.test --selector s --key FILES/open_key.pem", "open_key.pem"),
    ("dkim remove sender.test", "sender.test"),
    # rule
    ("rule measure FILES/missing.jsonl", "missing.jsonl"),
    ("rule measure FILES/labelled.jsonl", "verdict"),
    ("rule add FILES/missing.toml", "missing.toml"),
    ("rule add FILES/text.txt", "text.txt"),
    ("rule add FILES/rule.toml", "pattern"),
    ("rule edit nothing FILES/good_rule.toml", "nothing"),
    ("rule off nothing", "nothing"),
    ("rule shadow nothing", "nothing"),
    ("rule remove nothing", "nothing"),
    ("rule show nothing", "nothing"),
    ("rule lab --days 0", "days"),
    # config, demo
    ("config get delivery.werkers", "delivery.workers"),
    ("config set nothing 1", "nothing"),
    ("config set delivery.workers 0", "delivery.workers"),
    ("config set delivery.workers -1", "delivery.workers"),
    ("config set network.allow_loopback maybe", "true or false"),
    ("config set network.name_servers nowhere:x", "network.name_servers"),
    ("config set retry.schedule_minutes 1,,2", "retry.schedule_minutes"),
    ("config set delivery.in_doubt perhaps", "ask, delivered, again"),
    ("config set probe.interval_seconds", "VALUE"),
    ("demo --seconds 0", "seconds"),
    ("demo --seconds long", "seconds"),
]

FORBIDDEN = [
    ("address add 127.0.0.11", "127.0.0.11"),
    ("address remove 127.0.0.11", "news"),
    ("stream create NEWS --address 127.0.0.11", "news"),
    ("stream rename other News", "news"),
    ("stream delete default", "default"),
    ("stream remove-address other 127.0.0.12", "only address"),
    ("site create lists.sender.test", "lists.sender.test"),
    ("site delete lists.sender.test", "readers"),
    ("list create Readers --site lists.sender.test", "readers"),
    ("list delete readers", "running"),
    ("segment create Germans --list readers --where SEGMENT", "germans"),
    ("member import readers FILES/all_bad.csv", "all_bad.csv"),
    ("mailing create Draft DRAFT --text FILES/text.txt", "draft"),
    ("mailing start running", "active"),
    ("mailing pause draft", "draft"),
    ("mailing resume running", "active"),
    ("mailing stop draft", "draft"),
    ("mailing delete running", "active"),
    ("mailing unschedule draft", "draft"),
    ("mailing settle running again", "in doubt"),
    ("mailing status draft --wait", "not started"),
    ("block clear CLEARED", "cleared already"),
    ("block clear BLOCK CLEARED", "cleared already"),
    ("block probe CLEARED", "cleared"),
    ("block unexempt BLOCK", "not exempt"),
]


def command(line: str, desk: Desk, folder: Path) -> list[str]:
    """The words of a command line; ``||`` is an empty one, ``|…|`` one with blanks."""
    words: list[str] = []
    for word in line.split(" "):
        if word == "DRAFT":
            words += DRAFT
            continue
        word = word.replace("FILES", str(folder)).replace("SEGMENT", '{"field":"name","operator":"is_set"}')
        word = {"BLOCK": str(desk.block), "CLEARED": str(desk.cleared), "||": ""}.get(word, word)
        words.append(word.replace("|", " "))
    return words


def check(desk: Desk, folder: Path, line: str, words: str, exit_code: int) -> None:
    before = desk.fingerprint()
    told = desk.run(*command(line, desk, folder))
    assert told.exit_code == exit_code, told
    sentences = [text for text in told.stderr.splitlines() if not text.startswith("line ")]
    assert len(sentences) == 1, told.stderr
    assert words.replace("FILES", str(folder)).lower() in sentences[0].lower()
    assert len(sentences[0]) < 400
    assert "Traceback" not in told.stderr
    assert desk.fingerprint() == before


@pytest.mark.parametrize(("line", "words"), BAD_VALUES)
def test_a_bad_value_is_told_in_one_sentence_and_changes_nothing(
    desk: Desk, folder: Path, line: str, words: str
) -> None:
    check(desk, folder, line, words, exit_code=2)


@pytest.mark.parametrize(("line", "words"), FORBIDDEN)
def test_what_the_state_forbids_is_exit_code_1(desk: Desk, folder: Path, line: str, words: str) -> None:
    check(desk, folder, line, words, exit_code=1)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "line 1"),
        ('{"reply": "554 x"}\n[]', "line 2"),
        ('{"stage": "rcpt"}', "reply"),
        ('{"reply": "554 x", "stage": "lunch"}', "stage"),
    ],
)
def test_bad_lines_for_rule_test(desk: Desk, line: str, words: str) -> None:
    told = desk.run("rule", "test", stdin=line)
    assert told.exit_code == 2
    assert words in told.stderr
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "database",
    ["nonsense", "mysql://x/y", "sqlite://", "postgresql://x:secret@127.0.0.1:1/nothing", "sqlite:////proc/none/x.db"],
)
def test_a_database_that_can_t_be_used(desk: Desk, database: str) -> None:
    told = desk.run("--database", database, "stream", "list")
    assert told.exit_code in (1, 2)
    assert len(told.stderr.splitlines()) == 1
    assert "secret" not in told.stderr


def test_a_profile_that_can_t_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = Desk(tmp_path / "profile")
    told = desk.run("--profile", str(tmp_path / "file"), "stream", "list")
    assert (told.exit_code, len(told.stderr.splitlines())) == (2, 1)
    assert str(tmp_path / "file") in told.stderr


def test_hostile_text_is_escaped_where_it_is_shown(desk: Desk) -> None:
    for line in (("block", "list"), ("block", "show", str(desk.block)), ("stream", "show", "\x1b[31m\u202e")):
        told = desk.run(*line)
        assert "\x1b" not in told.stdout + told.stderr
        assert "\u202e" not in told.stdout + told.stderr


def test_without_a_command_and_without_a_display_the_way_to_help_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for line in ((), ("gui",)):
        told = desk.run(*line)
        assert (told.exit_code, len(told.stderr.splitlines())) == (2, 1)
        assert "--help" in told.stderr


def test_help_is_there_for_every_command(desk: Desk) -> None:
    told = desk.run("--help")
    assert told.exit_code == 0
    for name in ("serve", "demo", "address", "mailing", "block", "why", "doctor"):
        assert name in told.stdout
        assert desk.run(name, "--help").exit_code == 0
    assert FIRST not in told.stdout
