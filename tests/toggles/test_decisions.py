"""After any sequence of acts, what is logged is what a plain reading of the rules says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from walls.ledger import REASON, Connection, call, rows

from databases import Database

CATEGORIES = ("letters", "digits")
ACTIONS = {
    "letter_added": "letters",
    "letter_gone": "letters",
    "digit_added": "digits",
    "digit_gone": "digits",
}


@dataclass
class Rules:
    """One tenant's toggles, plainly."""

    logging: bool = True
    retired: bool = False
    categories: dict[str, bool] = field(default_factory=dict)
    actions: dict[str, bool] = field(default_factory=dict)

    def is_logged(self, action: str) -> bool:
        category = ACTIONS[action]
        return self.logging and self.actions.get(action, self.categories.get(category, True))

    def apply(self, toggles: dict[str, Any]) -> int:
        before = (self.logging, dict(self.categories), dict(self.actions))
        self.logging = toggles.get("logging", self.logging)
        changed = int(before[0] != self.logging)
        for own, given in (
            (self.categories, toggles.get("categories", {})),
            (self.actions, toggles.get("actions", {})),
        ):
            for code, enabled in given.items():
                changed += own.get(code) is not enabled
                own.pop(code, None)
                if enabled is not None:
                    own[code] = enabled
        return changed


def turns(codes: Any) -> st.SearchStrategy[dict[str, bool | None]]:
    return st.dictionaries(st.sampled_from(sorted(codes)), st.sampled_from([True, False, None]))


TOGGLES = st.fixed_dictionaries(
    {},
    optional={
        "logging": st.booleans(),
        "categories": turns(CATEGORIES),
        "actions": turns(ACTIONS),
    },
)


def test_any_sequence_of_acts_comes_to_what_the_rules_say(
    loaded_database: Database, service: Connection, operator: Connection
) -> None:
    tenants = (loaded_database.tenant_a, loaded_database.tenant_b)
    for category in CATEGORIES:
        call(operator, "define_category", category=category, titles={"en": category})

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.tenants = {tenant: Rules() for tenant in tenants}
            self.retired: set[str] = set()

        @initialize()
        def begin(self) -> None:
            for tenant in tenants:
                self.bring_back(tenant)
                cleared = {
                    "logging": True,
                    "categories": dict.fromkeys(CATEGORIES),
                    "actions": dict.fromkeys(self.known()),
                }
                call(service, "set_toggles", toggles=cleared, reason=REASON, tenant_id=tenant)

        def known(self) -> list[str]:
            for action in sorted(set(ACTIONS) - self.retired):
                self.define(action)
            return sorted(set(ACTIONS) - self.retired)

        @rule(tenant=st.sampled_from(tenants), toggles=TOGGLES)
        def turn(self, tenant: UUID, toggles: dict[str, Any]) -> None:
            given = dict(toggles)
            if "actions" in given:
                given["actions"] = {
                    action: enabled
                    for action, enabled in given["actions"].items()
                    if action not in self.retired
                }
            found = call(service, "set_toggles", toggles=given, reason=REASON, tenant_id=tenant)
            assert found == self.tenants[tenant].apply(given)

        @rule(action=st.sampled_from(sorted(ACTIONS)))
        def retire(self, action: str) -> None:
            call(operator, "retire_action", action=action, reason=REASON)
            self.retired.add(action)

        @rule(action=st.sampled_from(sorted(ACTIONS)))
        def define(self, action: str) -> None:
            titles = {"en": action}
            definition = {"action": action, "category": ACTIONS[action], "titles": titles}
            call(operator, "define_action", **definition)
            self.retired.discard(action)

        @rule(tenant=st.sampled_from(tenants))
        def retire_tenant(self, tenant: UUID) -> None:
            call(operator, "retire_tenant", reason=REASON, tenant_id=tenant)
            self.tenants[tenant].retired = True

        @rule(tenant=st.sampled_from(tenants))
        def bring_back(self, tenant: UUID) -> None:
            call(operator, "register_tenant", tenant_id=tenant, name="A tenant")
            self.tenants[tenant].retired = False

        @invariant()
        def decisions_are_what_the_rules_say(self) -> None:
            for tenant, rules in self.tenants.items():
                found = {
                    row["action"]: row["is_logged"]
                    for row in rows(service, "list_toggles", tenant_id=tenant)
                    if row["category"] in CATEGORIES
                }
                assert found == {
                    action: rules.is_logged(action) and not rules.retired
                    for action in set(ACTIONS) - self.retired
                }

    run_machine(
        Machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
