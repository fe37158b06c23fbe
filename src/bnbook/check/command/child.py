"""One submission in a process of its own: diagnosed, and told to the parent in a file.

The parent starts it with a request in JSON. The reader's folder is searched for modules
after Python's own, so that a submission called random.py is in nobody's way.
"""

import contextlib
import json
import math
import os
import sys
import traceback
from pathlib import Path

from bnbook.check.command.verdict_data import told
from bnbook.check.diagnosis.diagnose import OWN

try:
    import resource  # POSIX only; elsewhere the parent's clock is the one limit
except ImportError:
    resource = None


def main(request):
    """Diagnose what the request names, write what is told and end the process."""
    request = json.loads(request)
    if resource:
        limit(request["seconds"], request["gigabytes"])
    sys.argv = [request["place"]]
    sys.path.append("")
    data = guarded(request)
    Path(request["answer"]).write_text(json.dumps(data), encoding="utf-8")
    with contextlib.suppress(Exception):  # stdout may be anything by now
        sys.stdout.flush()
    os._exit(0)  # threads and exit handlers of the reader's do not hold it up


def limit(seconds, gigabytes):
    """Bound memory and processor time, and leave no core dump.

    The parent's clock ends an endless loop; the processor's time ends it should the
    parent be gone.
    """
    for which, amount in ((resource.RLIMIT_CORE, 0),
                          (resource.RLIMIT_CPU, math.ceil(4 * seconds) + 5),
                          (resource.RLIMIT_AS, round(gigabytes * 2**30))):
        _, most = resource.getrlimit(which)
        if most != resource.RLIM_INFINITY:
            amount = min(amount, most)
        with contextlib.suppress(OSError, ValueError):  # known here, and not to be set
            resource.setrlimit(which, (amount, amount))


def guarded(request):
    """What is told of the submission, or how bnbook failed at it."""
    try:
        return told(request["place"], tuple(request["names"]), request["kind"],
                    request["seed"], request["hints"])
    except MemoryError:
        return {"outcome": "memory", "why": "MemoryError: it took all there is"}
    except KeyboardInterrupt:  # nobody is at the keyboard: the code raised it
        return {"outcome": "not run", "why": "KeyboardInterrupt"}
    except Exception as error:
        if OWN not in getattr(error, "__notes__", ()):
            error.add_note(OWN)
        return {"outcome": "failed", "why": f"{type(error).__name__}: {error}",
                "traceback": traceback.format_exc()}
