"""Benchmarks: ops, small-op overhead and training steps, beside whichever peers are installed.

`python -m bench ops|overhead|training` measures; `python -m bench.compare OLD.json NEW.json` compares runs.
"""
