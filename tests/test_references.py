"""Each citation stands in notebooks/references.bib, and each source there is cited.

A citation names its authors and a year, as in "Smith, Elsen & De 2020" or "Ying et al. (2018, arXiv
1803.07964)": the one author, both, all, or the first of three and more with "et al.". A page of the
web is cited by its address.
"""

import calendar
import re
from pathlib import Path

import nbformat
import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).parents[1]
FILE = ROOT / "notebooks" / "references.bib"
NOTEBOOKS = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/source/*.ipynb")]
TEXTS = [
    *(path for room in ("course_lib", "exercises") for path in ROOT.glob(f"{room}/**/*.py")),
    *ROOT.glob("course_lib/**/*.csv"),
    *(ROOT / name for name in ("README.md", "exercises/README.md")),
]
ENTRIES = parse_file(FILE, bib_format="bibtex").entries

NAME = r"[A-ZÀ-ÞŞŠ][\w’'-]+"
ARXIV = r"\d{4}\.\d{4,5}"
FIRST = re.compile(rf"({NAME}) et al\.")
CITATION = re.compile(
    rf"""
    (?P<names> {NAME} (?:,[ ]{NAME})* ,?[ ](?:&|and)[ ]{NAME}  # both, or all
        | {NAME}[ ]et[ ]al\.
        | {NAME} (?=[ (\[]+ \d{{4}} [,;)\]]) )  # one: only with a mark behind the year
    ,? [ (\[]* (?P<year> (?:19|20)\d\d ) \b
    (?: [\])]* [,(: ]* (?:arXiv[ :]|https://arxiv\.org/abs/)? (?P<arxiv> {ARXIV} ) \b )?
    """,
    re.VERBOSE,
)
IDENTIFIER = re.compile(rf"(?:arXiv[ :]|arxiv\.org/abs/)({ARXIV})\b", re.IGNORECASE)
FORMS = {
    "eprint": re.compile(rf"{ARXIV}"),
    "doi": re.compile(r"10\.\d{4,9}/\S+"),
    "isbn": re.compile(r"[\d-]+X?"),
    "url": re.compile(r"https://\S+"),
}


def read(path):
    """The text of a file, or of a notebook's cells without their outputs, on one line."""
    if path.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    else:
        text = path.read_text(encoding="utf-8")
    return " ".join(text.split())


def citations(text):
    """Return (names, year, arXiv identifier or None) of each citation in `text`."""
    found = [match.group("names", "year", "arxiv") for match in CITATION.finditer(text)]
    return [(names, *rest) for names, *rest in found if names not in calendar.month_name]


def surnames(entry):
    return [person.last_names[-1].strip("{}") for person in entry.persons["author"]]


def named(names, authors):
    """Whether `names`, as they stand in a citation, are those of these `authors`."""
    if names.endswith(" et al."):
        return len(authors) > 2 and names == f"{authors[0]} et al."
    return re.split(r",? (?:&|and) |, ", names) == authors


def sources(names, year, arxiv):
    """The keys of the sources that a citation may mean: one, or none if it is unknown."""
    return [
        key
        for key, entry in ENTRIES.items()
        if entry.fields["year"] == year
        and arxiv in (None, entry.fields.get("eprint"))
        and named(names, surnames(entry))
    ]


@pytest.mark.parametrize("path", NOTEBOOKS + TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_citation_means_one_source(path):
    text = read(path)
    for citation in citations(text):
        assert len(sources(*citation)) == 1, f"{citation} means {sources(*citation)}"
    known = {entry.fields.get("eprint") for entry in ENTRIES.values()}
    assert set(IDENTIFIER.findall(text)) <= known


@pytest.mark.parametrize("path", NOTEBOOKS + TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_who_is_named_without_a_year_is_cited_with_one_in_the_same_text(path):
    text = read(path)
    cited = {
        surnames(ENTRIES[key])[0] for citation in citations(text) for key in sources(*citation)
    }
    assert set(FIRST.findall(text)) <= cited


def test_each_source_is_cited():
    texts = [read(path) for path in NOTEBOOKS + TEXTS]
    cited = {key for text in texts for found in citations(text) for key in sources(*found)}
    for key, entry in ENTRIES.items():
        by_address = entry.fields.get("url")
        assert key in cited or any(by_address and by_address in text for text in texts), key


@pytest.mark.parametrize("key", ENTRIES)
def test_a_source_is_told_in_full(key):
    entry = ENTRIES[key]
    assert surnames(entry) and entry.fields["title"] and entry.fields["note"]
    assert re.fullmatch(r"(19|20)\d\d", entry.fields["year"])
    assert set(FORMS) & set(entry.fields), "it needs an identifier"
    for field, form in FORMS.items():
        if field in entry.fields:
            assert form.fullmatch(entry.fields[field]), field
    if "eprint" in entry.fields:
        assert entry.fields["archiveprefix"] == "arXiv"
        assert int(entry.fields["eprint"][:2]) <= int(entry.fields["year"]) - 2000
    if "isbn" in entry.fields:
        digits = [10 if d == "X" else int(d) for d in entry.fields["isbn"].replace("-", "")]
        assert len(digits) == 10
        assert sum((10 - i) * d for i, d in enumerate(digits)) % 11 == 0


def test_the_sources_stand_in_order_and_their_keys_say_who_and_when():
    assert list(ENTRIES) == sorted(ENTRIES)
    for key, entry in ENTRIES.items():
        who = re.sub(r"\W", "", surnames(entry)[0]).lower()
        assert key == who + entry.fields["year"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("as Zhang et al. (2019, arXiv 1907.04164) call it", "zhang2019"),
        ("(Ying et al. 2018, arXiv 1803.07964, who prove", "ying2018"),
        ("([Goyal et al. 2017](https://arxiv.org/abs/1706.02677))", "goyal2017"),
        ("| Smith, Elsen & De 2020 (2006.15081) |", "smith2020"),
        ("Ma, Bassily and Belkin ([2018](https://arxiv.org/abs/1712.06559))", "ma2018"),
        ("Robbins and Monro (1951, *Annals", "robbins1951"),
        ("is everything (Cochran 1977, *Sampling", "cochran1977"),
    ],
)
def test_a_citation_is_read_in_each_of_its_forms(text, key):
    ((*who_and_when, arxiv),) = citations(text)
    assert sources(*who_and_when, arxiv) == [key]
    assert arxiv == (ENTRIES[key].fields.get("eprint") if "." in text else None)


@pytest.mark.parametrize(
    "text",
    [
        "Nobody et al. 2019",
        "Hoffer et al. 2016",
        "Hoffer et al. 2017 (1609.04836)",
        "Kingma et al. 2015",
        "Hoffer and Soudry 2017",
        "(Nobody 2019)",
    ],
)
def test_a_wrong_citation_is_noticed(text):
    (found,) = citations(text)
    assert not sources(*found)


def test_a_date_or_a_number_is_no_citation():
    assert not citations("In October 2024, for N = 2000 (with 2000 draws) of 2026.")
