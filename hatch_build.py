"""Metadata hook: the package's description is README.md with links that work on a package index."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# A picture, and a link to a file of the repository.
_PICTURE = r"!\[[^]]*\]\((?!\w+:)([^)]*)\)"
_LINK = r"(?<!!)\[([^]]*)\]\((?!\w+:|#)([^)]*)\)"


class DescriptionLinks(MetadataHookInterface):
    """Set `readme` from README.md: links below the `Source` of the project's URLs, or their text alone where there is none."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {"content-type": "text/markdown", "text": described(text, source)}


def described(text: str, source: str | None) -> str:
    """The description; a picture is a raw file of the source, everything else a page that shows one."""
    if source is None:
        return re.sub(r"\n{3,}", "\n\n", re.sub(_LINK, r"\1", re.sub(_PICTURE, "", text)))
    text = re.sub(_PICTURE, lambda found: found[0].replace(f"({found[1]})", f"({source}/raw/main/{found[1]})"), text)
    return re.sub(_LINK, rf"[\1]({source}/blob/main/\2)", text)
