"""python -m bnbook.check my_module:my_backward — diagnose code from the command line.

my_module:forward,backward names two, my_module:MyClass one, my_module alone all that is
in it: each pair and each class of a batch norm is told. The module is looked for in the
current directory first; a path, my/module.py, will do too. Exit code: 0 right, 1 wrong,
2 could not be run, or was called wrongly.
"""

import argparse
import sys

from bnbook.check.diagnosis.calls import Broke, attempt
from bnbook.check.diagnosis.diagnose import KINDS, diagnose
from bnbook.check.diagnosis.modules import loaded


def named(target):
    """What `module:name,name` names."""
    name, _, names = target.partition(":")
    sys.path.insert(0, "")
    module = loaded(name)
    if not names:
        return (module,)
    return tuple(attempt(getattr, module, each.strip()) for each in names.split(","))


def main(arguments=None):
    """Print the diagnosis and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bnbook.check", description=__doc__.partition("\n\n")[2])
    parser.add_argument("target", help="my_module:my_backward, or as above")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        code = named(given.target)
    except Broke as broke:
        print(f"{given.target}: {broke}", file=sys.stderr)
        return 2
    found = diagnose(*code, kind=given.kind, seed=given.seed)
    print(found)
    return 2 if not found.ran else int(not found.right)


if __name__ == "__main__":
    sys.exit(main())
