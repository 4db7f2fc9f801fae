"""A whole A/B test while apps call, and a whole fleet of which three settings change: who notices, and who does not."""

from datetime import date

import yaml

from sandbox.lab.callers import Callers
from sandbox.lab.connection import wait_until
from sandbox.lab.folder import ROOT, groups
from tests.engine.conftest import PARAMETERS

PIN = {"version": 1, "reason": "while 2 is tried", "owner": "team-x", "until": date(2099, 12, 31)}
TOXIC = {"text": "You are the dumbest support team on this planet."}


def of_others(fleet):
    """The calls of the last run that changed something that is not the challenger's."""
    return [call for call in fleet.made() if " toxicity-b" not in call]


def test_no_call_fails_while_a_challenger_comes_moves_is_promoted_and_goes(fleet):
    fleet.sandbox.settings(cold_start_seconds=0.3)
    fleet.sandbox.register("toxicity")
    fleet.change("toxicity", pin=PIN, variants={"b": {"weight": 0.3}})
    fleet.sandbox.ending("toxicity-b", "create", "failed")

    with Callers(fleet.sandbox, PARAMETERS, "toxicity", TOXIC) as callers:

        def answered(variant, version, keys):
            """So many of the hundred keys, from now on."""
            since = len(callers.answers)

            def enough():
                given = callers.answers[since:]
                return len({key for key, one in given if (one.variant, one.version) == (variant, version)}) >= keys

            wait_until(enough, 30, f"{keys} keys are answered by {variant} with version {version}")

        assert not fleet.up().ok
        assert (of_others(fleet), fleet.weights("toxicity")) == ([], {"champion": 1.0, "b": 0.0})

        assert fleet.up().ok
        assert (of_others(fleet), fleet.serving("toxicity-b")) == ([], 2)
        answered("b", 2, keys=30)

        fleet.change("toxicity", variants={"b": {"weight": 0.5}})
        assert fleet.up().ok
        assert (fleet.made(), fleet.written()) == ([], ["PutParameter toxicity"])
        answered("b", 2, keys=50)
        before_promotion = len(callers.answers)

        promoted = fleet.stack.fleet("promote", "toxicity", "b")
        assert promoted.code == 0, promoted.text
        assert fleet.up().ok
        assert {"UpdateEndpoint toxicity", "DeleteEndpoint toxicity-b"} <= set(fleet.made())
        assert fleet.weights("toxicity") == {"champion": 1.0, "b": 0.0}
        answered("champion", 2, keys=100)

        fleet.tasks = yaml.safe_load(fleet.stack.task_list.read_text())["tasks"]
        fleet.change("toxicity", variants=None)
        assert fleet.up().ok
        assert (fleet.made(), fleet.weights("toxicity")) == ([], {"champion": 1.0})

    assert callers.errors == []
    assert not any(one.fell_back for _, one in callers.answers)
    models = {(one.variant, one.answer["model"].split(":")[0]) for _, one in callers.answers[:before_promotion]}
    assert models == {("champion", "toxicity/1"), ("b", "toxicity/2")}
    assert fleet.sandbox.harm() == []


def test_of_22_tasks_a_change_of_memory_scaling_or_weight_touches_what_it_is_about(empty):
    content = yaml.safe_load((ROOT / "tasks.yaml").read_text())
    tasks = content["tasks"] = {name: task or {} for name, task in content["tasks"].items()}
    tasks["toxicity"]["scaling"] = {"min": 1, "max": 5}
    tasks["urgency"] |= {"pin": PIN, "variants": {"b": {"weight": 0.1}}}
    empty.sandbox.seed({group: [{"approval": "Approved"}] for group in groups(ROOT / "tasks.yaml")})
    empty.sandbox.register("urgency")
    empty.stack.set_tasks(yaml.safe_dump(content))
    run = empty.up()
    assert run.ok, run.text
    assert run.summary == "22 UP_TO_DATE"

    tasks["spam"]["memory_mb"] = 3072
    tasks["toxicity"]["scaling"]["max"] = 4
    tasks["urgency"]["variants"]["b"]["weight"] = 0.2
    empty.stack.set_tasks(yaml.safe_dump(content))
    run = empty.up()

    assert run.ok, run.text
    spam = empty.sandbox.serving("spam")
    of_spam = [f"CreateModel {spam}", f"CreateEndpointConfig {spam}", "UpdateEndpoint spam"]
    assert set(empty.made()) == {*of_spam, "RegisterScalableTarget toxicity"}
    assert empty.written() == ["PutParameter urgency"]
