"""The JSON Schema of the task list, for editors: `python -m fleet.tasks.schema`."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from fleet.tasks.model import TaskList


class _EditorSchema(GenerateJsonSchema):
    """What the loader takes: no empty values, no other names."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        absent = schema.get("default") is None
        return self.generate_inner(schema["schema"]) if absent else super().default_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the whole file, for editors; what a schema cannot say, load() checks."""
    schema = TaskList.model_json_schema(schema_generator=_EditorSchema)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}  # the draft that editors know


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
