package org.pg2citus.sink.apply;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pg2citus.sink.catalog.TargetColumn;

/** Runs set-based statements: groups rows by shard, cuts them into statements of bearable size, and counts hits. */
final class RowWriter {

    /** Rows and bytes of one statement: more gains nothing, and a Citus worker gets all of it at once. */
    private static final int MAX_ROWS = 5_000;

    private static final long MAX_BYTES = 8L << 20;

    private final Session session;

    RowWriter(Session session) {
        this.session = session;
    }

    /** Cuts rows into chunks of one shard each, if the shard is known. */
    <T> List<List<ClientRow<T>>> chunks(MatchedRows shape, List<ClientRow<T>> rows) throws SQLException {
        List<List<ClientRow<T>>> chunks = new ArrayList<>();
        int maxRows = shape.source().maxRows(MAX_ROWS);
        for (List<ClientRow<T>> together : byShard(shape, rows)) {
            List<ClientRow<T>> current = new ArrayList<>();
            long bytes = 0;
            for (ClientRow<T> row : together) {
                long size = sizeBytes(row);
                if (!current.isEmpty() && (current.size() >= maxRows || bytes + size > MAX_BYTES)) {
                    chunks.add(current);
                    current = new ArrayList<>();
                    bytes = 0;
                }
                current.add(row);
                bytes += size;
            }
            if (!current.isEmpty()) {
                chunks.add(current);
            }
        }
        // Single rows have SQL of their own: side by side they go in one round trip.
        chunks.sort(Comparator.comparing(chunk -> chunk.size() > 1));
        return chunks;
    }

    private <T> Collection<List<ClientRow<T>>> byShard(MatchedRows shape, List<ClientRow<T>> rows) throws SQLException {
        if (shape.distributionIndex().isEmpty()) {
            return List.of(rows);
        }
        int index = shape.distributionIndex().get();
        TargetColumn column = shape.match().get(index);
        Set<String> values = new LinkedHashSet<>();
        rows.forEach(row -> values.add(row.values().get(index)));
        Map<String, Long> shards = session.shards().shardsOf(shape.table(), column, values);
        Map<Long, List<ClientRow<T>>> grouped = new LinkedHashMap<>();
        for (ClientRow<T> row : rows) {
            grouped.computeIfAbsent(shards.get(row.values().get(index)), shard -> new ArrayList<>())
                    .add(row);
        }
        return grouped.values();
    }

    /** Runs the statements, those with the same SQL in one round trip, and returns how many rows each hit. */
    int[] execute(List<BoundStatement> statements) throws SQLException {
        int[] hits = new int[statements.size()];
        int from = 0;
        while (from < statements.size()) {
            String sql = statements.get(from).sql();
            int to = from + 1;
            while (to < statements.size() && statements.get(to).sql().equals(sql)) {
                to++;
            }
            int[] counts = executeSame(sql, statements.subList(from, to));
            System.arraycopy(counts, 0, hits, from, counts.length);
            from = to;
        }
        return hits;
    }

    private int[] executeSame(String sql, List<BoundStatement> statements) throws SQLException {
        try (PreparedStatement prepared = session.connection().prepareStatement(sql)) {
            if (statements.size() == 1) {
                Session.bind(prepared, statements.get(0).parameters());
                return new int[] {prepared.executeUpdate()};
            }
            for (BoundStatement statement : statements) {
                Session.bind(prepared, statement.parameters());
                prepared.addBatch();
            }
            return prepared.executeBatch();
        }
    }

    /** Receives the rows that a statement returns. */
    interface Returned {
        void row(ResultSet row) throws SQLException;
    }

    void query(BoundStatement statement, Returned returned) throws SQLException {
        try (PreparedStatement prepared = session.connection().prepareStatement(statement.sql())) {
            Session.bind(prepared, statement.parameters());
            try (ResultSet row = prepared.executeQuery()) {
                while (row.next()) {
                    returned.row(row);
                }
            }
        }
    }

    static int sum(int[] hits) {
        return Arrays.stream(hits).sum();
    }

    private static long sizeBytes(ClientRow<?> row) {
        long size = 0;
        for (String value : row.values()) {
            size += value == null ? 4 : value.length() + 3L;
        }
        return size;
    }
}
