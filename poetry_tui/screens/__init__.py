"""The studio's three screens, and help. Each is imported when it is first shown."""
