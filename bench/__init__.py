"""What a call costs: a load generator over the carrier's protocol, and the table it prints."""
