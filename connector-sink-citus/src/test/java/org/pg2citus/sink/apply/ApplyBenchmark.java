package org.pg2citus.sink.apply;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.change.Lsn;
import org.postgresql.PGConnection;

/**
 * Rows per second of the writer beside statements written by hand, in the same run and in turns, and the ratio to the best of
 * them. Both write a progress row that Citus knows, so both commit in two phases. Not a test: run it on a quiet machine with
 * a JDBC URL, user included, of an empty Citus database.
 */
final class ApplyBenchmark {

    private static final int PRELOADED = 500_000;
    private static final int TENANTS = 1_000;
    private static final int TRANSACTIONS = 11;
    private static final String WRITER = "writer";
    private static final String COLUMNS = "tenant_id,id,name,amount,ts,doc";
    private static final List<String> ARRAYS =
            List.of("bigint[]", "bigint[]", "text[]", "numeric[]", "timestamptz[]", "jsonb[]");

    private final Connection connection;
    private final TargetWriter writer;
    private final Random random = new Random(1);
    private final Map<String, Long> shards = new HashMap<>();
    private long nextId = PRELOADED;
    private long position;

    private ApplyBenchmark(String url) throws SQLException {
        connection = DriverManager.getConnection(url);
        execute(
                "DROP TABLE IF EXISTS bench",
                "CREATE TABLE bench (tenant_id bigint, id bigint, name text, amount numeric(14,2), ts timestamptz,"
                        + " doc jsonb, PRIMARY KEY (tenant_id, id))",
                "SELECT create_distributed_table('bench', 'tenant_id')",
                "INSERT INTO bench SELECT i %% %d, i, 'name ' || i, i, now(), jsonb_build_object('a', i, 'b', repeat('x', 60))"
                                .formatted(TENANTS)
                        + " FROM generate_series(0, " + (PRELOADED - 1) + ") i",
                "VACUUM ANALYZE bench",
                "DROP TABLE IF EXISTS bench_stage",
                "CREATE UNLOGGED TABLE bench_stage (LIKE bench)",
                "SELECT create_distributed_table('bench_stage', 'tenant_id', colocate_with => 'bench')",
                "SET citus.multi_shard_modify_mode = 'sequential'");
        writer = TargetWriter.open(TargetSettings.of(url, "postgres", ""), "bench", "bench", 0);
        position = writer.progress().appliedLsn().value();
    }

    public static void main(String[] args) throws SQLException {
        ApplyBenchmark benchmark = new ApplyBenchmark(args[0]);
        // The first sizes warm up both sides.
        for (int rows : new int[] {1_000, 1_000, 5_000, 100, 10, 1}) {
            benchmark.run(rows);
        }
        benchmark.writer.close();
        benchmark.connection.close();
    }

    private interface Work {
        void run(List<String[]> rows) throws SQLException;
    }

    private void run(int rows) throws SQLException {
        compare("insert", rows, false, this::insert, Map.of("COPY", this::copyByHand));
        compare(
                "update",
                rows,
                true,
                this::update,
                Map.of(
                        "unnest by shard", this::updateRowsByHand,
                        "staged upsert", this::upsertFromStage,
                        "single rows in a batch", this::updateSingly));
        compare(
                "delete",
                rows,
                true,
                this::delete,
                Map.of("unnest by shard", this::deleteRowsByHand, "single rows in a batch", this::deleteSingly));
        compare(
                "mix",
                rows,
                true,
                this::mix,
                Map.of(
                        "unnest by shard", all -> mixByHand(all, this::updateRowsByHand, this::deleteRowsByHand),
                        "staged upsert", all -> mixByHand(all, this::upsertFromStage, this::deleteRowsByHand),
                        "single rows in a batch", all -> mixByHand(all, this::updateSingly, this::deleteSingly)));
    }

    /** In turns, transaction by transaction, so that all find the machine equally busy. */
    private void compare(String name, int rows, boolean existing, Work byWriter, Map<String, Work> byHand)
            throws SQLException {
        Map<String, Work> works = new TreeMap<>();
        byHand.forEach((form, work) -> works.put(form, batch -> transaction(() -> work.run(batch))));
        works.put(WRITER, byWriter);
        int count = rows * works.size() * TRANSACTIONS;
        List<String[]> all = existing ? existingRows(count) : newRows(count);
        Map<String, List<Double>> rates = new TreeMap<>();
        int from = 0;
        for (int i = 0; i < TRANSACTIONS; i++) {
            for (Map.Entry<String, Work> work : works.entrySet()) {
                rates.computeIfAbsent(work.getKey(), form -> new ArrayList<>())
                        .add(rate(all.subList(from, from + rows), work.getValue()));
                from += rows;
            }
        }
        if (name.equals("delete")) {
            transaction(() -> copyByHand(all));
        }
        execute("VACUUM bench_stage");
        double best = byHand.keySet().stream()
                .mapToDouble(form -> median(rates.get(form)))
                .max()
                .orElseThrow();
        System.out.printf(
                "%-6s of %,5d rows: writer %,7.0f rows/s, %.2f of the best",
                name, rows, median(rates.get(WRITER)), median(rates.get(WRITER)) / best);
        byHand.keySet().forEach(form -> System.out.printf(", %s %,.0f", form, median(rates.get(form))));
        System.out.println();
    }

    private static double rate(List<String[]> rows, Work work) throws SQLException {
        long start = System.nanoTime();
        work.run(rows);
        return rows.size() * 1e9 / (System.nanoTime() - start);
    }

    private static double median(List<Double> rates) {
        return rates.stream().sorted().skip(rates.size() / 2).findFirst().orElseThrow();
    }

    private List<String[]> newRows(int count) {
        List<String[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(row(nextId++));
        }
        return rows;
    }

    private List<String[]> existingRows(int count) {
        List<String[]> rows = new ArrayList<>();
        random.longs(0, PRELOADED).distinct().limit(count).forEach(id -> rows.add(row(id)));
        return rows;
    }

    private String[] row(long id) {
        return new String[] {
            String.valueOf(id % TENANTS),
            String.valueOf(id),
            "name " + random.nextInt(1_000_000),
            random.nextInt(1_000_000) + ".25",
            "2026-11-23 10:20:30.123456+00",
            "{\"a\": %d, \"b\": \"%s\"}".formatted(random.nextInt(), "y".repeat(60))
        };
    }

    // The writer.

    private Changes changes() {
        return Changes.of("bench", "tenant_id,id", COLUMNS);
    }

    private void apply(Changes changes, int rows) {
        List<TableDelta> deltas = List.of(changes.delta());
        position++;
        writer.apply(deltas, writer.progress().after(new Lsn(position), position, rows, 1));
    }

    private void insert(List<String[]> rows) {
        Changes changes = changes();
        rows.forEach(changes::insert);
        apply(changes, rows.size());
    }

    private void update(List<String[]> rows) {
        Changes changes = changes();
        rows.forEach(changes::update);
        apply(changes, rows.size());
    }

    private void delete(List<String[]> rows) {
        Changes changes = changes();
        rows.forEach(row -> changes.delete(row[0], row[1]));
        apply(changes, rows.size());
    }

    /** A fifth of the rows is deleted and inserted again, the others are updated. */
    private void mix(List<String[]> rows) {
        Changes changes = changes();
        for (int i = 0; i < rows.size(); i++) {
            if (i % 5 == 0) {
                changes.delete(rows.get(i)[0], rows.get(i)[1]).insert(rows.get(i));
            } else {
                changes.update(rows.get(i));
            }
        }
        apply(changes, rows.size());
    }

    // By hand: citus.md's best forms, with the progress row in the same transaction.

    private interface Statements {
        void run() throws SQLException;
    }

    private void transaction(Statements statements) throws SQLException {
        connection.setAutoCommit(false);
        statements.run();
        execute("UPDATE pg2citus.progress SET next_offset = next_offset + 1 WHERE pipeline = 'bench'");
        connection.commit();
        connection.setAutoCommit(true);
    }

    private void copyByHand(List<String[]> rows) throws SQLException {
        copyByHand("bench", rows);
    }

    private void copyByHand(String table, List<String[]> rows) throws SQLException {
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            text.append(String.join("\t", row)).append('\n');
        }
        try {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + table + " (" + COLUMNS + ") FROM STDIN", new StringReader(text.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void upsertFromStage(List<String[]> rows) throws SQLException {
        copyByHand("bench_stage", rows);
        execute(
                "INSERT INTO bench SELECT * FROM bench_stage ON CONFLICT (tenant_id, id) DO UPDATE SET"
                        + " name = excluded.name, amount = excluded.amount, ts = excluded.ts, doc = excluded.doc",
                "DELETE FROM bench_stage");
    }

    private void updateSingly(List<String[]> rows) throws SQLException {
        singly(
                rows,
                "UPDATE bench SET name = ?::text, amount = ?::numeric, ts = ?::timestamptz, doc = ?::jsonb"
                        + " WHERE tenant_id = ?::bigint AND id = ?::bigint",
                2,
                3,
                4,
                5,
                0,
                1);
    }

    private void deleteSingly(List<String[]> rows) throws SQLException {
        singly(rows, "DELETE FROM bench WHERE tenant_id = ?::bigint AND id = ?::bigint", 0, 1);
    }

    private void singly(List<String[]> rows, String sql, int... columns) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (String[] row : rows) {
                for (int i = 0; i < columns.length; i++) {
                    statement.setObject(i + 1, row[columns[i]], Types.OTHER);
                }
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private void updateRowsByHand(List<String[]> rows) throws SQLException {
        byShard(
                rows,
                6,
                "UPDATE bench AS t SET name = u.name, amount = u.amount, ts = u.ts, doc = u.doc FROM unnest(?::bigint[],"
                        + " ?::bigint[], ?::text[], ?::numeric[], ?::timestamptz[], ?::jsonb[])"
                        + " AS u(tenant_id, id, name, amount, ts, doc) WHERE t.tenant_id = u.tenant_id AND t.id = u.id"
                        + " AND t.tenant_id = ANY (?::bigint[])");
    }

    private void deleteRowsByHand(List<String[]> rows) throws SQLException {
        byShard(
                rows,
                2,
                "DELETE FROM bench AS t USING unnest(?::bigint[], ?::bigint[]) AS u(tenant_id, id)"
                        + " WHERE t.tenant_id = u.tenant_id AND t.id = u.id AND t.tenant_id = ANY (?::bigint[])");
    }

    private void mixByHand(List<String[]> rows, Work update, Work delete) throws SQLException {
        List<String[]> replaced = new ArrayList<>();
        List<String[]> updated = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            (i % 5 == 0 ? replaced : updated).add(rows.get(i));
        }
        delete.run(replaced);
        if (!updated.isEmpty()) {
            update.run(updated);
        }
        copyByHand(replaced);
    }

    private void byShard(List<String[]> rows, int columns, String sql) throws SQLException {
        Map<Long, List<String[]>> groups = new LinkedHashMap<>();
        for (String[] row : rows) {
            groups.computeIfAbsent(shard(row[0]), key -> new ArrayList<>()).add(row);
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (List<String[]> group : groups.values()) {
                for (int c = 0; c < columns; c++) {
                    int column = c;
                    Object[] values = group.stream().map(row -> row[column]).toArray();
                    // As ready arrays of their types; building Java numbers from text is not counted against them.
                    bind(statement, c + 1, ARRAYS.get(c), values);
                }
                bind(
                        statement,
                        columns + 1,
                        "bigint[]",
                        group.stream().map(row -> row[0]).distinct().toArray());
                statement.executeUpdate();
            }
        }
    }

    private void bind(PreparedStatement statement, int index, String type, Object[] values) throws SQLException {
        if (type.equals("bigint[]")) {
            Long[] numbers = Arrays.stream(values)
                    .map(value -> Long.valueOf((String) value))
                    .toArray(Long[]::new);
            statement.setArray(index, connection.createArrayOf("bigint", numbers));
        } else {
            ArrayText array = new ArrayText();
            Arrays.stream(values).forEach(value -> array.add((String) value));
            statement.setObject(index, array.toString(), Types.OTHER);
        }
    }

    private long shard(String tenant) throws SQLException {
        Long known = shards.get(tenant);
        if (known != null) {
            return known;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT get_shard_id_for_distribution_column('bench', " + tenant + "::bigint)")) {
            row.next();
            shards.put(tenant, row.getLong(1));
            return row.getLong(1);
        }
    }

    private void execute(String... commands) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }
}
