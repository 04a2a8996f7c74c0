package org.pg2citus.source.record;

import org.pg2citus.source.pgoutput.Relation;
import org.pg2citus.source.pgoutput.Tuple;

/** One version of one table, as chunks describe it, and its rows. */
final class ChunkTable {

    private static final int NULL = 0;
    private static final int UNCHANGED = 1;
    /** A text of n bytes is announced as n and this. */
    private static final int TEXT = 2;

    private final TableKey key;
    private final int number;
    private final byte[] description;

    /** @param number the stream's own; a table that is described anew gets a new one */
    ChunkTable(TableKey key, int number) {
        this.key = key;
        this.number = number;
        this.description = describe(key, number);
    }

    private static byte[] describe(TableKey key, int number) {
        Relation relation = key.relation();
        var bytes = new ChunkBytes(256);
        bytes.addNumber(number);
        bytes.addText(relation.schema());
        bytes.addText(relation.table());
        bytes.add(relation.identity());
        bytes.addNumber(relation.columns().size());
        for (int i = 0; i < relation.columns().size(); i++) {
            bytes.addText(relation.columns().get(i));
            bytes.add(key.contains(i) ? 1 : 0);
        }
        return bytes.toArray();
    }

    TableKey key() {
        return key;
    }

    int number() {
        return number;
    }

    byte[] description() {
        return description;
    }

    void addRow(ChunkBytes bytes, Tuple row) {
        for (int i = 0; i < row.size(); i++) {
            addValue(bytes, row, i);
        }
    }

    /** The values of the key's columns alone. */
    void addKey(ChunkBytes bytes, Tuple row) {
        for (int column : key.columns()) {
            addValue(bytes, row, column);
        }
    }

    private static void addValue(ChunkBytes bytes, Tuple row, int column) {
        if (row.isNull(column)) {
            bytes.add(NULL);
        } else if (row.isUnchanged(column)) {
            bytes.add(UNCHANGED);
        } else {
            int length = row.length(column);
            bytes.addNumber((long) length + TEXT);
            bytes.add(row.bytes(), row.start(column), length);
        }
    }

    /** The column with the longest value, for messages. */
    String longestColumn(Tuple row) {
        int longest = 0;
        for (int i = 1; i < row.size(); i++) {
            longest = row.length(i) > row.length(longest) ? i : longest;
        }
        return key.relation().columns().get(longest);
    }
}
