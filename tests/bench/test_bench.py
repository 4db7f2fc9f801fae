"""The benchmark's own thinking: the fleet it makes, what it counts as missed, how it adds up, and AWS as a table."""

import json
import os
import subprocess
import sys

import pytest

from bench import cost, report, runs, usage, without_aws
from bench.report import Line
from bench.runs import PREVIEW, Measured
from bench.usage import Usage
from fleet.aws import endpoints
from fleet.tasks.load import load
from sandbox.aws.world import REGION
from sandbox.lab.folder import ROOT

ROLE = "arn:aws:iam::123456789012:role/execution"
READS = {"ListEndpoints": 1, "ListModelPackages": 22}


def measured(tasks=22, what=PREVIEW.what, seconds=3.0, without=2.0, calls=READS, cpu=2.5):
    return Measured(tasks, what, Usage(seconds, cpu, 120.0, 400.0), calls, Usage(without, 2.0, 110.0, 300.0))


def test_a_fleet_larger_than_the_task_list_is_one_that_the_program_takes(tmp_path):
    (tmp_path / "tasks.yaml").write_text(json.dumps(runs.task_list(50)))

    tasks = load(tmp_path / "tasks.yaml")

    assert len({task.endpoint for task in tasks}) == 50
    assert {task.name: task.group for task in tasks} == {task.name: task.name for task in tasks}


def test_a_fleet_keeps_the_settings_of_the_task_list():
    tasks = runs.task_list(50)["tasks"]

    assert tasks["toxicity-2"] == tasks["toxicity"] != {}


def test_a_run_with_one_page_of_endpoints_and_one_call_a_group_misses_nothing():
    assert report.missed([measured()]) == []


def test_the_provider_may_look_its_account_up():
    assert report.missed([measured(calls={**READS, "GetUser": 1})]) == []


def test_a_call_more_than_promised_is_told():
    calls = {**READS, "ListModelPackages": 23}

    assert report.missed([measured(calls=calls)]) == [
        "22 tasks, warm preview: 1 ListEndpoints, 23 ListModelPackages, "
        "instead of 1 ListEndpoints, 22 ListModelPackages"
    ]


def test_an_operation_beside_the_promised_ones_is_told():
    assert report.missed([measured(calls={**READS, "DescribeEndpoint": 1})])


@pytest.mark.parametrize(("tasks", "pages"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_endpoints_are_listed_in_pages_of_a_hundred(tasks, pages):
    calls = {"ListEndpoints": pages, "ListModelPackages": tasks}

    assert report.missed([measured(tasks, calls=calls)]) == []
    assert report.missed([measured(tasks, calls={**calls, "ListEndpoints": pages + 1})])


def test_the_calls_of_a_run_that_deploys_or_refreshes_are_not_promised():
    deploys = {"CreateModel": 22}

    assert report.missed([measured(what=runs.FIRST.what, calls=deploys)]) == []
    assert report.missed([measured(what="no-change up, as CI", calls=deploys)]) == []


def test_the_calls_of_an_up_without_refresh_are_promised():
    assert report.missed([measured(what="no-change up, no refresh", calls={})])


def test_a_slow_preview_of_the_fleet_is_told_with_its_seconds():
    assert report.missed([measured(seconds=6.04)]) == [
        "22 tasks, warm preview: 6.04 s (2.50 s of CPU), and at most 6.0 s are promised",
    ]


def test_six_seconds_are_promised_for_a_status_too():
    assert report.missed([measured(what="fleet status", seconds=6.04)])


def test_six_seconds_are_promised_for_22_tasks_and_what_only_looks():
    at_100 = {"ListEndpoints": 1, "ListModelPackages": 100}

    assert report.missed([measured(100, seconds=20, calls=at_100), measured(what="first up", seconds=20)]) == []


def test_growth_is_seconds_a_task_over_a_base():
    rows = [measured(22, seconds=3.0), measured(100, seconds=6.9), measured(22, what="first up", seconds=5.0)]
    rows.append(measured(100, what="first up", seconds=20.6))

    grown = report.growth(rows)

    assert {what: lines.seconds for what, lines in grown.items()} == {
        "warm preview": Line(1.9, 0.05),
        "first up": Line(0.6, 0.2),
    }


def test_growth_of_cpu_time_is_told_apart_from_that_of_the_clock():
    grown = report.growth([measured(22, seconds=3.0, cpu=2.0), measured(100, seconds=6.9, cpu=9.8)])

    assert grown["warm preview"].cpu_seconds == Line(-0.2, 0.1)


def test_one_size_tells_nothing_of_growth():
    assert report.growth([measured()]) == {}


def test_memory_is_that_of_a_process_and_all_below_it():
    listing = "  1     0  1024\n 20     1  2048\n 31    30  4096\n 30    20  8192\n 40     1 16384\n"

    assert sorted(usage.resident_mb(listing, 20)) == [2.0, 4.0, 8.0]


def test_a_process_that_is_gone_has_no_memory():
    assert usage.resident_mb("  1     0  1024\n", 20) == []


def test_the_table_has_a_line_for_each_run_with_its_numbers_under_one_another():
    head, *lines = report.table([measured(22), measured(100, "first up", 30.25, without=11)]).splitlines()

    end = head.index("seconds") + len("seconds")
    assert [line[end - 5 : end + 1] for line in lines] == [" 3.00 ", "30.25 "]
    assert [line[: head.index("what")].strip() for line in lines] == ["22", "100"]


def test_the_table_tells_growth_at_the_largest_size_only():
    small, large = report.table([measured(22, cpu=2.0), measured(100, seconds=6.9, cpu=9.8)]).splitlines()[1:]

    assert large.endswith("50 ms over 1.9 s  100 ms over -0.2 s")
    assert "over" not in small


def test_the_table_has_the_ratio_of_a_run_to_the_same_without_aws():
    assert " 1.50" in report.table([measured(seconds=3, without=2)])


def test_the_json_holds_every_call_and_what_was_missed():
    slow = measured(seconds=7.5)

    content = json.loads(report.as_json([slow], 50, [0.5, 1.5]))

    assert content["runs"][0]["calls"] == READS
    assert content["runs"][0]["usage"]["seconds"] == 7.5
    assert content["runs"][0]["ratio"] == 3.75
    assert content["missed"] == report.missed([slow])


def test_a_measured_command_gives_its_code_its_text_and_the_cpu_time_of_its_children(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint('burnt')"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); sys.exit(3)"

    run, used = usage.measure([sys.executable, "-c", parent], tmp_path, os.environ)

    assert (run.code, run.text) == (3, "burnt\n")
    assert 0.3 <= used.cpu_seconds < 2
    assert used.seconds >= 0.3
    assert 0 < used.largest_mb <= used.total_mb


@pytest.mark.parametrize(
    "uses",
    [
        "import fleet.resources.task, fleet.resources.preflight, fleet.resources.teardown, fleet.cli.commands.status",
        "import providers.registry, providers.rollout",
        "from sandbox.plugin import access, cloud; access.opened({'region': 'eu-west-1'}).client('iam').get_user()",
    ],
)
def test_program_and_provider_find_all_that_they_use_of_boto3_in_its_place(tmp_path, uses):
    without_aws.write_answers(tmp_path / "answers", {"get_user": {"": {}}})
    path, answers = os.pathsep.join([str(without_aws.STAND_INS), str(ROOT)]), str(tmp_path / "answers")
    env = {**os.environ, "PYTHONPATH": path, "ANSWERS_OF_PROGRAM": answers, "ANSWERS_OF_PROVIDER": answers}

    done = subprocess.run([sys.executable, "-c", uses], env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.fixture
def asked_of_the_table(tmp_path, sandbox):
    """Runs a line of the program's own code with a sandbox's answers known; gives what it prints."""
    sandbox.register("toxicity")
    client = sandbox.client("sagemaker")
    package = client.list_model_packages(ModelPackageGroupName="toxicity")["ModelPackageSummaryList"][0]
    container = {"ModelPackageName": package["ModelPackageArn"]}
    client.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "ServerlessConfig": serverless}
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="toxicity", EndpointConfigName="c", Tags=[{"Key": "k", "Value": "v"}])
    ssm = sandbox.client("ssm")
    ssm.put_parameter(Name="/fleets/toxicity", Value="{}", Type="String", Tags=[{"Key": "k", "Value": "v"}])
    answers = without_aws.answers_of(client) | without_aws.parameters_of(ssm)
    without_aws.write_answers(tmp_path / "answers", answers)

    def ask(expression):
        imports = "from fleet.access import Access\nfrom fleet.aws import endpoints, registry, session"
        program = f"{imports}\nclient = session.sagemaker(Access(''))\n{expression}"
        path = os.pathsep.join([str(without_aws.STAND_INS), str(ROOT)])
        env = {**os.environ, "PYTHONPATH": path, "ANSWERS_OF_PROGRAM": str(tmp_path / "answers")}
        since = sandbox.mark()
        done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert sandbox.mark() == since
        return done.stdout.strip()

    return ask


def test_the_program_reads_the_same_endpoints_out_of_the_table(asked_of_the_table, sandbox):
    real = endpoints.list_all(sandbox.client("sagemaker"))

    assert list(real) == ["toxicity"]
    assert asked_of_the_table("print(endpoints.list_all(client))") == repr(real)


def test_the_program_describes_the_same_endpoint_out_of_the_table(asked_of_the_table, sandbox):
    real = endpoints.describe(sandbox.client("sagemaker"), "toxicity")

    assert asked_of_the_table("print(endpoints.describe(client, 'toxicity'))") == repr(real)


def test_the_program_gets_the_same_version_out_of_the_table(asked_of_the_table):
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:model-package/toxicity/1"

    answer = asked_of_the_table("one = registry.ask(client, ['toxicity'])['toxicity']; print(one.version, one.package)")

    assert answer == f"1 {arn}"


@pytest.mark.parametrize(
    "call",
    [
        "get_parameter(Name='/fleets/toxicity')['Parameter']['Value']",
        "describe_parameters(ParameterFilters=[{'Key': 'Name', 'Option': 'Equals', 'Values': ['/fleets/toxicity']}])"
        "['Parameters'][0]['Type']",
        "list_tags_for_resource(ResourceType='Parameter', ResourceId='/fleets/toxicity')['TagList']",
    ],
)
def test_a_parameter_is_found_in_the_table_however_it_is_named(asked_of_the_table, sandbox, call):
    ssm = sandbox.client("ssm")

    assert asked_of_the_table(f"print(session.ssm(Access('')).{call})") == str(eval(f"ssm.{call}", {"ssm": ssm}))


def test_what_the_table_does_not_hold_is_not_found(asked_of_the_table):
    tags = asked_of_the_table("print(endpoints.model_tags(client, 'm'), endpoints.model_tags(client, 'other'))")

    assert tags == "{} None"


def cost_of(seconds=2.6, calls=5):
    return cost.Cost(200, Usage(seconds, 1.7, 90.0, 300.0), {"GetMetricData": calls})


def test_eight_seconds_and_ten_calls_are_promised_for_the_cost_of_200_tasks():
    assert cost.missed(cost_of()) == []
    assert cost.missed(cost_of(calls=10, seconds=8.0)) == []
    assert cost.missed(cost_of(seconds=8.01)) == [
        "fleet cost of 200 tasks: 8.01 s (1.70 s of CPU); 5 GetMetricData, and at most 8.0 s are promised"
    ]
    assert cost.missed(cost_of(calls=11)) == [
        "fleet cost of 200 tasks: 2.60 s (1.70 s of CPU); 11 GetMetricData, and at most 10 calls are promised"
    ]


def test_a_preview_of_a_gated_fleet_asks_nothing_more():
    assert report.missed([measured(what=runs.GATED.what)]) == []
    assert report.missed([measured(what=runs.GATED.what, calls={**READS, "DescribeModelPackage": 1})])


def test_gates_make_a_preview_a_tenth_longer_at_most():
    before = measured(seconds=3.0, cpu=2.5)
    assert report.missed([before, measured(what=runs.GATED.what, seconds=3.2, cpu=2.9)]) == []
    assert report.missed([before, measured(what=runs.GATED.what, seconds=5.0, cpu=2.6)]) == []  # others' work
    assert report.missed([before, measured(what=runs.GATED.what, seconds=3.6, cpu=3.0)]) == [
        "22 tasks, gates: a warm preview takes 1.20 times as long as without, and at most 1.1 times are promised"
    ]
