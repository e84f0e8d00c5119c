"""Favourites as a booklet: one HTML page, or an EPUB, a zip of XHTML. Each collection is a chapter."""

import datetime
import io
import itertools
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from engine.prosody.text import couplets, split_lines
from engine.prosody.tunes import stanza_starts_of
from poetry_tui.favourites.store import Favourite, form_key_of, heading_of, name_of_form

TITLE = "詩"
_CSS = """\
body { background: #f7f1e4; color: #2b2521; margin: 0 auto; max-width: 34em; padding: 4em 1.5em;
  font: 1.25em/2 "LXGW WenKai", "Kaiti SC", KaiTi, "AR PL UKai CN", "Songti SC", "Noto Serif CJK SC", serif; }
h1, h2, h3, p { text-align: center; font-weight: normal; margin: 0; }
h1 { font-size: 3em; margin: 1em 0; }
h2 { color: #a63a2b; letter-spacing: .5em; margin: 3em 0 1em; break-before: page; page-break-before: always; }
h3 { letter-spacing: .2em; }
article { margin: 0 0 4em; break-inside: avoid; page-break-inside: avoid; }
.form, .note { color: #85796a; font-size: .7em; }
.verse { letter-spacing: .1em; margin-top: .8em; }
nav ol { list-style: none; padding: 0; text-align: center; }
nav a { color: inherit; text-decoration: none; }
@media print { body { background: none; padding: 0; } }
"""
_PAGE = """\
<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="zh" xml:lang="zh">
<head><title>{title}</title>{style}</head>
<body>
{body}
</body>
</html>
"""
_CONTAINER = """\
<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_PACKAGE = """\
<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="zh">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{id}</dc:identifier><dc:title>{title}</dc:title><dc:language>zh</dc:language>
<meta property="dcterms:modified">{moment}</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="css" href="book.css" media-type="text/css"/>
<item id="poems" href="poems.xhtml" media-type="application/xhtml+xml"/>
</manifest>
<spine><itemref idref="nav"/><itemref idref="poems"/></spine>
</package>
"""


def as_html(favourites: Iterable[Favourite]) -> str:
    """One self-contained page; each collection begins a new printed page."""
    page = _PAGE.format(title=TITLE, style=f"<style>{_CSS}</style>", body=_body(favourites))
    # Convert to HTML: the XML declaration is for EPUB only.
    return page.replace('<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE html>").replace(
        "<head>", '<head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>', 1
    )


def as_epub(favourites: Iterable[Favourite]) -> bytes:
    """An EPUB 3 with a table of contents. Deterministic: the same favourites give the same bytes."""
    poems = list(favourites)
    body = _body(poems)
    latest_s = max((poem.created_s for poem in poems), default=0.0)
    moment = datetime.datetime.fromtimestamp(latest_s, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    style = '<link rel="stylesheet" href="book.css"/>'
    contents = "".join(f'<li><a href="poems.xhtml#p{poem.id}">{escape(heading_of(poem))}</a></li>' for poem in poems)
    nav = f'<nav epub:type="toc"><h1>{TITLE}</h1><ol>{contents}</ol></nav>'
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": _CONTAINER,
        "book.opf": _PACKAGE.format(id=uuid.uuid5(uuid.NAMESPACE_OID, body), title=TITLE, moment=moment),
        "nav.xhtml": _PAGE.format(title=TITLE, style=style, body=nav),
        "poems.xhtml": _PAGE.format(title=TITLE, style=style, body=body),
        "book.css": _CSS,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in files.items():
            # EPUB requires the first file to be uncompressed, so that it is at a fixed offset.
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            book.writestr(zipfile.ZipInfo(name), text, how)
    return buffer.getvalue()


def _body(favourites: Iterable[Favourite]) -> str:
    parts = [f"<h1>{TITLE}</h1>"]
    for name, poems in _collections(favourites).items():
        parts += [f"<h2>{escape(name)}</h2>"] if name else []
        parts += map(_article, poems)
    return "\n".join(parts)


def _collections(favourites: Iterable[Favourite]) -> Mapping[str, Sequence[Favourite]]:
    """The poems by collection, or without one by first tag; those without either come first."""
    found: dict[str, list[Favourite]] = {"": []}
    for poem in favourites:
        found.setdefault(poem.collection or next(iter(poem.tags), ""), []).append(poem)
    return found


def _article(poem: Favourite) -> str:
    form, named = form_key_of(poem), name_of_form(poem)
    stanzas = "".join(f'<p class="verse">{"<br/>".join(map(escape, rows))}</p>' for rows in _stanzas(poem.text, form))
    facts = f'<p class="form">{escape(named)}</p>' if named else ""
    note = f'<p class="note">{escape(poem.note)}</p>' if poem.note else ""
    return f'<article id="p{poem.id}"><h3>{escape(heading_of(poem))}</h3>{facts}{stanzas}{note}</article>'


def _stanzas(text: str, form: str | None) -> Iterator[list[str]]:
    """The rows of each stanza, one couplet for each row."""
    starts = [0, *stanza_starts_of(text, form), len(text)]
    for start, end in itertools.pairwise(starts):
        yield couplets(split_lines(text[start:end]))
