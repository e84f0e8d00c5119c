"""Settings: configurations of model, training and composing, the declaration of options, presets, and the user's config.toml."""
