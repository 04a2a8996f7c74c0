package org.pg2citus.sink.apply;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.batch.KeyedDelete;
import org.pg2citus.sink.batch.KeyedUpdate;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;

/** Builds the net change of one table. */
final class Changes {

    private final TableId table;
    private final List<String> keyColumns;
    private final List<String> columns;
    private final List<Row> inserts = new ArrayList<>();
    private final List<KeyedUpdate> updates = new ArrayList<>();
    private final List<KeyedDelete> deletes = new ArrayList<>();
    private final List<Row> keylessDeletes = new ArrayList<>();
    private boolean truncated;

    private Changes(TableId table, List<String> keyColumns, List<String> columns) {
        this.table = table;
        this.keyColumns = keyColumns;
        this.columns = columns;
    }

    /** @param key the key's columns, separated by commas; empty for none */
    static Changes of(String table, String key, String columns) {
        return of(new TableId("public", table), split(key), split(columns));
    }

    static Changes of(TableId table, List<String> key, List<String> columns) {
        return new Changes(table, key, columns);
    }

    Changes truncate() {
        truncated = true;
        return this;
    }

    Changes insert(String... values) {
        inserts.add(Row.of(columns, values));
        return this;
    }

    /** An update that keeps the key. */
    Changes update(String... after) {
        Row row = Row.of(columns, after);
        updates.add(new KeyedUpdate(keyOf(row), Optional.empty(), row, false));
        return this;
    }

    /** An update whose old row is known, as with REPLICA IDENTITY FULL. */
    Changes updateFrom(String[] before, String... after) {
        Row old = Row.of(columns, before);
        Row row = Row.of(columns, after);
        updates.add(
                new KeyedUpdate(keyOf(old), Optional.of(old), row, !keyOf(old).equals(keyOf(row))));
        return this;
    }

    /** An update that changes the key, of which nothing else is known. */
    Changes rekey(String[] oldKey, String... after) {
        updates.add(new KeyedUpdate(Row.of(keyColumns, oldKey), Optional.empty(), Row.of(columns, after), true));
        return this;
    }

    Changes delete(String... key) {
        deletes.add(new KeyedDelete(Row.of(keyColumns, key), Optional.empty()));
        return this;
    }

    Changes deleteRow(String... before) {
        Row old = Row.of(columns, before);
        deletes.add(new KeyedDelete(keyOf(old), Optional.of(old)));
        return this;
    }

    Changes deleteKeyless(String... row) {
        keylessDeletes.add(Row.of(columns, row));
        return this;
    }

    TableDelta delta() {
        return new TableDelta(table, truncated, inserts, updates, deletes, keylessDeletes);
    }

    static String[] values(String... values) {
        return values;
    }

    private Row keyOf(Row row) {
        String[] values = keyColumns.stream()
                .map(column -> row.value(column).orElse(null))
                .toArray(String[]::new);
        return new Row(keyColumns, values);
    }

    private static List<String> split(String names) {
        return names.isEmpty()
                ? List.of()
                : Arrays.stream(names.split(",")).map(String::strip).toList();
    }
}
