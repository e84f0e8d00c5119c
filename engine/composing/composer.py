"""The entry points of composing: a poem token by token, a whole poem, or the best of many candidates."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from engine.composing.constrained import compose_constrained, compose_constrained_many
from engine.composing.constraints.request import is_free, plan_of
from engine.composing.constraints.used_words import with_marked
from engine.composing.free_verse import compose_free, compose_free_many
from engine.composing.ranking import (
    COUPLET_PARALLELISM_NATS,
    PARALLELISM_NATS,
    best_of,
    parallelism_of,
    score_of,
    with_sense,
)
from engine.composing.replies import Finish, Token
from engine.composing.results import Composition, judge
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import END
from engine.model.checkpoint import LoadedModel
from engine.model.devices import use_all_cores_for
from engine.prosody.forms.definitions import form_called
from engine.prosody.parallelism import couplet_parallelism
from engine.prosody.text import FREE_VERSE, han_of, is_han, lines_of
from engine.system.errors import ComposeError

__all__ = ["Composition", "compose", "compose_many", "compose_poem", "finish", "pool_size_of"]

# The largest request that counts as small, in poems, and its number of candidates.
SMALL_REQUEST, SMALL_REQUEST_POOL = 8, 24
# Particles per candidate of a small request: the best of 8 candidates with 4 particles is 0.3 nats a character likelier than the
# best of 32 with one, and takes the same time.
SMALL_REQUEST_PARTICLES = 4
# Candidates when a ranker chooses, with `SMALL_REQUEST_PARTICLES` each: for small requests, and for large ones or those with a title or
# keywords. Readers did not prefer the first of 48 to the first of 24 (42 of 80 pairs), and 48 take twice as long; with keywords 48
# candidates try more plans.
RANKED_POOL, LARGE_RANKED_POOL = 24, 48
# Candidates of a larger request, with one particle each.
LARGE_POOL = 32
# Candidates of a request with characters forced ahead, without and with a ranker; `constrained.N_PARTICLES` particles each.
FORCED_AHEAD_POOL, RANKED_FORCED_AHEAD_POOL = 4, 12
# Distance between the seeds of a pool. With 1, the pools of consecutive seeds shared all candidates but one, and mostly the best.
SEED_STRIDE = 86_028_121
# Candidates of free verse: the best of 24 is 0.3 nats a character likelier than the best of 5.
FREE_POOL = 24


def compose(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int = 0) -> Iterator[Token]:
    """Compose a poem; yields each token as soon as it is final.

    Tokens become final one at a time, or line by line if characters are forced ahead.

    Args:
        config: the request. Equal requests give equal poems on the same device.
        n_alternatives: number of the likeliest characters to return with each token.

    Raises:
        UsageError: for an unknown form or rhyme.
        ComposeError: for a character that is not in the vocabulary, or constraints that contradict each other.
    """
    config = with_marked(config)
    compose_one = compose_free if is_free(config) else compose_constrained
    return compose_one(loaded, config, n_alternatives)


def finish(tokens: Iterable[Token], loaded: LoadedModel, config: ComposeConfig) -> Composition:
    """Collect the tokens of one poem into a `Composition`. Raises ComposeError when the last token has no `finish`."""
    text, log_probs, reason = "", [], None
    for token in tokens:
        text += token.character
        log_probs.append(-token.surprisal_nats)
        reason = token.finish
    if reason is None:
        raise ComposeError("The composition was broken off before its end.", "Compose again.")
    return _composition(text, log_probs, reason, loaded, config, config.seed)


def compose_poem(loaded: LoadedModel, config: ComposeConfig) -> Composition:
    """Compose one whole poem."""
    return finish(compose(loaded, config), loaded, config)


def compose_many(
    loaded: LoadedModel,
    config: ComposeConfig,
    n: int,
    *,
    pool_size: int | None = None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Composition]:
    """Compose a pool of candidates in one batch and return the best `n`, best first, by `Composition.sense` or `.score`.

    Poems that repeat the beginning of a better one, or copy a training line, come last. Candidate k has the seed of the request
    plus k · `SEED_STRIDE`. `compose` reproduces it with that seed and its `n_particles`, up to the rounding of matrix products,
    which may differ between one row and many.

    Args:
        pool_size: number of candidates, raised to `n` if smaller; None: see `pool_size_of`.
        on_progress: called with the number of segments done and their total; for free verse, with the number of tokens and its
            maximum. It may raise to abort.

    Raises:
        UsageError, ComposeError: as `compose`.
    """
    config = with_marked(config)
    config, default_pool_size = _with_pool(config, n, is_ranked=loaded.ranker is not None)
    pool_size = max(n, default_pool_size if pool_size is None else pool_size)
    seeds = [(config.seed + number * SEED_STRIDE) % 2**31 for number in range(pool_size)]
    with use_all_cores_for(pool_size * max(1, config.n_particles), loaded.device):
        if is_free(config):
            of_seeds = dict(zip(seeds, compose_free_many(loaded, config, seeds, on_progress), strict=True))
        else:
            of_seeds = compose_constrained_many(loaded, config, seeds, n, on_progress)
    batch, poems = list(of_seeds.values()), []
    for seed, (token_ids, log_probs) in of_seeds.items():
        reason: Finish = "end" if token_ids[-1] == END else "limit"
        if is_free(config):
            text = loaded.vocabulary.decode(token_ids)
        else:
            text = plan_of(config, loaded.vocabulary).text_of(token_ids, loaded.vocabulary)
        poems.append(_composition(text, log_probs, reason, loaded, config, seed))
    if loaded.ranker is not None and not is_free(config):
        poems = with_sense(poems, batch, loaded, loaded.ranker, config)
    return best_of(poems, n, loaded, config)


def pool_size_of(loaded: LoadedModel, config: ComposeConfig, n: int) -> int:
    """The default number of candidates of `compose_many`."""
    return max(n, _with_pool(with_marked(config), n, is_ranked=loaded.ranker is not None)[1])


def _with_pool(config: ComposeConfig, n: int, *, is_ranked: bool) -> tuple[ComposeConfig, int]:
    """The config with its number of particles, and the pool size, for the best `n` poems."""
    if config.form == FREE_VERSE and not config.couplet:
        return config, FREE_POOL if is_free(config) else n
    if config.acrostic or config.acrostic_tail or config.keep:
        return config, RANKED_FORCED_AHEAD_POOL if is_ranked else FORCED_AHEAD_POOL
    if is_ranked and config.n_particles != 1:
        is_large = n > SMALL_REQUEST or bool(config.title or config.keywords)
        pool_size = LARGE_RANKED_POOL if is_large else RANKED_POOL
        return config.replace(n_particles=config.n_particles or SMALL_REQUEST_PARTICLES), pool_size
    if n > SMALL_REQUEST or config.n_particles == 1:
        return config.replace(n_particles=config.n_particles or 1), LARGE_POOL
    return config.replace(n_particles=config.n_particles or SMALL_REQUEST_PARTICLES), SMALL_REQUEST_POOL


def _composition(
    text: str, log_probs: list[float], reason: Finish, loaded: LoadedModel, config: ComposeConfig, seed: int
) -> Composition:
    """Score and judge a poem by its text and the ln p of each token, END included."""
    han_logprob = sum(one for character, one in zip(text, log_probs, strict=False) if is_han(character))
    poem = Composition(
        config.begin,
        text,
        seed,
        loaded.name,
        sum(log_probs),
        reason,
        score=score_of(text, han_logprob),
        n_particles=config.n_particles,
    )
    if config.couplet:
        upper, lower = map(han_of, lines_of(text))
        fit = couplet_parallelism(upper, lower).score
        score = poem.score - COUPLET_PARALLELISM_NATS * (1 - fit)
        return dataclasses.replace(poem, form="couplet", verdicts=(True, True, None), score=score, parallelism=fit)
    if config.form == FREE_VERSE:
        return poem
    form = form_called(config.form).in_book(config.rhyme_book)
    tone_pattern, rhyme, verdicts = judge(text, form, config.tone_pattern, config.rhyme)
    parallelism = parallelism_of(text, form)
    score = poem.score if parallelism is None else poem.score - PARALLELISM_NATS * (1 - parallelism)
    return dataclasses.replace(
        poem,
        form=form.key,
        tone_pattern=tone_pattern,
        rhyme=rhyme,
        verdicts=verdicts,
        score=score,
        parallelism=parallelism,
    )
