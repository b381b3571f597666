"""Hyperparameters and dataset constraints as rows of a page, and back."""

from registry.forms.rows import Row, Shape
from registry.hyperparameters import Kind
from registry.rows import RANGED, ConstraintRow, HyperparameterRow, SlotRow

# A yes or no is chosen, any other value typed: `truth` and `value` are one or the other.
HYPERPARAMETERS = Shape(
    "hyperparameters", ("key", "kind", "value", "truth", "minimum", "maximum", "choices", "required", "help")
)
CONSTRAINTS = Shape("constraints", ("name",), inside=Shape("slots", ("alias", "help")))


def hyperparameter_fields(row: HyperparameterRow) -> Row:
    """A hyperparameter as the page's fields."""
    return Row(
        {
            "key": row.key,
            "kind": row.kind,
            "value": row.value,
            "truth": row.value if row.kind == Kind.BOOLEAN else "",
            "minimum": row.minimum,
            "maximum": row.maximum,
            "choices": "\n".join(row.choices),
            "required": "on" if row.required else "",
            "help": row.help,
        }
    )


def hyperparameter_row(row: Row) -> HyperparameterRow:
    """A hyperparameter as it was written. What the page hides for the chosen type does not count."""
    fields = row.fields
    kind = fields["kind"] or Kind.TEXT
    values = {Kind.BOOLEAN: fields["truth"] or "false", Kind.CHOICE: fields["value"].strip()}
    choices = [choice.strip() for choice in fields["choices"].splitlines()]
    return HyperparameterRow(
        key=fields["key"],
        kind=kind,
        value=values.get(kind, fields["value"]),  # type: ignore[call-overload]
        minimum=fields["minimum"] if kind in RANGED else "",
        maximum=fields["maximum"] if kind in RANGED else "",
        choices=[choice for choice in choices if choice] if kind == Kind.CHOICE else [],
        required=bool(fields["required"]),
        help=fields["help"],
    )


def constraint_fields(row: ConstraintRow) -> Row:
    """A constraint as the page's fields."""
    return Row({"name": row.name}, [Row({"alias": slot.alias, "help": slot.help}) for slot in row.slots])


def constraint_row(row: Row) -> ConstraintRow:
    """A constraint as it was written. A line without alias and help was added and left."""
    slots = [SlotRow(alias=slot.fields["alias"], help=slot.fields["help"]) for slot in row.inside]
    return ConstraintRow(name=row.fields["name"], slots=slots)
