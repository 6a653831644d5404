"""What no single vehicle shows: quotas of permits, places that no register knows, rounds."""
