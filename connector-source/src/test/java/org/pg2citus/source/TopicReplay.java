package org.pg2citus.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pg2citus.source.TopicReader.Entry;

/**
 * Applies a topic as the sink does: whole transactions only, each once. A transaction that the source began and did not
 * end is forgotten when the next one begins; one that ends at or before the last applied one was seen before.
 */
final class TopicReplay {

    private static final String UNCHANGED = "\u0000";

    private final Map<String, Map<Map<?, ?>, Map<String, Object>>> tables = new TreeMap<>();
    private List<Entry> open;
    private String openXid;
    private long appliedLsn;
    private int transactions;
    private int repeated;
    private int partial;

    void accept(Entry entry) {
        switch (entry.op()) {
            case "BEGIN" -> begin(entry);
            case "END" -> end(entry);
            case "m" -> {
                if (!entry.isMark()) {
                    open.add(entry);
                }
            }
            default -> open.add(entry);
        }
    }

    /** The rows of a table: every column's text. */
    List<Map<String, Object>> rows(String table) {
        return new ArrayList<>(tables.getOrDefault(table, Map.of()).values());
    }

    int transactions() {
        return transactions;
    }

    String summary() {
        return "%d transactions, %d repeated, %d sent in part".formatted(transactions, repeated, partial);
    }

    private void begin(Entry entry) {
        if (open != null) {
            partial++;
        }
        open = new ArrayList<>();
        openXid = entry.xid();
    }

    private void end(Entry entry) {
        List<Entry> changes = open;
        open = null;
        if (!entry.xid().equals(openXid) || ((Number) entry.at("event_count")).intValue() != changes.size()) {
            throw new AssertionError("END of %s with %s events after %d of %s"
                    .formatted(entry.xid(), entry.at("event_count"), changes.size(), openXid));
        }
        for (int i = 0; i < changes.size(); i++) {
            Entry change = changes.get(i);
            if (!change.xid().equals(openXid)
                    || ((Number) change.at("transaction", "total_order")).intValue() != i + 1) {
                throw new AssertionError("event " + (i + 1) + " of " + openXid + " is " + change.at("transaction"));
            }
        }
        if (entry.endLsn() <= appliedLsn) {
            repeated++;
            return;
        }
        appliedLsn = entry.endLsn();
        transactions++;
        changes.forEach(this::apply);
    }

    private void apply(Entry change) {
        if (change.op().equals("m")) {
            return;
        }
        Map<Map<?, ?>, Map<String, Object>> rows =
                tables.computeIfAbsent((String) change.at("source", "table"), table -> new HashMap<>());
        Map<?, ?> key = (Map<?, ?>) change.key();
        switch (change.op()) {
            case "c" -> {
                Object oldKey = change.headers().get("__debezium.oldkey");
                Map<String, Object> old = oldKey == null ? null : rows.remove((Map<?, ?>) oldKey);
                if (rows.put(key, row(change, old)) != null) {
                    throw new AssertionError("row " + key + " was there");
                }
            }
            case "u" -> {
                Object oldKey = change.headers().get("__debezium.oldkey");
                Map<String, Object> old = oldKey == null ? rows.get(key) : rows.remove((Map<?, ?>) oldKey);
                if (old == null) {
                    throw new AssertionError("row " + key + " is not there");
                }
                rows.put(key, row(change, old));
            }
            case "d" -> {
                boolean keyChange = change.headers().containsKey("__debezium.newkey");
                if (!rows.containsKey(key)) {
                    throw new AssertionError("row " + key + " is not there");
                }
                if (!keyChange) {
                    rows.remove(key);
                }
            }
            case "t" -> rows.clear();
            default -> throw new AssertionError(change.op());
        }
    }

    private static Map<String, Object> row(Entry change, Map<String, Object> old) {
        Map<String, Object> row = new HashMap<>();
        ((Map<?, ?>) change.at("after")).forEach((column, value) -> {
            boolean unchanged = UNCHANGED.equals(value);
            row.put((String) column, unchanged ? old.get(column) : value);
        });
        return row;
    }
}
