"""A stranger's code read by what it does: its parameters, mode, layout, gradients."""
