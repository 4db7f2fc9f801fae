"""What AWS said when it refused a step: one line, the same in every run."""

import pytest

from fleet.refusal import LONGEST, mending, sentence

URN = "urn:pulumi:prod::fleet::fleet:Task$aws:sagemaker/model:Model::toxicity-v2-3fa9c1"


def answer(call: str, said: str, *, request: str = "6f0e2f5e-1c2d-4a55-9c51-0d8ae2b1f7d1", tries: str = "") -> str:
    """As the AWS SDK for Go, v2, puts an error."""
    return (
        f"operation error SageMaker: {call}, {tries}https response error StatusCode: 400, RequestID: {request}, {said}"
    )


REFUSED = answer("CreateModel", "api error ValidationException: Could not access model data at s3://m/1.tar.gz.")


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            f"creating {URN}: 1 error occurred:\n\t* creating SageMaker AI Model (toxicity-v2-3fa9c1): {REFUSED}\n\n",
            "CreateModel: ValidationException: Could not access model data at s3://m/1.tar.gz.",
        ),
        (
            f"1 error occurred:\n\t* updating SageMaker AI Endpoint (toxicity): "
            f"{answer('UpdateEndpoint', 'ResourceLimitExceeded: The account-level limit is 10.')}\n\n",
            "UpdateEndpoint: ResourceLimitExceeded: The account-level limit is 10.",
        ),
        (
            answer(
                "CreateModel",
                "api error ThrottlingException: Rate exceeded",
                tries="exceeded maximum number of attempts, 25, ",
            ),
            "CreateModel: ThrottlingException: Rate exceeded",
        ),
        (
            "waiting for SageMaker AI Endpoint (toxicity) create: "
            "unexpected state 'Failed', wanted target 'InService'. last error: no sts:AssumeRole for the role",
            "creation failed: no sts:AssumeRole for the role",
        ),
        (
            "waiting for SageMaker AI Endpoint (toxicity) update: "
            "unexpected state 'RollingBack', wanted target 'InService'. last error: out of memory",
            "rolled back: out of memory",
        ),
        (
            "waiting for SageMaker AI Endpoint (toxicity) update: "
            "unexpected state 'RollingBack', wanted target 'InService'. last error: %!s(<nil>)",
            "rolled back",
        ),
        (
            "unexpected state 'Failed', wanted target 'InService'. last error: The role \"r\" is invalid.",
            'creation failed: The role "r" is invalid.',
        ),
        ("waiting for\n SageMaker AI Endpoint:  timeout", "waiting for SageMaker AI Endpoint: timeout"),
        ("", ""),
    ],
    ids=[
        "an API error",
        "a modelled error",
        "tries",
        "a creation",
        "an update",
        "no reason",
        "a creation on its role",
        "another failure",
        "nothing",
    ],
)
def test_a_failure_is_told_as_aws_said_it(failure: str, told: str) -> None:
    assert sentence(failure) == told


@pytest.mark.parametrize(
    ("once", "again"),
    [
        (
            answer("CreateModel", "api error A: b", request="1-1"),
            answer("CreateModel", "api error A: b", request="2-2"),
        ),
        ("no access (Request ID: 1f-2)", "no access (Request ID: 3f-4)"),
        (
            "request send failed: read tcp 10.0.0.1:40001->52.1.2.3:443: connection reset by peer",
            "request send failed: read tcp 10.0.0.1:40002->52.1.2.3:443: connection reset by peer",
        ),
    ],
    ids=["request ids", "request ids in words", "ports"],
)
def test_the_same_fault_reads_the_same_in_every_run(once: str, again: str) -> None:
    assert sentence(once) == sentence(again)


def test_a_proxys_page_is_cut() -> None:
    assert len(sentence("<html>" * 200)) == LONGEST


def test_tags_that_may_not_be_given_back_are_given_by_a_command_for_an_administrator() -> None:
    who = "User: arn:aws:sts::1:assumed-role/ci/x"
    denied = (
        "updating urn:pulumi:prod::p::aws:sagemaker/endpoint:Endpoint::spam: 1 error occurred: * operation error "
        "SageMaker: AddTags, https response error StatusCode: 400, RequestID: 1, api error AccessDeniedException: "
        f"{who} is not authorized to perform: sagemaker:AddTags on resource: arn:aws:sagemaker:eu-west-1:1:"
        "endpoint/spam because no identity-based policy allows the sagemaker:AddTags action"
    )
    assert mending(denied, {"fleet:stack": "prod", "fleet:owner": "team x"}) == (
        "aws sagemaker add-tags --resource-arn arn:aws:sagemaker:eu-west-1:1:endpoint/spam --tags "
        "'Key=fleet:owner,Value=team x' Key=fleet:stack,Value=prod"
    )
    assert mending(denied.replace("AddTags on", "DeleteTags on"), {"fleet:stack": "prod"}) == ""
