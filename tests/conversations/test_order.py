"""Whatever arrives in whatever mixture: order and exactly one answer (hypothesis)."""

import asyncio
import itertools

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conversations.ledger import read_ledger

PEOPLE = st.sampled_from(["anna", "bert", "cora"])
FAULTS = st.lists(st.sampled_from([500, "garbage", "gone", 409]), max_size=4)
SENT = st.lists(
    st.tuples(PEOPLE, st.integers(0, 5), st.booleans()), min_size=1, max_size=20
)  # person, message number (repeats are duplicates), sent at the same time as the one before
runs = itertools.count()


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=SENT, faults=FAULTS)
async def test_each_message_is_stored_once_and_answered_once_in_order(hub, sent, faults):
    run = next(runs)
    hub.stub.faults = list(faults)
    accepted: dict[str, list[str]] = {}
    inbox_ids: dict[str, int] = {}
    for batch in batches(sent):
        receipts = await asyncio.gather(
            *(
                hub.say(f"Frage {number}", f"{person} {run}", message_id=f"{run}-{person}-{number}")
                for person, number in batch
            )
        )
        for (person, number), receipt in zip(batch, receipts, strict=True):
            message_id = f"{run}-{person}-{number}"
            assert inbox_ids.setdefault(message_id, receipt.inbox_id) == receipt.inbox_id
            ids = accepted.setdefault(receipt.conversation, [])
            if message_id not in ids:
                ids.append(message_id)
    for ids in accepted.values():
        ids.sort(key=inbox_ids.__getitem__)
    for conversation in accepted:
        await hub.settled(conversation)
    ledger = await read_ledger(hub.settings.hub_database_url, accepted)
    assert ledger.is_clean, ledger
    assert hub.stub.overlaps == 0


def batches(sent):
    """Group neighbours that are sent at the same time."""
    groups: list[list[tuple[str, int]]] = []
    for person, number, together in sent:
        if together and groups:
            groups[-1].append((person, number))
        else:
            groups.append([(person, number)])
    return groups
