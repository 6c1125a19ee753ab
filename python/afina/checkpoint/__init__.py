"""Files of weights and training states: one checksummed container, written whole or not at all."""

from .container import FileContents as FileContents, read_file as read_file, write_file as write_file
from .folder import (
    FoundCheckpoint as FoundCheckpoint,
    checkpoints as checkpoints,
    keep_last as keep_last,
    newest_valid as newest_valid,
)
