"""The dynamic providers. They run in a process of their own, as short as the program (fleet/resources/tuning.py)."""

import gc

gc.set_threshold(100_000)  # it keeps nearly all that it makes, SageMaker's service model above all
