"""The API's OpenAPI description, as people read it: resources, their calls, and what each takes and answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from protocols.picsellia.api import api
from protocols.picsellia.routers import rest

Schema = dict[str, Any]

PREFIX = "/api"
# How far an answer's inner objects are opened.
DEEPEST = 4


@dataclass(frozen=True)
class Field:
    """A value in the address, the body or the answer; `items[].id` is the id of each of the items."""

    name: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True)
class Part:
    """Where fields stand: in the address, after its question mark, in the body, or in an answer."""

    title: str
    fields: list[Field]
    kind: str = ""


@dataclass(frozen=True)
class Call:
    """A method of a path."""

    method: str
    path: str
    title: str
    text: str
    parts: list[Part]

    def has(self, words: str) -> bool:
        """Whether each of the words is in its method, path, title or text."""
        said = f"{self.method} {self.path} {self.title} {self.text}".lower()
        return all(word in said for word in words.lower().split())


@dataclass(frozen=True)
class Resource:
    """What a router is about, and its calls."""

    title: str
    calls: list[Call]


@cache
def resources() -> list[Resource]:
    """All of them, in the order in which a team meets them."""
    description = OpenAPISchema(api, PREFIX)
    found: dict[str, list[Call]] = {}
    for path, operation in _operations():
        # Also what OpenAPI has no word for, the method XGET. Ninja would warn of what it describes a second time.
        description.all_operation_ids.clear()
        details = description.operation_details(operation)
        title = (operation.tags or ["others"])[0].capitalize()
        found.setdefault(title, []).extend(
            _call(method, path, details, description.schemas) for method in operation.methods
        )
    return [Resource(title, calls) for title, calls in found.items()]


def matching(words: str) -> list[Resource]:
    """The resources with those calls that hold all of the words."""
    narrowed = [Resource(one.title, [call for call in one.calls if call.has(words)]) for one in resources()]
    return [one for one in narrowed if one.calls]


def _operations() -> Iterator[tuple[str, Operation]]:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                if router.template is not rest.router:
                    yield f"{PREFIX}{path}", operation


def _call(method: str, path: str, details: Schema, components: Schema) -> Call:
    parts = [
        Part(title, [_parameter(one, components) for one in details["parameters"] if one["in"] == place])
        for title, place in (("In the address", "path"), ("After the question mark", "query"))
    ]
    if "requestBody" in details:
        parts.append(_content("Body", details["requestBody"], components))
    for status, answer in details["responses"].items():
        parts.append(_content(f"Answer {status}: {HTTPStatus(status).phrase}", answer, components))
    title, text = _headed(details.get("description") or details["summary"].capitalize())
    return Call(
        method=method,
        path=re.sub(r"{[^}:]+:", "{", path),  # without the converters
        title=title,
        text=text,
        parts=[part for part in parts if part.fields or part.kind or part.title.startswith("Answer")],
    )


def _headed(text: str) -> tuple[str, str]:
    """The first sentence, without its full stop, and what follows it."""
    first, *others = re.split(r"\.\s+", text, maxsplit=1)
    return first.removesuffix("."), "".join(others)


def _parameter(parameter: Schema, components: Schema) -> Field:
    schema = parameter["schema"]
    return Field(parameter["name"], _kind(schema, components), parameter["required"], parameter.get("description", ""))


def _content(title: str, holder: Schema, components: Schema) -> Part:
    contents: list[Schema] = list(holder.get("content", {}).values())
    schema: Schema | None = contents[0].get("schema") if contents else None
    if schema is None:
        return Part(title, [])
    return Part(title, list(_fields(schema, components)), kind=_kind(schema, components))


def _fields(schema: Schema, components: Schema, before: str = "", deep: int = 0) -> Iterator[Field]:
    """The object's fields, and those of the objects inside of it."""
    schema, before = _opened(schema, components, before)
    required = schema.get("required", [])
    for name, inner in schema.get("properties", {}).items() if deep < DEEPEST else ():
        whole = f"{before}{name}"
        yield Field(whole, _kind(inner, components), name in required, inner.get("description", ""))
        yield from _fields(inner, components, f"{whole}.", deep + 1)


def _opened(schema: Schema, components: Schema, before: str) -> tuple[Schema, str]:
    """The object that a schema means: behind a reference, in a list, or where null may stand as well."""
    for _ in range(DEEPEST):
        if "$ref" in schema:
            schema = components.get(schema["$ref"].rpartition("/")[2], {})
        elif schema.get("type") == "array":
            schema, before = schema.get("items", {}), f"{before.removesuffix('.')}[]."
        elif choices := _choices(schema):
            schema = choices[0]
        else:
            break
    return schema, before


def _choices(schema: Schema) -> list[Schema]:
    """What may stand there, besides null."""
    choices: list[Schema] = schema.get("anyOf") or schema.get("allOf") or schema.get("oneOf") or []
    return [one for one in choices if one.get("type") != "null"]


def _kind(schema: Schema, components: Schema) -> str:
    """What a value is, in words."""
    if "$ref" in schema:
        return _kind(components.get(schema["$ref"].rpartition("/")[2], {}), components)
    if "enum" in schema or "const" in schema:
        return ", ".join(str(value) for value in schema.get("enum", [schema.get("const")]))
    if choices := _choices(schema):
        words = list(dict.fromkeys(_kind(one, components) for one in choices))
        return " or ".join(words + ["null"] * any(one.get("type") == "null" for one in schema.get("anyOf", [])))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), components)}"
    if schema.get("type") == "object" and "properties" not in schema:
        return "object"
    return str(schema.get("format") or schema.get("type") or "anything")
