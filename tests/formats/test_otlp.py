from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from formats.outlet import TEXTS, Outlet
from formats.test_records import nested


def parse(*contents: str) -> Any:
    """Read a request that a transport would send, and what a collector decodes of it."""
    request = Parse(f'{{"resourceLogs":[{",".join(contents)}]}}', ExportLogsServiceRequest())
    # A collector's parser of the binary form limits how deep messages lie in one another.
    again = ExportLogsServiceRequest.FromString(request.SerializeToString())
    assert again == request
    return request


def record(content: str) -> LogRecord:
    [resource] = parse(content).resource_logs
    [scope] = resource.scope_logs
    [found] = scope.log_records
    assert isinstance(found, LogRecord)
    return found


def value(any_value: AnyValue) -> Any:
    """Give the value that an AnyValue stands for."""
    kind = any_value.WhichOneof("value")
    if kind == "kvlist_value":
        return values(any_value.kvlist_value.values)
    if kind == "array_value":
        return [value(item) for item in any_value.array_value.values]
    return None if kind is None else getattr(any_value, kind)


def values(pairs: Any) -> dict[str, Any]:
    found = {pair.key: value(pair.value) for pair in pairs}
    assert all(isinstance(pair, KeyValue) for pair in pairs)
    assert len(found) == len(pairs), "a key stands twice"
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_everything_is_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole(text)
    [event] = outlet.events()
    found = record(outlet.last("otlp"))
    assert found.body.string_value == text
    attributes = values(found.attributes)
    for name, stored in event.items():
        if name in ("description", "occurred_at", "recorded_at", "action_title"):
            assert f"pgwitness.{name}" not in attributes
        elif isinstance(stored, (str, int, list, dict)):
            assert attributes[f"pgwitness.{name}"] == stored
        else:
            assert attributes[f"pgwitness.{name}"] == str(stored)


def test_the_fields_of_a_log_record(outlet: Outlet) -> None:
    outlet.log()
    outlet.log(outcome="failure", error_message="no")
    [event, _] = outlet.events()
    first, second = (record(content) for content in outlet.deliver("otlp"))
    assert first.event_name == "pgwitness.event.user_created"
    assert (first.severity_number, first.severity_text) == (9, "INFO")
    assert (second.severity_number, second.severity_text) == (13, "WARN")
    for name, nanoseconds in (
        ("occurred_at", first.time_unix_nano),
        ("recorded_at", first.observed_time_unix_nano),
    ):
        seconds = int(event[name].replace(microsecond=0).timestamp())
        assert nanoseconds == seconds * 10**9 + event[name].microsecond * 1000
    [resource] = parse(outlet.deliver("otlp", application="eneo")[0]).resource_logs
    assert values(resource.resource.attributes) == {"service.name": "eneo"}


def test_records_are_joined_to_a_request(outlet: Outlet) -> None:
    for text in TEXTS:
        outlet.log_whole(text)
    assert len(parse(*outlet.deliver("otlp")).resource_logs) == len(TEXTS)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0", 0),
        ("-1", -1),
        ("1.0", 1.0),
        ("2.50", 2.5),
        ("999999999999999999", 999999999999999999),
        ("-99999999999999999", -99999999999999999),
        ("9999999999999999999", "9999999999999999999"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("0.12345678901234", 0.12345678901234),
        ("1e400", "1" + "0" * 400),
        ("1e-300", "0." + "0" * 299 + "1"),
    ],
)
def test_numbers_lose_nothing(outlet: Outlet, number: str, expected: Any) -> None:
    row = outlet.root.execute(
        "select audit_private.otlp_value(%s::jsonb, 8) as content", (f"[{number}]",)
    ).fetchone()
    assert row is not None
    [found] = value(Parse(row["content"], AnyValue()))
    assert found == expected
    assert isinstance(found, type(expected))


def test_what_lies_deeper_is_text(outlet: Outlet) -> None:
    outlet.log(metadata=nested(100))
    found = values(record(outlet.last("otlp")).attributes)["pgwitness.metadata"]
    for _ in range(4):
        [found] = found["a"]
    assert json.loads(found) == nested(96)


json_value = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 10**17, 10**18 - 1) | st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(json_value)
def test_any_json_is_read_back(outlet: Outlet, given_value: Any) -> None:
    row = outlet.root.execute(
        "select audit_private.otlp_value(%s::jsonb, 20) as content", (json.dumps(given_value),)
    ).fetchone()
    assert row is not None
    assert value(Parse(row["content"], AnyValue())) == given_value
