# SPDX-License-Identifier: MIT
"""The variants of a scenario, made without the loader."""
import itertools
import json
import re

NAME = r"[a-z][a-z0-9_]*"
USE = re.compile(r"\$(\$?)\{(" + NAME + r")\}")


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def replace(value, values):
    """The value with those of the parameters in it."""
    if isinstance(value, list):
        return [replace(child, values) for child in value]
    if isinstance(value, dict):
        return {replace_text(key, values): replace(child, values)
                for key, child in value.items()}
    if not isinstance(value, str):
        return value
    alone = re.fullmatch(r"\$\{(" + NAME + r")\}", value)
    return values[alone[1]] if alone else replace_text(value, values)


def replace_text(text, values):
    return USE.sub(lambda use: use[0][1:] if use[1] else text_of(values[use[2]]), text)


def labelled(values):
    if isinstance(values, dict):
        return values
    return {re.sub(r"[^A-Za-z0-9._@:+/-]", "-", text_of(value))[:64]: value
            for value in values}


def variants(document):
    """The documents that a good one with a matrix stands for."""
    if "matrix" not in document:
        return [document]
    parameters = {name: labelled(values) for name, values in document["matrix"].items()
                  if name != "exclude"}
    excluded = document["matrix"].get("exclude", [])
    rest = {key: value for key, value in document.items() if key != "matrix"}
    made = []
    for labels in itertools.product(*parameters.values()):
        values = {}
        for name, label in zip(parameters, labels):
            values[name] = replace(parameters[name][label], values)
        choice = dict(zip(parameters, labels))
        if not any(all(said in (choice[name], parameters[name][choice[name]])
                       for name, said in entry.items()) for entry in excluded):
            made.append(replace(rest, values))
    return made
