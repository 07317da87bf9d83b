"""Where MediaPipe has the calculators that graphkit does not have.

Names as they are in MediaPipe's sources; the ending "Calculator" is left out.
"""

from __future__ import annotations

from typing import Final

_BY_FOLDER: Final = {
    "mediapipe/calculators/core": (
        "AddHeader ConcatenateGlBufferVector ConcatenateJointList DequantizeByteArray GraphProfile "
        "MatrixMultiply MatrixSubtract MatrixToVector MovableSplitGlBufferVector QuantizeFloatVector "
        "RealTimeFlowLimiter SplitJointList"
    ),
    "mediapipe/calculators/image": (
        "BilateralFilter FeatureDetector ImageClone MaskOverlay OpenCvPutText YUVToImage"
    ),
    "mediapipe/calculators/tensor": (
        "AudioToTensor BertPreprocessor FeedbackTensors InferenceCalculatorGl InferenceCalculatorGlAdvanced "
        "InferenceCalculatorLiteRt InferenceCalculatorMetal LandmarksToTensor RegexPreprocessor "
        "SentencePiecePreprocessor TensorConverter TensorToJoints TensorsDequantization TensorsToAudio "
        "TextToTensor UniversalSentenceEncoderPreprocessor VectorToTensor"
    ),
    "mediapipe/calculators/util": (
        "AlignHandToPoseInWorld ClockLatency CombineJoints DetectionClassificationsMerger "
        "DetectionTransformation DetectionUniqueId DetectionsToTimedBoxList FaceToRect "
        "FilterClassificationListCollection FilterLandmarkListCollection "
        "FilterNormalizedLandmarkListCollection FilterNormalizedRectCollection FilterUInt64Collection "
        "FlatColorImage LandmarksToFloats LandmarksTransformation LocalFilePatternContents "
        "PassThroughOrEmptyDetectionVector SetJointsVisibility TimedBoxListIdToLabel TimedBoxListToRenderData "
        "TopKScores"
    ),
    "mediapipe/calculators/video": (
        "BoxDetector BoxTracker FlowPackager FlowToImage MotionAnalysis TrackedDetectionManager Tvl1OpticalFlow"
    ),
    "mediapipe/calculators/tflite": ("TfLiteTensorsToClassification TfLiteTensorsToFloats"),
    "mediapipe/calculators/audio": (
        "AddAudioHeader AudioDecoder AverageTimeSeriesAcrossChannels Covariance DivideByMeanAcrossChannels "
        "ElementwiseSquare FirstHalfSlicer FlattenPacket L2Norm L2Normalize L2NormalizeColumn Mean "
        "MelSpectrum Mfcc PeakNormalize RationalFactorResample ReverseChannelOrder Spectrogram "
        "SpectrogramFloat StabilizedLog StandardDeviation SubtractMeanAcrossChannels SubtractMean "
        "SumTimeSeriesAcrossChannels SummarySaiToPitchogram TimeSeriesFramer TwoTapFirFilter"
    ),
    "mediapipe/calculators/tensorflow": (
        "ImageFrameToTensor LappedTensorBuffer MatrixToTensor ObjectDetectionTensorsToDetections "
        "PackMediaSequence StringToSequenceExample TFRecordReader TensorFlowInference "
        "TensorFlowSessionFromFrozenGraph TensorFlowSessionFromSavedModel TensorSqueezeDimensions "
        "TensorToImageFrame TensorToMatrix TensorToVectorFloat TensorToVectorInt TensorToVectorString "
        "UnpackMediaSequence UnpackYt8mSequenceExample VectorFloatToTensor VectorIntToTensor "
        "VectorStringToTensor"
    ),
    "mediapipe/gpu": ("GlSurfaceSink WebGpuShader"),
    "mediapipe/framework/tool": (
        "CallbackWithHeader MediaPipeInternalSidePacketToPacketStream PacketGeneratorWrapper SidePacketsToStreams"
    ),
}
_ENDING: Final = "Calculator"
_ENDS_OTHERWISE: Final = "InferenceCalculator"


def upstream_folder(calculator: str) -> str:
    """Return the folder of MediaPipe's sources that has a calculator, "" for one that is not MediaPipe's."""
    short = calculator if calculator.startswith(_ENDS_OTHERWISE) else calculator.removesuffix(_ENDING)
    if short == calculator and not calculator.startswith(_ENDS_OTHERWISE):
        return ""
    return next((folder for folder, names in _BY_FOLDER.items() if short in names.split()), "")
