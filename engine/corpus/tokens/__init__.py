"""From poems to batches of tokens: vocabulary, control codes, the token cache, batching. Free of torch."""
