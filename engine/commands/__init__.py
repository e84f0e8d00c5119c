"""The commands that compute. They import torch when they run, so that help is instant."""
