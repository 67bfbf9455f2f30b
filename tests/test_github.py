"""The forms, the guide and the workflows under .github can be read, ask for what is needed, and name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import logit_magic

ROOT = Path(__file__).resolve().parent.parent
GITHUB = ROOT / ".github"
FORMS = [form for form in sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) if form.stem != "config"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_every_form_asks_for_the_cell_and_the_versions(form: Path) -> None:
    read = yaml.safe_load(form.read_text(encoding="utf-8"))
    required = {field["id"] for field in read["body"] if field.get("validations", {}).get("required")}
    assert {"cell", "about"} <= required
    assert "%checkloss --about" in next(f for f in read["body"] if f.get("id") == "about")["attributes"]["label"]
    assert read["name"] and read["description"]


def test_there_is_a_form_for_each_kind() -> None:
    assert {form.stem for form in FORMS} == {"bug_report", "false_alarm", "missed_mismatch"}


def test_the_guide_names_what_is_there() -> None:
    guide = (GITHUB / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:tests|logit_magic|\.github|\.ci)/[\w./]+)`", guide)
    modules = re.findall(r"python -m (tests[\w.]*)", guide)
    paths += [module.replace(".", "/") for module in modules]
    missing = [
        p
        for p in paths
        if not (ROOT / p).exists() and not (ROOT / f"{p}.py").exists() and "x_what" not in p and "on_x" not in p
    ]
    assert len(paths) > 10 and missing == []


def test_the_changelog_has_this_version() -> None:
    assert f"## {logit_magic.__version__}" in (GITHUB / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_release_is_tested_and_published_without_a_password() -> None:
    release = yaml.safe_load((GITHUB / "workflows" / "release.yml").read_text(encoding="utf-8"))
    jobs = release["jobs"]
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` so
    assert set(jobs["publish"]["needs"]) == {"build", "test"}
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert "password" not in str(jobs).lower() and ".ci/run" in str(jobs["test"])
