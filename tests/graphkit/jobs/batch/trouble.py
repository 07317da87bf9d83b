"""A calculator that does to its process what the brightness of the clip says."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import ImageFrame

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class SampleTrouble(Calculator):
    """Passes pictures on, with their brightness; kills its process, hangs, or takes memory or changes the clip."""

    image = Input(ImageFrame)
    same = Output(ImageFrame, "IMAGE")
    level = Output(int, "LEVEL")

    def process(self, cc: CalculatorContext) -> None:
        picture = self.image(cc)
        level = round(float(picture.data.mean()))
        if 50 < level < 70:
            os.kill(os.getpid(), signal.SIGKILL)
        if 90 < level < 110:
            time.sleep(600)
        if 130 < level < 150:
            self.held = bytearray(os.urandom(1 << 20)) * 600
            time.sleep(600)
        if 170 < level < 190:
            with Path(os.environ["GROWING_CLIP"]).open("ab") as clip:
                clip.write(b"more")
        self.same.send(cc, picture)
        self.level.send(cc, level)
