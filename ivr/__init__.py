"""ivr answers a company's phone."""
