"""Photos below the pages: how they arrive, are prepared, lie encrypted on disk, and go."""
