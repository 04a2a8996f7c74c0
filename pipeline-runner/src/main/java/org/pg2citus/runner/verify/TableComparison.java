package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeSet;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.postgres.Server;

/**
 * Compares one table: sums over buckets of rows on both sides at once, then, where they differ, row by row.
 *
 * <p>Both sessions are in a transaction that sees what is to be compared.
 */
final class TableComparison {

    /** Buckets that are read again row by row; enough to say what differs, bounded for a target that is quite wrong. */
    private static final int MAX_BUCKETS_BY_ROW = 64;

    private static final int MAX_EXAMPLES = 20;
    private static final int FETCH_ROWS = 5_000;

    private final Server sourceServer;
    private final Server targetServer;
    private final Connection source;
    private final Connection target;

    TableComparison(Server sourceServer, Server targetServer, Connection source, Connection target) {
        this.sourceServer = sourceServer;
        this.targetServer = targetServer;
        this.source = source;
        this.target = target;
    }

    TableResult compare(Table table) {
        long startedNanos = System.nanoTime();
        List<String> columns = table.columns().stream().map(Column::name).toList();
        List<String> key = table.identityColumns().isEmpty() ? columns : table.identityColumns();
        DigestQuery query = new DigestQuery(table.id(), columns, key, DigestQuery.bucketsFor(table.estimatedRows()));
        Parallel<Map<Integer, Bucket>> onTarget =
                Parallel.start("compare-target", () -> sums(targetServer, target, query));
        Map<Integer, Bucket> left;
        try {
            left = sums(sourceServer, source, query);
        } catch (RuntimeException e) {
            onTarget.abandon(target);
            throw e;
        }
        Map<Integer, Bucket> right = onTarget.await();
        TreeSet<Integer> differing = new TreeSet<>();
        left.forEach((bucket, sum) -> {
            if (!sum.equals(right.getOrDefault(bucket, Bucket.EMPTY))) {
                differing.add(bucket);
            }
        });
        right.keySet().stream().filter(bucket -> !left.containsKey(bucket)).forEach(differing::add);
        List<Integer> byRow = differing.stream().limit(MAX_BUCKETS_BY_ROW).toList();
        RowDifferences differences = byRow.isEmpty() ? RowDifferences.NONE : rows(query, byRow);
        return new TableResult(
                table.id(),
                count(left),
                count(right),
                differences.missing(),
                differences.extra(),
                differences.changed(),
                differing.size() - byRow.size(),
                differences.examples().stream()
                        .map(example -> "%s %s".formatted(example.kind(), example.key()))
                        .toList(),
                Duration.ofNanos(System.nanoTime() - startedNanos));
    }

    private static long count(Map<Integer, Bucket> buckets) {
        return buckets.values().stream().mapToLong(Bucket::rows).sum();
    }

    private static Map<Integer, Bucket> sums(Server server, Connection connection, DigestQuery query) {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query.sums())) {
            Map<Integer, Bucket> buckets = new HashMap<>();
            while (row.next()) {
                buckets.put(
                        row.getInt(1),
                        new Bucket(
                                row.getLong(2),
                                row.getBigDecimal(3).toBigIntegerExact(),
                                row.getBigDecimal(4).toBigIntegerExact()));
            }
            return buckets;
        } catch (SQLException e) {
            throw server.failure(e, "summing up table " + query.table());
        }
    }

    private RowDifferences rows(DigestQuery query, List<Integer> buckets) {
        String sql = query.rows(buckets);
        try (Statement left = source.createStatement();
                Statement right = target.createStatement()) {
            left.setFetchSize(FETCH_ROWS);
            right.setFetchSize(FETCH_ROWS);
            try (Rows sourceRows = new Rows(sourceServer, left, sql);
                    Rows targetRows = new Rows(targetServer, right, sql)) {
                return RowDifferences.between(sourceRows, targetRows, MAX_EXAMPLES);
            }
        } catch (SQLException e) {
            throw targetServer.failure(e, "reading the rows of table %s that differ".formatted(query.table()));
        }
    }

    /** Rows of one side, read by a cursor. */
    private static final class Rows implements Iterator<RowDifferences.Hashed>, AutoCloseable {
        private final Server server;
        private final ResultSet rows;
        private final List<RowDifferences.Hashed> next = new ArrayList<>(1);

        Rows(Server server, Statement statement, String sql) {
            this.server = server;
            try {
                this.rows = statement.executeQuery(sql);
            } catch (SQLException e) {
                throw server.failure(e, "reading rows");
            }
        }

        @Override
        public boolean hasNext() {
            if (!next.isEmpty()) {
                return true;
            }
            try {
                if (!rows.next()) {
                    return false;
                }
                next.add(new RowDifferences.Hashed(rows.getString(1), rows.getString(2), rows.getString(3)));
                return true;
            } catch (SQLException e) {
                throw server.failure(e, "reading rows");
            }
        }

        @Override
        public RowDifferences.Hashed next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return next.remove(0);
        }

        @Override
        public void close() throws SQLException {
            rows.close();
        }
    }
}
