"""Codes in every spelling, the nearest ones to a wrong one, and a word about findings that are left out."""

from __future__ import annotations

import pytest

import logit_magic
from logit_magic.choices import codes

CELL = "model.compile('sgd', 'sparse_categorical_crossentropy')"  # LM101
NAME = "logits-into-probability-loss"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("LM101", ["LM101"]),
        ("lm101", ["LM101"]),
        (NAME, ["LM101"]),
        ("Logits_Into_Probability_Loss", ["LM101"]),
        ("LM101,LM102", ["LM101", "LM102"]),
        ("LM101, label-format", ["LM101", "LM301"]),
        ("'LM101'", ["LM101"]),
        ('"lm101, lm102"', ["LM101", "LM102"]),
        (["LM102", "lm101", "LM102"], ["LM102", "LM101"]),
        ((), []),
    ],
)
def test_codes_in_every_spelling(given, read):
    assert codes(given) == tuple(read)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("LM110", "near it: LM109 (broken-simplex)"),
        ("label-fromat", "near it: LM301 (label-format)"),
        ("swapped", "near it: LM502 (swapped-arguments)"),
        ("???", "codes are LM101, LM102"),
        ("", "codes are LM101, LM102"),
        (["LM101", 7], "there is no code 7"),
        (",", "there is no code ''"),
    ],
)
def test_an_unknown_one_comes_with_its_neighbours(given, said):
    with pytest.raises(ValueError, match="there is no code") as caught:
        codes(given)
    assert said in str(caught.value)


@pytest.mark.parametrize("spelled", ["lm101", "LM102,LM101", "LM102, LM101", NAME, f"'{NAME}'", '"LM101"'])
def test_both_options_read_them(lab, spelled):
    for line in ("%%checkloss {}\n" + CELL, "%checkloss {}"):
        result, out = lab(line.format(f"--only {spelled}"))
        assert result.success and "error LM101" in out
        result, out = lab(line.format(f"--ignore {spelled}"))
        assert result.success and "error LM101" not in out


def test_an_option_given_twice_counts_twice(lab):
    assert "error LM101" in lab(f"%%checkloss --only LM101 --only LM102\n{CELL}")[1]
    assert "error LM101" not in lab("%checkloss --ignore LM101 --ignore LM102")[1]


def test_the_page_of_a_rule_by_its_name(lab):
    assert lab(f"%checkloss --explain {NAME}")[1] == lab("%checkloss --explain lm101")[1] != ""


def test_so_does_python(lab, shell):
    lab(CELL)
    model = shell.user_ns["model"]
    for given in ("lm101", NAME, ["LM102", NAME]):
        assert [f.code for f in logit_magic.check(model, only=given).findings] == ["LM101"]
        assert logit_magic.check(model, ignore=given).findings == ()
        assert logit_magic.check_namespace({"model": model}, ignore=given).findings == ()


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ("--ignore LM101", "1 finding left out by `ignore`: LM101"),
        ("--only LM102", "1 finding left out by `only`: LM101"),
        ("--only LM101 --ignore LM101", "1 finding left out by `ignore`: LM101"),
        ("--only LM101", ""),
        ("--ignore LM102", ""),
        ("", ""),
    ],
)
def test_what_is_left_out_is_counted(lab, options, note):
    for line in (f"%%checkloss {options}\n{CELL}", f"%checkloss {options}"):
        out = lab(line)[1]
        assert "1 does not match" in out
        assert ([line for line in out.splitlines() if "left out" in line]) == ([note] if note else [])


def test_several_are_counted_together(lab):
    out = lab(f"%%checkloss --ignore LM101\n{CELL}\nother.compile('sgd', 'sparse_categorical_crossentropy')")[1]
    assert "1 finding left out by `ignore`: LM101" in out
    lab("twin = keras.models.clone_model(model)\ntwin.compile('sgd', 'sparse_categorical_crossentropy')")
    assert "2 findings left out by `ignore`: LM101" in lab("%checkloss model twin --ignore LM101")[1]
