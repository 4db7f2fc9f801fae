"""What a test looks at: the calls that AWS got, what it has now, and the harm that was done."""

from typing import Any

from sandbox.aws.calls import Call
from sandbox.aws.world import Happened, Message
from sandbox.lab.connection import Connection


class Findings(Connection):
    def calls(self, since: int = 0) -> list[Call]:
        """The AWS calls after the first `since`, oldest first."""
        return [Call(**call) for call in self._ask("GET", f"calls?since={since}")["calls"]]

    def mutations(self, since: int = 0) -> list[Call]:
        """The calls that would change AWS, whatever became of them: refused, failed and held ones too."""
        return [call for call in self.calls(since) if call.mutates]

    def mark(self) -> int:
        """Where the log ends now, for `since`."""
        return int(self._ask("GET", f"calls?since={2**31}")["next"])

    def serving(self, endpoint: str) -> str:
        """The configuration that serves, "" where nothing does."""
        return str(self._state()["serving"].get(endpoint, ""))

    def endpoints(self) -> dict[str, str]:
        """Name -> status."""
        endpoints: dict[str, str] = self._state()["endpoints"]
        return endpoints

    def models(self) -> set[str]:
        return set(self._state()["models"])

    def endpoint_configs(self) -> set[str]:
        return set(self._state()["endpoint_configs"])

    def live_provisioned(self, endpoint: str) -> int:
        """The provisioned concurrency of what serves; 0 where there is none."""
        return int(self._state()["provisioned"].get(endpoint, 0))

    def scaling(self, endpoint: str) -> dict[str, Any]:
        """`{min, max, policies: {name: …}, schedules: {name: …}}` of its target, as AWS shows them; {}: no target."""
        scaling: dict[str, Any] = self._ask_here("GET", "scaling", {"endpoint": endpoint})["scaling"]
        return scaling

    def parameters(self) -> dict[str, str]:
        """Name -> value of what is in Parameter Store."""
        parameters: dict[str, str] = self._state()["parameters"]
        return parameters

    def _state(self) -> Any:
        return self._ask_here("GET", "state")

    def outbox(self) -> list[Message]:
        """What was published to topics of SNS, oldest first; what nobody got too."""
        rows = self._ask("GET", "outbox")["outbox"]
        return [Message(**{**row, "to": tuple(row["to"])}) for row in rows]

    def events(self) -> list[Happened]:
        """What was on buses of EventBridge, oldest first; what a bus of another account did not take too."""
        return [Happened(**row) for row in self._ask("GET", "events")["events"]]

    def harm(self) -> list[dict[str, Any]]:
        """Deletions of what an endpoint needed; a correct program leaves none."""
        harm: list[dict[str, Any]] = self._ask("GET", "harm")["harm"]
        return harm
