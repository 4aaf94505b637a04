"""AWS CloudTrail records: JSON Lines, or the files that CloudTrail delivers.

Source of the fields' meaning: AWS CloudTrail User Guide, "CloudTrail record contents" and
"CloudTrail userIdentity element".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pgwitness.importers.records import (
    RecordRefused,
    check_time,
    derive_code,
    is_address,
    keep_given,
    require_text,
)

PEOPLE = frozenset(
    {
        "Directory",
        "FederatedUser",
        "IAMUser",
        "IdentityCenterUser",
        "Root",
        "SAMLUser",
        "WebIdentityUser",
    }
)
"""Identity types that stand for a person; an AWSService is the system, all others are a key."""

IDENTIFIER = re.compile(r"^(?P<thing>[A-Za-z][A-Za-z0-9]*?)(?P<kind>Id|Name|Arn|ARN)$")
"""A request parameter that names one thing: instanceId, userName, roleArn."""


class CloudTrail:
    """A CloudTrail record; its eventID is the idempotency key.

    Fields without a column of their own stay in metadata under CloudTrail's names. The entity is,
    in this order: the first entry of `resources` that has an ARN; S3's bucket or object in the
    request; the one request parameter that ends in Id, Name or Arn (also within an `items` list
    of one), the event's own noun first; else the service itself (`aws_service`).
    """

    name = "cloudtrail"
    line_limit_bytes = 64 * 1024 * 1024

    def split_line(self, line: Any) -> Iterable[Any]:
        """Gives the records of a delivered file (`{"Records": […]}`), else the line itself."""
        if isinstance(line, dict) and isinstance(line.get("Records"), list):
            return tuple(line["Records"])
        return (line,)

    def build_event(self, record: Mapping[str, Any], tenant_id: UUID | None) -> dict[str, Any]:
        """Turns the record into an event; the tenant is the caller's choice.

        Raises:
            RecordRefused: no eventID, eventName, eventSource or time.
        """
        name = require_text(record, "eventName")
        source = require_text(record, "eventSource")
        time_key, occurred_at = _read_time(record)
        identity = record.get("userIdentity")
        actor = _describe_actor(identity) if isinstance(identity, dict) else {}
        address = record.get("sourceIPAddress")
        error = _read_error(record)
        entity_type, entity_id = _find_entity(record, name, source)
        moved = {"eventID", "errorMessage", time_key}
        if actor:
            moved.add("userIdentity")
        if is_address(address):
            moved.add("sourceIPAddress")
        moved.update(key for key in ("userAgent", "requestID") if isinstance(record.get(key), str))
        return keep_given(
            {
                "idempotency_key": f"cloudtrail:{require_text(record, 'eventID')}",
                "occurred_at": occurred_at,
                "action": derive_code(name),
                "entity_type": entity_type,
                "entity_id": entity_id,
                "actor_id": actor.get("id"),
                "actor_type": actor.get("type"),
                "actor": actor or None,
                "description": _describe(name, source, entity_id, actor, error),
                "metadata": {key: value for key, value in record.items() if key not in moved},
                "outcome": "success" if error is None else "failure",
                "error_message": error,
                "ip": address if is_address(address) else None,
                "user_agent": record["userAgent"] if "userAgent" in moved else None,
                "request_id": record["requestID"] if "requestID" in moved else None,
            }
        )


def _read_time(record: Mapping[str, Any]) -> tuple[str, str]:
    for key in ("eventTime", "@timestamp"):
        value = record.get(key)
        if isinstance(value, str) and value:
            return key, check_time(value, key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return key, datetime.fromtimestamp(value / 1000, UTC).isoformat()
            except (OverflowError, ValueError, OSError) as error:
                raise RecordRefused(
                    f"{key} is not a time: {value}", "A number is milliseconds since 1970."
                ) from error
    raise RecordRefused("eventTime is missing", "Every record needs eventTime (or @timestamp).")


def _read_error(record: Mapping[str, Any]) -> str | None:
    parts = [str(record[key]) for key in ("errorCode", "errorMessage") if record.get(key)]
    return ": ".join(parts) or None


def _describe_actor(identity: Mapping[str, Any]) -> dict[str, Any]:
    kind = identity.get("type")
    session = identity.get("sessionContext")
    issuer = session.get("sessionIssuer") if isinstance(session, dict) else None
    arn = identity.get("arn")
    name = (
        identity.get("userName")
        or (issuer.get("userName") if isinstance(issuer, dict) else None)
        or identity.get("invokedBy")
    )
    actor_id = arn or identity.get("principalId") or identity.get("invokedBy")
    actor_id = actor_id or identity.get("accountId")
    actor_type = "system" if kind == "AWSService" else "user" if kind in PEOPLE else "api_key"
    return {
        **keep_given({"id": str(actor_id) if actor_id else None, "type": actor_type, "name": name}),
        "identity": dict(identity),
    }


def _describe(
    name: str, source: str, entity_id: str | None, actor: Mapping[str, Any], error: str | None
) -> str:
    who = actor.get("name") or actor.get("id") or "somebody"
    what = f"{who} called {name} of {source.split('.')[0]}"
    if entity_id is not None and entity_id != source:
        what += f" on {entity_id}"
    return what if error is None else f"{what}, refused: {error}"


def _find_entity(record: Mapping[str, Any], name: str, source: str) -> tuple[str, str | None]:
    service = source.split(".")[0]
    resources = record.get("resources")
    for resource in resources if isinstance(resources, list) else ():
        if not isinstance(resource, dict):
            continue
        arn, kind = resource.get("ARN") or resource.get("arn"), resource.get("type")
        if isinstance(arn, str) and isinstance(kind, str):
            return derive_code(kind.removeprefix("AWS::").replace("::", "_")), _shorten(arn)
    parameters = record.get("requestParameters")
    if not isinstance(parameters, dict):
        return "aws_service", source
    bucket, key = parameters.get("bucketName"), parameters.get("key")
    if service == "s3" and isinstance(bucket, str):
        if isinstance(key, str) and key:
            return "s3_object", f"{bucket}/{key}"
        return "s3_bucket", bucket
    named = dict(_list_identifiers(parameters))
    about = [thing for thing in named if thing.lower().rstrip("s") in name.lower()]
    chosen = about[:1] or (list(named) if len(named) == 1 else [])
    if chosen:
        return derive_code(f"{service}_{chosen[0]}"), named[chosen[0]]
    return "aws_service", source


def _shorten(arn: str) -> str:
    """Gives an S3 ARN's path alone, since bucket names are unique in the world."""
    return re.sub(r"^arn:aws[a-z-]*:s3:::", "", arn)


def _list_identifiers(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in parameters.items():
        match = IDENTIFIER.match(key)
        if match and isinstance(value, str) and value:
            yield match["thing"], value
        elif isinstance(value, dict) and key.endswith("Set"):
            items = value.get("items", value.get("item"))
            if isinstance(items, list) and len(items) == 1 and isinstance(items[0], dict):
                yield from _list_identifiers(items[0])
