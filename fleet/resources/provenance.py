"""Where the version that a variant moves to comes from: asked of its package while it moves, and told as it stands."""

from fleet.aws.gateway import Gateway
from fleet.evidence.evaluation import Evaluation
from fleet.evidence.facts import Facts
from fleet.evidence.provenance import told
from fleet.memory import Outcome
from fleet.resources.situation import Variant
from fleet.rollout import Plan
from fleet.seen import Live, LiveEndpoint, Unknown, Version
from fleet.status import Standing, Status


async def asked(variant: Variant, plan: Plan, before: Live, gateway: Gateway) -> str:
    """What is said of the move that is planned; "" where the version stays, or nothing is known of it.

    A package that may not be looked at stops no move: the preflight has told it.
    """
    target, serving = plan.revision(plan.target), _serving(plan, before)
    if target is None or target.version == serving:
        return ""
    metric = variant.gate.metric if variant.gate else ""
    after = await gateway.facts(Version(target.version, target.package), metric)
    if isinstance(after, Unknown):
        return ""
    return told(_facts_of(serving, variant.record or Outcome(), metric), after, metric)


def _serving(plan: Plan, before: Live) -> int:
    """The version that serves, 0 for none that is known."""
    if not isinstance(before, LiveEndpoint):
        return 0
    revision = plan.revision(before.config) or before.serving
    return revision.version if revision else 0


def _facts_of(version: int, record: Outcome, metric: str) -> Facts | None:
    """What serves, with what is kept of its figure: its package is not asked again."""
    kept = record.figures_of(metric).get(version, "")
    return Facts(version, "", evaluation=Evaluation({metric: kept} if kept else {})) if version else None


def beside(standing: Standing, outcome: Outcome, coming: str) -> str:
    """The reason with where the version comes from that is to serve (`coming`), else the one that does."""
    version = standing.serving.version if standing.serving else 0
    if not coming and standing.status is Status.UP_TO_DATE:
        coming = outcome.provenance.get(str(version), "")
    return f"{standing.reason}; {coming}" if coming else standing.reason
