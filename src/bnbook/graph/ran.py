"""What reads a trace asks for one."""

from bnbook.graph.arguments import instance
from bnbook.graph.trace import Trace


def ran(trace, *, backward=True, name="trace"):
    """`trace`, what `run` returned; `backward`: with an upstream gradient."""
    instance(name, trace, Trace, "what run returned")
    if backward and not trace.sums:
        raise ValueError(f"{name}: ran forward only, expected an upstream gradient")
    return trace
