package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;

/**
 * Large tables whose copy ends half-way, again and again, with random changes in between: rows that are inserted, updated,
 * deleted, and that move from copied to not yet copied ranges and back. At the end both sides are equal.
 *
 * <p>{@code -Dpg2citus.test.copyHistories=20} runs more of them, and as many on a plain target.
 */
class CopyHistoriesIT {

    private static final int ROWS = 4_000;
    private static final String[] TABLES = {"by_key", "by_uuid", "by_block", "parts"};
    /** A copy ends with it where we want it to end: the target does not take one row. */
    private static final String TRAP = "ALTER TABLE %s ADD CONSTRAINT trap CHECK (n <> %d)";

    @TempDir
    Path directory;

    private final List<String> notices = new ArrayList<>();
    private String sourceUrl;
    private String targetUrl;

    private static String[] schema(boolean target) {
        return new String[] {
            "CREATE TABLE by_key (id bigint, n int NOT NULL, tenant int NOT NULL, filler text, body text, PRIMARY KEY (%s))"
                    .formatted(target ? "tenant, id" : "id"),
            "CREATE TABLE by_uuid (id uuid PRIMARY KEY, n int, filler text)",
            // Not in the order of its key.
            "CREATE TABLE by_block (id bigint PRIMARY KEY, n int, filler text)",
            "CREATE TABLE parts (id int, day date, n int, filler text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
            "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')",
            "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-07-01') TO ('2027-01-01')"
        };
    }

    private void fillSource() throws SQLException {
        TestDatabases.execute(sourceUrl, schema(false));
        TestDatabases.execute(
                sourceUrl,
                "ALTER TABLE by_key REPLICA IDENTITY FULL",
                "INSERT INTO by_key SELECT i, i, i %% 7, repeat('x', 700), CASE WHEN i %% 10 = 0 THEN (SELECT string_agg(md5(random()::text || i || g), '') FROM generate_series(1, 100) g) END FROM generate_series(1, %d) i"
                        .formatted(ROWS),
                "INSERT INTO by_uuid SELECT lpad(to_hex(i * 1000), 32, '0')::uuid, i, repeat('x', 700) FROM generate_series(1, %d) i"
                        .formatted(ROWS),
                "INSERT INTO by_block SELECT i, i, repeat('x', 700) FROM generate_series(1, %d) i ORDER BY md5(i::text)"
                        .formatted(ROWS),
                "INSERT INTO parts SELECT i, date '2026-01-01' + i * 360 / %1$d, i, repeat('x', 700) FROM generate_series(1, %1$d) i"
                        .formatted(ROWS),
                "ANALYZE");
    }

    @Test
    void plainTarget_isEqualWhereverTheCopyEnded() throws Exception {
        int histories = Integer.getInteger("pg2citus.test.copyHistories", 0);
        Assumptions.assumeTrue(histories > 0, "only with -Dpg2citus.test.copyHistories");
        for (int seed = 0; seed < histories; seed++) {
            String database = TestDatabases.create(TestDatabases.target());
            targetUrl = TestDatabases.target().jdbcUrl(database);
            TestDatabases.execute(targetUrl, schema(true));
            history(seed, TestDatabases.address(TestDatabases.target(), database));
        }
    }

    @Test
    void citusTarget_isEqualWhereverTheCopyEnded() throws Exception {
        for (int seed = 0; seed < Integer.getInteger("pg2citus.test.copyHistories", 1); seed++) {
            try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
                targetUrl = citus.jdbcUrl();
                TestDatabases.execute(targetUrl, schema(true));
                TestDatabases.execute(
                        targetUrl,
                        "SELECT create_distributed_table('by_key', 'tenant')",
                        "SELECT create_distributed_table('by_uuid', 'id')",
                        "SELECT create_reference_table('by_block')",
                        "SELECT create_distributed_table('parts', 'id')");
                history(1_000 + seed, TestDatabases.address(citus.jdbcUrl()));
            }
        }
    }

    private void history(int seed, ServerAddress target) throws Exception {
        String database = TestDatabases.create(TestDatabases.source());
        sourceUrl = TestDatabases.source().jdbcUrl(database);
        fillSource();
        MigrationSettings settings = TestDatabases.copying(
                TestDatabases.settings(
                        TestDatabases.address(TestDatabases.source(), database),
                        target,
                        directory.resolve("data" + seed)),
                new CopySettings(3, 1, seed % 2 == 1, seed % 3 == 0));
        Random random = new Random(seed);
        notices.clear();
        int ended = 0;
        for (int round = 0; round < 2; round++) {
            List<String> trapped = List.of("by_key", "by_uuid", TABLES[2 + random.nextInt(2)]);
            setTraps(trapped, random);
            if (!runs(settings)) {
                ended++;
            }
            dropTraps(trapped);
            change(random, 250);
        }
        assertThat(ended).as("runs that ended while copying").isPositive();
        assertThat(TestDatabases.query(targetUrl, "SELECT count(DISTINCT table_name) FROM pg2citus.copy_plan"))
                .containsExactly("4");
        assertThat(TestDatabases.query(
                        targetUrl,
                        "SELECT DISTINCT table_name FROM pg2citus.copy_plan WHERE key_column IS NOT NULL ORDER BY 1"))
                .containsExactly("by_key", "by_uuid", "parts");

        assertThat(runs(settings)).as("seed " + seed).isTrue();

        Comparison.assertEqual(sourceUrl, targetUrl, TABLES);
        // Both a range that was finished before and one that came later: not simply copied anew.
        assertThat(
                        TestDatabases.query(
                                targetUrl,
                                "SELECT count(DISTINCT copy_lsn) > 1 FROM pg2citus.copied_chunk WHERE table_name IN ('by_key', 'by_uuid', 'parts')"))
                .containsExactly("t");
        assertThat(notices).noneMatch(notice -> notice.startsWith("copying table public.by_key anew"));
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
    }

    /** One row of each, of those that are not copied yet. */
    private void setTraps(List<String> tables, Random random) throws SQLException {
        for (String table : tables) {
            List<String> there = TestDatabases.query(targetUrl, "SELECT n FROM " + table);
            List<String> rest = TestDatabases.query(sourceUrl, "SELECT DISTINCT n FROM " + table + " ORDER BY n");
            rest.removeAll(there);
            if (!rest.isEmpty()) {
                TestDatabases.execute(
                        targetUrl, TRAP.formatted(table, Integer.parseInt(rest.get(random.nextInt(rest.size())))));
            }
        }
    }

    private void dropTraps(List<String> tables) throws SQLException {
        for (String table : tables) {
            TestDatabases.execute(targetUrl, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS trap".formatted(table));
        }
    }

    /** False when it ended while copying. */
    private boolean runs(MigrationSettings settings) {
        try {
            new Migration(settings, this::remember, new StopSignal(), Until.CAUGHT_UP).run();
            return true;
        } catch (MigrationException e) {
            // A trap may also be met by a change in the stream.
            assertThat(e.code()).as(e.getMessage()).matches("CP001|AP0(?!18)\\d\\d");
            return false;
        }
    }

    private void remember(MigrationEvent event) {
        if (event instanceof MigrationEvent.Notice notice) {
            notices.add(notice.text());
        }
    }

    private void change(Random random, int transactions) throws SQLException {
        try (Connection connection = DriverManager.getConnection(sourceUrl);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < transactions; i++) {
                for (int changes = random.nextInt(4); changes >= 0; changes--) {
                    change(statement, random);
                }
                if (random.nextInt(10) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        }
    }

    private static void change(Statement statement, Random random) throws SQLException {
        String table = TABLES[random.nextInt(TABLES.length)];
        boolean uuid = table.equals("by_uuid");
        String from = id(uuid, 1 + random.nextInt(ROWS));
        String to = id(uuid, 1 + random.nextInt(ROWS + 200));
        switch (random.nextInt(6)) {
            case 0 -> statement.execute("DELETE FROM %s WHERE id = %s".formatted(table, from));
            // Far away, mostly to where another snapshot is.
            case 1, 2 ->
                statement.execute(
                        "UPDATE %1$s SET id = %3$s, n = n + 100000 WHERE id = %2$s AND NOT EXISTS (SELECT FROM %1$s WHERE id = %3$s)"
                                .formatted(table, from, to));
            case 3 -> {
                String more =
                        table.equals("parts") ? ", day = date '2026-01-01' + %d".formatted(random.nextInt(360)) : "";
                statement.execute(
                        "UPDATE %s SET n = %d%s WHERE id = %s".formatted(table, -random.nextInt(1_000), more, from));
            }
            case 4 -> statement.execute("UPDATE %s SET filler = 'short' WHERE id = %s".formatted(table, from));
            default -> {
                String columns =
                        table.equals("by_key") ? "id, n, tenant" : table.equals("parts") ? "id, n, day" : "id, n";
                String values = table.equals("by_key") ? ", 3" : table.equals("parts") ? ", '2026-08-01'" : "";
                statement.execute(
                        "INSERT INTO %1$s (%2$s) SELECT %3$s, -1%4$s WHERE NOT EXISTS (SELECT FROM %1$s WHERE id = %3$s)"
                                .formatted(table, columns, to, values));
            }
        }
    }

    private static String id(boolean uuid, int number) {
        return uuid ? "lpad(to_hex(%d * 1000), 32, '0')::uuid".formatted(number) : Integer.toString(number);
    }
}
