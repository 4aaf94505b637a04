"""Turns exports into Parquet, with the package pyarrow.

An export leaves the database as CSV; what CSV does to a cell for spreadsheets is taken back here.
Rows are turned group by group, so that memory stays flat.
"""

from __future__ import annotations

from importlib import import_module
from typing import IO, Any

from pgwitness.exporting import Compression, Sink, Writer

GROUP_BYTES = 16 * 1024 * 1024
"""About how much CSV makes a row group."""

TIMES = ("occurred_at", "recorded_at")
NUMBERS = ("sequence", "transaction_id")
TEXTS = (
    "entity_id",
    "actor_id",
    "description",
    "error_message",
    "user_agent",
    "request_id",
    "recorded_by",
)
"""Columns in which a leading apostrophe is ours; see "Exports" in the README."""


class ParquetSink(Sink):
    """Takes an export's CSV and writes it as Parquet.

    Times are timestamps in UTC to the microsecond, sequence and transaction_id are integers of 64
    bits, everything else is text: objects as JSON, ids as UUIDs are written.
    """

    def __init__(self, raw: IO[bytes], compression: Compression | None) -> None:
        """Begins.

        Args:
            raw: where it is written.
            compression: of the columns, gzip or zstd; None is zstd.

        Raises:
            ImportError: the package pyarrow isn't installed.
        """
        # Its submodules are found before the first event leaves the database.
        self._arrow = import_module("pyarrow")
        self._csv = import_module("pyarrow.csv")
        self._compute = import_module("pyarrow.compute")
        self._parquet = import_module("pyarrow.parquet")
        self._codec: Compression = compression or "zstd"
        super().__init__(raw, None, b"")
        self.compression = self._codec
        self._names: list[str] | None = None
        self._schema: Any = None
        self._file: Any = None
        self._held: list[bytes] = []
        self._size = 0

    def write(self, content: bytes) -> None:
        """Takes whole records of CSV; the first one holds the names of the columns.

        Raises:
            OSError: it can't be written.
        """
        if self._names is None:
            head, _, content = content.partition(b"\n")
            self._begin(head.decode().strip().split(","))
        self._held.append(content)
        self._size += len(content)
        if self._size >= GROUP_BYTES:
            self._write_group()

    def finish(self) -> None:
        """Writes what is held back, and the end of the file.

        Raises:
            OSError: it can't be written.
        """
        if self._file is not None:
            self._write_group()
            self._file.close()
            self._file = None
        super().finish()

    def _begin(self, names: list[str]) -> None:
        arrow = self._arrow
        self._names = names
        self._schema = arrow.schema(
            (
                name,
                arrow.timestamp("us", tz="UTC")
                if name in TIMES
                else arrow.int64()
                if name in NUMBERS
                else arrow.string(),
            )
            for name in names
        )
        self._file = self._parquet.ParquetWriter(
            arrow.PythonFile(Writer(self._store), mode="w"), self._schema, compression=self._codec
        )

    def _write_group(self) -> None:
        content = b"".join(self._held)
        self._held, self._size = [], 0
        if not content:
            return
        table = self._csv.read_csv(
            self._arrow.BufferReader(content),
            read_options=self._csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, column_names=self._names
            ),
            parse_options=self._csv.ParseOptions(newlines_in_values=True),
            convert_options=self._csv.ConvertOptions(
                column_types=self._schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        for name in TEXTS:
            place = table.schema.get_field_index(name)
            plain = self._compute.replace_substring_regex(table.column(place), "^'", "")
            table = table.set_column(place, self._schema.field(name), plain)
        self._file.write_table(table)
