from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import ocsf_json_schema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocsf.v1_5_0.events import AccountChange, ApiActivity

from formats.outlet import TEXTS, Outlet
from walls.ledger import call

VERSION = "1.5.0"
LATER = ["1.6.0", "1.7.0", "1.8.0"]
NAMES = {3001: "account_change", 6003: "api_activity"}


@cache
def validator(version: str, class_uid: int) -> Any:
    """Make a validator of the schema as it was published."""
    schema = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema(version))
    return jsonschema.Draft202012Validator(schema.get_class_schema(NAMES[class_uid]))


def read(content: str, *versions: str) -> dict[str, Any]:
    """Read an event that is valid in a version of the schema and in others that are named."""
    event: dict[str, Any] = json.loads(content)
    assert event["metadata"]["version"] == VERSION
    for version in (VERSION, *versions):
        validator(version, event["class_uid"]).validate(event)
    # The other library checks too that names and numbers of one thing belong together.
    model: Any = {3001: AccountChange, 6003: ApiActivity}[event["class_uid"]]
    assert not model.model_validate(event).model_extra
    return event


def log_both(outlet: Outlet, text: str = "text", **event: Any) -> None:
    """Log an event of an account and one of something else."""
    outlet.log_whole(text, **event)
    outlet.log_whole(text, action="file_deleted", entity_type="file", **event)


@pytest.mark.parametrize("content", ["whole", "envelope"])
def test_it_follows_the_schema(outlet: Outlet, content: str) -> None:
    for text in TEXTS:
        log_both(outlet, text)
    outlet.log()
    outlet.log(action="file_deleted", entity_type="file", target=[{"name": "a"}], entity_id="1")
    outlet.log({"actor_id": "job", "actor_type": "system", "ip": "2001:db8::1"})
    outlet.log({"actor_id": "key", "actor_type": "api_key", "actor": {"name": 1}})
    assert {
        read(line, *LATER)["class_uid"] for line in outlet.deliver("ocsf", content=content)
    } == set(NAMES)


def test_an_account_change(outlet: Outlet) -> None:
    outlet.log_whole("somebody", target={"name": "Somebody Else"}, entity_id="7")
    [stored] = outlet.events()
    event = read(outlet.last("ocsf"))
    assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (3001, 3, 300101)
    assert (event["class_name"], event["activity_name"]) == ("Account Change", "Create")
    assert event["user"] == {"uid": "7", "name": "Somebody Else", "type_id": 1, "type": "User"}
    assert event["actor"]["user"]["uid"] == "somebody"
    assert event["actor"]["app_name"] == stored["recorded_by"]
    assert event["src_endpoint"] == {"ip": "192.0.2.17"}
    assert event["http_request"] == {"user_agent": "somebody"}
    assert event["time"] == int(stored["occurred_at"].timestamp() * 1000)
    assert event["metadata"]["uid"] == str(stored["id"])
    assert event["metadata"]["tenant_uid"] == str(stored["tenant_id"])
    assert event["metadata"]["correlation_uid"] == "somebody"
    assert (event["status_id"], event["status_detail"]) == (2, "somebody")
    assert (event["severity_id"], event["severity"]) == (3, "Medium")
    for name in ("actor", "target", "changes", "metadata", "entity_id", "tenant_name"):
        assert event["unmapped"][name] == stored[name]


def test_an_api_activity(outlet: Outlet) -> None:
    outlet.log_whole("f", action="file_deleted", entity_type="file")
    event = read(outlet.last("ocsf"))
    assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (6003, 6, 600304)
    assert event["api"] == {"operation": "file_deleted"}
    assert event["resources"] == [{"type": "file", "name": "f", "uid": "f"}]
    assert "user" not in event


def test_which_types_are_accounts(outlet: Outlet) -> None:
    outlet.log(action="role_created", entity_type="role")
    outlet.log(action="api_key_generated", entity_type="api_key")
    assert [read(line)["class_uid"] for line in outlet.deliver("ocsf")] == [3001, 6003]
    assert [
        read(line)["class_uid"]
        for line in outlet.deliver("ocsf", account_entity_types="api_key,user")
    ] == [6003, 3001]


def test_every_action_of_the_catalogues(outlet: Outlet) -> None:
    """Whatever an action is called, both classes have an activity for it."""
    operator = outlet.database.connect(outlet.database.role("operator"))
    for ending in ("truncated", "locked", "unlocked", "mfa_enabled", "mfa_disabled", "x",
                   "password_changed", "password_reset", "suspended"):  # fmt: skip
        call(operator, "define_action", action=f"user_{ending}", category="admin_actions",
             titles={"en": ending})  # fmt: skip
    records = outlet.root.execute(
        "select audit_private.ocsf_record(row(gen_random_uuid(), 'T', now(), gen_random_uuid(), "
        "now(), 1, 1, 'logged', a.category, a.action, a.titles ->> 'en', y.name, '1', 'user', 'w', "
        "null, 'd', null, null, null, 'success', null, null, null, null, 'app'"
        ")::audit_private.delivered_event, '{}') as content "
        "from audit_private.action a cross join (values ('user'), ('file')) y (name)"
    ).fetchall()
    events = [read(row["content"], *LATER) for row in records]
    assert len(events) > 200
    # Captured actions are all known to one class or the other.
    assert {
        event["activity_id"]
        for event in events
        if event["class_uid"] == 6003
        and event["metadata"]["event_code"].endswith(("_created", "_updated", "_deleted"))
    } == {1, 3, 4}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole("x" + text)
    event = read(outlet.last("ocsf"))
    assert event["message"] == event["actor"]["user"]["uid"] == event["user"]["name"] == "x" + text
