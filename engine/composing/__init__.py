"""Composing under wishes: form, tones, rhyme, characters fixed anywhere.

`fixed` and `plan` turn the wishes into what every place may hold, without torch; `writing` draws many poems in one batch.
"""
