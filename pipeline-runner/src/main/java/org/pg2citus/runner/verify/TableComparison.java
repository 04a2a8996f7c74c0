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
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;

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

    /** @param repair has the target's rows made those of the source, and compares again; empty to compare only */
    TableResult compare(Table table, Optional<Repair> repair) {
        DigestQuery query = query(table);
        long startedNanos = System.nanoTime();
        Sums sums = sums(query);
        TableResult result = result(table, query, sums, startedNanos);
        if (result.equal() || repair.isEmpty()) {
            return result;
        }
        long repaired = repair(table, query, sums.differing(), repair.get());
        return result(table, query, sums(query), startedNanos).afterRepairOf(repaired);
    }

    private static DigestQuery query(Table table) {
        List<String> columns = table.columns().stream().map(Column::name).toList();
        List<String> key = table.identityColumns().isEmpty() ? columns : table.identityColumns();
        return new DigestQuery(table.id(), columns, key, DigestQuery.bucketsFor(table.estimatedRows()));
    }

    /** Both sides summed up, and the numbers of the buckets that differ. */
    private record Sums(Map<Integer, Bucket> source, Map<Integer, Bucket> target) {
        List<Integer> differing() {
            TreeSet<Integer> differing = new TreeSet<>();
            source.forEach((bucket, sum) -> {
                if (!sum.equals(target.getOrDefault(bucket, Bucket.EMPTY))) {
                    differing.add(bucket);
                }
            });
            target.keySet().stream()
                    .filter(bucket -> !source.containsKey(bucket))
                    .forEach(differing::add);
            return List.copyOf(differing);
        }
    }

    private Sums sums(DigestQuery query) {
        Parallel<Map<Integer, Bucket>> onTarget =
                Parallel.start("compare-target", () -> sums(targetServer, target, query));
        Map<Integer, Bucket> left;
        try {
            left = sums(sourceServer, source, query);
        } catch (RuntimeException e) {
            onTarget.abandon(target);
            throw e;
        }
        return new Sums(left, onTarget.await());
    }

    private TableResult result(Table table, DigestQuery query, Sums sums, long startedNanos) {
        List<Integer> differing = sums.differing();
        List<Integer> byRow = differing.stream().limit(MAX_BUCKETS_BY_ROW).toList();
        RowDifferences differences = byRow.isEmpty() ? RowDifferences.NONE : rows(query, byRow);
        return new TableResult(
                table.id(),
                count(sums.source()),
                count(sums.target()),
                differences.missing(),
                differences.extra(),
                differences.changed(),
                differing.size() - byRow.size(),
                0,
                differences.examples().stream()
                        .map(example -> "%s %s".formatted(example.kind(), example.key()))
                        .toList(),
                Duration.ofNanos(System.nanoTime() - startedNanos));
    }

    private long repair(Table table, DigestQuery query, List<Integer> differing, Repair repair) {
        List<String> values = table.copiedColumns();
        boolean keyless = query.key().size() == query.columns().size();
        Repair.OfTable changes = repair.new OfTable(table.id(), keyless ? List.of() : query.key());
        for (int from = 0; from < differing.size(); from += MAX_BUCKETS_BY_ROW) {
            String sql = query.wholeRows(
                    differing.subList(from, Math.min(from + MAX_BUCKETS_BY_ROW, differing.size())), values);
            read(sql, query.table(), row -> wholeRow(row, values), (left, right) -> new RowMerge<WholeRow>(
                            WholeRow::hashes, changes)
                    .run(left, right));
        }
        return changes.finish();
    }

    private static WholeRow wholeRow(ResultSet row, List<String> columns) throws SQLException {
        String[] values = new String[columns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.getString(3 + i);
        }
        return new WholeRow(new RowMerge.Hashes(row.getString(1), row.getString(2)), new Row(columns, values));
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
        List<RowDifferences> found = new ArrayList<>();
        read(
                query.rows(buckets),
                query.table(),
                row -> new RowDifferences.Hashed(row.getString(1), row.getString(2), row.getString(3)),
                (left, right) -> found.add(RowDifferences.between(left, right, MAX_EXAMPLES)));
        return found.get(0);
    }

    /** Reads one row of a result. */
    @FunctionalInterface
    private interface Reading<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Runs the same query on both sides, and hands both results over while they are being read. */
    private <T> void read(String sql, TableId table, Reading<T> reading, BiConsumer<Iterator<T>, Iterator<T>> use) {
        try (Statement left = source.createStatement();
                Statement right = target.createStatement()) {
            left.setFetchSize(FETCH_ROWS);
            right.setFetchSize(FETCH_ROWS);
            try (Rows<T> sourceRows = new Rows<>(sourceServer, left, sql, reading);
                    Rows<T> targetRows = new Rows<>(targetServer, right, sql, reading)) {
                use.accept(sourceRows, targetRows);
            }
        } catch (SQLException e) {
            throw targetServer.failure(e, "reading the rows of table %s that differ".formatted(table));
        }
    }

    /** Rows of one side, read by a cursor. */
    private static final class Rows<T> implements Iterator<T>, AutoCloseable {
        private final Server server;
        private final ResultSet rows;
        private final Reading<T> reading;
        private final List<T> next = new ArrayList<>(1);

        Rows(Server server, Statement statement, String sql, Reading<T> reading) {
            this.server = server;
            this.reading = reading;
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
                next.add(reading.read(rows));
                return true;
            } catch (SQLException e) {
                throw server.failure(e, "reading rows");
            }
        }

        @Override
        public T next() {
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
