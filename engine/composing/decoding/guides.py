"""The words that a poem shall take up, planned over its lines, and their bias on the logits.

After Wang et al. (2016): each candidate of a request has a plan of its own, in which a keyword, or words from the field of the
title, belong each to a line. From that line on the characters that begin a planned word, or go on with it, are made likelier
until the word stands, the more so the fewer places in the line are left where tones and rhyme allow it. A keyword stands
literally where the form has a place for it, else a word of its field does.

Shapes: N poems, R rows, S slots, O tone patterns, L rhyme labels, G rhyme groups, V vocabulary, W planned words.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from engine.composing.constraints.layout import Slot
from engine.composing.constraints.plan import NO_TOKEN, ConstraintPlan, Ints
from engine.composing.constraints.rhyme import poem_seed
from engine.composing.constraints.token_prosody import Bools
from engine.composing.decoding.particles import Floats, Particles
from engine.composing.decoding.sampling import LogProbs
from engine.config.schema import ComposeConfig
from engine.corpus.cleaning import to_simplified
from engine.corpus.tokens.keywords import FUNCTION_CHARACTERS, is_at_foot, split_keywords
from engine.corpus.tokens.vocabulary import SPECIAL_TOKENS, Vocabulary
from engine.corpus.usage import field_of, words_of_title
from engine.prosody.parallelism import fit_table
from engine.prosody.text import is_han

# The bias on the first character of a planned word, in nats: at its last place in a line both, elsewhere the second in part.
BEGIN_NATS, LAST_PLACE_NATS = 2.0, 5.0
# The bias on its other characters after the ones before them, and against its characters elsewhere.
CONTINUE_NATS, RESERVED_NATS = 8.0, 4.0
# Worth of a planned word to the choice between a line's particles, in nats: about what the unlikely word itself costs.
STANDING_NATS = 6.0
# How much more the last place and the standing of a word to use are worth.
CERTAIN_WEIGHT = 3.0
# Words of a field that stand for it.
N_FROM_FIELD = 8


@dataclass(frozen=True, slots=True)
class Topic:
    """A word that a poem is about: a keyword, which shall stand in the poem, or a word of the title, which its field may stand for.

    `is_certain`: a word to use, without which the poem is not taken.
    """

    word: str
    is_keyword: bool
    is_certain: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The word and its field, the most telling first."""
        return self.word, *field_of(self.word)[:N_FROM_FIELD]

    def is_in(self, text: str) -> bool:
        """Whether a text has the word or one of its field."""
        return any(word in text for word in self.words)


def topics_of(config: ComposeConfig) -> tuple[Topic, ...]:
    """The topics of a request: words to use, keywords, and the words of its title."""
    certain = dict.fromkeys(split_keywords(config.use))
    others = [word for word in dict.fromkeys(split_keywords(config.keywords)) if word not in certain]
    keywords = [Topic(word, is_keyword=True, is_certain=True) for word in certain]
    keywords += [Topic(word, is_keyword=True) for word in others]
    return tuple(keywords) + tuple(
        Topic(word, is_keyword=False) for word in words_of_title(to_simplified(config.title))
    )


class TopicGuide:
    """The planned words of many poems that share a constraint plan."""

    def __init__(
        self,
        plan: ConstraintPlan,
        vocabulary: Vocabulary,
        planned: Sequence[Sequence[tuple[int, str]]],
        certain: Collection[str] = (),
    ) -> None:
        """`planned`: of each poem (N) the words and the line from which each is planned; `certain`: words to use."""
        self._plan = plan
        words = list(dict.fromkeys(word for of_poem in planned for _, word in of_poem))
        self._tokens = [np.array(vocabulary.encode(word)) for word in words]
        self._places = [places_of(tokens, plan) for tokens in self._tokens]
        self._weights = [CERTAIN_WEIGHT if word in certain else 1.0 for word in words]
        # The line from which each poem's words are planned (N, W), 0 for a word of other poems.
        self._first_line = np.zeros((len(planned), len(words)), np.int64)
        for poem, of_poem in enumerate(planned):
            for line, word in of_poem:
                self._first_line[poem, words.index(word)] = line

    def steered(self, log_probs: LogProbs, particles: Particles, poems: Ints, slot: Slot) -> LogProbs:
        """ln p (R, V) with the bias of the words that are planned for a slot, not normalised; `poems`: the poem of each row (R,)."""
        steered = log_probs.copy()
        for number, tokens in enumerate(self._tokens):
            rows = np.flatnonzero(self._first_line[poems, number])
            rows = rows[~_stands(tokens, particles.token_ids[rows])]
            if not len(rows):
                continue
            is_due = self._first_line[poems[rows], number] <= slot.line
            patterns, places = particles.tone_patterns[rows], self._places[number]
            can_begin = (patterns & places[slot.index]).any(1) & self._rhymes(tokens, particles, rows, slot.index)
            later = places[slot.index + 1 : slot.index + self._left_in_line(slot) + 1]  # (places left, O)
            n_later = (patterns[:, None] & later[None]).any(2).sum(1)
            if len(tokens) > 1:
                # No character is written twice, so that one which stands alone keeps its word out.
                steered[rows[:, None], tokens] -= np.float32(RESERVED_NATS)
                steered[rows[can_begin], tokens[0]] += np.float32(RESERVED_NATS)
            bias = is_due * (BEGIN_NATS + self._weights[number] * LAST_PLACE_NATS / (1 + n_later))
            steered[rows[can_begin], tokens[0]] += bias[can_begin].astype(np.float32)
            for n_written in range(1, min(len(tokens), slot.position)):
                begun = slot.index - n_written
                is_begun = (particles.token_ids[rows, begun : slot.index] == tokens[:n_written]).all(1)
                is_begun &= (patterns & places[begun]).any(1)
                steered[rows[is_begun], tokens[n_written]] += np.float32(RESERVED_NATS + CONTINUE_NATS)
        return steered

    def worth(self, particles: Particles, poems: Ints) -> Floats:
        """The worth of the planned words that stand in each row (R,), in nats."""
        weights = np.zeros(len(particles))
        for number, tokens in enumerate(self._tokens):
            rows = np.flatnonzero(self._first_line[poems, number])
            weights[rows] += self._weights[number] * _stands(tokens, particles.token_ids[rows])
        return STANDING_NATS * weights

    def _left_in_line(self, slot: Slot) -> int:
        return self._plan.form.line_lengths[slot.line - 1] - slot.position

    def _rhymes(self, tokens: Ints, particles: Particles, rows: Ints, begin: int) -> Bools:
        """Whether a word from a slot on has the rhyme of each row, where it reaches a rhyming slot."""
        end = begin + len(tokens) - 1
        rhyme = self._plan.rhymes.get(end)
        if rhyme is None:
            return np.ones(len(rows), np.bool_)
        members = self._plan.prosody.rhymes(rhyme.is_level)[:, tokens[-1]]
        rhymes = (particles.groups[rows, rhyme.label] & members).any(1)
        return np.asarray(rhymes | (particles.tone_patterns[rows] & ~rhyme.tone_patterns).any(1))


def topic_guide(
    config: ComposeConfig, plan: ConstraintPlan, vocabulary: Vocabulary, seeds: Sequence[int]
) -> TopicGuide | None:
    """The guide of the poems of some seeds; None for a request without topics."""
    topics = topics_of(config)
    if not topics:
        return None
    key = " ".join(("topics", *(topic.word for topic in topics)))
    # Of each topic the words that have a place in the form.
    choices = [[word for word in one.words if _has_place(word, plan, vocabulary)] for one in topics]
    keywords = [
        words[0]
        for topic, words in zip(topics, choices, strict=True)
        if topic.is_keyword and words and (words[0] == topic.word or not topic.is_certain)
    ]
    fields = [words for topic, words in zip(topics, choices, strict=True) if words and not topic.is_keyword]
    n_lines = len(plan.form.line_lengths)
    planned = [_planned(keywords, fields, n_lines, random.Random(poem_seed(seed, key))) for seed in seeds]
    return TopicGuide(plan, vocabulary, planned, {topic.word for topic in topics if topic.is_certain})


def _planned(
    keywords: Sequence[str], fields: Sequence[Sequence[str]], n_lines: int, rng: random.Random
) -> list[tuple[int, str]]:
    """The words of one poem, keywords first and then words of the title's fields, each with the line from which it is planned."""
    words, fields = list(dict.fromkeys(keywords)), rng.sample(fields, len(fields))
    for number in range(max(0, n_lines // 2 + 1 - len(words)) if fields else 0):
        field = fields[number % len(fields)]
        # The first words of a field are the most telling.
        free = [word for word in field if word not in words] or [""]
        words.append(rng.choices(free, [1 / (2 + rank) for rank in range(len(free))])[0])
    words = [word for word in words if word]
    # A word that does not come to stand in its line is sought in the next ones.
    lines = sorted(rng.sample(range(1, n_lines + 1), min(len(words), n_lines)))
    lines += [rng.randint(1, n_lines) for _ in range(len(words) - len(lines))]
    rng.shuffle(words)
    return list(zip(lines, words, strict=True))


def _has_place(word: str, plan: ConstraintPlan, vocabulary: Vocabulary) -> bool:
    if not all(character in vocabulary for character in word) or set(word) <= FUNCTION_CHARACTERS:
        return False
    return bool(places_of(np.array(vocabulary.encode(word)), plan).any())


def places_of(tokens: Ints, plan: ConstraintPlan) -> Bools:
    """Where a word may begin by tones (S, O): at a pause of its line, on slots that are all sampled; a rhyme it must share."""
    tones = plan.prosody.tones[tokens]
    places = np.zeros((len(plan.slots), len(plan.tone_patterns)), np.bool_)
    for slot in plan.slots:
        reached = plan.slots[slot.index : slot.index + len(tokens)]
        length = plan.form.line_lengths[slot.line - 1]
        fits_line = slot.is_character and slot.position + len(tokens) - 1 <= length
        is_sampled = all(one.source is None and plan.token_ids[one.index] == NO_TOKEN for one in reached)
        if fits_line and is_sampled and (len(tokens) == 1 or is_at_foot(slot.position - 1, length)):
            codes = plan.codes[:, slot.index : slot.index + len(tokens)]  # (O, characters of the word)
            places[slot.index] = (codes & tones > 0).all(1) & _may_rhyme(tokens[-1], reached[-1], plan)
    return places


def _may_rhyme(token: int, slot: Slot, plan: ConstraintPlan) -> Bools:
    """Whether a character may stand at a slot by the open rhyme groups, in each tone pattern (O,)."""
    rhyme = plan.rhymes.get(slot.index)
    if rhyme is None:
        return np.ones(len(plan.tone_patterns), np.bool_)
    groups = plan.groups if plan.unresolved_groups is None else plan.unresolved_groups
    is_member = bool((groups[rhyme.label] & plan.prosody.rhymes(rhyme.is_level)[:, token]).any())
    return ~rhyme.tone_patterns | is_member


def _stands(tokens: Ints, token_ids: Ints) -> Bools:
    """Whether a word stands in each row of tokens (R, S)."""
    n_places = token_ids.shape[1] - len(tokens) + 1
    stands = np.ones((len(token_ids), n_places), np.bool_)
    for offset, token in enumerate(tokens):
        stands &= token_ids[:, offset : offset + n_places] == token
    return np.asarray(stands.any(1))


# The bias of a character with each nat by which it fits the one above it; what keeps a character from being doubled.
NATS_PER_FIT_NAT, UNDOUBLED_NATS = 1.0, 60.0


class ParallelGuide:
    """Biases the characters of a lower line by their fit with those above them."""

    def __init__(self, upper: str, vocabulary: Vocabulary) -> None:
        table, first = fit_table(), len(SPECIAL_TOKENS)
        self._upper = upper
        self._bias = np.zeros((len(upper), len(vocabulary)), np.float32)
        for number, above in enumerate(upper):
            fits = [table.fit_nats(above, one) if is_han(one) else 0.0 for one in vocabulary.characters]
            self._bias[number, first : first + len(fits)] = NATS_PER_FIT_NAT * np.array(fits, np.float32)

    def steered(self, log_probs: LogProbs, particles: Particles, poems: Ints, slot: Slot) -> LogProbs:
        """ln p (R, V) with the bias at a slot, not normalised; a character is doubled where the one above is."""
        if slot.line != 2:
            return log_probs
        at = slot.position - 1
        steered: LogProbs = log_probs + self._bias[at]
        is_doubled = at > 0 and self._upper[at] == self._upper[at - 1]
        steered[np.arange(len(particles)), particles.last] += UNDOUBLED_NATS if is_doubled else -UNDOUBLED_NATS
        return steered

    def worth(self, particles: Particles, poems: Ints) -> Floats:
        return np.zeros(len(particles))
