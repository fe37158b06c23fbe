"""What the command takes, and what its help says."""

import argparse
from contextlib import suppress

from bnbook.check.reading.hints import HINTS, LAYOUTS, option

# The kinds of `diagnose`, written out so that the help does not wait for it.
KINDS = ("batch norm", "dropout", "layer norm", "group norm", "instance norm",
         "RMS norm", "relu", "leaky relu", "max pool", "average pool", "convolution",
         "affine", "softmax loss", "svm loss", "cross-entropy")
ABOUT = """\
Say what is right in batch norms, what is wrong, and where.

  python -m bnbook.check my_module:forward,backward    two functions
  python -m bnbook.check my_module:MyBatchNorm         a class
  python -m bnbook.check my_module                     every pair and class in it
  python -m bnbook.check path/file.py                  a file; path/file.py:Name
  python -m bnbook.check mine.ipynb                    a notebook's code cells, in order
  python -m bnbook.check --csv class_folder > all.csv  every .py and .ipynb below it

Several can be given at once."""
WARNING = """\
IT RUNS THE CODE THAT IT IS GIVEN, with your rights: that code can read, change and
send whatever you can, and could write its own verdict. Each submission runs in a
process of its own, which bounds its time, its memory and its printing, and nothing
else. Run the code of people whom you do not trust in a container without a network, or
as a user of its own that owns nothing:

  docker run --rm --network none -v "$PWD":/class:ro -w /class IMAGE \\
      python -m bnbook.check --csv submissions
  sudo -u nobody python -m bnbook.check --csv submissions

Exit code: 0 all are right, 1 one is wrong, 2 one could not be run or the command was
called wrongly (and none is wrong), 3 bnbook itself failed, which is no fault of the
code that it was given."""


def parser():
    made = argparse.ArgumentParser(
        prog="python -m bnbook.check", description=ABOUT, epilog=WARNING,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("target", nargs="+", help="a file, a module, a notebook or a "
                      "folder of them, as above")
    shown = made.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="a list with an object a "
                       "submission, all findings in it")
    shown.add_argument("--csv", action="store_true", help="one row a submission: name, "
                       "outcome, each part, the sentences")
    made.add_argument("--timeout", type=positive, default=20.0, metavar="SECONDS",
                      help="a submission; default 20")
    made.add_argument("--memory", type=positive, default=2.0, metavar="GB",
                      help="a submission; default 2; on Linux")
    made.add_argument("--show-output", action="store_true",
                      help="show what the code prints, its first 20 kB")
    about_the_code(made)
    return made


def about_the_code(made):
    """The arguments that %%diagnose has too."""
    made.add_argument("--kind", choices=KINDS, help="what it is, if no name says so")
    made.add_argument("--seed", type=int, default=0, help="of what it is tried on")
    found = made.add_argument_group("where something was not found, tell it")
    for name, words in HINTS.items():
        found.add_argument(option(name), help=words, metavar="NAME",
                           choices=LAYOUTS if name == "layout" else None)


def told_in(given):
    """What the arguments tell of the code, by the names in HINTS."""
    return {name: getattr(given, name) for name in HINTS
            if getattr(given, name) is not None}


def positive(text):
    """A number above 0."""
    with suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r}, expected a number above 0")
