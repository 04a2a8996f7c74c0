package org.pg2citus.sink.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;

/** Makes changes that a source table can really go through, with the gaps that the WAL has. */
final class RandomHistory {

    private static final int MAX_ROWS = 8;

    private final Random random;
    private final TableId table;
    private final List<String> keyColumns;
    private final List<Map<String, String>> rows = new ArrayList<>();
    private List<String> columns;
    private int nextColumn;

    /** @param keyColumns columns named {@code k...}; empty for a table without a key */
    RandomHistory(Random random, TableId table, List<String> keyColumns) {
        this.random = random;
        this.table = table;
        this.keyColumns = keyColumns;
        List<String> all = new ArrayList<>(keyColumns);
        all.addAll(List.of("a", "long", "unique"));
        columns = List.copyOf(all);
    }

    List<String> columns() {
        return columns;
    }

    /** The next changes; several when one statement makes them. */
    List<RowChange> next() {
        int dice = random.nextInt(100);
        if (dice < 3) {
            rows.clear();
            return List.of(new RowChange.Truncate(table));
        }
        if (dice < 6) {
            changeColumns();
            return List.of();
        }
        if (dice < 12 && !keyColumns.isEmpty()) {
            return List.of(upsert());
        }
        if (rows.isEmpty() || (dice < 35 && rows.size() < MAX_ROWS)) {
            return List.of(insert());
        }
        if (dice < 55) {
            return List.of(delete());
        }
        if (dice < 65 && rows.size() > 1) {
            return swapUnique();
        }
        return List.of(dice < 80 && !keyColumns.isEmpty() ? changeKey() : update(anyRow()));
    }

    private void changeColumns() {
        List<String> changed = new ArrayList<>(columns);
        boolean drop = random.nextBoolean() && columns.stream().anyMatch(column -> column.startsWith("x"));
        if (drop && !keyColumns.isEmpty()) {
            changed.removeIf(column -> column.startsWith("x"));
            rows.forEach(row -> row.keySet().retainAll(changed));
        } else if (nextColumn < 3) {
            String added = "x" + nextColumn++;
            changed.add(random.nextInt(changed.size() + 1), added);
            rows.forEach(row -> row.put(added, ModelTable.DEFAULT));
        }
        columns = List.copyOf(changed);
    }

    private RowChange insert() {
        Map<String, String> row = newRow();
        return new RowChange.Insert(table, key(row), image(row));
    }

    private Map<String, String> newRow() {
        Map<String, String> row = new TreeMap<>();
        columns.forEach(column -> row.put(column, value()));
        row.put("long", random.nextInt(3) == 0 ? null : "long" + value());
        keyColumns.forEach(column -> row.put(column, "0"));
        if (!keyColumns.isEmpty()) {
            giveFreeKey(row);
        }
        rows.add(row);
        return row;
    }

    /** A row of a snapshot: of one that is there, changed or not, or of one that is not. */
    private RowChange upsert() {
        Map<String, String> row;
        if (rows.isEmpty() || (random.nextBoolean() && rows.size() < MAX_ROWS)) {
            row = newRow();
        } else {
            row = anyRow();
            if (random.nextBoolean()) {
                row.put("a", value());
                row.put("long", random.nextInt(3) == 0 ? null : "long" + value());
            }
        }
        return new RowChange.Upsert(table, key(row).orElseThrow(), image(row));
    }

    private RowChange delete() {
        Map<String, String> row = rows.remove(random.nextInt(rows.size()));
        return new RowChange.Delete(table, key(row), before(row));
    }

    private RowChange update(Map<String, String> row) {
        Map<String, String> old = new TreeMap<>(row);
        boolean longChanges = random.nextInt(3) == 0;
        row.put("a", value());
        if (longChanges) {
            row.put("long", random.nextInt(3) == 0 ? null : "long" + value());
        }
        columns.stream().filter(column -> column.startsWith("x")).forEach(column -> {
            if (random.nextBoolean()) {
                row.put(column, value());
            }
        });
        return updated(old, row, !longChanges);
    }

    private RowChange changeKey() {
        Map<String, String> row = anyRow();
        Map<String, String> old = new TreeMap<>(row);
        giveFreeKey(row);
        if (random.nextBoolean()) {
            row.put("a", value());
        }
        return updated(old, row, true);
    }

    private List<RowChange> swapUnique() {
        int index = random.nextInt(rows.size());
        Map<String, String> one = rows.get(index);
        Map<String, String> other = rows.get((index + 1) % rows.size());
        Map<String, String> oldOne = new TreeMap<>(one);
        Map<String, String> oldOther = new TreeMap<>(other);
        one.put("unique", oldOther.get("unique"));
        RowChange first = updated(oldOne, one, true);
        other.put("unique", oldOne.get("unique"));
        return List.of(first, updated(oldOther, other, true));
    }

    private RowChange updated(Map<String, String> old, Map<String, String> row, boolean longStays) {
        Row after = image(row);
        Optional<Row> before = before(old);
        if (longStays && row.get("long") != null && before.isEmpty() && random.nextInt(4) > 0) {
            String[] values = new String[columns.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = columns.get(i).equals("long") ? Row.UNAVAILABLE : after.value(i);
            }
            after = new Row(columns, values);
        }
        return new RowChange.Update(table, key(old), key(row), before, after);
    }

    /** With a key, the old row is known only with REPLICA IDENTITY FULL. */
    private Optional<Row> before(Map<String, String> row) {
        return keyColumns.isEmpty() || random.nextBoolean() ? Optional.of(image(row)) : Optional.empty();
    }

    private void giveFreeKey(Map<String, String> row) {
        List<Map<String, String>> free = new ArrayList<>();
        for (int i = 0; i < 2 * MAX_ROWS; i++) {
            Map<String, String> key = new TreeMap<>();
            for (int k = 0; k < keyColumns.size(); k++) {
                key.put(keyColumns.get(k), "" + (k == 0 ? i : random.nextInt(2)));
            }
            if (rows.stream().noneMatch(each -> each.entrySet().containsAll(key.entrySet()))) {
                free.add(key);
            }
        }
        row.putAll(free.get(random.nextInt(free.size())));
    }

    private Row image(Map<String, String> row) {
        return new Row(columns, columns.stream().map(row::get).toArray(String[]::new));
    }

    private Optional<Row> key(Map<String, String> row) {
        return keyColumns.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Row(keyColumns, keyColumns.stream().map(row::get).toArray(String[]::new)));
    }

    private Map<String, String> anyRow() {
        return rows.get(random.nextInt(rows.size()));
    }

    private String value() {
        return random.nextInt(6) == 0 ? null : "" + random.nextInt(4);
    }
}
