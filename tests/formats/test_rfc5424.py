from __future__ import annotations

import json
import warnings
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.outlet import TEXTS, Outlet
from formats.parsers import parse_syslog, shown
from walls.ledger import call

with warnings.catch_warnings():
    # What it is built on imports a module that Python has renamed.
    warnings.simplefilter("ignore", DeprecationWarning)
    import syslog_rfc5424_parser


def test_another_parser_reads_it(outlet: Outlet) -> None:
    outlet.log_whole("somebody did something", outcome="success", error_message=None)
    found = syslog_rfc5424_parser.SyslogMessage.parse(
        outlet.last("rfc5424", host_name="db.example", application="eneo", facility="10")
    )
    [event] = outlet.events()
    assert (found.facility.name, found.severity.name) == ("authpriv", "notice")
    assert (found.hostname, found.appname, found.procid) == ("db.example", "eneo", None)
    assert found.msgid == "user_created"
    assert datetime.fromisoformat(found.timestamp) == event["occurred_at"]
    assert len(found.timestamp) == len("2026-01-01T00:00:00.000000Z")
    assert found.msg == "\ufeffsomebody did something"
    assert found.sd["pgwitness@32473"]["id"] == str(event["id"])


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole(text)
    [event] = outlet.events()
    found = parse_syslog(outlet.last("rfc5424"))
    data = found.data["pgwitness@32473"]
    assert found.message == shown(text)
    for name in ("actor_id", "entity_id", "error_message", "user_agent", "request_id"):
        assert data[name] == shown(text)
    for name in ("actor", "target", "changes", "metadata"):
        assert json.loads(data[name]) == event[name]
    for name in ("recorded_by", "source", "action", "category", "tenant_name", "outcome"):
        assert data[name] == event[name]
    assert datetime.fromisoformat(data["recorded_at"]) == event["recorded_at"]
    assert data["sequence"] == str(event["sequence"])


def test_the_header_without_options(outlet: Outlet) -> None:
    outlet.log()
    outlet.log(outcome="failure", error_message="no")
    first, second = (parse_syslog(content) for content in outlet.deliver("rfc5424"))
    assert (first.priority, second.priority) == (13 * 8 + 5, 13 * 8 + 4)
    assert first.header[1:] == ["-", "pgwitness", "-", "user_created"]


def test_the_header_with_the_longest_options(outlet: Outlet) -> None:
    action = "a" * 63
    call(
        outlet.database.connect(outlet.database.role("operator")),
        "define_action",
        action=action,
        category="admin_actions",
        titles={"en": "Long"},
    )
    outlet.log(action=action)
    found = parse_syslog(
        outlet.last(
            "rfc5424",
            host_name="h" * 255,
            application="~" * 48,
            facility="23",
            enterprise_number="1234567890",
        )
    )
    assert found.priority == 23 * 8 + 5
    assert found.header[1:] == ["h" * 255, "~" * 48, "-", action[:32]]
    assert found.data["pgwitness@1234567890"]["action"] == action


def test_an_envelope_says_what_was_done(outlet: Outlet) -> None:
    outlet.log_whole()
    found = parse_syslog(outlet.last("rfc5424", content="envelope"))
    assert found.message == "User created"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
       | st.text('\\"][ \n\r=@x', max_size=20))  # fmt: skip
def test_any_text_is_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole("x" + text)
    found = parse_syslog(outlet.last("rfc5424"))
    data = found.data["pgwitness@32473"]
    assert found.message == data["actor_id"] == data["user_agent"] == shown("x" + text)
    assert json.loads(data["metadata"])["text"] == "x" + text
