"""The Compose screen."""
