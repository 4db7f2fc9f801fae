"""A task list that cannot be used: one clear message, no traceback, and no call that changes AWS."""

import pytest

BAD = {
    "not YAML": ("tasks: [", "tasks.yaml:"),
    "empty": ("", "tasks.yaml"),
    "an unknown key": ("tasks:\n  toxicity: {memory: 1024}\n", "tasks.yaml:2: toxicity.memory:"),
    "a duplicate key": ("tasks:\n  toxicity: {}\n  toxicity: {}\n", "tasks.yaml:3: "),
    "a bad name": ("tasks:\n  toxi_city: {}\n", "tasks.yaml:2: toxi_city"),
    "a bad size": ("tasks:\n  toxicity: {memory_mb: 2500}\n", "toxicity.memory_mb: 2500 is not a serverless size"),
    "more provisioned than there may be": (
        "tasks:\n  toxicity: {max_concurrency: 2, provisioned_concurrency: 3}\n",
        "toxicity.provisioned_concurrency: ",
    ),
    "a credential": ("tasks:\n  toxicity: {environment: {API_TOKEN: hunter2hunter2}}\n", "toxicity.environment"),
    "what this version does not do": (
        "tasks:\n  toxicity: {provisioned_concurrency: 2, scaling: {min: 1, max: 3}}\n",
        "toxicity.scaling: is not supported",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_task_list_is_refused(fleet, what):
    text, message = BAD[what]
    fleet.stack.set_tasks(text)

    run = fleet.up()

    assert not run.ok
    assert message in run.text
    assert "Traceback" not in run.text
    assert "hunter2" not in run.text
    assert fleet.made() == []


def test_a_bad_role_is_refused(fleet):
    fleet.stack.configure(executionRoleArn="sagemaker-execution")

    run = fleet.up()

    assert not run.ok
    assert "executionRoleArn: 'sagemaker-execution' is not the ARN of an IAM role" in run.text
    assert "Traceback" not in run.text
