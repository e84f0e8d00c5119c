"""What the model reads before a poem: G and the header, as far as it was trained with one."""

from engine.composing.plan import Plan
from engine.config import ComposeConfig
from engine.corpus.poems import han_of
from engine.errors import ComposeError
from engine.header import TITLE, Header, header_indices
from engine.safe_text import shown
from engine.variants import fold_begin
from engine.vocabulary import BEGIN, Vocabulary


def opening_of(config: ComposeConfig, plan: Plan | None, vocabulary: Vocabulary) -> list[int]:
    """The indices before the poem: the form and the rhyme of a plan, and the title, where the vocabulary has tags for them.

    Raises:
        ComposeError: when a title is wished for that the model cannot read.
    """
    title = _title(config.title, vocabulary)
    if plan is None:
        return [BEGIN, *header_indices(vocabulary, Header(title=title))]
    return [BEGIN, *header_indices(vocabulary, Header(plan.form.key, plan.rhyme, title))]


def _title(title: str, vocabulary: Vocabulary) -> str:
    """The characters of a title that the model knows."""
    if not title.strip():
        return ""
    if vocabulary.tag(TITLE) is None:
        raise ComposeError("This model was trained without titles.", "Leave the title out, or choose another model.")
    known = []
    for character in han_of(title):
        try:
            known.append(fold_begin(character, vocabulary))
        except ComposeError:
            continue  # the others can still steer the poem
    if not known:
        raise ComposeError(f"The model knows no character of the title {shown(title)}.", "Choose another title.")
    return "".join(known)
