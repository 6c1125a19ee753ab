"""The commands of `afina`, one module each: NAME, SUMMARY, DESCRIPTION, EXAMPLES, add_arguments, run."""
