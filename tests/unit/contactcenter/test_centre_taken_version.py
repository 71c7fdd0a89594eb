"""At which version a confirm that is told late takes a contact out of the index."""

import pytest

from config.vocabulary import ContactState
from contactcenter.centre.queue.queueing import taken_version
from tests.kit.intake import waiting


def test_a_contact_that_waits_again_was_taken_before_its_present_version() -> None:
    """Told at this one, its own enqueue would be taken for late, and it would wait unseen."""
    assert taken_version(waiting(version=7, turn=2)) == 6


@pytest.mark.parametrize(
    "state", [ContactState.ACTIVE, ContactState.ENDED, ContactState.CLOSED], ids=str
)
def test_a_contact_that_does_not_wait_is_out_at_its_present_version(state: ContactState) -> None:
    assert taken_version(waiting(version=7, state=state)) == 7
