"""A neural network that threads share, and the form in which it takes an image."""

from __future__ import annotations

import queue
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

Image = NDArray[np.uint8]


class Network:
    """A compiled model with a pool of infer requests, which threads share."""

    def __init__(
        self, core: openvino.Core, model: object, *, threads: int, streams: int, shapes: int
    ) -> None:
        """Compile the model.

        Args:
            core: OpenVINO.
            model: the model, or the path of its file.
            threads: the processors that it may use.
            streams: the number of images that it processes at a time.
            shapes: the number of compiled operations that OpenVINO keeps, so that it does not
                compile them again for the next image of the same size.
        """
        config = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "CPU_RUNTIME_CACHE_CAPACITY": shapes,
            # BF16, the default where the processor has it, takes half as long again without AMX.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._compiled = core.compile_model(model, "CPU", config)
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(streams):
            self._idle.put(self._compiled.create_infer_request())

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the model's output for one input; a thread waits while all requests are in use."""
        request = self._idle.get()
        try:
            request.infer([tensor])
            return np.array(request.get_output_tensor().data)
        finally:
            self._idle.put(request)


def as_tensor(image: Image) -> NDArray[np.float32]:
    """Return an RGB image as the models expect it: channel × height × width, BGR, from -1 to 1."""
    scaled = image.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(scaled[:, :, ::-1].transpose(2, 0, 1))
