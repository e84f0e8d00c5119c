"""Settings: the configurations of model, training and composing, how options are declared, presets, and the user's config.toml."""
