# SPDX-License-Identifier: MIT
"""A client of faultpost-mock's admin API that holds every answer against the
document which the mock serves."""
import functools
import http.client
import json
import re
import urllib.parse

import jsonschema

from test_mock_tcp import Mock

BASE = "http://mock/openapi.json"


class Api:
    """The API of a mock; `seen` are the operations that were asked."""

    def __init__(self, address, token=None):
        self.address, self.token = address, token
        self.seen = set()
        self.document = None
        self.document = self.get("/openapi.json")
        self.rule_schema = self.get("/rule.schema.json")

    def connect(self, timeout=20):
        return http.client.HTTPConnection(*self.address, timeout=timeout)

    def ask(self, method, path, body=None, headers=None):
        """Status, header fields and bytes of the answer, which is checked."""
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if self.document is not None:
            self.check(method, path, answer, content)
        return answer.status, answer.headers, content

    def get(self, path, want=200, method="GET", body=None):
        status, _, content = self.ask(method, path, body)
        assert status == want, content
        return json.loads(content)

    def template(self, path):
        """The documented path that this one is an instance of, or None."""
        plain = urllib.parse.urlsplit(path).path
        for known in self.document["paths"]:
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(known))
            if re.fullmatch(pattern, plain):
                return known
        return None

    def check(self, method, path, answer, content):
        known = self.template(path)
        if known is None:
            assert answer.status in (400, 401, 403, 404, 405)
            return
        item = self.document["paths"][known]
        operation = item.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            assert answer.status in (401, 403, 405)
            return
        if answer.status < 400:
            self.seen.add((method, known))
        names = {p["name"] for p in operation.get("parameters", [])}
        query = urllib.parse.urlsplit(path).query
        if answer.status < 400:
            assert set(urllib.parse.parse_qs(query)) <= names, path
        said = self.resolve(operation["responses"][str(answer.status)])
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in said["content"], (method, path, kind)
        if kind.endswith("json") and method != "HEAD":
            self.validate(json.loads(content), said["content"][kind]["schema"])

    def resolve(self, node):
        while "$ref" in node:
            node = functools.reduce(
                lambda at, key: at[key], node["$ref"][2:].split("/"),
                self.document)
        return node

    def validate(self, value, schema):
        resolver = jsonschema.RefResolver(BASE, self.document, store={
            "http://mock/rule.schema.json": getattr(self, "rule_schema", {})})
        jsonschema.Draft202012Validator(
            schema, resolver=resolver,
            format_checker=jsonschema.FormatChecker()).validate(value)

    def operations(self):
        return {(method.upper(), path)
                for path, item in self.document["paths"].items()
                for method in item if method != "parameters"}


def admin_address(mock):
    for place in mock.places:
        if place.get("service") == "admin":
            ip, port = place["real"].rsplit(":", 1)
            return ip.strip("[]"), int(port)
    raise KeyError("admin")


def start_mock(program, folder, scenario, *options, output=None):
    """A mock with its admin API at a free port; what it prints goes to a pipe,
    or a file."""
    mock = Mock(program, folder, scenario, "--admin", "0", *options,
                output=output)
    assert mock.is_ready, mock.process.communicate()
    return mock
