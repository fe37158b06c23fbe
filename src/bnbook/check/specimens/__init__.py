"""Faults of five real systems, each as small code that one could have written."""
