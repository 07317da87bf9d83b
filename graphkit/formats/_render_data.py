"""What to draw over an image: shapes with a colour and a thickness."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, ClassVar, Final, Self, TypeVar, get_args

from graphkit.errors import FormatError
from graphkit.formats._shapes import Color, LineType, Shape
from graphkit.schema import message_class

T = TypeVar("T")


@dataclass(slots=True)
class RenderAnnotation:
    """One shape to draw.

    Attributes:
        data: the shape.
        thickness: of lines, radius of points, in pixels.
        color: None draws black.
        scene_tag: for those who draw only part of a scene.
    """

    PROTO: ClassVar[str] = "mediapipe.RenderAnnotation"

    data: Shape
    thickness: float = 1.0
    color: Color | None = None
    scene_tag: str | None = None

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        message: Any = message_class(self.PROTO)()
        _write_annotation(self, message)
        return message

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make an annotation of a protobuf message.

        Raises:
            FormatError: the message holds no shape.
        """
        which = message.WhichOneof("data")
        if which is None:
            raise FormatError("a RenderAnnotation message holds no shape; one of its data fields must be set.")
        shape = getattr(message, which)
        has = message.HasField
        return cls(
            _read_fields(_SHAPES[shape.DESCRIPTOR.name], shape),
            message.thickness,
            Color.from_proto(message.color) if has("color") else None,
            message.scene_tag if has("scene_tag") else None,
        )


@dataclass(slots=True)
class RenderViewport:
    """Where a scene is shown; sizes in pixels."""

    id: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    compose_on_video: bool | None = None


@dataclass(slots=True)
class RenderData:
    """Shapes to draw in order, the first at the bottom."""

    PROTO: ClassVar[str] = "mediapipe.RenderData"

    render_annotations: list[RenderAnnotation]
    scene_class: str | None = None
    scene_viewport: RenderViewport | None = None

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        message: Any = message_class(self.PROTO)()
        for annotation in self.render_annotations:
            _write_annotation(annotation, message.render_annotations.add())
        if self.scene_class is not None:
            message.scene_class = self.scene_class
        if self.scene_viewport is not None:
            _write_fields(self.scene_viewport, message.scene_viewport)
        return message

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make render data of a protobuf message.

        Raises:
            FormatError: an annotation holds no shape.
        """
        has = message.HasField
        return cls(
            [RenderAnnotation.from_proto(annotation) for annotation in message.render_annotations],
            message.scene_class if has("scene_class") else None,
            _read_fields(RenderViewport, message.scene_viewport) if has("scene_viewport") else None,
        )


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


_SHAPES: Final[dict[str, type]] = {shape.__name__: shape for shape in get_args(Shape)}
_FIELD_OF_SHAPE: Final[dict[type, str]] = {shape: _snake(name) for name, shape in _SHAPES.items()}


def _write_annotation(annotation: RenderAnnotation, message: Any) -> None:
    shape = getattr(message, _FIELD_OF_SHAPE[type(annotation.data)])
    shape.SetInParent()
    _write_fields(annotation.data, shape)
    _write_fields(annotation, message)


def _write_fields(source: Any, message: Any) -> None:
    """Copy the fields of a dataclass that are not at their default into the message's of the same names."""
    for field in fields(source):
        value = getattr(source, field.name)
        if field.name == "data" or value is None or value == field.default:
            continue
        if isinstance(value, list):
            for item in value:
                _write_fields(item, getattr(message, field.name).add())
        elif isinstance(value, Color):
            getattr(message, field.name).CopyFrom(value.to_proto())
        elif is_dataclass(value):
            getattr(message, field.name).SetInParent()
            _write_fields(value, getattr(message, field.name))
        else:
            setattr(message, field.name, value)


def _read_fields(cls: type[T], message: Any) -> T:
    """Make a dataclass of a message with fields of the same names; unset ones keep their default."""
    return cls(**{field.name: _read_field(field, message) for field in fields(cls) if _is_set(field, message)})  # type: ignore[arg-type]


def _is_set(field: Field[Any], message: Any) -> bool:
    return field.default is MISSING or bool(message.HasField(field.name))


def _read_field(field: Field[Any], message: Any) -> Any:
    value = getattr(message, field.name)
    descriptor = message.DESCRIPTOR.fields_by_name[field.name]
    if descriptor.enum_type is not None:
        return LineType(value)
    if descriptor.message_type is None:
        return value
    if descriptor.message_type.name == "Color":
        return Color.from_proto(value)
    cls = _SHAPES[descriptor.message_type.name]
    if field.name == "point":
        return [_read_fields(cls, item) for item in value]
    return _read_fields(cls, value)
