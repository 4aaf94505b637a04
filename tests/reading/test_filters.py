"""Any filter over any events finds what plain Python finds, with and without indexes."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from reading.desk import Desk, connect

from databases import Database

WEEK = timedelta(weeks=1)
NOW = datetime.now(UTC).replace(microsecond=0)
MOMENTS = [NOW - n * WEEK - timedelta(minutes=m) for n in range(6) for m in (0, 1)]

# Letters whose case is simple, everything that patterns or JSON treat as special, and words long
# enough for trigrams.
WORDS = [
    "anna",
    "Anna",
    "ÅSA",
    "åsa",
    "100%",
    "a_b",
    "a\\b",
    'say "hi"',
    "x\ty",
    "x\ny",
    "or",
    "4711",
    "-1.5",
]
text = st.one_of(
    st.sampled_from(WORDS),
    st.text(alphabet='abåÅ%_\\" \t\n1', min_size=1, max_size=4),
)
scalar = st.one_of(text, st.integers(-20, 4711), st.booleans(), st.none())
value = st.recursive(
    scalar,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("kl"), inner, max_size=2)
    ),
    max_leaves=4,
)
document = st.dictionaries(st.sampled_from(["k", "l", "name"]), value, max_size=3)
address = st.sampled_from(["192.0.2.1", "192.0.2.77", "198.51.100.4", "2001:db8::1"])

CATEGORIES = {
    "user_created": "admin_actions",
    "role_created": "admin_actions",
    "file_uploaded": "file_operations",
}
choices: dict[str, list[str]] = {
    "action": list(CATEGORIES),
    "entity_type": ["user", "role", "file"],
    "actor_type": ["user", "system", "api_key", "database_role"],
    "outcome": ["success", "failure"],
    "source": ["logged", "captured", "imported", "system"],
}
names = st.sampled_from(["1", "2", "anna", "Anna's", "a%"])

event = st.fixed_dictionaries(
    {key: st.sampled_from(values) for key, values in choices.items()}
    | {
        "occurred_at": st.sampled_from(MOMENTS),
        "entity_id": st.none() | names,
        "actor_id": st.none() | names,
        "request_id": st.none() | names,
        "ip": st.none() | address,
        "description": text,
        "actor": st.none() | document,
        "target": st.none() | document | st.lists(document, max_size=2),
        "metadata": st.none() | document,
    }
)


def one_or_many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


# Texts are joined by line ends, in an order of the server's own.
wording = text.filter(lambda given: given.strip(" ") and "\n" not in given)
filter_of = st.fixed_dictionaries(
    {},
    optional={key: one_or_many(st.sampled_from(values)) for key, values in choices.items()}
    | {
        "category": one_or_many(st.sampled_from(sorted(set(CATEGORIES.values())))),
        "entity_id": one_or_many(st.none() | names),
        "actor_id": one_or_many(st.none() | names),
        "request_id": one_or_many(st.none() | names),
        "ip": one_or_many(
            st.none()
            | address
            | st.sampled_from(["192.0.2.0/24", "192.0.2.64/26", "2001:db8::/32"])
        ),
        "actor": wording,
        "search": wording,
        "metadata": document,
        "from": st.sampled_from(MOMENTS),
        "to": st.sampled_from(MOMENTS),
    },
).filter(lambda f: "from" not in f or "to" not in f or f["from"] <= f["to"])


def texts(*documents: Any) -> list[str]:
    """Give every text and number within documents."""
    found: list[str] = []
    for document in documents:
        if isinstance(document, dict):
            found += texts(*document.values())
        elif isinstance(document, list):
            found += texts(*document)
        elif isinstance(document, str):
            found.append(document)
        elif document is not None and not isinstance(document, bool):
            found.append(json.dumps(document))
    return found


def contains(whole: Any, part: Any) -> bool:
    """Tell whether jsonb @> would: objects by key, arrays as sets, a scalar within an array."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(contains_element(element, wanted) for element in whole) for wanted in part)
    return type(whole) is type(part) and whole == part


def contains_element(element: Any, wanted: Any) -> bool:
    return type(element) is type(wanted) and contains(element, wanted)


def in_network(ip: str | None, wanted: str | None) -> bool:
    if ip is None or wanted is None:
        return ip is wanted
    network = ipaddress.ip_network(wanted)
    found = ipaddress.ip_address(ip)
    return found.version == network.version and found in network


def is_found(event: dict[str, Any], filter: dict[str, Any]) -> bool:
    for key, wanted in filter.items():
        many = wanted if isinstance(wanted, list) else [wanted]
        match key:
            case "category":
                matches = CATEGORIES[event["action"]] in many
            case "ip":
                matches = any(in_network(event["ip"], one) for one in many)
            case "actor":
                looked_at = "\n".join(texts(event["actor_id"], event["actor"]))
                matches = wanted.lower() in looked_at.lower()
            case "search":
                looked_at = "\n".join(
                    texts(event["description"], event["actor"], event["target"], event["metadata"])
                )
                matches = wanted.lower() in looked_at.lower()
            case "metadata":
                matches = event["metadata"] is not None and contains(event["metadata"], wanted)
            case "from":
                matches = event["occurred_at"] >= wanted
            case "to":
                matches = event["occurred_at"] < wanted
            case _:
                matches = event[key] in many
        if not matches:
            return False
    return True


@dataclass
class Library:
    """A database whose log has old partitions, and a service that reads any tenant's."""

    database: Database
    service: psycopg.Connection[DictRow]
    operator: psycopg.Connection[DictRow]
    hand: psycopg.Connection[DictRow]

    def open_tenant(self) -> tuple[UUID, Desk]:
        """Register a tenant of its own and open a session in it."""
        tenant_id = uuid4()
        self.operator.execute(
            "select audit.register_tenant(tenant_id => %s, name => 'One example')", (tenant_id,)
        )
        row = self.service.execute(
            "select audit.open_access(access_reason => 'other', tenant_id => %s, "
            "justification => 'One example of a test') as access_id",
            (tenant_id,),
        ).fetchone()
        assert row is not None
        return row["access_id"], Desk(self.database, self.service, self.hand, tenant_id)


@pytest.fixture(params=["open", "closed", "closed with trigrams"])
def library(request: pytest.FixtureRequest, loaded_database: Database) -> Library:
    names = ("service", "operator")
    service, operator = (connect(loaded_database, loaded_database.role(name)) for name in names)
    hand = connect(loaded_database, "postgres")
    hand.execute("set role audit_owner")
    for moment in MOMENTS:
        hand.execute("select audit_private.add_partition(%s)", (moment,))
    hand.execute("reset role")
    indexes = 3
    if request.param == "closed with trigrams":
        indexes = 4
        hand.execute("create extension pg_trgm")
        for setting in ("enable_indexscan", "enable_indexonlyscan"):
            service.execute(f"set {setting} = off")
    if request.param != "open":
        service.execute("set enable_seqscan = off")
        made = operator.execute(
            "select audit.close_partition(partition => partition_name) as made "
            "from audit.list_partitions() where until_time < now() - interval '24 hours'"
        ).fetchall()
        assert {row["made"] for row in made} == {indexes}
    return Library(loaded_database, service, operator, hand)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    events=st.lists(event, max_size=12),
    filters=st.lists(filter_of, min_size=1, max_size=4),
    page_size=st.sampled_from([2, 5, 1000]),
)
def test_filters_find_what_python_finds(
    library: Library, events: list[dict[str, Any]], filters: list[dict[str, Any]], page_size: int
) -> None:
    access_id, desk = library.open_tenant()
    with desk.hand.transaction():
        put = {desk.put(**values)["id"]: values for values in events}
    for filter in filters:
        asked = {
            key: given.isoformat() if isinstance(given, datetime) else given
            for key, given in filter.items()
        }
        found: list[UUID] = []
        with desk.reader.transaction():
            desk.reader.execute(
                "select audit.set_context(tenant_id => %s, access_id => %s)",
                (desk.tenant_id, access_id),
            )
            cursor = None
            while page := desk.search(asked, page_size, cursor):
                found += [event["id"] for event in page]
                cursor = page[-1]["cursor"]
            counted, is_exact = desk.count(asked)
        assert len(found) == len(set(found))
        assert set(found) & set(put) == {
            id for id, values in put.items() if is_found(values, filter)
        }
        assert is_exact
        assert counted >= len(found)
