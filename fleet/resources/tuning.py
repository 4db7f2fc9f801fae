"""What makes Python and the SDK cheaper for a program as short as this one, in force once this module is imported.

So it is the first of ours that fleet/program.py imports: to import the rest is most of what a small fleet's run costs.
"""

import gc
import os

import pulumi

gc.set_threshold(100_000)  # the program keeps nearly all that it makes; the default costs it a tenth
if not os.environ.get("FLEET_DEBUG"):
    # The SDK tells the engine of every step of a registration and waits each time, a tenth of a preview: all for what
    # only `pulumi up --debug` shows.
    pulumi.log.debug = lambda *_, **__: None
