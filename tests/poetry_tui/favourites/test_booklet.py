"""Booklets: every poem with title, form and stanzas, in collections; an EPUB is a zip of well-formed XHTML."""

import dataclasses
import io
import xml.etree.ElementTree as ET
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from poetry_tui.favourites.booklet import as_epub, as_html
from poetry_tui.favourites.store import Favourite

TUNE = "汴水流，泗水流。流到瓜洲古渡头，吴山点点愁。思悠悠，恨悠悠。恨到归时方始休，月明人倚楼。"
POEMS = [
    Favourite(1, "床前明月光，疑是地上霜。", "床", "m", 1, {"form": "free"}, title="静<夜>思", note="a & b"),
    Favourite(2, TUNE, "汴", "m", 2, {"form": "changxiangsi"}, tags=("江南", "词"), created_s=1e9),
    Favourite(3, "日暮江头一笛风，满船明月照归篷。", "日", "m", 3, tags=("江南",)),
]


def test_a_page_has_collections_titles_forms_and_stanzas() -> None:
    page = as_html(POEMS)
    assert page.count("<h2>") == 1
    assert page.index("静&lt;夜&gt;思") < page.index("<h2>江南</h2>") < page.index("<h3>汴水流</h3>")
    assert '<p class="form">长相思</p>' in page
    assert page.count('class="verse"') == 4
    assert "床前明月光，疑是地上霜。" in page


def test_a_collection_is_a_chapter_whatever_the_tags() -> None:
    page = as_html(dataclasses.replace(poem, collection="小集") if poem.id > 1 else poem for poem in POEMS)
    assert page.count("<h2>") == 1
    assert page.index("静&lt;夜&gt;思") < page.index("<h2>小集</h2>") < page.index("汴水流") < page.index("日暮江头")


def test_an_epub_is_well_formed_names_all_its_files_and_is_the_same_each_time() -> None:
    book = as_epub(POEMS)
    assert book == as_epub(POEMS)
    assert book[30:58] == b"mimetypeapplication/epub+zip"
    with zipfile.ZipFile(io.BytesIO(book)) as files:
        trees = {name: ET.fromstring(files.read(name)) for name in files.namelist() if name.endswith(("ml", "opf"))}
    listed = {item.get("href") for item in trees["book.opf"].iter("{http://www.idpf.org/2007/opf}item")}
    assert listed == {"nav.xhtml", "poems.xhtml", "book.css"}
    places = {link.get("href") for link in trees["nav.xhtml"].iter("{http://www.w3.org/1999/xhtml}a")}
    ids = {one.get("id") for one in trees["poems.xhtml"].iter("{http://www.w3.org/1999/xhtml}article")}
    assert places == {f"poems.xhtml#{one}" for one in ids}
    assert len(ids) == 3


@given(text=st.text("日月，。<&>", min_size=1), title=st.text("<&>'\"江", max_size=5), tag=st.text("<&>江", max_size=3))
def test_no_text_breaks_the_page(text: str, title: str, tag: str) -> None:
    with zipfile.ZipFile(io.BytesIO(as_epub([Favourite(1, text, "", "m", 1, title=title, tags=(tag,))]))) as files:
        ET.fromstring(files.read("poems.xhtml"))
