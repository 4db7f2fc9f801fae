"""An endpoint of another maker becomes this stack's while callers call it, and nothing of that maker is lost."""

import threading
from typing import Any

from sandbox.lab.stack import Run

SETTINGS = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}


def make_endpoint(fleet: Any, task: str) -> None:
    """What somebody made by hand: a model and a configuration called "theirs", and an endpoint of the task's name."""
    client = fleet.sandbox.client("sagemaker")
    package = client.list_model_packages(ModelPackageGroupName=task)["ModelPackageSummaryList"][0]["ModelPackageArn"]
    role = "arn:aws:iam::123456789012:role/theirs"
    client.create_model(ModelName="theirs", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": package})
    variant = {"VariantName": "AllTraffic", "ModelName": "theirs", "ServerlessConfig": SETTINGS}
    client.create_endpoint_config(EndpointConfigName="theirs", ProductionVariants=[variant])
    client.create_endpoint(EndpointName=task, EndpointConfigName="theirs")
    client.get_waiter("endpoint_in_service").wait(EndpointName=task, WaiterConfig={"Delay": 1})


def adopt(fleet: Any, task: str) -> Run:
    run: Run = fleet.stack.fleet("adopt", task, "--yes")
    return run


def untagged(fleet: Any) -> bool:
    """Whether their configuration and model are there, without tags."""
    client = fleet.sandbox.client("sagemaker")
    config = client.describe_endpoint_config(EndpointConfigName="theirs")["EndpointConfigArn"]
    model = client.describe_model(ModelName="theirs")["ModelArn"]
    return [client.list_tags(ResourceArn=arn)["Tags"] for arn in (config, model)] == [[], []]


def test_an_endpoint_is_taken_over_without_a_gap_and_what_it_ran_on_stays(empty):
    for task in ("toxicity", "spam"):
        empty.sandbox.register(task)
    make_endpoint(empty, "toxicity")
    empty.declare("toxicity", "spam")
    empty.sandbox.register("toxicity")
    errors, over = [], threading.Event()

    def call_ten_times_a_second():
        while not over.wait(0.1):
            try:
                empty.sandbox.invoke("toxicity", {"text": "you are lovely"})
            except Exception as error:
                errors.append(error)

    caller = threading.Thread(target=call_ten_times_a_second)
    caller.start()
    try:
        before = empty.sandbox.mark()
        adopted = adopt(empty, "toxicity")
        assert adopted.ok, adopted.text
        assert "moves it to version 2 in place" in adopted.text
        assert [call.operation for call in empty.sandbox.mutations(before)] == ["AddTags"]

        run = empty.up()
        assert run.ok, run.text
    finally:
        over.set()
        caller.join()
    assert errors == []
    assert [call for call in empty.made() if call.endswith(" toxicity")] == ["UpdateEndpoint toxicity"]
    assert empty.serving("toxicity") == 2
    assert "toxicity" in empty.in_state()
    assert untagged(empty)

    empty.sandbox.register("toxicity")
    for version in (3, 3):
        assert empty.up().ok
        assert empty.serving("toxicity") == version
    assert untagged(empty)

    assert empty.stack.destroy().ok
    assert empty.in_aws() == {"theirs"}
    assert untagged(empty)
    assert empty.sandbox.harm() == []
