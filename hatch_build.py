"""Build hook: the package's description is README.md with absolute links, so that its pictures show on a package index."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class AbsoluteLinks(MetadataHookInterface):
    """Set `readme` from README.md and the `Source` of the project's URLs."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        # A picture is a raw file, everything else a page that shows one.
        for pattern, kind in ((r"(!\[[^]]*\]\()(?!\w+:)", "raw"), (r"((?<!!)\[[^]]*\]\()(?!\w+:|#)", "blob")):
            text = re.sub(pattern, rf"\g<1>{metadata['urls']['Source']}/{kind}/main/", text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
