"""What the readers of the formats accept: schemas where they can be had, else what their own texts say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

import jsonschema

# OASIS' own schema (SARIF 2.1.0, Errata 01) without its descriptions.
SARIF = jsonschema.Draft4Validator(
    json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text("utf-8"))
)

# GitLab's `codeclimate.json` (app/validators/json_schemas), which it validates every entry by, with what its
# documentation asks for besides: `check_name`, the words of `severity`, and a place.
GITLAB = jsonschema.Draft7Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "minLength": 1},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "pattern": "^(?!\\./)"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)

_POSITION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["line"],
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
}
_NAMED = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {"name": {"type": "string"}, "value": {"type": "string"}, "url": {"type": "string"}},
}
_SEVERITY = {"enum": ["ERROR", "WARNING", "INFO"]}
# reviewdog's `reviewdog.proto` (DiagnosticResult), of which protojson takes no field that it does not know.
RDJSON = jsonschema.Draft7Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["source", "diagnostics"],
        "properties": {
            "source": _NAMED,
            "severity": _SEVERITY,
            "diagnostics": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["message", "location"],
                    "properties": {
                        "message": {"type": "string"},
                        "severity": _SEVERITY,
                        "code": _NAMED,
                        "location": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["path", "range"],
                            "properties": {
                                "path": {"type": "string"},
                                "range": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["start", "end"],
                                    "properties": {"start": _POSITION, "end": _POSITION},
                                },
                            },
                        },
                    },
                },
            },
        },
    }
)

# Of `junit-10.xsd` of Jenkins' xUnit plugin: by element, its attributes (True where required) and children.
_OUTCOME: tuple[Mapping[str, bool], frozenset[str]] = ({"type": False, "message": False}, frozenset())
JUNIT: Mapping[str, tuple[Mapping[str, bool], frozenset[str]]] = {
    "testsuites": (
        {"name": False, "time": False, "tests": False, "failures": False, "errors": False},
        frozenset({"testsuite"}),
    ),
    "testsuite": (
        {
            **dict.fromkeys(("name", "tests", "failures", "errors"), True),
            **dict.fromkeys(("group", "time", "skipped", "timestamp", "hostname", "id", "package"), False),
            **dict.fromkeys(("file", "log", "url"), False),
        },
        frozenset({"testsuite", "properties", "testcase", "system-out", "system-err"}),
    ),
    "testcase": (
        {"name": True, "time": False, "classname": False, "group": False},
        frozenset({"skipped", "error", "failure", "system-out", "system-err"}),
    ),
    "failure": _OUTCOME,
    "error": _OUTCOME,
}


def check_junit(element: Element) -> None:
    """An element and those in it, against ``JUNIT``."""
    attributes, children = JUNIT[element.tag]
    assert set(element.attrib) <= set(attributes), element.attrib
    assert {name for name, required in attributes.items() if required} <= set(element.attrib)
    for child in element:
        assert child.tag in children
        check_junit(child)
