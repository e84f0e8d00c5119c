"""Guides: a bias of the logits towards planned words of a topic, or towards parallelism with an upper line.

After Wang et al. (2016): each candidate of a request has its own plan, which assigns keywords, or words of the title's
fields, to lines. From that line on, the characters that begin or continue a planned word are biased upwards until
the word is written; the bias grows as fewer places remain in the line where tones and rhyme allow the word. A keyword is planned
literally if the form has a place for it, else as a word of its field.

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

# Bias on the first character of a planned word: BEGIN_NATS + LAST_PLACE_NATS / (1 + number of later places in the line).
BEGIN_NATS, LAST_PLACE_NATS = 2.0, 5.0
# Bias on the next character of a word that has begun; penalty of a word's characters elsewhere.
CONTINUE_NATS, RESERVED_NATS = 8.0, 4.0
# Added to the score of a particle that contains a planned word: about the surprisal of the word.
PRESENT_NATS = 6.0
# Factor of LAST_PLACE_NATS and PRESENT_NATS for words to use.
CERTAIN_WEIGHT = 3.0
# Maximum words of a field that may be planned for it.
N_FROM_FIELD = 8


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a poem: a keyword, planned literally if possible, or a word of the title, planned as it or a word of its field.

    `is_required`: a word to use; a poem without it is rejected.
    """

    word: str
    is_keyword: bool
    is_required: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The word, then the words of its field, most specific first."""
        return self.word, *field_of(self.word)[:N_FROM_FIELD]

    def is_in(self, text: str) -> bool:
        """Whether a text contains the word or a word of its field."""
        return any(word in text for word in self.words)


def topics_of(config: ComposeConfig) -> tuple[Topic, ...]:
    """The topics of a request: words to use, keywords, and the words of its title."""
    certain = dict.fromkeys(split_keywords(config.use))
    others = [word for word in dict.fromkeys(split_keywords(config.keywords)) if word not in certain]
    keywords = [Topic(word, is_keyword=True, is_required=True) for word in certain]
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
        """`planned`: for each poem (N) its words, each with the first line for which it is planned; `certain`: the words to use."""
        self._plan = plan
        words = list(dict.fromkeys(word for of_poem in planned for _, word in of_poem))
        self._tokens = [np.array(vocabulary.encode(word)) for word in words]
        self._places = [places_of(tokens, plan) for tokens in self._tokens]
        self._weights = [CERTAIN_WEIGHT if word in certain else 1.0 for word in words]
        # The first line for which each word is planned (N, W); 0 for words of other poems.
        self._first_line = np.zeros((len(planned), len(words)), np.int64)
        for poem, of_poem in enumerate(planned):
            for line, word in of_poem:
                self._first_line[poem, words.index(word)] = line

    def steered(self, log_probs: LogProbs, particles: Particles, poems: Ints, slot: Slot) -> LogProbs:
        """ln p (R, V) with the bias of the planned words at a slot, not normalised; `poems`: the poem of each row (R,)."""
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
                # Characters are not repeated: one written outside its word would exclude the word.
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
        """The score of the planned words that each row (R,) contains, in nats."""
        weights = np.zeros(len(particles))
        for number, tokens in enumerate(self._tokens):
            rows = np.flatnonzero(self._first_line[poems, number])
            weights[rows] += self._weights[number] * _stands(tokens, particles.token_ids[rows])
        return PRESENT_NATS * weights

    def _left_in_line(self, slot: Slot) -> int:
        return self._plan.form.line_lengths[slot.line - 1] - slot.position

    def _rhymes(self, tokens: Ints, particles: Particles, rows: Ints, begin: int) -> Bools:
        """Whether a word that begins at a slot keeps the rhyme of each row; True if it ends at no rhyming slot."""
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
    """The topic guide for poems with these seeds; None for a request without topics."""
    topics = topics_of(config)
    if not topics:
        return None
    key = " ".join(("topics", *(topic.word for topic in topics)))
    # For each topic, the words that fit somewhere in the form.
    choices = [[word for word in one.words if _has_place(word, plan, vocabulary)] for one in topics]
    keywords = [
        words[0]
        for topic, words in zip(topics, choices, strict=True)
        if topic.is_keyword and words and (words[0] == topic.word or not topic.is_required)
    ]
    fields = [words for topic, words in zip(topics, choices, strict=True) if words and not topic.is_keyword]
    n_lines = len(plan.form.line_lengths)
    planned = [_planned(keywords, fields, n_lines, random.Random(poem_seed(seed, key))) for seed in seeds]
    return TopicGuide(plan, vocabulary, planned, {topic.word for topic in topics if topic.is_required})


def _planned(
    keywords: Sequence[str], fields: Sequence[Sequence[str]], n_lines: int, rng: random.Random
) -> list[tuple[int, str]]:
    """The planned words of one poem, keywords and words of the title's fields, each with the first line for which it is planned."""
    words, fields = list(dict.fromkeys(keywords)), rng.sample(fields, len(fields))
    for number in range(max(0, n_lines // 2 + 1 - len(words)) if fields else 0):
        field = fields[number % len(fields)]
        # The first words of a field are the most specific.
        free = [word for word in field if word not in words] or [""]
        words.append(rng.choices(free, [1 / (2 + rank) for rank in range(len(free))])[0])
    words = [word for word in words if word]
    # A word that is not written in its line stays due in the next ones.
    lines = sorted(rng.sample(range(1, n_lines + 1), min(len(words), n_lines)))
    lines += [rng.randint(1, n_lines) for _ in range(len(words) - len(lines))]
    rng.shuffle(words)
    return list(zip(lines, words, strict=True))


def _has_place(word: str, plan: ConstraintPlan, vocabulary: Vocabulary) -> bool:
    if not all(character in vocabulary for character in word) or set(word) <= FUNCTION_CHARACTERS:
        return False
    return bool(places_of(np.array(vocabulary.encode(word)), plan).any())


def places_of(tokens: Ints, plan: ConstraintPlan) -> Bools:
    """Slots at which a word may begin in each tone pattern (S, O): after a pause, on sampled slots, by tones and open rhyme groups."""
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
    """Whether the open rhyme groups allow a character at a slot, in each tone pattern (O,)."""
    rhyme = plan.rhymes.get(slot.index)
    if rhyme is None:
        return np.ones(len(plan.tone_patterns), np.bool_)
    groups = plan.groups if plan.unresolved_groups is None else plan.unresolved_groups
    is_member = bool((groups[rhyme.label] & plan.prosody.rhymes(rhyme.is_level)[:, token]).any())
    return ~rhyme.tone_patterns | is_member


def _stands(tokens: Ints, token_ids: Ints) -> Bools:
    """Whether each row of tokens (R, S) contains a word; returns (R,)."""
    n_places = token_ids.shape[1] - len(tokens) + 1
    stands = np.ones((len(token_ids), n_places), np.bool_)
    for offset, token in enumerate(tokens):
        stands &= token_ids[:, offset : offset + n_places] == token
    return np.asarray(stands.any(1))


# Bias per nat of fit with the character above; bias against, or for, a doubled character.
NATS_PER_FIT_NAT, UNDOUBLED_NATS = 1.0, 60.0


class ParallelGuide:
    """A guide that biases each character of a lower line by its fit with the character above it."""

    def __init__(self, upper: str, vocabulary: Vocabulary) -> None:
        table, first = fit_table(), len(SPECIAL_TOKENS)
        self._upper = upper
        self._bias = np.zeros((len(upper), len(vocabulary)), np.float32)
        for number, above in enumerate(upper):
            fits = [table.fit_nats(above, one) if is_han(one) else 0.0 for one in vocabulary.characters]
            self._bias[number, first : first + len(fits)] = NATS_PER_FIT_NAT * np.array(fits, np.float32)

    def steered(self, log_probs: LogProbs, particles: Particles, poems: Ints, slot: Slot) -> LogProbs:
        """ln p (R, V) with the bias at a slot, not normalised; a character is doubled exactly where the upper line doubles one."""
        if slot.line != 2:
            return log_probs
        at = slot.position - 1
        steered: LogProbs = log_probs + self._bias[at]
        is_doubled = at > 0 and self._upper[at] == self._upper[at - 1]
        steered[np.arange(len(particles)), particles.last] += UNDOUBLED_NATS if is_doubled else -UNDOUBLED_NATS
        return steered

    def worth(self, particles: Particles, poems: Ints) -> Floats:
        return np.zeros(len(particles))
