"""A registry in another account: a role of it reads versions and reports, and what this account lacks is still said."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import packages, session
from fleet.aws.gateway import Gateway
from fleet.aws.packages import Inspected, Use
from fleet.cli import state
from fleet.cli.command import main
from fleet.evidence import report
from fleet.gate import Said
from fleet.seen import Version
from fleet.tags import Ownership
from sandbox.lab.handle import Sandbox

OURS, THEIRS = "123456789012", "210987654321"
GROUP = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package-group/spam"
PACKAGE = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/spam/1"
REPORT = report.content({"auc": "0.97"})


@pytest.fixture(scope="module")
def two_accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Sandbox]]:
    """This one, and that of the registry: a version, its report, and a role that may read both."""
    folder = tmp_path_factory.mktemp("accounts")
    with (
        Sandbox.start(folder / "ours", inference=False) as ours,
        Sandbox.start(folder / "theirs", inference=False, account=THEIRS) as theirs,
    ):
        ours.neighbour(theirs)
        theirs.register("spam", members={"ModelMetrics": report.model_metrics("s3://reports/spam.json", REPORT)})
        s3 = theirs.client("s3")
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="reports", Key="spam.json", Body=REPORT)
        yield ours, theirs


@pytest.fixture
def registry(two_accounts: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The account of the registry; every client of the program is led to ours."""
    ours, theirs = two_accounts
    for name, value in ours.env.items():
        if name.startswith("AWS_") or name == "NO_PROXY":
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    theirs.settings(shared={})
    return theirs


def reading(registry: Sandbox) -> Access:
    return Access("eu-west-1", registry_role=registry.role("registry-reader", OURS))


def judged(access: Access) -> Said:
    """What a run's gate is told of the version."""

    async def asked() -> Said:
        return await Gateway(access, Ownership("fleet", "prod")).judged(Version(1, PACKAGE), "auc")

    return asyncio.run(asked())


def doubts(access: Access) -> tuple[str, ...]:
    (looked,) = packages.inspect(session.sagemaker(access), access, [Use(PACKAGE)]).of.values()
    assert isinstance(looked, Inspected)
    return looked.doubts


def unshared(access: Access) -> dict[str, str]:
    async def asked() -> dict[str, str]:
        ours = PACKAGE.replace(THEIRS, OURS)  # which nobody reads by a role
        return await Gateway(access, Ownership("fleet", "prod")).unshared([PACKAGE, ours])

    return asyncio.run(asked())


def test_a_gate_goes_by_a_report_that_the_role_reads_in_its_account(registry: Sandbox) -> None:
    before = registry.mark()

    assert judged(reading(registry)).figure == "0.97"

    asked = {call.operation: call.caller for call in registry.calls(before)}
    assert asked.keys() >= {"DescribeModelPackage", "GetObject"}
    assert {caller.split("/")[1] for caller in (asked["DescribeModelPackage"], asked["GetObject"])} == {
        "registry-reader"
    }


def test_a_gate_is_told_that_nobody_of_this_account_may_read_the_version(registry: Sandbox) -> None:
    said = judged(Access("eu-west-1"))

    assert said.figure == ""
    assert "no resource-based policy allows the sagemaker:DescribeModelPackage action" in said.unread


def test_a_package_that_the_role_alone_may_see_is_doubted_until_it_is_shared(registry: Sandbox) -> None:
    access = reading(registry)

    (doubt,) = doubts(access)
    assert doubt.startswith("this account itself may not see its package model-package/spam/1 of account 210987654321")
    assert unshared(access) == {PACKAGE: doubt}

    registry.settings(shared={"spam": [OURS]})
    assert doubts(access) == ()
    assert unshared(access) == {}


def test_versions_are_listed_by_the_role(
    registry: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(_: str) -> dict[str, Any]:
        return {}

    role = registry.role("registry-reader", OURS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(state, "outputs", nothing)
    (tmp_path / "Pulumi.yaml").write_text("name: sagemaker-endpoint-manager\n")
    gate = "{metric: auc, min: 0.5}"
    (tmp_path / "tasks.yaml").write_text(f"tasks: {{spam: {{group: '{GROUP}', gate: {gate}}}}}\n")
    settings = f"  aws:region: eu-west-1\n  sagemaker-endpoint-manager:registryRoleArn: {role}\n"
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n{settings}")
    before = registry.mark()

    assert main(["versions", "spam", "--stack", "prod"]) == 0

    head, row = (line.split() for line in capsys.readouterr().out.splitlines())
    assert (row[0], row[head.index("auc")]) == ("1", "0.97")
    listed = [call for call in registry.calls(before) if call.operation in ("ListModelPackages", "GetObject")]
    assert {call.caller.split("/")[1] for call in listed} == {"registry-reader"}
