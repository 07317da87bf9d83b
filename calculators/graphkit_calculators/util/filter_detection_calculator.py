"""FilterDetectionCalculator: only some labels of detections, and scores within limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Detection

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.FilterDetectionCalculatorOptions", extension=339582987)
class FilterDetectionCalculatorOptions:
    """The limits; those that are not set let everything through. Fields 4 and 5 are read and unused."""

    min_score: float | None = option(1)
    max_score: float | None = option(2)
    fail_on_empty_labels: bool = option(3, default=False)
    empty_allowed_labels_means_allow_everything: bool = option(6, default=False)
    use_detection_vector: bool | None = option(4)
    use_allowed_labels_csv: bool | None = option(5)


@calculator
class FilterDetectionCalculator(Calculator):
    """Keeps the labels that are allowed, and scores within limits; a detection without any label left is dropped.

    Emits a list at every timestamp with DETECTIONS, an empty one too; DETECTION only where it is kept. What is
    left of labels is sorted by score; label numbers and names are left out.

    Inputs, one of: DETECTIONS, DETECTION. LABELS, a side packet, or LABELS_CSV, one text with commas, say which
    labels are allowed: names, or regular expressions that fit the whole name. Without both, all are.

    Knobs: ``min_score`` and ``max_score``; a list of no labels at all allows none,
    ``empty_allowed_labels_means_allow_everything`` makes it allow all, and ``fail_on_empty_labels`` an error.

    Example::

        node {
          calculator: "FilterDetectionCalculator"
          input_stream: "DETECTIONS:labeled_detections"
          input_side_packet: "LABELS_CSV:allowed_labels"
          output_stream: "DETECTIONS:filtered_detections"
          options { [mediapipe.FilterDetectionCalculatorOptions.ext] { min_score: 0.5 } }
        }
    """

    detection = Input(Detection, "DETECTION", optional=True)
    detections = Input(list[Detection], "DETECTIONS", optional=True)
    labels = SideInput(list[str], "LABELS", optional=True)
    labels_csv = SideInput(str, "LABELS_CSV", optional=True)
    kept_one = Output(Detection, "DETECTION", optional=True)
    kept = Output(list[Detection], "DETECTIONS", optional=True)
    options = Options(FilterDetectionCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one input, and its output."""
        if cls.detection.is_connected(cc) == cls.detections.is_connected(cc):
            raise ContractError("exactly one of DETECTION and DETECTIONS must be connected.")
        for one, other in ((cls.detection, cls.kept_one), (cls.detections, cls.kept)):
            if one.is_connected(cc) != other.is_connected(cc):
                raise ContractError("the output has the tag of the input, DETECTION or DETECTIONS.")

    def open(self, cc: CalculatorContext) -> None:
        """Read options and labels."""
        chosen = self._chosen = self.options(cc)
        given, text = self.labels.get(cc), self.labels_csv.get(cc)
        if text is not None:
            given = [label.strip() for label in text.split(",") if label.strip()]
        if given is not None and not given and chosen.fail_on_empty_labels:
            raise FormatError("no label is allowed at all, and fail_on_empty_labels is set; name a label.")
        if given is not None and not given and chosen.empty_allowed_labels_means_allow_everything:
            given = None
        self._allowed = None if given is None else set(given)
        self._patterns = [_pattern(label) for label in given or ()]

    def process(self, cc: CalculatorContext) -> None:
        """Emit what is left."""
        if self._allowed is not None and not self._allowed:
            return
        many, one = self.detections.get(cc), self.detection.get(cc)
        found = many if many is not None else [one] if one is not None else None
        if found is None:
            return
        kept = [left for detection in found if (left := self._filtered(detection)) is not None]
        if many is not None:
            self.kept.send(cc, kept)
        elif kept:
            self.kept_one.send(cc, kept[0])

    def _filtered(self, detection: Detection) -> Detection | None:
        if len(detection.label) > len(detection.score):
            raise FormatError(
                f"a detection has {len(detection.label)} labels and {len(detection.score)} scores; each "
                "label needs one."
            )
        pairs = [
            (score, label)
            for label, score in zip(detection.label, detection.score, strict=False)
            if self._is_allowed(label) and self._is_within(score)
        ]
        if not pairs:
            return None
        pairs.sort(key=lambda pair: -pair[0])
        return Detection(
            tuple(score for score, _ in pairs),
            detection.location,
            detection.relative_keypoints,
            label=tuple(label for _, label in pairs),
        )

    def _is_allowed(self, label: str) -> bool:
        if self._allowed is None or label in self._allowed:
            return True
        return any(pattern.fullmatch(label) for pattern in self._patterns)

    def _is_within(self, score: float) -> bool:
        low, high = self._chosen.min_score, self._chosen.max_score
        return (low is None or score >= low) and (high is None or score <= high)


def _pattern(label: str) -> re.Pattern[str]:
    try:
        return re.compile(label)
    except re.error:
        return re.compile(re.escape(label))  # a name with brackets and the like is just a name
