"""What is known of imported models without the importer, which is not loaded while the cache has the model."""

from __future__ import annotations

from typing import Final

# Part of the cache key: raise it whenever the same model would come out differently.
IMPORTER_VERSION: Final = 10
METADATA_KEY: Final = "graphkit.interface"
"""Under it an imported model keeps the names and shapes of the inputs and outputs of its .tflite, as JSON."""
