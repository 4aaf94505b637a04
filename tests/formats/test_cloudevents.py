from __future__ import annotations

import json

import pytest
from cloudevents.core.formats.json import JSONFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.outlet import TEXTS, Outlet


def test_the_attributes(outlet: Outlet) -> None:
    outlet.log_whole("7")
    [stored] = outlet.events()
    event = JSONFormat().read(None, outlet.last("cloudevents"))
    assert event.get_specversion() == "1.0"
    assert event.get_id() == str(stored["id"])
    assert event.get_source() == "/pgwitness"
    assert event.get_type() == "pgwitness.event.user_created"
    assert event.get_subject() == "user/7"
    assert event.get_time() == stored["occurred_at"]
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("tenantid") == str(stored["tenant_id"])
    for extension, name in (
        ("outcome", "outcome"),
        ("category", "category"),
        ("entitytype", "entity_type"),
        ("actortype", "actor_type"),
    ):
        assert event.get_extension(extension) == stored[name]
    assert event.get_data() == json.loads(outlet.last("jsonl"))


def test_the_source_is_an_option(outlet: Outlet) -> None:
    outlet.log()
    content = outlet.last("cloudevents", source='https://log.example/"a"')
    assert JSONFormat().read(None, content).get_source() == 'https://log.example/"a"'


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole(text)
    event = JSONFormat().read(None, outlet.last("cloudevents"))
    assert event.get_data() == json.loads(outlet.last("jsonl"))
    subject = event.get_subject()
    assert subject in (f"user/{text}", "user")
    assert subject is not None
    # Attributes hold no control characters.
    assert all(ord(c) > 31 and not 127 <= ord(c) < 160 for c in subject)


def test_a_batch_is_an_array(outlet: Outlet) -> None:
    for text in TEXTS:
        outlet.log_whole(text)
    batch = json.loads(f"[{','.join(outlet.deliver('cloudevents'))}]")
    assert len({event["id"] for event in batch}) == len(TEXTS)


def test_of_an_envelope(outlet: Outlet) -> None:
    outlet.log_whole("7")
    event = JSONFormat().read(None, outlet.last("cloudevents", content="envelope"))
    assert event.get_subject() == "user"
    assert event.get_data() == json.loads(outlet.last("jsonl", content="envelope"))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole("x" + text)
    data = JSONFormat().read(None, outlet.last("cloudevents")).get_data()
    assert isinstance(data, dict)
    assert data["description"] == data["metadata"]["text"] == "x" + text
