package org.pg2citus.sink.decode;

import org.apache.kafka.connect.data.Schema;
import org.pg2citus.sink.decode.type.ColumnText;

/** How a source writes its column values: decides how rows are read. */
interface ColumnReaders {

    /** Reads rows that come without schemas. */
    RowReader mapRows();

    /** The reader of one column's values. */
    ColumnText column(Schema schema);

    static ColumnReaders text() {
        return new ColumnReaders() {
            @Override
            public RowReader mapRows() {
                return new MapRows();
            }

            @Override
            public ColumnText column(Schema schema) {
                return ColumnText.ofText(schema);
            }
        };
    }

    static ColumnReaders typed(String placeholder, boolean nullsKept) {
        return new ColumnReaders() {
            @Override
            public RowReader mapRows() {
                return fields -> {
                    throw new UnreadableRowException(
                            "the record has no schema, and without one values cannot be told apart"
                                    + " (microseconds from a count, bytes from text). Use converters with schemas on both sides,"
                                    + " or pg2citus's source connector with source.values=text");
                };
            }

            @Override
            public ColumnText column(Schema schema) {
                return ColumnText.ofType(schema, placeholder, nullsKept);
            }
        };
    }
}
