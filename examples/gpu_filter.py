"""A filter of pictures that runs on the GPU: a class with a fragment shader, run over a clip.

    python examples/gpu_filter.py [VIDEO]

Writes comic.mp4, the first 30 frames of the clip, and comic.png, the last of them, into the folder it is called
in. Where there is no GPU, Mesa draws on the CPU; nothing needs a screen.
"""

import sys
from itertools import islice
from pathlib import Path

import cv2

from graphkit import CalculatorGraph, ImageFrame, Packet, calculator
from graphkit.gpu import GlSimpleCalculator
from graphkit.video import VideoReader, VideoWriter

CLIP = Path(__file__).parent / "media" / "hand_cup.mp4"


@calculator
class ComicFilter(GlSimpleCalculator):
    """Few tones, and a dark line where the brightness changes fast."""

    fragment_shader = """
        in vec2 sample_coordinate;
        uniform sampler2D frame;
        uniform vec2 pixel_size;
        out vec4 color;

        void main() {
            vec3 here = texture(frame, sample_coordinate).rgb;
            vec3 right = texture(frame, sample_coordinate + vec2(2.0, 0.0) * pixel_size).rgb;
            vec3 below = texture(frame, sample_coordinate + vec2(0.0, 2.0) * pixel_size).rgb;
            float edge = length(here - right) + length(here - below);
            color = vec4(floor(here * 5.0 + 0.5) / 5.0 * (1.0 - smoothstep(0.1, 0.3, edge)), 1.0);
        }
    """


# ImageFrames at both ends, so that this works on arrays. Between GPU nodes pictures are GpuBuffers and stay there.
GRAPH = """
    input_stream: "frame"
    output_stream: "comic"
    node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "frame" output_stream: "frame_on_gpu" }
    node { calculator: "ComicFilter" input_stream: "frame_on_gpu" output_stream: "comic_on_gpu" }
    node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "comic_on_gpu" output_stream: "rgba" }
    node { calculator: "ColorConvertCalculator" input_stream: "RGBA_IN:rgba" output_stream: "RGB_OUT:comic" }
"""


def main() -> None:
    """Filter the first frames of a clip."""
    comics: list[Packet[ImageFrame]] = []
    graph = CalculatorGraph(GRAPH)
    graph.observe_output_stream("comic", comics.append)
    with VideoReader(sys.argv[1] if len(sys.argv) > 1 else CLIP) as reader, graph:
        info = reader.info
        for frame in islice(reader, 30):
            graph.add_packet_to_input_stream("frame", ImageFrame(frame.data), frame.timestamp_us)
    with VideoWriter("comic.mp4", width=info.width, height=info.height, frame_rate=info.frame_rate) as writer:
        for packet in comics:
            writer.write(packet.payload.data, int(packet.timestamp))
    cv2.imwrite("comic.png", comics[-1].payload.data[:, :, ::-1])
    print(f"{len(comics)} frames: comic.mp4, comic.png")


if __name__ == "__main__":
    main()
