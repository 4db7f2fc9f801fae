"""`fleet prices`: what the estimate goes by is shown; a refresh writes prices.yaml, and says what changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.command import main
from fleet.cost.price_file import parse

TODAY = datetime.now(UTC).date()
DENIED = {"service": "pricing", "action": "error", "code": "AccessDeniedException", "message": "not you"}


class Command:
    """The command in a project's root, over a Price List that the sandbox makes up."""

    def __init__(self, account: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox, self.account = account.sandbox, account
        self.file, self._capsys = folder / "prices.yaml", capsys

    def run(self, *flags: str) -> int:
        code = main(["prices", "--stack", "prod", *flags])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def row(self, **said: Any) -> None:
        """The file has this one row."""
        row = {"item": "serverless-compute", "region": "eu-west-1", "as_of": TODAY, "source": "our contract", **said}
        self.file.write_text(f"prices:\n  - {{{', '.join(f'{key}: {value}' for key, value in row.items())}}}\n")

    def lines(self) -> list[str]:
        return [" ".join(line.split()) for line in self.out.splitlines()]


@pytest.fixture
def command(account: Any, prod: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(account, prod, capsys)


# What is in force


def test_the_prices_of_the_stacks_region_are_shown_with_source_and_day(command: Command) -> None:
    assert command.run() == 0
    assert command.lines()[0] == "ITEM USD FOR A FREE AS OF FROM SOURCE"
    assert "alarm-metric 0.1 metric-month 10 2026-11-27 shipped CloudWatch pricing page" in command.lines()
    assert not [line for line in command.lines() if line.startswith("serverless-compute")]
    unknown = "serverless-compute, provisioned-ready, provisioned-compute, data-in, data-out"
    assert f"warning: no price for eu-west-1: run `fleet prices --refresh` ({unknown})\n" in command.errors
    assert command.account.operations() == []


def test_a_row_of_the_file_wins_and_is_told_from_the_shipped_ones(command: Command) -> None:
    command.row(value="0.00002")
    command.run()
    said = f"serverless-compute 0.00002 GB-second - {TODAY} prices.yaml our contract"
    assert said in command.lines()


def test_prices_that_are_old_are_a_warning(command: Command) -> None:
    command.row(value="0.00002", as_of=TODAY - timedelta(days=181))
    command.run()
    assert "serverless-compute in eu-west-1 is of" in command.errors
    assert "older than 180 days" in command.errors


def test_a_row_that_cannot_be_used_is_a_warning_and_the_rest_is_shown(command: Command) -> None:
    command.row(value=-1)
    assert command.run() == 0
    assert "warning: prices.yaml:2: serverless-compute in eu-west-1: -1 USD is no price" in command.errors
    assert len(command.lines()) > 5


# The refresh


def test_a_refresh_writes_the_file_and_says_what_changes(command: Command) -> None:
    assert command.run("--refresh") == 0
    loaded = parse(command.file.read_text())
    compute = loaded.prices.find("serverless-compute", "eu-west-1")
    assert compute is not None
    assert (loaded.mistakes, compute.usd, compute.as_of, compute.source) == ((), 0.000022, TODAY, "AWS Price List")
    assert any(line.startswith("+ - {item: serverless-compute, region: eu-west-1") for line in command.lines())
    assert command.lines()[-1] == f"prices.yaml: {len(loaded.prices.rows)} prices of eu-west-1, as of {TODAY}"
    assert command.errors == ""
    assert oct(command.file.stat().st_mode)[-3:] == "644"
    command.run()
    assert "no price for" not in command.errors


def test_a_second_one_changes_nothing(command: Command) -> None:
    command.run("--refresh")
    before = command.file.read_text()
    command.file.write_text(before.replace(f"as_of: {TODAY}", "as_of: 2026-01-01"))
    assert command.run("--refresh") == 0
    assert command.lines()[0] == "no price has changed"
    assert command.file.read_text() == before  # but for their day


def test_prices_of_other_regions_stay(command: Command) -> None:
    command.row(region="eu-north-1", value="0.00003")
    command.run("--refresh")
    assert parse(command.file.read_text()).prices.find("serverless-compute", "eu-north-1") is not None


def test_a_price_that_somebody_wrote_is_kept_and_told(command: Command) -> None:
    command.row(value="0.00001")
    command.run("--refresh")
    kept = parse(command.file.read_text()).prices.find("serverless-compute", "eu-west-1")
    assert kept is not None
    assert kept.usd == 0.00001
    assert command.errors.startswith("note: kept, because it is not of the AWS Price List: serverless-compute 0.00001")


def test_a_file_with_mistakes_is_not_written_over(command: Command) -> None:
    command.row(value=-1)
    before = command.file.read_text()
    assert command.run("--refresh") == 1
    assert command.errors.endswith("prices.yaml: a refresh would lose these rows; mend them first\n")
    assert command.file.read_text() == before


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (DENIED, "GetProducts: AccessDeniedException: not you"),
        (
            {**DENIED, "code": "ThrottlingException", "message": "Rate exceeded"},
            "GetProducts: ThrottlingException: Rate exceeded",
        ),
    ],
)
def test_where_the_list_cannot_be_read_nothing_is_written(command: Command, rule: dict[str, Any], why: str) -> None:
    command.sandbox.fault("GetProducts", **rule)
    assert command.run("--refresh") == 1
    said = f"the AWS Price List cannot be read: {why}; it takes credentials with pricing:GetProducts"
    assert command.errors.startswith(f"fleet prices: {said}")
    assert not command.file.exists()


def test_without_credentials_it_is_one_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert command.run("--refresh") == 1
    assert command.errors.startswith(
        "fleet prices: the AWS Price List cannot be read: NoCredentialsError: Unable to locate credentials; it takes"
    )


def test_a_region_without_prices_leaves_the_file_as_it_is(command: Command, prod: Path) -> None:
    (prod / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-south-9\n")
    assert command.run("--refresh") == 1
    assert "no serverless inference in eu-south-9; is that its name?; prices.yaml stays as it is" in command.errors


def test_a_folder_that_cannot_be_written_is_one_sentence(command: Command, prod: Path) -> None:
    (prod / "prices.yaml").mkdir()
    assert command.run("--refresh") == 1
    assert command.errors.startswith("fleet prices: prices.yaml: cannot be read: Is a directory")


def test_looking_and_refreshing_change_nothing_in_aws(command: Command) -> None:
    command.run("--refresh")
    command.run()
    assert command.sandbox.mutations(command.account.mark) == []
