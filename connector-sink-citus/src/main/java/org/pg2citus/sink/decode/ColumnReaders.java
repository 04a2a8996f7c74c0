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
}
