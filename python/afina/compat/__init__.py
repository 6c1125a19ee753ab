"""Spellings of other libraries that old listings use: `afina.compat.tf` and `afina.compat.nn`."""
