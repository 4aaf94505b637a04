"""The loop: what is acknowledged has arrived, what fails comes again, and nothing is left out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

import psycopg
import pytest

from pgwitness.errors import SinkTaken, SinkUnknown
from pgwitness.shipping.shipper import Shipped
from pgwitness.shipping.transport import (
    BatchRefused,
    DeliveryFailed,
    DestinationInvalid,
    Refusal,
    ShippedEvent,
)
from shipping.harbour import (
    SINK,
    Harbour,
    Log,
    Recorder,
    await_that,
    following,
    word,
)
from walls.ledger import REASON, call


def poison(*names: str) -> Any:
    """Refuse a batch as a whole for the sake of some events in it."""

    def refuse(events: Sequence[ShippedEvent]) -> None:
        if {word(event) for event in events} & set(names):
            raise BatchRefused("it is poison")

    return refuse


def each(*names: str, is_final: bool = False) -> Any:
    """Refuse events by name."""
    return lambda events: [
        Refusal(event, "it is poison", is_final) for event in events if word(event) in names
    ]


def failing(times: int, error: Exception | None = None) -> Any:
    """Fail so often."""
    numbers = count()

    def fail(_: Sequence[ShippedEvent]) -> None:
        if next(numbers) < times:
            raise error or DeliveryFailed("nobody is there")

    return fail


def test_both_tenants_events_arrive_in_their_order_once(harbour: Harbour) -> None:
    harbour.define()
    harbour.log("a1", "a2", "a3")
    harbour.log("b1", "b2", tenant="b")
    harbour.log("a4")
    recorder = Recorder()
    assert harbour.ship(recorder, batch_size=2) == Shipped(6, 0, True)
    assert [name for name in recorder.words if name[0] == "a"] == ["a1", "a2", "a3", "a4"]
    assert [name for name in recorder.words if name[0] == "b"] == ["b1", "b2"]
    assert all(len(offer) <= 2 for offer in recorder.offers)
    assert harbour.ship(Recorder()) == Shipped(0, 0, True)
    state = harbour.state()
    assert (state["events_behind"], state["error"]) == (0, None)


def test_what_the_filter_does_not_find_is_passed(harbour: Harbour) -> None:
    harbour.define(filter={"action": "user_updated"})
    harbour.log("a1", "a2")
    assert harbour.state()["events_behind"] > 0
    assert harbour.ship(Recorder()) == Shipped(0, 0, True)
    assert harbour.state()["events_behind"] == 0


def test_only_tenants_that_approved_are_shipped(harbour: Harbour) -> None:
    harbour.define(tenants="a")
    harbour.log("a1")
    harbour.log("b1", tenant="b")
    recorder = Recorder()
    harbour.ship(recorder)
    assert recorder.words == ["a1"]


def test_once_a_failure_ends_it_and_the_next_run_goes_on(harbour: Harbour) -> None:
    harbour.define()
    harbour.log("a1", "a2", "a3")
    recorder = Recorder(before=failing(1))
    log = Log()
    with pytest.raises(DeliveryFailed, match="nobody is there"):
        harbour.ship(recorder, watcher=log)
    assert recorder.taken == []
    assert harbour.state()["error"] == "nobody is there"
    assert log.pauses == []
    assert harbour.ship(recorder) == Shipped(3, 0, True)
    assert recorder.words == ["a1", "a2", "a3"]
    assert harbour.state()["error"] is None


def test_following_a_failure_is_tried_again_with_pauses(harbour: Harbour) -> None:
    harbour.define()
    harbour.log("a1", "a2")
    recorder, log = Recorder(before=failing(4)), Log()
    with following(harbour.shipper(recorder, watcher=log)) as done:
        await_that(lambda: log.batches)
    assert done == [Shipped(2, 0, False)]
    assert recorder.words == ["a1", "a2"]
    assert log.failures == ["nobody is there"] * 4
    assert all(pause > 0 for pause in log.pauses)


def test_a_receiver_may_ask_for_a_longer_pause(harbour: Harbour) -> None:
    harbour.define()
    harbour.log("a1")
    recorder, log = Recorder(before=failing(1, DeliveryFailed("busy", 0.5))), Log()
    with following(harbour.shipper(recorder, watcher=log)):
        await_that(lambda: log.batches)
    assert log.pauses == [0.5]


def has_taken(recorder: Recorder, number: int) -> bool:
    return len(recorder.taken) >= number


def test_the_sealer_wakes_a_follower(harbour: Harbour) -> None:
    """It waits for an hour otherwise."""
    harbour.define()
    recorder = Recorder()
    with following(harbour.shipper(recorder, wake_seconds=3600)) as done:
        for number in range(3):
            harbour.log(f"a{number}")
            await_that(partial(has_taken, recorder, number + 1), "the notification")
    assert recorder.words == ["a0", "a1", "a2"]
    assert done == [Shipped(3, 0, False)]


class Deaf(psycopg.Connection[Any]):
    """A connection that no notification reaches."""

    def execute(self, query: Any, *arguments: Any, **settings: Any) -> Any:
        if str(query).startswith("listen"):
            query = "select"
        return super().execute(query, *arguments, **settings)


def test_a_lost_notification_is_made_up_for(harbour: Harbour) -> None:
    harbour.define()
    recorder = Recorder()
    shipper = harbour.shipper(recorder, wake_seconds=0.2)
    shipper._connect = lambda: Deaf.connect(
        harbour.database.dsn(harbour.shipper_role), autocommit=True
    )
    with following(shipper):
        await_that(lambda: harbour.state()["seen_at"])
        harbour.log("a1")
        await_that(lambda: recorder.taken)


@pytest.mark.parametrize("refuse", [poison, each])
def test_an_event_that_is_refused_is_put_aside_and_holds_nobody_up(
    harbour: Harbour, refuse: Any
) -> None:
    harbour.define(max_attempts=3)
    names = [f"a{number}" for number in range(10)]
    harbour.log(*names)
    recorder, log = Recorder(before=refuse("a3", "a7")), Log()
    assert harbour.ship(recorder, watcher=log) == Shipped(8, 2, True)
    assert recorder.words == [name for name in names if name not in ("a3", "a7")]
    assert sum(offer == ["a3"] or ("a3" in offer and len(offer) == 2) for offer in recorder.offers)
    letters = harbour.letters()
    assert [letter["error"] for letter in letters] == ["it is poison"] * 2
    assert {letter["event_id"] for letter in letters} == {r.event.event_id for r in log.aside}
    assert harbour.state()["dead_letters"] == 2
    assert harbour.ship(Recorder()) == Shipped(0, 0, True)


def test_an_event_is_refused_as_often_as_the_sink_says(harbour: Harbour) -> None:
    harbour.define(max_attempts=4)
    harbour.log("a1")
    recorder = Recorder(before=each("a1"))
    assert harbour.ship(recorder) == Shipped(0, 1, True)
    assert recorder.offers == [["a1"]] * 4


def test_what_can_never_be_sent_is_put_aside_at_once(harbour: Harbour) -> None:
    harbour.define(max_attempts=4)
    harbour.log("a1", "a2")
    recorder = Recorder(before=each("a1", is_final=True))
    assert harbour.ship(recorder) == Shipped(1, 1, True)
    assert recorder.offers == [["a1", "a2"]]


def test_an_event_that_is_taken_later_is_no_dead_letter(harbour: Harbour) -> None:
    harbour.define(max_attempts=5)
    harbour.log("a1", "a2", "a3")
    numbers = count()
    recorder = Recorder(before=lambda events: each("a2")(events) if next(numbers) < 3 else ())
    assert harbour.ship(recorder) == Shipped(3, 0, True)
    assert recorder.words == ["a1", "a3", "a2"]
    assert harbour.letters() == []


def test_what_was_taken_is_not_sent_again_when_the_rest_fails(harbour: Harbour) -> None:
    harbour.define()
    harbour.log("a1", "a2", "a3", "a4")
    numbers = count()

    def before(events: Sequence[ShippedEvent]) -> None:
        place = next(numbers)
        if place == 0:
            raise BatchRefused("too large")
        if place == 2:
            raise DeliveryFailed("gone")

    recorder = Recorder(before=before)
    with following(harbour.shipper(recorder)) as done:
        await_that(lambda: len(recorder.taken) == 4)
        await_that(lambda: harbour.state()["events_behind"] == 0)
    assert recorder.words == ["a1", "a2", "a3", "a4"]
    assert done == [Shipped(4, 0, False)]


def test_dead_letters_come_first_when_they_are_tried_again(harbour: Harbour) -> None:
    harbour.define(max_attempts=1)
    harbour.log("a1", "a2")
    harbour.ship(Recorder(before=each("a1", "a2")))
    harbour.log("a3")
    assert call(harbour.operator, "retry_dead_letters", name=SINK) == 2
    recorder = Recorder(before=each("a2"))
    assert harbour.ship(recorder) == Shipped(2, 1, True)
    assert recorder.words == ["a1", "a3"]
    [letter] = harbour.letters()
    assert (letter["refusals"], letter["is_retrying"]) == (2, False)
    assert call(harbour.operator, "discard_dead_letters", name=SINK, reason=REASON) == 1


def test_a_sink_of_another_role_or_none_is_refused_for_good(harbour: Harbour) -> None:
    for is_following in (False, True):
        shipper = harbour.shipper(Recorder(), name="nowhere")
        with pytest.raises(SinkUnknown) as refused:
            shipper.follow() if is_following else shipper.ship()
        assert refused.value.sqlstate == "WT150"
    harbour.define()
    with harbour.database.superuser() as root:
        root.execute("create role test_shipper_two login")
        root.execute("grant audit_shipper to test_shipper_two")
    try:
        shipper = harbour.shipper(Recorder())
        shipper._connect = lambda: psycopg.connect(
            harbour.database.dsn("test_shipper_two"), autocommit=True
        )
        with pytest.raises(SinkUnknown):
            shipper.follow()
    finally:
        with harbour.database.superuser() as root:
            root.execute("drop role test_shipper_two")


def test_a_role_without_the_right_is_refused_for_good(harbour: Harbour) -> None:
    shipper = harbour.shipper(Recorder())
    shipper._connect = lambda: psycopg.connect(
        harbour.database.dsn(harbour.database.role("stranger")), autocommit=True
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shipper.follow()


def test_kinds_that_are_somebody_elses_to_ship_are_refused(harbour: Harbour) -> None:
    harbour.define("custom")
    with pytest.raises(DestinationInvalid, match=r"audit\.read_sink"):
        harbour.shipper().follow()


def test_the_second_shipper_waits_for_its_turn(harbour: Harbour) -> None:
    harbour.define()
    first, second, log = Recorder(), Recorder(), Log()
    with following(harbour.shipper(first)):
        await_that(lambda: harbour.state()["consumer_process_id"])
        harbour.log("a1")
        await_that(lambda: first.taken)
        with pytest.raises(SinkTaken):
            harbour.ship(Recorder())
        with following(harbour.shipper(second, watcher=log)):
            await_that(lambda: log.failures)
            harbour.log("a2")
            await_that(lambda: len(first.taken) == 2)
            assert second.taken == []
            assert "another consumer" in log.failures[0]
            harbour.drop_connections()
            harbour.log("a3")
            await_that(lambda: len(first.taken) + len(second.taken) >= 3)
            await_that(lambda: harbour.state()["events_behind"] == 0)
    assert sorted({*first.words, *second.words}) == ["a1", "a2", "a3"]


def test_a_connection_that_is_ended_is_made_anew(harbour: Harbour) -> None:
    harbour.define()
    names = [f"a{number}" for number in range(6)]
    harbour.log(*names)
    numbers = count()

    def before(_: Sequence[ShippedEvent]) -> None:
        if next(numbers) in (1, 3):
            assert harbour.drop_connections() == 1

    recorder, log = Recorder(before=before), Log()
    with following(harbour.shipper(recorder, batch_size=2, watcher=log)):
        await_that(lambda: "a5" in recorder.words)
        await_that(lambda: harbour.state()["events_behind"] == 0)
    # Delivered and not acknowledged: the same batch comes once more, whole.
    assert recorder.offers[1] == recorder.offers[2]
    assert list(dict.fromkeys(recorder.words)) == names
    ids = {word(event): event.event_id for event in recorder.taken}
    assert all(ids[word(event)] == event.event_id for event in recorder.taken)
    assert len(log.failures) == 2


def test_a_new_definition_is_followed(harbour: Harbour) -> None:
    """Also while the old receiver is down, which is when it is corrected."""
    harbour.define(max_attempts=7)
    harbour.log("a1")
    made = []

    def make(destination: Any) -> Recorder:
        is_old = destination.options["max_attempts"] == 7
        made.append(Recorder(before=failing(10**9 if is_old else 0)))
        return made[-1]

    with following(harbour.shipper(make_transport=make)):
        await_that(lambda: made and len(made[0].offers) > 2)
        harbour.define(max_attempts=8)
        await_that(lambda: len(made) > 1 and made[1].taken)
    assert made[1].words == ["a1"]


def test_a_transport_may_hold_back_what_is_acknowledged(harbour: Harbour) -> None:
    """As an archive does that gathers large files: it reads ahead, and nothing is lost."""
    harbour.define()
    names = [f"a{number}" for number in range(7)]
    harbour.log(*names)
    behind = harbour.state()["events_behind"]

    class Archive(Recorder):
        def __init__(self) -> None:
            super().__init__()
            self.behind: list[int] = []
            self.flushed = self.abandoned = 0

        def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
            refusals = super().deliver(events)
            self.behind.append(harbour.state()["events_behind"])
            return refusals

        def is_due(self, *, is_idle: bool) -> bool:
            return len(self.taken) - self.flushed >= 4

        def flush(self) -> None:
            self.flushed = len(self.taken)

    archive = Archive()
    assert harbour.ship(archive, batch_size=2) == Shipped(7, 0, True)
    assert archive.words == names
    # After the fourth event the first two batches were acknowledged, and the rest at the end.
    assert archive.behind[0] == archive.behind[1] == behind
    assert archive.behind[2] == archive.behind[3] <= behind - 4
    assert harbour.state()["events_behind"] == 0


def test_what_was_held_back_comes_again_after_a_failure(harbour: Harbour) -> None:
    harbour.define()
    harbour.log("a1", "a2", "a3")

    class Archive(Recorder):
        held: list[str]
        kept: list[str]

        def deliver(self, events: Sequence[ShippedEvent]) -> Sequence[Refusal]:
            self.held += map(word, events)
            if len(self.held) == 2 and not self.offers:
                self.offers.append([])
                raise DeliveryFailed("full")
            return ()

        def is_due(self, *, is_idle: bool) -> bool:
            return is_idle

        def flush(self) -> None:
            self.kept += self.held
            self.held = []

        def abandon(self) -> None:
            self.held = []

    archive = Archive()
    archive.held, archive.kept = [], []
    with pytest.raises(DeliveryFailed):
        harbour.ship(archive, batch_size=1)
    assert (archive.held, archive.kept) == ([], [])
    assert harbour.ship(archive, batch_size=1) == Shipped(3, 0, True)
    assert archive.kept == ["a1", "a2", "a3"]
