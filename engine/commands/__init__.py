"""The commands that compute. What they need of torch is imported when they run, so that help is instant."""
