"""TensorsToClassificationCalculator: the scores of a model as classes with names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Classification, ClassificationList, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.TensorsToClassificationCalculatorOptions", extension=335742638)
class TensorsToClassificationCalculatorOptions:
    """Which classes are kept, in which order, and what they are called."""

    @options("mediapipe.TensorsToClassificationCalculatorOptions.LabelMap")
    class LabelMap:
        """Names by class number."""

        @options("mediapipe.TensorsToClassificationCalculatorOptions.LabelMap.Entry")
        class Entry:
            """The name of one class."""

            id: int | None = option(1)
            label: str | None = option(2)

        entries: list[Entry] = option(1)

    @options("mediapipe.TensorsToClassificationCalculatorOptions.LabelItemsEntry")
    class LabelItemsEntry:
        """One entry of a protobuf map from class numbers to mediapipe.LabelMapItem."""

        key: int = option(1, "int64", default=0)
        value: Any = option(2, "mediapipe.LabelMapItem")

    min_score_threshold: float | None = option(1)
    top_k: int | None = option(2)
    sort_by_descending_score: bool = option(9, default=False)
    label_map_path: str | None = option(3)
    label_map: LabelMap | None = option(5)
    label_items: list[LabelItemsEntry] = option(6)
    binary_classification: bool = option(4, default=False)
    ignore_classes: list[int] = option(7)
    allow_classes: list[int] = option(8)


@calculator
class TensorsToClassificationCalculator(Calculator):
    """Reads one score a class out of the only tensor of a list.

    Emits a ClassificationList, which may be empty, at every timestamp with tensors.

    Knobs: ``top_k`` keeps the best so many, sorted (0 keeps all in class order);
    ``min_score_threshold``, ``allow_classes`` and ``ignore_classes`` leave some out;
    ``binary_classification`` reads one value p as the classes 0 with p and 1 with 1 - p. Names come
    from ``label_map_path`` (a text file, one per line), ``label_items`` or ``label_map``.

    Example::

        node {
          calculator: "TensorsToClassificationCalculator"
          input_stream: "TENSORS:handedness_tensor"
          output_stream: "CLASSIFICATIONS:handedness"
          options {
            [mediapipe.TensorsToClassificationCalculatorOptions.ext] {
              top_k: 1
              label_map_path: "mediapipe/modules/hand_landmark/handedness.txt"
              binary_classification: true
            }
          }
        }
    """

    for_outputs_only = True

    tensors = Input(list[Tensor], "TENSORS")
    classifications = Output(ClassificationList, "CLASSIFICATIONS")
    options = Options(TensorsToClassificationCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the options do not contradict each other."""
        chosen = cls.options(cc)
        if chosen.allow_classes and chosen.ignore_classes:
            raise ContractError("allow_classes and ignore_classes are both set; use one of them.")
        if chosen.binary_classification and (chosen.allow_classes or chosen.ignore_classes):
            raise ContractError(
                "binary_classification gives two classes that belong together; allow_classes and ignore_classes "
                "do not go with it."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options and the names."""
        chosen = self._chosen = self.options(cc)
        self._labels = _labels(chosen, cc)
        self._top_k = chosen.top_k or 0
        self._filters = bool(
            chosen.allow_classes or chosen.ignore_classes or chosen.min_score_threshold is not None
        )

    def process(self, cc: CalculatorContext) -> None:
        """Emit the classes."""
        tensors = self.tensors.get(cc)
        if tensors is None:
            return
        if len(tensors) != 1:
            raise FormatError(
                f"TENSORS holds {len(tensors)} tensors; the scores of all classes in one are needed."
            )
        scored: Iterable[tuple[int, float]] = enumerate(self._scores(tensors[0]))
        if self._filters:
            scored = filter(self._is_kept, scored)
        if self._top_k > 0 or self._chosen.sort_by_descending_score:
            scored = sorted(scored, key=lambda entry: -entry[1])[: self._top_k or None]
        self.classifications.send(cc, ClassificationList(self._classification(*entry) for entry in scored))

    def _scores(self, tensor: Tensor) -> list[float]:
        values = tensor.nhwc().reshape(-1)
        if self._chosen.binary_classification:
            if len(values) != 1:
                raise FormatError(f"binary_classification needs a tensor of one value, found {tensor}.")
            # In float32, as the score of the second class is stored.
            scores: list[float] = [float(values[0]), float(1 - values[0])]
        else:
            scores = values.tolist()
        if self._labels is not None and len(self._labels) != len(scores):
            raise FormatError(f"there are names for {len(self._labels)} classes, but {tensor} has {len(scores)}.")
        return scores

    def _is_kept(self, entry: tuple[int, float]) -> bool:
        index, score = entry
        chosen = self._chosen
        if chosen.min_score_threshold is not None and score < chosen.min_score_threshold:
            return False
        return index in chosen.allow_classes if chosen.allow_classes else index not in chosen.ignore_classes

    def _classification(self, index: int, score: float) -> Classification:
        label, display_name = self._labels[index] if self._labels is not None else (None, None)
        return Classification(index, score, label, display_name)


def _labels(
    chosen: TensorsToClassificationCalculatorOptions, cc: CalculatorContext
) -> dict[int, tuple[str, str | None]] | None:
    """Return label and display name by class number, or None where the options name nothing."""
    if chosen.label_map_path is not None:
        lines = cc.resources.read(chosen.label_map_path).decode().splitlines()
        return {index: (line, None) for index, line in enumerate(lines)}
    if chosen.label_items:
        return {entry.key: (entry.value.name, entry.value.display_name or None) for entry in chosen.label_items}
    if chosen.label_map is None:
        return None
    labels: dict[int, tuple[str, str | None]] = {}
    for item in chosen.label_map.entries:
        if item.id in labels:
            raise ContractError(f"label_map names class {item.id} twice.")
        labels[item.id or 0] = (item.label or "", None)
    return labels
