"""Models behind OpenAI-compatible endpoints: chat with or without sound, transcription, speech. Ours to the byte: no
vendor's package is needed at run time, and what servers do otherwise than the first of them is known here."""
