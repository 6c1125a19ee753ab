"""Preparing data outside a model, arrays in and out: `audio`, `image`, `text`, `video`, `word2vec`.

The layers that do the same inside a model are in `afina.layers`.
"""
