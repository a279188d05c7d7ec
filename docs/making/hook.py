"""What MkDocs calls while it builds the site."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.making.navigation import navigation
from docs.making.reference import pages
from docs.making.taken import redirected, taken


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Every page has its place because it is there."""
    config.nav = navigation(pages())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The reference, and what pages lead to outside of `docs/`, are files of the site."""
    for address, text in pages().items():
        files.append(File.generated(config, address, content=text))
    for address, path in taken().items():
        files.append(File.generated(config, address, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Links that lead out of `docs/` lead to what was taken along."""
    return redirected(markdown, page.file.src_uri)


def on_post_build(*, config: MkDocsConfig) -> None:
    """From a disk, the search reads its index as a script; this also needs `assets/disk.js`."""
    search = Path(config.site_dir) / "search"
    index = (search / "search_index.json").read_text()
    (search / "search_index.js").write_text(f"var __index = {index}")
