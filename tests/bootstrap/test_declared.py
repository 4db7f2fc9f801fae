"""What an administrator's run of bootstrap/ makes."""

import json
from typing import Any

import pulumi
import pytest
import yaml

from sandbox.lab.folder import ROOT
from tests.bootstrap.declaring import ACCOUNT, CODEBUILD, COMMON, GITHUB, GITLAB, TOKEN_ARN, Made, declare, unmarked
from tests.unattended.forge import PROJECT, REPOSITORY, TOKEN

REGISTRY = "210987654321"
BUS = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/fleet-prod-approvals"


@pytest.fixture(scope="module")
def github() -> Made:
    return declare(GITHUB)


@pytest.fixture(scope="module")
def gitlab() -> Made:
    return declare(GITLAB)


@pytest.fixture(scope="module")
def codebuild() -> Made:
    return declare(CODEBUILD)


def trust(made: Made, role: str) -> Any:
    """The one statement of whom the role trusts."""
    [statement] = made.one("Role", role).document("assumeRolePolicy")["Statement"]
    return statement


# The state


def test_every_version_of_the_state_is_kept_and_encrypted(github: Made) -> None:
    assert github.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    [rule] = github.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": f"arn:aws:mock:eu-west-1:{ACCOUNT}:Key/state",
    }
    assert github.one("Key").inputs["enableKeyRotation"] is True


def test_nobody_destroys_the_state_by_mistake(github: Made) -> None:
    assert {one.type for one in github.resources if one.is_protected} == {"Bucket", "Key"}


def test_the_state_is_not_public_and_is_read_over_encrypted_connections_only(github: Made) -> None:
    blocked = github.one("BucketPublicAccessBlock").inputs
    assert all(blocked[key] for key in blocked if key != "bucket")
    assert len(blocked) == 5
    [denied] = github.one("BucketPolicy").document("policy")["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


# The roles


def test_only_the_main_branch_deploys(github: Made) -> None:
    given = trust(github, "deployer")

    assert given["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert given["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [f"repo:{REPOSITORY}:ref:refs/heads/main"],
        }
    }


def test_a_pull_request_may_only_look(github: Made) -> None:
    subject = trust(github, "preview")["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]

    assert subject == [f"repo:{REPOSITORY}:pull_request"]
    assert "WhatPreviewMay" in github.one("RolePolicy", "preview").inputs["policy"]


def test_github_signs_newer_repositories_with_numbers_and_both_forms_are_taken() -> None:
    made = declare({**GITHUB, "ownerId": "123", "repositoryId": "456"})

    subject = trust(made, "deployer")["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == [
        "repo:team/fleet:ref:refs/heads/main",
        "repo:team@123/fleet@456:ref:refs/heads/main",
    ]


def test_at_gitlab_a_merge_request_of_any_branch_may_look_and_main_alone_deploys(gitlab: Made) -> None:
    deploys, looks = trust(gitlab, "deployer")["Condition"], trust(gitlab, "preview")["Condition"]

    project = f"project_path:{REPOSITORY}:ref_type:branch:ref"
    assert deploys == {"StringEquals": {"gitlab.com:aud": "sts.amazonaws.com", "gitlab.com:sub": [f"{project}:main"]}}
    assert looks == {
        "StringEquals": {"gitlab.com:aud": "sts.amazonaws.com"},
        "StringLike": {"gitlab.com:sub": [f"{project}:*"]},
    }


@pytest.mark.parametrize(("role", "says"), [("deployer", "WhatDeployerMay"), ("execution", "WhatExecutionRoleMay")])
def test_a_role_may_what_fleet_iam_prints(github: Made, role: str, says: str) -> None:
    assert says in github.one("RolePolicy", role).inputs["policy"]


@pytest.mark.parametrize("role", ["deployer", "preview", "execution"])
def test_a_role_knows_where_models_and_the_reports_beside_them_lie(github: Made, codebuild: Made, role: str) -> None:
    made = [github, *([codebuild] if role == "deployer" else [])]
    assert all("--models acme-models" in each.one("RolePolicy", role).inputs["policy"] for each in made)


def test_the_execution_role_is_called_as_the_fleet_calls_it_and_is_sagemakers_in_this_account(github: Made) -> None:
    role = github.one("Role", "execution")

    assert (role.inputs["path"], role.inputs["name"]) == ("/", "sagemaker-execution")
    assert trust(github, "execution")["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust(github, "execution")["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_an_execution_role_of_another_account_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="is no role of the account 111111111111"):
        declare({**GITHUB, "account": "111111111111"})


def test_an_account_that_has_the_forges_provider_gets_no_second_one() -> None:
    known = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    made = declare({**GITHUB, "oidcProviderArn": known})

    assert not made.all("OpenIdConnectProvider")
    assert trust(made, "deployer")["Principal"] == {"Federated": known}


def test_all_is_made_by_a_provider_that_refuses_another_account(github: Made) -> None:
    assert json.loads(github.one("aws").inputs["allowedAccountIds"]) == [ACCOUNT]
    assert {one.provider.rpartition("::")[2] for one in github.resources if one.type != "aws"} == {"aws"}


# The trigger


@pytest.mark.parametrize("given", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_the_token_is_asked_of_secrets_manager_and_is_plain_nowhere(given: dict[str, Any]) -> None:
    made = declare(given)

    assert [arguments["secretId"] for token, arguments in made.asked if "secret" in token.lower()] == [TOKEN_ARN]
    assert TOKEN in made.one("EventConnection").as_sent
    for one in made.resources:
        assert not [text for text in unmarked(json.loads(one.as_sent)) if TOKEN in text]


def test_github_is_asked_for_a_dispatch_that_the_workflow_waits_for(github: Made) -> None:
    asked = github.one("EventApiDestination").inputs

    assert asked["invocationEndpoint"] == f"https://api.github.com/repos/{REPOSITORY}/dispatches"
    assert github.one("EventConnection").inputs["authParameters"]["apiKey"] == {
        "key": "Authorization",
        "value": f"Bearer {TOKEN}",
    }


def test_gitlab_is_asked_by_the_token_of_a_trigger(gitlab: Made) -> None:
    parameters = gitlab.one("EventConnection").inputs["authParameters"]

    asked = gitlab.one("EventApiDestination").inputs
    assert asked["invocationEndpoint"] == f"https://gitlab.com/api/v4/projects/{PROJECT}/trigger/pipeline"
    assert parameters["invocationHttpParameters"]["bodies"] == [{"key": "token", "value": TOKEN, "isValueSecret": True}]
    assert json.loads(gitlab.one("EventTarget").inputs["input"]) == {"ref": "main"}


@pytest.mark.parametrize("given", [GITHUB, GITLAB, CODEBUILD], ids=["github", "gitlab", "codebuild"])
def test_what_cannot_be_delivered_is_kept_and_told(given: dict[str, Any]) -> None:
    made = declare(given)

    queue = f"arn:aws:mock:eu-west-1:{ACCOUNT}:Queue/fleet-prod-undelivered"
    for target in made.all("EventTarget"):
        assert target.inputs["deadLetterConfig"] == {"arn": queue}
        assert target.inputs["retryPolicy"]["maximumRetryAttempts"] > 0
    alarms = made.all("MetricAlarm")
    assert {alarm.inputs["metricName"] for alarm in alarms} == {
        "ApproximateNumberOfMessagesVisible",
        "InvocationsFailedToBeSentToDlq",
    }
    topic = f"arn:aws:mock:eu-west-1:{ACCOUNT}:Topic/fleet-prod-undelivered"
    assert [alarm.inputs["alarmActions"] for alarm in alarms] == [[topic], [topic]]
    assert made.one("TopicSubscription").inputs["endpoint"] == "on-call@example.com"


@pytest.mark.parametrize(
    ("given", "may"),
    [
        (GITHUB, "events:InvokeApiDestination"),
        (GITLAB, "events:InvokeApiDestination"),
        (CODEBUILD, "codebuild:StartBuild"),
    ],
    ids=["github", "gitlab", "codebuild"],
)
def test_the_role_of_a_rule_may_one_thing_on_one_resource(given: dict[str, Any], may: str) -> None:
    made = declare(given)

    [statement] = made.one("RolePolicy", "trigger").document("policy")["Statement"]
    assert statement["Action"] == may
    assert "*" not in statement["Resource"]
    trusted = trust(made, "trigger")["Condition"]
    assert trusted["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert all("EventRule/fleet-prod-" in arn for arn in trusted["ArnEquals"]["aws:SourceArn"])


def test_codebuild_needs_no_token_and_has_a_schedule_of_its_own(codebuild: Made) -> None:
    assert not codebuild.asked
    assert not codebuild.types() & {"EventConnection", "EventApiDestination", "OpenIdConnectProvider"}
    assert codebuild.one("EventRule", "schedule").inputs["scheduleExpression"] == "cron(23 * * * ? *)"
    assert codebuild.one("Project").inputs["concurrentBuildLimit"] == 1
    assert trust(codebuild, "deployer")["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": f"arn:aws:codebuild:eu-west-1:{ACCOUNT}:project/fleet-prod-deploy"},
    }


def test_a_build_of_the_schedule_is_told_of_no_approval(codebuild: Made) -> None:
    assert "inputTransformer" in codebuild.one("EventTarget", "approvals").inputs
    assert "inputTransformer" not in codebuild.one("EventTarget", "schedule").inputs


# A registry in another account


def test_the_bus_takes_events_of_the_registrys_account_alone() -> None:
    made = declare({**GITHUB, "registryAccount": REGISTRY})

    [allowed] = made.one("EventBusPolicy").document("policy")["Statement"]
    assert allowed["Principal"] == {"AWS": f"arn:aws:iam::{REGISTRY}:root"}
    assert made.one("EventRule").document("eventPattern")["account"] == [REGISTRY]
    assert made.one("EventTarget").inputs["eventBusName"] == "fleet-prod-approvals"
    assert made.outputs["bus"].endswith("event-bus/fleet-prod-approvals")


def test_in_the_registrys_account_nothing_is_made_but_what_sends_its_events_on() -> None:
    made = declare({"account": REGISTRY, "stack": "prod", "forwardTo": BUS, "alertEmails": ["on-call@example.com"]})

    assert not made.types() & {"Bucket", "Key", "OpenIdConnectProvider", "EventConnection"}
    assert [role.name for role in made.all("Role")] == ["trigger"]
    assert made.one("EventTarget").inputs["arn"] == BUS
    assert not made.one("EventTarget").inputs.keys() & {"input", "inputTransformer"}
    [statement] = made.one("RolePolicy", "trigger").document("policy")["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", BUS)


# What the provider knows


def test_every_input_is_one_that_the_provider_knows() -> None:
    """The SDK translates the names that it knows: what it does not know stays as it is written here."""
    free = {"tags", "dimensions", "headerParameters", "inputPaths"}

    def unknown(value: Any) -> list[str]:
        if isinstance(value, list):
            return [name for inner in value for name in unknown(inner)]
        if not isinstance(value, dict):
            return []
        below = [name for key, inner in value.items() if key not in free for name in unknown(inner)]
        return [*(key for key in value if "_" in key), *below]

    for given in (GITHUB, GITLAB, CODEBUILD):
        made = declare(given)
        assert len(made.resources) > 20
        assert {one.type: unknown(one.inputs) for one in made.resources if unknown(one.inputs)} == {}


# What it prints


def test_it_prints_the_variables_that_ci_wants(github: Made) -> None:
    variables = github.outputs["variables"]

    assert variables["FLEET_STATE"] == f"s3://fleet-prod-state-{ACCOUNT}-eu-west-1"
    assert variables["FLEET_DEPLOYER"].endswith("Role/fleet-prod-deployer")
    assert github.outputs["secretsProvider"] == "awskms://alias/fleet-prod-state?region=eu-west-1"


def test_what_stands_in_the_example_is_taken() -> None:
    example = yaml.safe_load((ROOT / "bootstrap" / "Pulumi.prod.yaml").read_text())["config"]
    region = example.pop("aws:region")

    made = declare({**{key.partition(":")[2]: value for key, value in example.items()}, "fleet": str(ROOT)}, region)

    assert made.outputs["variables"]["FLEET_ACCOUNT"] == ACCOUNT


# What an administrator gets wrong


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({**GITHUB, "trigger": "jenkins"}, "trigger is 'jenkins', and has to be one of github, gitlab, codebuild"),
        ({**GITHUB, "account": "12345"}, "account is '12345', and has to be the 12 digits"),
        ({**GITHUB, "tokenSecretArn": "ghp_secret"}, "tokenSecretArn is no ARN"),
        ({**GITHUB, "registryAcount": REGISTRY}, "registryAcount is no setting"),
        ({**GITHUB, "alertEmails": "on-call@example.com"}, "alertEmails is no list"),
        ({**GITHUB, "ownerId": "1"}, "ownerId and repositoryId belong together"),
        (
            {**COMMON, "trigger": "gitlab"},
            "project is missing, which `trigger: gitlab` needs; tokenSecretArn is missing",
        ),
        ({**COMMON, "trigger": "codebuild"}, "connectionArn is missing"),
        ({**CODEBUILD, "connectionArn": "my-connection"}, "connectionArn is 'my-connection', and has to be the ARN"),
        ({"account": REGISTRY, "stack": "prod", "forwardTo": "default"}, "forwardTo is no ARN of an event bus"),
        ({}, "account is missing; stack is missing"),
    ],
)
def test_a_mistake_is_a_sentence(given: dict[str, Any], says: str) -> None:
    with pytest.raises(pulumi.RunError, match=says):
        declare(given)


def test_a_token_that_is_written_down_by_mistake_is_not_repeated() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        declare({**GITHUB, "tokenSecretArn": TOKEN})

    assert TOKEN not in str(refused.value)
