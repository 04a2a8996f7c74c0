package org.pg2citus.sink.decode;

import java.util.Map;
import org.pg2citus.sink.change.Row;

/** Reads one table's rows, record keys and keys in headers. Each has columns and schemas of its own. */
final class TableReader {

    private final Part rows;
    private final Part keys;
    private final Part headerKeys;

    TableReader(ColumnReaders readers) {
        rows = new Part(readers);
        keys = new Part(readers);
        headerKeys = new Part(readers);
    }

    Row row(Object fields) {
        return rows.read(fields);
    }

    Row key(Object fields) {
        return keys.read(fields);
    }

    Row headerKey(Object fields) {
        return headerKeys.read(fields);
    }

    private static final class Part {
        private final RowReader maps;
        private final RowReader structs;

        Part(ColumnReaders readers) {
            maps = readers.mapRows();
            structs = new StructRows(readers);
        }

        Row read(Object fields) {
            return fields instanceof Map ? maps.read(fields) : structs.read(fields);
        }
    }
}
