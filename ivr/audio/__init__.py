"""Samples in, samples out: µ-law, resampling, windows, WAV and made sounds. Pure."""
