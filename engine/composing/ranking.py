"""Ranking of candidates: by likelihood, the ranker's marks, repetitions, parallelism and topic."""

import dataclasses
import itertools
from collections.abc import Sequence

from engine.composing.constraints.prompt import build_prompt, style_of_request
from engine.composing.constraints.used_words import steered
from engine.composing.decoding.guides import topics_of
from engine.composing.decoding.styles import bias_of
from engine.composing.results import Composition, han_lines_of
from engine.config.schema import ComposeConfig
from engine.corpus.novelty.novelty import verse_lines
from engine.corpus.tokens.vocabulary import BEGIN
from engine.model.checkpoint import LoadedModel
from engine.model.ranker import Ranker, ScoredText, read_texts
from engine.prosody.forms.definitions import Form
from engine.prosody.parallelism import mean_score, middle_couplets
from engine.prosody.text import is_han

# Penalty of a repeated character: the surprisal of a character that the model hardly ever writes.
REPETITION_NATS = 8.0
# Penalty of a 律诗 whose middle couplets are not parallel at all; scores of candidates differ by a few tenths of a nat.
PARALLELISM_NATS = 0.5
# The same for a couplet (对联), which consists of parallelism alone.
COUPLET_PARALLELISM_NATS = 1.5
# Marks of the ranker that a penalty of one nat a character subtracts: about the value of a nat of likelihood to readers.
MARKS_PER_NAT = 4.0
# Marks per nat a token that title and keywords add to the likelihood of a candidate.
MARKS_PER_TOPIC_NAT = 20.0
# Marks for each keyword in the poem, and for each absent keyword with another word of its field in it.
MARKS_PER_KEYWORD, MARKS_PER_KEYWORD_FIELD = 1.5, 0.7
# Marks for each word of the title's fields in the poem, up to a number of words.
MARKS_PER_TITLE_WORD, MAX_TITLE_FIELD_WORDS = 0.4, 3
# Marks per nat a character of a style's bias.
MARKS_PER_STYLE_NAT = 4.0


def with_sense(
    poems: Sequence[Composition],
    batch: Sequence[tuple[list[int], list[float]]],
    loaded: LoadedModel,
    ranker: Ranker,
    config: ComposeConfig,
) -> list[Composition]:
    """The poems with `sense`: the ranker's mark, less the penalties in `score`, plus marks for the fit to title, keywords and style."""
    scored = [ScoredText(poem.text, log_probs) for poem, (_, log_probs) in zip(poems, batch, strict=True)]
    if config.use:
        config = steered(config, loaded.vocabulary)
    prompts = [[BEGIN]]
    if config.title or config.keywords:
        about = ComposeConfig(title=config.title, keywords=config.keywords)
        prompts.append(build_prompt(about, None, loaded.vocabulary))
    plain, *conditioned = read_texts(loaded.model, loaded.vocabulary, prompts, [poem.text for poem in poems])
    marks = ranker.marks(loaded.vocabulary, scored, plain)
    for reading in conditioned:  # ln p(poem | title, keywords) − ln p(poem), in nats a token
        marks += MARKS_PER_TOPIC_NAT * (reading.mean_log_probs() - plain.mean_log_probs())
    return [
        dataclasses.replace(
            poem, sense=mark - MARKS_PER_NAT * (one.han_mean - poem.score) + _topic_marks(config, poem.text) + gain
        )
        for poem, one, mark, gain in zip(poems, scored, marks.tolist(), _style_marks(poems, config), strict=True)
    ]


def best_of(poems: Sequence[Composition], n: int, loaded: LoadedModel, config: ComposeConfig) -> list[Composition]:
    """The best `n` poems, best first. Poems that share their first characters with a better one, or copy a line, come after the others.

    By score alone 13 of 30 七绝 with the begin character 日 would begin 日日; of the poets' one in seven does.
    """

    def merit(poem: Composition) -> float:
        return poem.score + _topic_marks(config, poem.text) / MARKS_PER_NAT if poem.sense is None else poem.sense

    copied = {poem.text for poem in poems if _copies(poem, loaded)}
    ranked = sorted(poems, key=lambda poem: (poem.text in copied, -merit(poem)))
    n_prefix = max(2, len(config.begin) + 1)
    prefixes: set[str] = set()
    ahead: list[int] = []
    behind: list[int] = []
    for rank, poem in enumerate(ranked):
        prefix = poem.text[:n_prefix]
        # A poem that copies a line is moved back regardless of its first characters.
        (behind if prefix in prefixes or poem.text in copied else ahead).append(rank)
        prefixes.add(prefix)
    return [ranked[rank] for rank in sorted((ahead + behind)[:n])]


def _topic_marks(config: ComposeConfig, text: str) -> float:
    """The marks for the keywords and the words of the title's fields that occur in a text."""
    marks, of_title = 0.0, set[str]()
    for topic in topics_of(config):
        if not topic.is_keyword:
            of_title.update(word for word in topic.words if word in text)
        elif topic.word in text:
            marks += MARKS_PER_KEYWORD
        elif topic.is_in(text):
            marks += MARKS_PER_KEYWORD_FIELD
    return marks + MARKS_PER_TITLE_WORD * min(len(of_title), MAX_TITLE_FIELD_WORDS)


def _style_marks(poems: Sequence[Composition], config: ComposeConfig) -> list[float]:
    """The marks of each poem for the mean bias of the style over its Han characters."""
    bias = bias_of(style_of_request(config.style))
    texts = [list(filter(is_han, poem.text)) for poem in poems]
    return [MARKS_PER_STYLE_NAT * sum(bias.get(one, 0.0) for one in text) / max(1, len(text)) for text in texts]


def _copies(poem: Composition, loaded: LoadedModel) -> bool:
    """Whether a poem has a line of the training text; which only free verse can have."""
    return loaded.lines is not None and bool(loaded.lines.contains(verse_lines(poem.text)).any())


def score_of(text: str, han_logprob: float) -> float:
    """Mean ln p of the Han characters of a text, less `REPETITION_NATS` times the fraction of repeated characters.

    A doubled character (青青) is no repetition.
    """
    han = list(filter(is_han, text))
    n_doubled = sum(character == after for character, after in itertools.pairwise(text))
    n_repeated = max(0, len(han) - len(set(han)) - n_doubled)
    return (han_logprob - REPETITION_NATS * n_repeated) / max(1, len(han))


def parallelism_of(text: str, form: Form) -> float | None:
    """Mean parallelism of the middle couplets of regulated verse, 0 to 1; None for a form without them."""
    if not form.is_regulated:
        return None
    return mean_score(middle_couplets(han_lines_of(text)))
