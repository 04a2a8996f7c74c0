package org.pg2citus.sink.batch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** The net change of a table with a key. */
final class KeyedRows {

    private final TableId table;

    /** The target has no rows: the table was truncated first. */
    private final boolean startsEmpty;

    /**
     * Every key that was touched, with the row that has it now; empty when no row does. A key that is not here was not
     * touched: the row that has it is the target's.
     */
    private final Map<Row, Optional<KeyedRow>> rowByKey = new LinkedHashMap<>();

    private final List<KeyedDelete> deletes = new ArrayList<>();
    private final List<Row> cleared = new ArrayList<>();
    private List<String> keyColumns = List.of();
    private long liveRows;
    private long sizeBytes;

    KeyedRows(TableId table, boolean startsEmpty) {
        this.table = table;
        this.startsEmpty = startsEmpty;
    }

    boolean accepts(RowChange change, Row key) {
        if (!keyColumns.isEmpty() && !key.columns().equals(keyColumns)) {
            return false;
        }
        Optional<Row> before = Optional.empty();
        if (change instanceof RowChange.Update update) {
            before = update.before();
        } else if (change instanceof RowChange.Delete delete) {
            before = delete.before();
        }
        if (before.isEmpty()) {
            return true;
        }
        Optional<KeyedRow> row = rowByKey.get(key);
        return row == null || row.isEmpty() || row.get().canBe(before.get());
    }

    void add(RowChange change) {
        if (change instanceof RowChange.Insert insert) {
            insert(insert, insert.key().orElseThrow());
        } else if (change instanceof RowChange.Update update) {
            update(update, update.oldKey().orElseThrow(), update.newKey().orElseThrow());
        } else if (change instanceof RowChange.Delete delete) {
            delete(delete, delete.key().orElseThrow());
        } else if (change instanceof RowChange.Upsert upsert) {
            upsert(upsert, upsert.key());
        }
    }

    /** Whatever row has the key goes, and this one comes: from then on it is known what the target has. */
    private void upsert(RowChange.Upsert upsert, Row key) {
        keyColumns = key.columns();
        Optional<KeyedRow> held = rowByKey.get(key);
        if (held != null && held.isPresent()) {
            // It is not changed into the new one: what the new row does not say would stay in it.
            KeyedRow gone = held.get();
            gone.originKey().ifPresent(origin -> addDelete(new KeyedDelete(origin, gone.before())));
            vacate(key, held);
        }
        if (held == null && !startsEmpty) {
            cleared.add(key);
            sizeBytes += key.sizeBytes();
        }
        put(key, KeyedRow.born(upsert.after()), "inserted");
    }

    private void insert(RowChange.Insert insert, Row key) {
        keyColumns = key.columns();
        put(key, KeyedRow.born(insert.after()), "inserted");
    }

    private void update(RowChange.Update update, Row oldKey, Row newKey) {
        keyColumns = oldKey.columns();
        Optional<KeyedRow> held = held(oldKey, "updated");
        if (held.isPresent()) {
            sizeBytes -= held.get().sizeBytes();
            held.get().change(update.after());
            sizeBytes += held.get().sizeBytes();
        }
        KeyedRow row = held.orElseGet(() -> KeyedRow.known(oldKey, update.before(), update.after()));
        if (!oldKey.equals(newKey)) {
            vacate(oldKey, held);
            put(newKey, row, "given to another row");
        } else if (held.isEmpty()) {
            put(oldKey, row, "updated");
        }
    }

    private void delete(RowChange.Delete delete, Row key) {
        keyColumns = key.columns();
        Optional<KeyedRow> held = held(key, "deleted");
        if (held.isEmpty()) {
            addDelete(new KeyedDelete(key, delete.before()));
        } else if (held.get().originKey().isPresent()) {
            addDelete(new KeyedDelete(held.get().originKey().get(), held.get().before()));
        }
        vacate(key, held);
    }

    private void addDelete(KeyedDelete delete) {
        deletes.add(delete);
        sizeBytes +=
                delete.key().sizeBytes() + delete.before().map(Row::sizeBytes).orElse(0L);
    }

    /** The row that has the key, if it was touched; empty for a row of the target that was not. */
    private Optional<KeyedRow> held(Row key, String action) {
        Optional<KeyedRow> held = rowByKey.get(key);
        boolean isGone = held == null ? startsEmpty : held.isEmpty();
        if (isGone) {
            throw new HaltException(
                    "TX022",
                    "table " + table + ": a row is " + action + " after it was deleted, truncated or given another key"
                            + " (key columns " + key.columns() + "). The topic repeats or lacks changes: verify the"
                            + " table, and copy it anew if it differs");
        }
        return held == null ? Optional.empty() : held;
    }

    private void put(Row key, KeyedRow row, String action) {
        Optional<KeyedRow> present = rowByKey.get(key);
        if (present == null) {
            sizeBytes += key.sizeBytes();
        } else if (present.isPresent()) {
            throw new HaltException(
                    "TX021",
                    "table " + table + ": a key is " + action + " while a row has it (key columns " + key.columns()
                            + "). Either the topic repeats changes, or the key is DEFERRABLE, which cannot be"
                            + " replicated: make it immediate at the source");
        }
        rowByKey.put(key, Optional.of(row));
        liveRows++;
        sizeBytes += row.sizeBytes();
    }

    private void vacate(Row key, Optional<KeyedRow> held) {
        if (rowByKey.put(key, Optional.empty()) == null) {
            sizeBytes += key.sizeBytes();
        }
        if (held.isPresent()) {
            liveRows--;
            sizeBytes -= held.get().sizeBytes();
        }
    }

    long rows() {
        return liveRows + deletes.size() + cleared.size();
    }

    long sizeBytes() {
        return sizeBytes;
    }

    TableDelta toDelta(boolean truncated) {
        List<Row> inserts = new ArrayList<>();
        List<KeyedUpdate> updates = new ArrayList<>();
        rowByKey.forEach((key, held) -> held.ifPresent(row -> {
            if (row.originKey().isEmpty()) {
                inserts.add(row.after());
            } else {
                Row originKey = row.originKey().get();
                updates.add(new KeyedUpdate(originKey, row.before(), row.after(), !originKey.equals(key)));
            }
        }));
        return new TableDelta(table, truncated, inserts, updates, deletes, List.of(), cleared);
    }
}
