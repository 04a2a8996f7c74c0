package org.pg2citus.sink.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;

/** A table as a chunk describes it. Equal when the descriptions are. */
final class ChunkTable {

    private final TableId id;
    private final List<String> columns;
    private final int[] keyPositions;
    private final List<String> keyColumns;

    private ChunkTable(TableId id, List<String> columns, int[] keyPositions) {
        this.id = id;
        this.columns = List.copyOf(columns);
        this.keyPositions = keyPositions;
        this.keyColumns = Arrays.stream(keyPositions).mapToObj(columns::get).toList();
    }

    static ChunkTable read(ChunkReader chunk) {
        var id = new TableId(chunk.text(), chunk.text());
        // The replica identity: which rows are whole is said with each of them.
        chunk.next();
        int count = chunk.count();
        List<String> columns = new ArrayList<>();
        List<Integer> key = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            columns.add(chunk.text());
            if ((chunk.next() & 1) != 0) {
                key.add(i);
            }
        }
        return new ChunkTable(
                id, columns, key.stream().mapToInt(Integer::intValue).toArray());
    }

    TableId id() {
        return id;
    }

    Row row(ChunkReader chunk) {
        String[] values = new String[columns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = chunk.value();
        }
        return new Row(columns, values);
    }

    /** A key that stands by itself; empty when the table has none. */
    Optional<Row> keyAlone(ChunkReader chunk) {
        if (keyPositions.length == 0) {
            return Optional.empty();
        }
        String[] values = new String[keyPositions.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = chunk.value();
        }
        return Optional.of(new Row(keyColumns, values));
    }

    /** The key of a row; empty when the table has none. */
    Optional<Row> key(Row row) {
        if (keyPositions.length == 0) {
            return Optional.empty();
        }
        String[] values = new String[keyPositions.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.value(keyPositions[i]);
        }
        return Optional.of(new Row(keyColumns, values));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChunkTable that
                && id.equals(that.id)
                && columns.equals(that.columns)
                && Arrays.equals(keyPositions, that.keyPositions);
    }

    @Override
    public int hashCode() {
        return 31 * id.hashCode() + columns.hashCode();
    }
}
