"""Each submission in a process of its own, with a clock, and what it prints kept apart.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import NamedTuple

KEPT = 20_000  # bytes of what a submission prints that are kept
PRINTED = 20_000_000  # bytes after which it is ended
ROOT = Path(__file__).parents[3]
START = (f"import sys; sys.path.append({str(ROOT)!r}); "
         "from bnbook.check.command.child import main; main(sys.argv[1])")
ONE_THREAD = {f"{name}_NUM_THREADS": "1"
              for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}


class Options(NamedTuple):
    """What holds for every submission."""

    kind: str | None = None
    seed: int = 0
    seconds: float = 20.0
    gigabytes: float = 2.0
    hints: dict | None = None


RUNNING = set()


class Run:
    """One process: started, listened to, and ended when its time or its room is up."""

    def __init__(self, submission, options, folder):
        self.options, self.output, self.printed = options, b"", 0
        self.answer = Path(folder) / "answer.json"
        request = {"place": submission.place, "names": submission.names,
                   "answer": str(self.answer), **options._asdict()}
        # -P: the current folder's random.py is not imported for Python's own
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, json.dumps(request)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD, "MPLBACKEND": "Agg"})
        RUNNING.add(self)

    def finish(self):
        """Wait, and return what is told of the submission."""
        until = time.monotonic() + self.options.seconds
        listener = Thread(target=self._listen, daemon=True)
        listener.start()
        try:
            listener.join(self.options.seconds)
            self.process.wait(max(0.0, until - time.monotonic()))
            why = None
        except subprocess.TimeoutExpired:
            why = "timeout", (f"it was ended after {self.options.seconds:g} s: does a "
                              "loop not end?")
        finally:
            self.kill()  # what it started too
        listener.join(1)
        return self._answer() or dict(zip(("outcome", "why"), why or self._ended()))

    def kill(self):
        """End the process and all that it started."""
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()
        RUNNING.discard(self)

    def _listen(self):
        while block := self.process.stdout.read1(65536):
            self.output += block[:KEPT - len(self.output)]
            self.printed += len(block)
            if self.printed > PRINTED:
                self.process.kill()
                return

    def _answer(self):
        try:
            return json.loads(self.answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none, or one that was cut short
            return None

    def _ended(self):
        """(outcome, why) of a process that gave no answer."""
        code = self.process.returncode
        if self.printed > PRINTED:
            return "printing", f"it was ended after printing {PRINTED // 10**6} MB"
        if code < 0:
            return "crash", (f"its process crashed: {signal.strsignal(-code)} (signal "
                             f"{-code})")
        return "crash", f"its process ended before its verdict, with exit code {code}"


def end_all():
    for run in list(RUNNING):
        run.kill()


def told_in_a_process(submission, options):
    """What is told of one submission, as data; what it printed under "output"."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(submission, options, folder)
        told = run.finish()
    empty = {"why": "", "parts": {}, "findings": [], "text": ""}
    return {"name": submission.name, **empty, **told,
            "seconds": round(time.monotonic() - begun, 2),
            "output": run.output.decode(errors="replace"), "printed": run.printed}
