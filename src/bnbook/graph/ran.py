"""What reads a trace asks for one."""

from bnbook.graph.arguments import instance
from bnbook.graph.trace import Trace


def ran(trace, *, backward=True):
    """`trace`, what `run` returned; `backward`: with an upstream gradient."""
    instance("trace", trace, Trace, "what run returned")
    if backward and not trace.sums:
        raise ValueError("trace: ran forward only, expected an upstream gradient")
    return trace
