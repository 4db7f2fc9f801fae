"""What every part of the task list has in common, and what is said of a task for the gate's and the cost's sake.

The other settings are fleet/tasks/model.py's.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from fleet.tasks.values import EMPTY, METRIC, MOST_CALLS, TokenPrice, Words


class Settings(BaseModel):
    """What every part of the task list has in common: no guessing, no unknown keys, no empty values, no changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: object) -> object:
        if value is None:
            raise ValueError(EMPTY)
        return value


class ExpectedTraffic(Settings):
    """How much a task is called, by whoever knows: for the cost estimate alone (fleet/cost/traffic.py)."""

    calls_per_month: int = Field(ge=0, le=MOST_CALLS, description="Calls a month, of all variants together.")
    mean_ms: float = Field(gt=0, le=60_000, description="Mean time of the model's own in a call, in milliseconds.")
    request_kb: float = Field(default=1.0, ge=0, le=4096, description="Mean size of a request, in KB.")
    response_kb: float = Field(default=1.0, ge=0, le=4096, description="Mean size of an answer, in KB.")


class LanguageModel(Settings):
    """A language model that could answer in the task's place: for the comparison of costs (fleet/cost/advice.py)."""

    name: Words = Field(description="Its name; one of the shipped prices needs nothing more.")
    usd_per_million_input: TokenPrice | None = Field(
        default=None, description="USD for a million tokens that it reads. Without it, the shipped price of that name."
    )
    usd_per_million_output: TokenPrice | None = Field(
        default=None, description="USD for a million tokens that it writes. Without it, the shipped price of that name."
    )
    input_tokens: int = Field(default=150, ge=1, le=1_000_000, description="Tokens that a call reads, prompt and text.")
    output_tokens: int = Field(default=5, ge=1, le=1_000_000, description="Tokens that a call writes.")

    @model_validator(mode="after")
    def _has_both_prices(self) -> Self:
        if (self.usd_per_million_input is None) != (self.usd_per_million_output is None):
            raise ValueError("give both prices, usd_per_million_input and usd_per_million_output, or neither")
        return self


class Gate(Settings):
    """What the evaluation of a version has to say before the version is chosen, beside its approval (fleet/gate.py)."""

    metric: str = Field(pattern=METRIC, description="The metric, as the version was registered with it.")
    min: float | None = Field(default=None, description="Least that it may be.")
    max: float | None = Field(default=None, description="Most that it may be; where lower is better.")
    max_drop: float | None = Field(
        default=None, ge=0, description="Most that it may be below that of the version that serves."
    )
    max_rise: float | None = Field(
        default=None, ge=0, description="Most that it may be above that of the version that serves."
    )
    missing: Literal["hold", "allow"] = Field(
        default="hold", description="What a limit says where the figure that it needs was never registered."
    )

    @field_validator("max")
    @classmethod
    def _not_below_the_least(cls, most: float, info: ValidationInfo) -> float:
        least = info.data.get("min")
        if least is not None and most < least:
            raise ValueError(f"{most:g} is less than min ({least:g})")
        return most

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if {self.min, self.max, self.max_drop, self.max_rise} == {None}:
            raise ValueError("has no limit; give min, max, max_drop or max_rise")
        return self
