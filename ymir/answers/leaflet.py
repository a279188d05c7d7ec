"""What stands in the folder of a batch for those who label it: what to do, in plain words."""

from __future__ import annotations

from collections.abc import Collection

from ymir.contracts.labeling import Batch

_README = """\
Batch `{batch}`: {count} images to label.
{first}
1. Draw a box around every object of these classes (also in classes.txt), and of no others:
{classes}
2. Save your answers to annotations/, in sub-folders if you like, in one of these forms:
   - PASCAL VOC: one XML file per image, called like the image;
   - YOLO: one text file per image, called like the image, and the classes.txt or data.yaml of
     your tool beside them, for it says which class each number means;
   - COCO: one JSON file, whose `file_name`s are the names in images/;
   - Label Studio: the project exported as JSON (not as JSON-MIN).
   An image that holds none of the classes needs its answer too: a VOC file without objects, an
   empty YOLO file, a place in COCO's `images` without annotations, a task that is submitted
   without regions. List an image only when it is finished; you may answer in any order, and as
   few as you like at a time.
3. Where an image cannot be labelled, write its name and why into skipped.txt, a line each:
   {example} the picture is all black
4. Run `ymir apply`. It says how many are done and names every file it cannot read. If somebody
   else runs it, hand in your answers with git:
   git add labels/{batch}/annotations
   (and labels/{batch}/skipped.txt if there is one), then commit and push.
{suggested}{before}{withdrawn}
Leave the images, before/, suggested/ and index.csv as they are.
"""

_SUGGESTED = """
In suggested/ is what a model finds, with its scores: an XML file in VOC's form per image, and all
of it in coco.json. To begin with it, copy it to annotations/ and open it with your tool; check
every image and save it again. A copy that nobody has saved is no answer, even if it is right. An
edited coco.json answers for every image that it lists: finish them all before you put it there.
"""

_BEFORE = """
Where before/ has a file of an image, these are the labels that it has now, to be checked: correct
it, or leave it as it is, and save it to annotations/.
"""

_WITHDRAWN = """
The images that withdrawn.txt lists are not needed any more; they lie in withdrawn/ now.
"""

_PARTS = {"suggested": _SUGGESTED, "before": _BEFORE, "withdrawn": _WITHDRAWN}


def readme(batch: Batch, example: str, there: Collection[str]) -> str:
    """The text of `README.txt`; `example` is the name of an image, `there` what lies beside it."""
    classes = "".join(f"   - {each}\n" for each in batch.classes)
    return _README.format(
        batch=batch.name,
        count=batch.images.height + len(batch.twice),
        classes=classes.rstrip(),
        example=example,
        first=_instructions(batch.instructions),
        **{name: text if name in there else "" for name, text in _PARTS.items()},
    )


def _instructions(text: str) -> str:
    if not text.strip():
        return ""
    return f"\nWhat is asked for (also in INSTRUCTIONS.txt):\n\n{text.strip()}\n\n---\n"
