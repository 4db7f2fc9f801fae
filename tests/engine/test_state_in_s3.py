"""The state lies in S3 and its secrets are under KMS, as the docs have it: what can go wrong with that."""

import pytest

from sandbox.lab import rights
from sandbox.lab.bucket import SECRETS, Bucket
from sandbox.lab.connection import wait_until
from sandbox.lab.stack import Run, Running
from tests.engine.conftest import Fleet

# The rights of the whole suite know of no bucket; test_least_rights.py has one
pytestmark = pytest.mark.usefixtures("rights_of_their_own")


@pytest.fixture
def bucket(empty: Fleet) -> Bucket:
    """Where the state of a fleet of one task lies that serves version 1."""
    made = Bucket.make(empty.sandbox)
    empty.stack.env["PULUMI_BACKEND_URL"] = made.url
    empty.stack.pulumi("stack", "init", empty.stack.name, "--secrets-provider", SECRETS, check=True)
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    run = empty.up()
    assert run.ok, run.text
    return made


def held(bucket: Bucket) -> set[str]:
    """The names of SageMaker's things in the state."""
    return {
        one["outputs"]["name"] for one in bucket.resources("sandbox") if str(one["type"]).startswith("aws:sagemaker/")
    }


def as_in_aws(fleet: Fleet, bucket: Bucket, version: int) -> bool:
    """Whether the fleet has come to rest: that version serves, and the state holds what there is."""
    run = fleet.up()
    assert run.ok, run.text
    return fleet.serving("toxicity") == version and held(bucket) == fleet.in_aws()


def end(running: Running) -> Run:
    """How a run ends that nothing holds up any more."""
    run = running.ended(120)
    if run is None:
        running.kill()
    assert run, "it has not ended within two minutes"
    return run


def test_two_runs_at_once_are_kept_apart_by_the_lock_in_the_bucket(empty: Fleet, bucket: Bucket) -> None:
    empty.sandbox.register("toxicity")
    update = empty.hold("UpdateEndpoint", "before")
    first = empty.start_up()
    empty.sandbox.wait_held(update, timeout=60)
    assert len(bucket.locks()) == 1

    second = empty.up()

    assert not second.ok
    assert "the stack is currently locked by 1 lock(s)" in second.text
    assert empty.made() == []
    empty.sandbox.release(update)
    assert end(first).ok
    assert bucket.locks() == []
    assert empty.serving("toxicity") == 2


def test_a_lock_that_is_lost_lets_a_second_run_in_and_the_next_one_puts_it_right(empty: Fleet, bucket: Bucket) -> None:
    empty.sandbox.register("toxicity")
    update = empty.hold("UpdateEndpoint", "before")
    first = empty.start_up()
    empty.sandbox.wait_held(update, timeout=60)
    for lock in bucket.locks():
        bucket.delete(lock)

    second = empty.up()
    empty.sandbox.release(update)
    end(first)

    assert second.ok, second.text
    assert empty.sandbox.harm() == []
    assert as_in_aws(empty, bucket, version=2)


def test_a_state_that_cannot_be_read_changes_nothing_and_the_version_before_is_brought_back(
    empty: Fleet, bucket: Bucket
) -> None:
    checkpoint = bucket.checkpoint("sandbox")
    [before, *_] = bucket.versions(checkpoint)
    empty.sandbox.register("toxicity")
    assert empty.up().ok
    bucket.write(checkpoint, bucket.read(checkpoint)[:1000])

    run = empty.up()
    assert not run.ok
    assert "checkpoint" in run.text or "JSON" in run.text, run.text
    assert empty.made() == []

    bucket.restore(checkpoint, before)
    assert as_in_aws(empty, bucket, version=2)
    assert empty.made() == []


def refused(fleet: Fleet) -> int:
    """How often the engine was kept from writing the state."""
    return sum(call.operation == "PutObject" and call.error == "AccessDenied" for call in fleet.sandbox.calls())


def test_a_bucket_that_is_denied_in_mid_run_loses_nothing_that_was_deployed(empty: Fleet, bucket: Bucket) -> None:
    """The engine tries each write for half a minute, and every step has some: so the run is ended, as the docs say."""
    whole = rights.policy(empty.stack, "deployer", "--state", bucket.url, "--state-key", SECRETS)
    less = {**whole, "Statement": [one for one in whole["Statement"] if one["Sid"] != "State"]}
    empty.stack.deployer = rights.held(empty.stack, "deployer", whole)
    empty.sandbox.register("toxicity")
    update = empty.hold("UpdateEndpoint", "before")
    running = empty.start_up()
    empty.sandbox.wait_held(update, timeout=60)

    empty.sandbox.settings(policies={"deployer": [less]})
    empty.sandbox.release(update)
    wait_until(lambda: refused(empty) > 3, 30, "the engine tries again to write the state")
    running.kill()
    assert empty.serving("toxicity") == 2

    unread = empty.up()
    assert not unread.ok
    assert "is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::state/.pulumi/meta.yaml" in unread.text
    empty.sandbox.settings(policies={"deployer": [whole]})
    assert "currently locked" in empty.up().text  # the lock could not be taken away either
    assert empty.stack.pulumi("cancel", "--yes").ok
    assert as_in_aws(empty, bucket, version=2)
    assert empty.made() == []
