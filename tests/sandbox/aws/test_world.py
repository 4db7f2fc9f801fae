"""What the sandbox's AWS knows, kept and restored."""

from dataclasses import fields

from sandbox.aws.world import POLICIES, RECORDS, World

# AWS has none of these
OF_THE_SANDBOX = {"settings", "endings", "outbox", "announced", "harm", "clock", "borrowed", "events", "crossing"}


def test_all_that_the_world_knows_is_kept_in_a_snapshot() -> None:
    known = {field.name for field in fields(World)} - OF_THE_SANDBOX
    assert known == World().snapshot().keys() == {*RECORDS, *POLICIES, "tags"}
