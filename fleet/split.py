"""Which share of the callers each variant of a task has. Pure; who answers for a key is decided in fleet/client.py."""

import math
from collections.abc import Collection, Mapping

DECIMALS = 6  # of a weight: without the noise of floating point, so that the same split is the same text
LEAST = 10**-DECIMALS  # of what serves: 0 says that it does not


def weights(
    shares: Mapping[str, float], champion: str, serving: Collection[str], same_as_champion: Collection[str]
) -> dict[str, float]:
    """The weight of every variant: the weights of those that serve sum to 1, one that does not serve has 0.

    `shares` are the challengers' in the task list; the champion has the rest. The share of a challenger that is not
    deployed because it has the champion's version goes to the champion. The share of any other variant that does not
    serve goes to all that serve, in proportion. Example: champion 0.5, a 0.3, b 0.2; b fails: 0.625, 0.375 and 0.
    """
    given_up = {name for name in same_as_champion if name not in serving}
    wanted = {champion: 1 - math.fsum(share for name, share in shares.items() if name not in given_up), **shares}
    total = math.fsum(share for name, share in wanted.items() if name in serving)
    return {
        name: max(round(share / total, DECIMALS), LEAST) if name in serving else 0.0 for name, share in wanted.items()
    }
