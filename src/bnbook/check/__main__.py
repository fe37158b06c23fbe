"""python -m bnbook.check my_module:my_backward — diagnose code from the command line.

Exit code: 0 right, 1 wrong, 2 could not be run, or was called wrongly, 3 bnbook failed.
`python -m bnbook.check --help` says what it takes.
"""

import os
import sys
import traceback

from bnbook.check.command.run import main


def guarded():
    """The exit code: where bnbook fails 3, for Python's own 1 would say "wrong"."""
    try:
        return main()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # as of `| head`, which has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        from bnbook.check.diagnosis.diagnose import OWN

        error.add_note(OWN)
        traceback.print_exc()
        return 3


if __name__ == "__main__":
    sys.exit(guarded())
