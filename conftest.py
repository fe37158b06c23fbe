"""Pin what the notebooks' kernels run on, before pytest starts any."""

import os

from pins import PINS

os.environ.update(PINS)
