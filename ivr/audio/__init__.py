"""Samples in, samples out: µ-law, resampling, frames, windows, WAV and made sounds. Pure."""
