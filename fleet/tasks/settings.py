"""What every part of the task list has in common, and what is said of a task for its cost's sake.

The other settings are fleet/tasks/model.py's.
"""

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from fleet.tasks.values import EMPTY, MOST_CALLS, TokenPrice, Words


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
    def _has_both_prices(self) -> "LanguageModel":
        if (self.usd_per_million_input is None) != (self.usd_per_million_output is None):
            raise ValueError("give both prices, usd_per_million_input and usd_per_million_output, or neither")
        return self
