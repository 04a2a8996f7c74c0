package org.pg2citus.sink.apply;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;

/**
 * Which shard a distribution value is in. Rows of one shard go into one statement, which Citus then sends to that shard
 * alone instead of to all.
 *
 * <p>An answer that a shard split has made old costs speed, not correctness: the statement then spans two shards.
 */
final class ShardMap {

    /** Values remembered for each colocation group and type; the least recently used one is forgotten. */
    private static final int MAX_REMEMBERED = 65_536;

    private record Group(int colocationId, String type) {}

    private final Connection connection;
    private final Map<Group, Map<String, Long>> remembered = new HashMap<>();

    ShardMap(Connection connection) {
        this.connection = connection;
    }

    /** For each of the values the id of its shard, or of the shard of a colocated table with the same values. */
    Map<String, Long> shardsOf(TargetTable table, TargetColumn distributionColumn, Collection<String> values)
            throws SQLException {
        Map<String, Long> known = remembered.computeIfAbsent(
                new Group(table.colocationId(), distributionColumn.type()), group -> new Remembered());
        Map<String, Long> shards = new HashMap<>();
        Set<String> unknown = new LinkedHashSet<>();
        for (String value : values) {
            Long shard = known.get(value);
            if (shard == null) {
                unknown.add(value);
            } else {
                shards.put(value, shard);
            }
        }
        if (!unknown.isEmpty()) {
            Map<String, Long> asked = ask(table, distributionColumn, new ArrayList<>(unknown));
            known.putAll(asked);
            shards.putAll(asked);
        }
        return shards;
    }

    private Map<String, Long> ask(TargetTable table, TargetColumn column, List<String> values) throws SQLException {
        ArrayText array = new ArrayText();
        values.forEach(array::add);
        Map<String, Long> shards = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT get_shard_id_for_distribution_column(?::regclass, v.value) FROM unnest(?::%s) WITH ORDINALITY"
                                .formatted(column.arrayType().orElseThrow())
                        + " AS v(value, place) ORDER BY v.place")) {
            Session.bind(query, List.of(table.id().toSql(), array.toString()));
            try (ResultSet row = query.executeQuery()) {
                for (String value : values) {
                    row.next();
                    shards.put(value, row.getLong(1));
                }
            }
        }
        return shards;
    }

    private static final class Remembered extends LinkedHashMap<String, Long> {

        Remembered() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_REMEMBERED;
        }
    }
}
