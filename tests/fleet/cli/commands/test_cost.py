"""`fleet cost`: what is asked of AWS, what is shown; whatever is missing is said, and takes nothing else away."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from fleet import wire
from fleet.cli import cost, state
from fleet.cli.command import main
from fleet.cli.commands.cost import EXIT_CODES, show
from fleet.cli.cost import CostReport
from fleet.cost.month import Month
from fleet.cost.price_file import text_of
from fleet.memory import Outcome
from tests.fleet.cost.fleets import IRELAND, VIRGINIA, tariff

ROOT = Path(__file__).parents[4]
DAY = 86_400
LISTED = """
defaults: {alarms: {level: none}}
tasks:
  spam: {variants: {challenger: {weight: 0.2, memory_mb: 4096}}}
  topic: {}
  emotion: {traffic: {calls_per_month: 1000, mean_ms: 50}}
"""


def of_ireland() -> str:
    """All prices of Virginia as if they were Ireland's, of today."""
    rows = [
        replace(row, region=IRELAND, as_of=datetime.now(UTC).date())
        for row in tariff().prices.rows
        if row.region == VIRGINIA
    ]
    return text_of({row.key: row for row in rows}.values())


class Command:
    """The command on a stack whose last run left the endpoints that the test arranges."""

    def __init__(self, account: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self.sandbox, self.folder = account, account.sandbox, folder
        self._capsys = capsys
        self.outputs: dict[str, Any] = {}
        self.list(LISTED)
        self.prices(of_ireland())

    def list(self, text: str) -> None:
        (self.folder / "tasks.yaml").write_text(text)

    def prices(self, text: str) -> None:
        (self.folder / "prices.yaml").write_text(text)

    def configure(self, line: str) -> None:
        with (self.folder / "Pulumi.prod.yaml").open("a") as file:
            file.write(f"  sagemaker-endpoint-manager:{line}\n")

    def deployed(self, *names: str, age_days: float = 90) -> None:
        """Endpoints of these tasks, or task/variant, that are so old."""
        self.account.configure("one")
        for name in names:
            task, _, variant = name.partition("/")
            endpoint = name.replace("/", "-")
            self.account.client.create_endpoint(EndpointName=endpoint, EndpointConfigName="one")
            self.left(task, variant or "champion", endpoint)
        self.age(age_days)
        self.account.mark = self.sandbox.mark()

    def left(self, task: str, variant: str, endpoint: str, **more: Any) -> None:
        """What the last run says of an endpoint."""
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{endpoint}"
        run = wire.pack(Outcome(endpoint=endpoint, arn=arn, **more))
        self.outputs.setdefault(task, {"variants": {}})["variants"][variant] = {"run": run}

    def age(self, days: float) -> None:
        world = self.folder / "world.json"
        self.sandbox.snapshot(world)
        kept = json.loads(world.read_text())
        for endpoint in kept["endpoints"]:
            endpoint["created"] = datetime.now(UTC).timestamp() - days * DAY
        world.write_text(json.dumps(kept))
        self.sandbox.restore(world)

    def called(self, endpoint: str, count: int, ago_days: float = 1, **how: Any) -> None:
        self.sandbox.record_invocations(endpoint, count, **{"latency_ms": 100, "ago_seconds": ago_days * DAY, **how})

    def answer(self, *arguments: str) -> str:
        assert arguments == ("stack", "output", "--json", "--stack", "prod")
        return json.dumps(self.outputs)

    def run(self, *flags: str) -> int:
        code = main(["cost", "--stack", "prod", *flags])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def json(self, *flags: str) -> tuple[int, Any]:
        code = self.run("--json", *flags)
        found = json.loads(self.out)
        Draft202012Validator(cost.json_schema()).validate(found)
        return code, found


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    command = Command(account, prod, capsys)
    monkeypatch.setattr(state, "answer", command.answer)
    return command


def words(line: str) -> str:
    return " ".join(line.split())


# What is shown


def test_a_row_for_each_task_and_variant_with_what_costs_most_first(command: Command) -> None:
    command.deployed("spam", "spam/challenger", "topic", "emotion")
    command.called("spam", 900, latency_ms=8000, cold_starts=9)
    command.called("spam", 450, ago_days=50)
    command.called("spam", 1, ago_days=59.9)
    command.called("spam-challenger", 250, latency_ms=4000, cold_starts=100)
    assert command.run() == 0
    head, *rows = [words(line) for line in command.out.splitlines()]
    assert head.startswith("TASK TRAFFIC CALLS TREND MEAN MS COLD INFERENCE DATA PROVISIONED ALARMS LOGS USD/MONTH")
    days = 30 * 24 / hours()  # of a month
    seen = {row.split()[0]: row.split()[1:] for row in rows[:4]}
    assert [*seen] == ["spam", "spam/challenger", "emotion", "topic"]
    assert seen["spam"][:5] == ["observed", f"{900 / days:,.0f}", "+100%", "8,000", "1.00%"]
    assert seen["spam"][5] == f"{900 / days * 8 * 2 * 0.00002:.2f}"
    assert seen["topic"][-1] == "retire"
    assert "shared: dashboard 0.00, metrics 0.00, alarms 0.00" in rows
    assert "emotion, topic: retire: nobody has called it for 30 days; what stands of it costs 0.00 USD a month" in rows
    assert rows[-1].startswith("assumed: every call is billed for ModelLatency")


def hours() -> float:
    return tariff(month=Month.of(datetime.now(UTC).date())).month.hours


def test_the_object_is_that_of_the_schema(command: Command) -> None:
    command.deployed("spam", "topic")
    command.called("spam", 300, cold_starts=3, memory_percent=20, log_bytes=1e9)
    code, found = command.json()
    its = found["tasks"]["spam"]["variants"]["champion"]
    assert (code, found["region"], found["days"], found["budget_usd"]) == (0, "eu-west-1", 30, None)
    assert (its["traffic"], its["mean_ms"], its["cold_start_share"]) == ("observed", 100, 0.01)
    assert its["parts"]["logs"] == pytest.approx(0.5, abs=0.03)
    assert found["warnings"] == []


def test_a_narrow_terminal_leaves_the_parts_out(command: Command) -> None:
    command.deployed("spam")
    command.run("--json")
    said = CostReport.model_validate_json(command.out)
    out = Console(width=90, file=(text := StringIO()))
    show(said, out)
    assert words(text.getvalue().splitlines()[0]) == "TASK CALLS TREND MEAN MS COLD USD/MONTH PER 1,000 VERDICT"


def test_a_stack_without_endpoints_is_one_sentence(command: Command) -> None:
    assert command.run() == 0
    assert command.out == (
        "no endpoint is there: `pulumi preview` says what the task list would cost\n"
        "shared: dashboard 0.00, metrics 0.00, alarms 0.00\n"
    )
    assert command.account.operations() == []


@pytest.mark.parametrize(("budget", "code", "says"), [("1", 2, "above"), ("100", 0, "within")])
def test_above_the_budget_is_an_exit_code_of_its_own(command: Command, budget: str, code: int, says: str) -> None:
    command.configure(f'monthlyBudgetUsd: "{budget}"')
    command.deployed("spam")
    command.called("spam", 2000, latency_ms=30_000)
    assert command.run() == code
    assert f"; {says} monthlyBudgetUsd ({budget}.00)" in command.out


# What is asked


def test_two_hundred_endpoints_are_few_calls(command: Command) -> None:
    names = [f"t-{number}" for number in range(200)]
    command.list("tasks:\n" + "".join(f"  {name}: {{}}\n" for name in names))
    command.sandbox.settings(endpoint_limit=200, concurrency_limit=2000)
    command.deployed(*names)
    _, found = command.json()
    assert len(found["tasks"]) == 200
    assert sorted(set(command.account.operations())) == ["GetCallerIdentity", "GetMetricData", "ListEndpoints"]
    assert len(command.account.operations()) <= 6


def test_looking_changes_nothing(command: Command) -> None:
    command.deployed("spam")
    command.run()
    assert command.sandbox.mutations(command.account.mark) == []


@pytest.mark.parametrize("days", ["0", "228"])
def test_days_that_cloudwatch_does_not_keep_are_refused(command: Command, days: str) -> None:
    with pytest.raises(SystemExit, match="1"):
        command.run("--days", days)


# What is missing


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException"])
def test_without_cloudwatch_the_list_counts_and_the_rest_is_unknown(command: Command, code: str) -> None:
    command.deployed("topic", "emotion")
    command.sandbox.fault("GetMetricData", service="cloudwatch", action="error", code=code, message="no")
    exit_code, found = command.json()
    topic, emotion = (found["tasks"][name] for name in ("topic", "emotion"))
    assert (exit_code, topic["verdict"], topic["variants"]["champion"]["traffic"]) == (0, "unknown", "unknown")
    assert (emotion["verdict"], emotion["variants"]["champion"]["traffic"]) == ("keep", "expected")
    said = [text for text in found["warnings"] if text.startswith("CloudWatch")]
    assert said == [f"CloudWatch could not be read of 2 endpoints: GetMetricData: {code}: no"]


def test_a_cloudwatch_that_cannot_be_reached_is_one_sentence(command: Command) -> None:
    command.deployed("topic", "emotion")
    command.sandbox.fault("GetMetricData", service="cloudwatch", action="error", drop=True)
    code, found = command.json()
    (said,) = (text for text in found["warnings"] if text.startswith("CloudWatch"))
    assert code == 0
    assert said.startswith("CloudWatch could not be read of 2 endpoints: ConnectionClosedError: ")


def test_a_new_endpoint_that_nobody_called_is_not_retired(command: Command) -> None:
    command.deployed("topic", age_days=3)
    assert command.json()[1]["tasks"]["topic"]["verdict"] == "unknown"


def test_without_the_list_of_endpoints_no_call_says_nothing(command: Command) -> None:
    command.deployed("topic")
    command.sandbox.fault("ListEndpoints", action="error", code="AccessDeniedException", message="no")
    _, found = command.json()
    assert found["tasks"]["topic"]["verdict"] == "unknown"
    assert found["warnings"][0].startswith("ListEndpoints: AccessDeniedException: no: how old the endpoints are")


def test_a_fleet_that_falls_silent_is_told(command: Command) -> None:
    command.deployed("spam", "topic")
    for ago in range(1, 12):
        command.called("spam", 5, ago_days=ago + 0.5)
    _, found = command.json()
    said = "CloudWatch has no call of any endpoint in the last day, and had some every day before: its data may be late"
    assert said in found["warnings"]


def test_no_verdict_is_given_where_a_short_span_may_be_late(command: Command) -> None:
    command.deployed("spam")
    command.called("spam", 5, ago_days=1.5)
    _, found = command.json("--days", "1")
    assert found["tasks"]["spam"]["verdict"] == "unknown"


@pytest.mark.parametrize(("serves_mb", "verdict"), [(4096, "less_memory"), (0, "less_memory"), (6144, "keep")])
def test_memory_in_use_is_that_of_the_size_that_serves(command: Command, serves_mb: int, verdict: str) -> None:
    command.list("tasks: {spam: {memory_mb: 4096}}")
    command.deployed("spam")
    command.left("spam", "champion", "spam", memory_mb=serves_mb)
    command.called("spam", 4000, latency_ms=30_000, memory_percent=10)
    assert command.json()[1]["tasks"]["spam"]["verdict"] == verdict


def test_an_endpoint_that_somebody_deleted_is_told_and_not_counted(command: Command) -> None:
    command.deployed("topic")
    command.left("spam", "champion", "spam")
    _, found = command.json()
    assert ([*found["tasks"]], found["warnings"][0]) == (
        ["topic"],
        "deleted outside of Pulumi, and not counted: spam",
    )


def test_an_endpoint_that_left_the_task_list_is_told(command: Command) -> None:
    command.deployed("topic", "topic/blue", "urgency")
    _, found = command.json()
    assert [*found["tasks"]] == ["topic"]
    assert found["warnings"][0] == (
        "no longer in the task list, and not counted until `pulumi up` takes them away: topic/blue, urgency"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("value: 18, currency: EUR", 'serverless-compute in eu-west-1: currency "EUR" is not USD'),
        ("value: -1", "serverless-compute in eu-west-1: -1 USD is no price"),
        ("value: 20", "20 USD a GB-second is absurd"),
    ],
)
def test_a_price_that_cannot_be_used_is_one_sentence_and_a_missing_one(command: Command, row: str, said: str) -> None:
    command.deployed("spam", "topic")
    command.called("spam", 10)
    kept = [line for line in of_ireland().splitlines() if "serverless-compute" not in line]
    wrong = f"  - {{item: serverless-compute, region: eu-west-1, as_of: 2026-11-01, source: me, {row}}}"
    command.prices("\n".join([*kept, wrong]) + "\n")
    code, found = command.json()
    its = found["tasks"]["spam"]["variants"]["champion"]
    assert (code, its["parts"]["inference"], its["parts"]["data"]) == (0, None, 0.0)
    assert said in found["warnings"][0]
    assert found["warnings"][1].startswith("no price for eu-west-1: run `fleet prices --refresh` (serverless-compute")


def test_a_price_file_that_is_no_text_is_one_sentence(command: Command) -> None:
    command.deployed("spam")
    (command.folder / "prices.yaml").write_bytes(b"\xff\xfe")
    assert command.json()[1]["warnings"][0] == (
        "prices.yaml: cannot be read: it is not UTF-8 text; nothing of it is used"
    )


def test_a_budget_that_is_no_amount_is_an_error(command: Command) -> None:
    command.configure("monthlyBudgetUsd: lots")
    code, found = command.json()
    assert (code, found["tasks"]) == (1, {})
    assert found["error"].startswith("monthlyBudgetUsd: 'lots' is not an amount")
    assert command.run() == 1
    assert command.errors.startswith("fleet cost: monthlyBudgetUsd")


def test_another_region_than_the_fleets_is_an_error(command: Command) -> None:
    command.deployed("spam")
    run = wire.pack(Outcome(endpoint="spam", arn="arn:aws:sagemaker:us-east-1:123456789012:endpoint/spam"))
    command.outputs["spam"]["variants"]["champion"]["run"] = run
    assert "this stack's endpoints are in us-east-1" in command.json()[1]["error"]


# A language model


def test_a_language_model_is_given_by_option(command: Command) -> None:
    command.deployed("spam")
    command.called("spam", 2000, latency_ms=60_000)
    _, found = command.json("--language-model", "ours", "--tokens", "900", "20", "--token-prices", "0.1", "0.5")
    assert (found["tasks"]["spam"]["verdict"], found["warnings"]) == ("language_model", [])
    assert "ours answers 1,000 calls of 900 + 20 tokens for 0.100 USD (as given)" in found["tasks"]["spam"]["why"]


def test_one_of_the_price_list_needs_no_prices(command: Command) -> None:
    command.deployed("spam")
    command.called("spam", 6000, latency_ms=60_000)
    _, found = command.json("--language-model", "Nova Micro", "--tokens", "150", "5", "--days", "90")
    assert "Nova Micro answers 1,000 calls of 150 + 5 tokens for 0.006 USD" in found["tasks"]["spam"]["why"]


def test_one_without_a_price_is_told_once(command: Command) -> None:
    command.deployed("spam", "topic")
    _, found = command.json("--language-model", "Nova Mini")
    said = [text for text in found["warnings"] if "Nova Mini" in text]
    assert len(said) == 1
    assert said[0].startswith('no price of the language model "Nova Mini": give --token-prices IN OUT, or use Claude')


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--tokens", "1", "1"], "--tokens and --token-prices say something of a --language-model NAME"),
        (["--language-model", "x", "--tokens", "0", "1"], "--language-model: input_tokens"),
        (["--language-model", "x", "--token-prices", "-1", "1"], "--language-model: usd_per_million_input"),
    ],
)
def test_options_that_say_nothing_possible_are_refused(command: Command, flags: list[str], says: str) -> None:
    assert command.run(*flags) == 1
    assert command.errors.startswith(f"fleet cost: {says}")


# The schema


def test_the_committed_schema_is_fresh() -> None:
    committed = (ROOT / "cost.schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(cost.json_schema(), indent=2, ensure_ascii=False) + "\n", "run `make schema`"


def test_the_exit_codes_are_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["cost", "--help"])
    assert EXIT_CODES in " ".join(capsys.readouterr().out.split())
