"""DetectionLabelIdToTextCalculator: names for the numbers of a model's classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import Detection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.DetectionLabelIdToTextCalculatorOptions", extension=251889072)
class DetectionLabelIdToTextCalculatorOptions:
    """The names: in a file, as a list, or by number; one of the three."""

    @options("mediapipe.DetectionLabelIdToTextCalculatorOptions.LabelItemsEntry")
    class LabelItemsEntry:
        """One name; protobuf writes the entries of a map so."""

        key: int = option(1, "int64", default=0)
        value: Any = option(2, "mediapipe.LabelMapItem")

    label_map_path: str | None = option(1)
    label: list[str] = option(2)
    keep_label_id: bool = option(3, default=False)
    label_items: list[LabelItemsEntry] = option(4)


class _Names(NamedTuple):
    name: str
    display_name: str | None = None


@calculator
class DetectionLabelIdToTextCalculator(Calculator):
    """Gives detections the names that belong to their label ids.

    Emits at every timestamp with detections. Ids without a name are skipped; a detection that got at
    least one name loses its ids, unless ``keep_label_id`` is set.

    Input: untagged, a list of detections. Output: untagged, the named detections.

    Knobs, one of: ``label_map_path``, a text file with a name a line, the first for id 0; ``label``, the
    same as a list; ``label_items``, by number, with a display name where wanted.

    Example::

        node {
          calculator: "DetectionLabelIdToTextCalculator"
          input_stream: "detections"
          output_stream: "named_detections"
          options {
            [mediapipe.DetectionLabelIdToTextCalculatorOptions.ext] { label: "Palm" }
          }
        }
    """

    detections = Input(list[Detection])
    named = Output(list[Detection])
    options = Options(DetectionLabelIdToTextCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the names come from one place."""
        chosen = cls.options(cc)
        given = [name for name in ("label_map_path", "label", "label_items") if getattr(chosen, name)]
        if len(given) > 1:
            raise ContractError(
                f"label_map_path, label and label_items exclude each other; found {', '.join(given)}."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the names."""
        chosen = self.options(cc)
        self._keep_ids = chosen.keep_label_id
        self._names = _names(cc, chosen)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the named detections."""
        detections = self.detections.get(cc)
        if detections is not None:
            self.named.send(cc, [self._with_names(detection) for detection in detections])

    def _with_names(self, detection: Detection) -> Detection:
        found = [self._names[id_] for id_ in detection.label_id if id_ in self._names]
        if not found:
            return detection
        display = tuple(item.display_name for item in found if item.display_name is not None)
        return detection.replace(
            label=detection.label + tuple(item.name for item in found),
            display_name=detection.display_name + display,
            label_id=detection.label_id if self._keep_ids else (),
        )


def _names(cc: CalculatorContext, chosen: DetectionLabelIdToTextCalculatorOptions) -> Mapping[int, _Names]:
    if chosen.label_map_path:
        lines = cc.resources.read(chosen.label_map_path).decode().split("\n")
        if not lines[-1]:
            lines.pop()
        return {number: _Names(line.rstrip("\r")) for number, line in enumerate(lines)}
    if chosen.label:
        return {number: _Names(name) for number, name in enumerate(chosen.label)}
    return {entry.key: _item(entry.value) for entry in chosen.label_items}


def _item(message: Any) -> _Names:
    """Return a ``mediapipe.LabelMapItem`` option as names."""
    if message is None:
        return _Names("")
    return _Names(message.name, message.display_name if message.HasField("display_name") else None)
