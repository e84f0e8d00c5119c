"""Composing under constraints: form, tones, rhyme, forced characters.

`constraints` turns a request into a plan, without torch; `decoder` decodes many poems in one batch; `composer` is the entry point.
"""
