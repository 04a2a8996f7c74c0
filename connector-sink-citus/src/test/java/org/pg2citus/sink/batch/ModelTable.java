package org.pg2citus.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;

/**
 * A table in memory that takes changes one by one, as the source made them, or as the net change of a batch, as a target
 * would. What a real table would refuse fails the test. A column that a row lacks has the same default everywhere.
 */
final class ModelTable {

    static final String DEFAULT = "default";

    private final List<String> keyColumns;
    private final List<Map<String, String>> rows;

    ModelTable(List<String> keyColumns) {
        this(keyColumns, new ArrayList<>());
    }

    private ModelTable(List<String> keyColumns, List<Map<String, String>> rows) {
        this.keyColumns = keyColumns;
        this.rows = rows;
    }

    ModelTable copy() {
        List<Map<String, String>> copies = new ArrayList<>();
        rows.forEach(row -> copies.add(new TreeMap<>(row)));
        return new ModelTable(keyColumns, copies);
    }

    /** The rows in an order of their own, to compare tables. */
    List<String> contents(List<String> columns) {
        return rows.stream()
                .map(row -> columns.stream()
                        .map(column -> "" + value(row, column))
                        .toList()
                        .toString())
                .sorted()
                .toList();
    }

    void apply(RowChange change) {
        if (change instanceof RowChange.Insert insert) {
            insert(insert.after());
        } else if (change instanceof RowChange.Update update) {
            Row identity = update.oldKey().orElseGet(() -> update.before().orElseThrow());
            write(find(identity), update.after());
        } else if (change instanceof RowChange.Delete delete) {
            rows.remove(find(delete.key().orElseGet(() -> delete.before().orElseThrow())));
        } else if (change instanceof RowChange.Upsert upsert) {
            clear(upsert.key());
            insert(upsert.after());
        } else {
            rows.clear();
        }
        checkKeys();
    }

    /** Applies a batch in the order that {@link TableDelta} asks for; its updates all at once, as one statement does. */
    void apply(TableDelta delta) {
        if (delta.truncated()) {
            rows.clear();
        }
        delta.cleared().forEach(this::clear);
        for (KeyedDelete delete : delta.deletes()) {
            rows.remove(find(delete.key()));
        }
        for (Row row : delta.keylessDeletes()) {
            rows.remove(find(row));
        }
        List<Map<String, String>> found = new ArrayList<>();
        delta.updates().forEach(update -> found.add(find(update.originKey())));
        for (int i = 0; i < found.size(); i++) {
            KeyedUpdate update = delta.updates().get(i);
            Map<String, String> row = found.get(i);
            checkKnown(update.before(), row);
            Map<String, String> oldKey = key(row);
            write(row, update.after());
            assertThat(update.keyChanged()).isEqualTo(!key(row).equals(oldKey));
        }
        checkKeys();
        for (Row row : delta.inserts()) {
            assertThat(row.isComplete()).as("an insert is complete").isTrue();
            insert(row);
        }
        checkKeys();
    }

    private static void checkKnown(Optional<Row> before, Map<String, String> row) {
        before.ifPresent(known -> {
            for (String column : known.columns()) {
                known.value(column).ifPresent(value -> assertThat(value).isEqualTo(value(row, column)));
            }
        });
    }

    private void clear(Row key) {
        rows.removeIf(row -> key.columns().stream()
                .allMatch(column -> key.value(column).equals(Optional.ofNullable(value(row, column)))));
    }

    private void insert(Row row) {
        Map<String, String> values = new TreeMap<>();
        write(values, row);
        rows.add(values);
    }

    private static void write(Map<String, String> row, Row values) {
        for (int i = 0; i < values.columns().size(); i++) {
            if (values.isAvailable(i)) {
                row.put(values.columns().get(i), values.value(i));
            }
        }
    }

    private Map<String, String> find(Row identity) {
        for (Map<String, String> row : rows) {
            if (identity.columns().stream()
                    .allMatch(column -> identity.value(column).equals(Optional.ofNullable(value(row, column))))) {
                // Not equal to another row, but this very one.
                return row;
            }
        }
        throw new AssertionError("no row has " + identity);
    }

    private static String value(Map<String, String> row, String column) {
        return row.containsKey(column) ? row.get(column) : DEFAULT;
    }

    private Map<String, String> key(Map<String, String> row) {
        Map<String, String> key = new HashMap<>();
        keyColumns.forEach(column -> key.put(column, row.get(column)));
        return key;
    }

    private void checkKeys() {
        Set<Map<String, String>> keys = new HashSet<>();
        if (!keyColumns.isEmpty() && !rows.stream().map(this::key).allMatch(keys::add)) {
            throw new AssertionError("a key is there twice");
        }
    }
}
