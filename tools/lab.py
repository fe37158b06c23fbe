"""What every kernel of `make lab` runs first: %%diagnose is there without %load_ext."""

from IPython import get_ipython

from bnbook.check import load_ipython_extension

load_ipython_extension(get_ipython())
