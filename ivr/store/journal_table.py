"""The journal's one table."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("stream", Integer, primary_key=True, autoincrement=False, default=0),  # how often the call was taken before
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", Integer, nullable=False),
    Column("wall_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # one letter for its form, then the bytes
    Column("crc", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
