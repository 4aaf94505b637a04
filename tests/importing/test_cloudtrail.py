"""CloudTrail: where each field goes, that none is lost, and what a real attack's trace answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pgwitness.cli import main
from pgwitness.importers import IMPORTERS, ReadEvent, RecordRefused, read_events

if TYPE_CHECKING:
    from databases import Database

TRACE = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "data"
    / "cloudtrail-ec2-proxy-s3-exfiltration.jsonl"
)
BUCKET = "example-records"
ROLE = "arn:aws:sts::111122223333:assumed-role/proxy/i-0abc"

GET_OBJECT: dict[str, Any] = {
    "eventVersion": "1.08",
    "eventTime": "2026-03-01T10:00:00Z",
    "eventID": "5d1f1f0e-0000-4000-8000-000000000001",
    "eventName": "GetObject",
    "eventSource": "s3.amazonaws.com",
    "awsRegion": "eu-north-1",
    "sourceIPAddress": "198.51.100.7",
    "userAgent": "[aws-cli/2.15]",
    "requestID": "R1",
    "readOnly": True,
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:i-0abc",
        "arn": ROLE,
        "accountId": "111122223333",
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111122223333:role/proxy",
                "userName": "proxy",
            }
        },
    },
    "requestParameters": {"bucketName": BUCKET, "key": "salaries.csv"},
    "responseElements": None,
    "resources": [
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/salaries.csv"},
        {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}", "accountId": "111122223333"},
    ],
    "additionalEventData": {"bytesTransferredOut": 89.0},
}
LIST_OBJECTS = {
    **GET_OBJECT,
    "eventID": "5d1f1f0e-0000-4000-8000-000000000002",
    "eventTime": "2026-03-01T09:59:00Z",
    "eventName": "ListObjects",
    "sourceIPAddress": "198.51.100.8",
    "requestParameters": {"bucketName": BUCKET, "prefix": ""},
    "resources": [
        {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{BUCKET}/"},
        {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"},
    ],
}
DENIED = {
    **GET_OBJECT,
    "eventID": "5d1f1f0e-0000-4000-8000-000000000003",
    "eventTime": "2026-03-01T09:58:00Z",
    "errorCode": "AccessDenied",
    "errorMessage": "User is not authorized",
    "userIdentity": {
        "type": "IAMUser",
        "userName": "eve",
        "arn": "arn:aws:iam::111122223333:user/eve",
    },
}
ASSUME_ROLE = {
    **GET_OBJECT,
    "eventID": "5d1f1f0e-0000-4000-8000-000000000004",
    "eventTime": "2026-03-01T09:00:00Z",
    "eventName": "AssumeRole",
    "eventSource": "sts.amazonaws.com",
    "sourceIPAddress": "ec2.amazonaws.com",
    "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
    "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/proxy"},
    "resources": [{"type": "AWS::IAM::Role", "ARN": "arn:aws:iam::111122223333:role/proxy"}],
}
RECORDS = (GET_OBJECT, LIST_OBJECTS, DENIED, ASSUME_ROLE)


def build(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return IMPORTERS["cloudtrail"].build_event({**record, **changes}, None)


def without(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


def scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for member in value.values():
            yield from scalars(member)
    elif isinstance(value, list):
        for member in value:
            yield from scalars(member)
    elif value is not None:
        yield value


# One record ---------------------------------------------------------------------------------


def test_a_record_becomes_an_event() -> None:
    event = build(GET_OBJECT)
    actor = event.pop("actor")
    metadata = event.pop("metadata")
    assert event == {
        "idempotency_key": "cloudtrail:5d1f1f0e-0000-4000-8000-000000000001",
        "occurred_at": "2026-03-01T10:00:00Z",
        "action": "get_object",
        "entity_type": "s3_object",
        "entity_id": f"{BUCKET}/salaries.csv",
        "actor_id": ROLE,
        "actor_type": "api_key",
        "description": f"proxy called GetObject of s3 on {BUCKET}/salaries.csv",
        "outcome": "success",
        "ip": "198.51.100.7",
        "user_agent": "[aws-cli/2.15]",
        "request_id": "R1",
    }
    assert actor == {
        "id": ROLE,
        "type": "api_key",
        "name": "proxy",
        "identity": GET_OBJECT["userIdentity"],
    }
    moved = ("eventTime", "eventID", "sourceIPAddress", "userAgent", "requestID", "userIdentity")
    assert metadata == without(GET_OBJECT, *moved)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["eventName"]))
def test_nothing_is_lost(record: dict[str, Any]) -> None:
    kept = json.dumps(build(record), ensure_ascii=False)
    for value in scalars(record):
        assert json.dumps(value, ensure_ascii=False).strip('"') in kept


def test_a_refused_call_is_a_failure() -> None:
    event = build(DENIED)
    assert event["outcome"] == "failure"
    assert event["error_message"] == "AccessDenied: User is not authorized"
    assert event["metadata"]["errorCode"] == "AccessDenied"
    assert event["description"].endswith("refused: AccessDenied: User is not authorized")


@pytest.mark.parametrize(
    ("identity", "actor_type", "actor_id", "name"),
    [
        (DENIED["userIdentity"], "user", "arn:aws:iam::111122223333:user/eve", "eve"),
        ({"type": "Root", "principalId": "111122223333"}, "user", "111122223333", None),
        (GET_OBJECT["userIdentity"], "api_key", ROLE, "proxy"),
        ({"type": "AWSAccount", "accountId": "444455556666"}, "api_key", "444455556666", None),
        (
            ASSUME_ROLE["userIdentity"],
            "system",
            "ec2.amazonaws.com",
            "ec2.amazonaws.com",
        ),
        ({"type": "Unknown"}, "api_key", None, None),
    ],
    ids=["user", "root", "role", "account", "service", "unknown"],
)
def test_identities_become_actors(
    identity: dict[str, Any], actor_type: str, actor_id: str | None, name: str | None
) -> None:
    event = build(GET_OBJECT, userIdentity=identity)
    assert (event["actor_type"], event.get("actor_id")) == (actor_type, actor_id)
    assert event["actor"].get("name") == name
    assert event["actor"]["identity"] == identity


def test_a_caller_that_is_no_address_is_kept_in_metadata() -> None:
    event = build(ASSUME_ROLE)
    assert "ip" not in event
    assert event["metadata"]["sourceIPAddress"] == "ec2.amazonaws.com"


@pytest.mark.parametrize(
    ("changes", "entity"),
    [
        ({}, ("s3_object", f"{BUCKET}/salaries.csv")),
        ({"resources": None}, ("s3_object", f"{BUCKET}/salaries.csv")),
        (
            {"resources": None, "requestParameters": {"bucketName": BUCKET}},
            ("s3_bucket", BUCKET),
        ),
        (
            {"resources": LIST_OBJECTS["resources"], "eventName": "ListObjects"},
            ("s3_bucket", BUCKET),
        ),
        (
            {"resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws-cn:s3:::b"}]},
            ("s3_bucket", "b"),
        ),
        (
            {"resources": ASSUME_ROLE["resources"]},
            ("iam_role", "arn:aws:iam::111122223333:role/proxy"),
        ),
        (
            {
                "resources": None,
                "eventName": "DescribeInstances",
                "eventSource": "ec2.amazonaws.com",
                "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}]}},
            },
            ("ec2_instance", "i-1"),
        ),
        (
            {
                "resources": None,
                "eventName": "TerminateInstances",
                "eventSource": "ec2.amazonaws.com",
                "requestParameters": {
                    "instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}
                },
            },
            ("aws_service", "ec2.amazonaws.com"),
        ),
        (
            {
                "resources": None,
                "eventName": "AttachUserPolicy",
                "eventSource": "iam.amazonaws.com",
                "requestParameters": {"policyArn": "arn:p", "userName": "eve"},
            },
            ("iam_policy", "arn:p"),
        ),
        (
            {
                "resources": None,
                "eventName": "CreateAccessKey",
                "eventSource": "iam.amazonaws.com",
                "requestParameters": {"userName": "eve"},
            },
            ("iam_user", "eve"),
        ),
        (
            {
                "resources": None,
                "eventName": "ConsoleLogin",
                "eventSource": "signin.amazonaws.com",
                "requestParameters": None,
            },
            ("aws_service", "signin.amazonaws.com"),
        ),
    ],
)
def test_the_entity_is_found(changes: dict[str, Any], entity: tuple[str, str]) -> None:
    event = build(GET_OBJECT, **changes)
    assert (event["entity_type"], event["entity_id"]) == entity


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (without(GET_OBJECT, "eventID"), "eventID is missing"),
        (without(GET_OBJECT, "eventName"), "eventName is missing"),
        (without(GET_OBJECT, "eventSource"), "eventSource is missing"),
        (without(GET_OBJECT, "eventTime"), "eventTime is missing"),
        ({**GET_OBJECT, "eventTime": "soon"}, "eventTime is not a time"),
        ({**GET_OBJECT, "eventTime": 10**30}, "eventTime is not a time"),
    ],
)
def test_what_is_no_record_is_refused(record: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordRefused, match=message):
        build(record)


def test_times_of_other_shippers_are_read() -> None:
    shipped = {**without(GET_OBJECT, "eventTime"), "@timestamp": "2026-03-01T10:00:00.000Z"}
    assert build(shipped)["occurred_at"] == "2026-03-01T10:00:00.000Z"
    assert build(GET_OBJECT, eventTime=1772359200000)["occurred_at"] == "2026-03-01T10:00:00+00:00"
    both = build(GET_OBJECT, **{"@timestamp": "2026-03-01T10:05:00Z"})
    assert both["occurred_at"] == "2026-03-01T10:00:00Z"
    assert both["metadata"]["@timestamp"] == "2026-03-01T10:05:00Z"


def test_a_delivered_file_holds_many_records_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "delivered.json"
    file.write_text(json.dumps({"Records": [*RECORDS, {"eventName": "X"}]}))
    with file.open("rb") as stream:
        items = list(read_events(stream, IMPORTERS["cloudtrail"]))
    assert [isinstance(item, ReadEvent) for item in items] == [True] * 4 + [False]
    assert {item.line for item in items} == {1}


# A trace, imported and asked ----------------------------------------------------------------


def run(database: Database, *arguments: str) -> Any:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def import_trace(database: Database, file: Path) -> None:
    """Import a trace of years ago, which would have expired by the policy of a new tenant."""
    with database.connect(database.role("admin")) as admin:
        admin.execute(
            "select audit.set_retention(days => null, reason => 'traces are kept for ever')"
        )
    done = run(
        database,
        *("import", str(file), "--format", "cloudtrail"),
        *("--tenant", str(database.tenant_a)),
        *("--reason", "inquiry into copied records"),
        *("--define-unknown", "--category", "aws"),
        *("--dsn", database.dsn(database.role("admin"))),
        *("--operator-dsn", database.dsn(database.role("operator"))),
    )
    assert done.exit_code == 0, done.stderr


def ask(database: Database, filter: dict[str, Any]) -> list[dict[str, Any]]:
    done = run(
        database,
        *("search", "--filter", json.dumps(filter), "--all", "--json"),
        *("--reason", "security_investigation"),
        *("--justification", "who took the records"),
        *("--dsn", database.dsn(database.role("reader"))),
    )
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_search_answers_who_listed_and_fetched(loaded_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    import_trace(loaded_database, file)
    found = ask(
        loaded_database,
        {
            "action": ["list_objects", "get_object"],
            "metadata": {"requestParameters": {"bucketName": BUCKET}},
        },
    )
    assert [
        (e["action"], e["entity_id"], e["actor_id"], e["ip"], e["occurred_at"], e["outcome"])
        for e in found
    ] == [
        (
            "get_object",
            f"{BUCKET}/salaries.csv",
            ROLE,
            "198.51.100.7",
            "2026-03-01T10:00:00+00:00",
            "success",
        ),
        ("list_objects", BUCKET, ROLE, "198.51.100.8", "2026-03-01T09:59:00+00:00", "success"),
        (
            "get_object",
            f"{BUCKET}/salaries.csv",
            "arn:aws:iam::111122223333:user/eve",
            "198.51.100.7",
            "2026-03-01T09:58:00+00:00",
            "failure",
        ),
    ]


needs_trace = pytest.mark.skipif(not TRACE.is_file(), reason=f"{TRACE.name} is not on this machine")


@needs_trace
def test_nothing_of_a_real_trace_is_lost() -> None:
    with TRACE.open("rb") as stream:
        items = list(read_events(stream, IMPORTERS["cloudtrail"]))
    for item, line in zip(items, TRACE.read_text().splitlines(), strict=True):
        assert isinstance(item, ReadEvent)
        kept = json.dumps(item.event, ensure_ascii=False)
        for value in scalars(json.loads(line)):
            assert json.dumps(value, ensure_ascii=False).strip('"') in kept


@needs_trace
def test_a_real_attack_is_told_by_one_search(loaded_database: Database) -> None:
    """An EC2 proxy's role listed a bucket seven times and fetched an object twice."""
    bucket = "mordors3stack-s3bucket-llp2yingx64a"
    role = (
        "arn:aws:sts::123456789123:assumed-role/"
        "MordorNginxStack-BankingWAFRole-9S3E0UAE1MM0/i-0317f6c6b66ae9c40"
    )
    import_trace(loaded_database, TRACE)
    found = ask(
        loaded_database,
        {
            "action": ["list_objects", "get_object"],
            "metadata": {"requestParameters": {"bucketName": bucket}},
        },
    )
    told = sorted((e["occurred_at"], e["action"], e["entity_id"]) for e in found)
    records = [json.loads(line) for line in TRACE.read_text().splitlines()]
    assert told == sorted(
        (
            record["@timestamp"].replace(".000Z", "+00:00"),
            {"ListObjects": "list_objects", "GetObject": "get_object"}[record["eventName"]],
            {"ListObjects": bucket, "GetObject": f"{bucket}/ring.txt"}[record["eventName"]],
        )
        for record in records
        if record["eventName"] in {"ListObjects", "GetObject"}
    )
    assert len(told) == 9
    assert (told[0][0], told[-1][0]) == ("2020-09-14T01:00:33+00:00", "2020-09-14T01:13:20+00:00")
    assert {e["actor_id"] for e in found} == {role}
    assert {e["ip"] for e in found} == {"1.2.3.4"}
    assert {e["user_agent"] for e in found} == {
        "[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]"
    }
