"""Which share of the callers each variant of a task has. Pure; who answers for a key is decided in fleet/client.py."""

import math
from collections.abc import Collection, Mapping

DECIMALS = 6  # of a weight: without the noise of floating point, so that the same split is the same text
LEAST = 10**-DECIMALS  # of what serves: 0 says that it does not


def weights(
    shares: Mapping[str, float], champion: str, serving: Collection[str], same_as_champion: Collection[str]
) -> dict[str, float]:
    """The weight of every variant: those of what serves sum to 1, what does not serve has 0.

    `shares` are the challengers' in the task list; the champion has the rest, and that of a challenger which is not
    deployed because its version is the champion's own. Else the share of what does not serve goes to all that do, each
    in its proportion.
    """
    given_up = {name for name in same_as_champion if name not in serving}
    wanted = {champion: 1 - math.fsum(share for name, share in shares.items() if name not in given_up), **shares}
    total = math.fsum(share for name, share in wanted.items() if name in serving)
    return {
        name: max(round(share / total, DECIMALS), LEAST) if name in serving else 0.0 for name, share in wanted.items()
    }
