"""One way to open weights with onnxruntime: one thread a run, no spinning, so that calls share the cores by threads of
our own and the interpreter is free while a run goes on."""

from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

FAULTS: tuple[type[Exception], ...] = (
    native.Fail,
    native.InvalidArgument,
    native.RuntimeException,
    native.NotImplemented,
    native.EPFail,
)
"""What a run can raise."""


def opened(path: Path) -> Any:
    """An InferenceSession on the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
