"""What the apps that call are told of a task: its stack output and its SSM parameter, one shape for both.

Pure. What an app may rely on is docs/consumers.md, and its reader is `parse` in fleet/client.py. `python -m
fleet.contract` prints the JSON Schema.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fleet import wire
from fleet.memory import Outcome, as_written_now
from fleet.status import Status
from fleet.tasks.model import CHAMPION

LONGEST_VALUE = 4096  # characters of a standard parameter (API reference, PutParameter, 2026-11)


class _Serving(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    # Not docstrings under the fields: pydantic would read the source of this module for them, in every run.
    endpoint: str = Field(description="Its name, whether it is there or not; it never changes.")
    version: int = Field(ge=0, description="What callers are answered by; 0 where nothing serves.")
    model_package_arn: str = Field(description='Of that version; "" where nothing serves.')
    status: Status = Field(description="How it stands.")
    reason: str = Field(description="One sentence, for people; it may change.")


class Variant(_Serving):
    """One variant of a task."""

    weight: float = Field(
        ge=0, le=1, description="Its share of callers: those of what serves sum to 1, what does not serve has 0."
    )
    run: str = Field(
        default="", description="In stack outputs only: for the next run and `fleet status`, not for apps."
    )


class Contract(_Serving):
    """A task of the fleet, for the apps that call it; its champion speaks for it."""

    schema_: Literal[1] = Field(default=1, alias="schema", description="The version of this shape; in parameters only.")
    variants: dict[str, Variant] = Field(description="By name; the task itself is `champion`.")
    successor: str = Field(default="", description="Of a retired task only: what callers use instead.")


def contract(variants: Mapping[str, Variant], successor: str = "") -> Contract:
    """A task out of its variants."""
    said = variants[CHAMPION].model_dump(include=set(_Serving.model_fields))
    return Contract(**said, variants=dict(variants), successor=successor)


def output(contract: Contract, runs: Mapping[str, str]) -> dict[str, Any]:
    """The task's stack output; `runs` is what the next run is to know of each variant, packed."""
    said = _said(contract)
    for name, run in runs.items():
        said["variants"][name]["run"] = run
    return said


def written(outputs: Mapping[str, Any]) -> dict[str, dict[str, Outcome]]:
    """What a run has left in the stack's outputs for the next one, by task and variant.

    Raises AttributeError, KeyError, TypeError or ValueError where they are not those of a fleet.
    """
    return {
        task: {name: outcome(variant["run"]) for name, variant in output["variants"].items()}
        for task, output in outputs.items()
        if isinstance(output, Mapping) and "variants" in output  # people may add outputs of their own
    }


def outcome(run: Any) -> Outcome:
    """What a run has left of one variant, whatever release wrote it.

    Raises KeyError, TypeError or ValueError where it is no such thing.
    """
    written: Outcome = wire.decode(Outcome, as_written_now(wire.unpacked(run)))
    return written


def text(contract: Contract) -> str:
    """The value of the task's parameter: the same for the same task, byte for byte.

    Where it would be too long for a standard parameter the longest reasons are cut, and nothing else.
    """
    longest = max(len(variant.reason) for variant in contract.variants.values())
    while len(value := _json(contract)) > LONGEST_VALUE and longest:
        longest = longest * 9 // 10
        contract = _shortened(contract, longest)
    return value


def _shortened(contract: Contract, longest: int) -> Contract:
    def cut(reason: str) -> str:
        return reason if len(reason) <= longest else f"{reason[:longest].rstrip()}…"

    variants = {name: each.model_copy(update={"reason": cut(each.reason)}) for name, each in contract.variants.items()}
    return contract.model_copy(update={"reason": cut(contract.reason), "variants": variants})


def _json(contract: Contract) -> str:
    # SSM refuses what looks like the name of another parameter, {{…}} (API reference, PutParameter, 2026-11). Between
    # the strings of JSON no brace follows another one.
    return json.dumps({"schema": 1, **_said(contract)}, sort_keys=True).replace("{{", r"{\u007b")


def _said(contract: Contract) -> dict[str, Any]:
    """What a stack output and a parameter have in common."""
    said = contract.model_dump(mode="json", exclude={"schema_": True, "variants": {"__all__": {"run"}}})
    return said if contract.successor else {key: value for key, value in said.items() if key != "successor"}


def json_schema() -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Contract.model_json_schema()}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
