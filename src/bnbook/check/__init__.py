"""Gradient checks, named faults, and which check kills which fault."""

from importlib import import_module

# What is public, by the module it is in; imported when it is first asked for, so that
# the command, which needs little of it, starts at once.
HOME = {
    "benches": ("KINDS", "Bench", "BenchKind", "bench"),
    "checks": ("OURS", "Check"),
    "diagnosis.diagnose": ("Diagnosis", "diagnose"),
    "faults": ("BACKWARD", "CONDUCT", "EQUIVALENT", "FAULTS", "FORWARD"),
    "gradients": ("check_gradients", "check_trace", "numerical_gradient"),
    "magic": ("load_ipython_extension",),
    "implementations": ("RIGHT", "Implementation", "Specimen", "from_graph"),
    "matrix": ("CHECKS", "KillMatrix", "kill_matrix", "passes"),
    "methods": ("METHODS", "Method", "relative_error"),
    "mutants": ("scaled_rules",),
    "peers": ("PEERS",),
    "report": ("Report", "Row", "bound"),
    "specimens.catalogue": ("EXHIBITS",),
    "specimens.exhibits": ("Exhibit",),
    "specimens.figures": ("FIGURES",),
}
__all__ = sorted(name for names in HOME.values() for name in names)


def __getattr__(name):
    for home, names in HOME.items():
        if name in names:
            found = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*globals(), *__all__]
