"""A trace as JSON, for programs that are not Python."""

import json


def trace_json(trace):
    """Steps, shapes, values, gradients and messages of a trace, as a JSON text.

    Arrays are nested lists; numbers read back to the same float64. The trace must be
    real (TypeError) and finite (ValueError: JSON has no nan).
    """
    return json.dumps(
        {
            "axes": trace.axes,
            "steps": [step._asdict() for step in trace.graph],
            "shapes": {name: value.shape for name, value in trace.values.items()},
            "values": {name: value.tolist() for name, value in trace.values.items()},
            "grads": {name: grad.tolist() for name, grad in trace.grads.items()},
            "messages": [
                {**message._asdict(), "gradient": message.gradient.tolist()}
                for message in trace.messages
            ],
        },
        allow_nan=False,
    )
