"""What a submission's process may take, set by itself before the reader's code runs."""

import math

try:
    import resource  # POSIX only; elsewhere the parent's clock is the one limit
except ImportError:
    resource = None


def limit(seconds, gigabytes):
    """Bound memory and processor time, and leave no core dump.

    The parent's clock ends an endless loop; the processor's time ends it should the
    parent be gone.
    """
    if resource is None:
        return
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, math.ceil(4 * seconds) + 5)
    _lower(resource.RLIMIT_AS, round(gigabytes * 2**30))


def _lower(which, amount):
    _, most = resource.getrlimit(which)
    if most != resource.RLIM_INFINITY:
        amount = min(amount, most)
    try:
        resource.setrlimit(which, (amount, amount))
    except (OSError, ValueError):  # a system that knows the limit and sets none
        return
