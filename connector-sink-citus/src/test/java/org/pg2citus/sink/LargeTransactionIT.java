package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;

/** A transaction larger than memory is applied as one, in a heap that does not grow with it. */
class LargeTransactionIT {

    /** {@code -Dpg2citus.large.rows=10000000} for the long run, then with the heap of {@code pg2citus.large.heap}. */
    private static final long ROWS = Long.getLong("pg2citus.large.rows", 60_000);

    private static final String HEAP = System.getProperty("pg2citus.large.heap", "1g");

    /** As by default in the long run; of the short one a tenth is in memory at most. */
    private static final long ROWS_IN_MEMORY = Math.min(200_000, ROWS / 10);

    @ParameterizedTest
    @ValueSource(strings = {CitusSinkConfig.ORDERED, CitusSinkConfig.PER_TABLE})
    void transactionLargerThanMemory_isOneTargetTransaction(String layout) throws Exception {
        Assumptions.assumeTrue(layout.matches(System.getProperty("pg2citus.large.layout", ".*")));
        try (CitusDatabase target = TestCitus.database(reason -> Assumptions.abort(reason))) {
            value(
                    target.jdbcUrl(),
                    """
                    SET citus.shard_count = 4;
                    CREATE TABLE a (id bigint PRIMARY KEY, note text);
                    CREATE TABLE b (id bigint PRIMARY KEY, note text);
                    SELECT create_distributed_table('a', 'id');
                    SELECT create_distributed_table('b', 'id')""");
            Instant started = Instant.now();
            String heap = run(target.jdbcUrl(), layout);
            Duration took = Duration.between(started, Instant.now());
            for (String table : new String[] {"a", "b"}) {
                long changes = table.equals("a") ? (ROWS + 1) / 2 : ROWS / 2;
                assertThat(value(
                                target.jdbcUrl(),
                                "SELECT count(*) || '|' || count(*) FILTER (WHERE note LIKE 'u%') FROM " + table))
                        .isEqualTo(LargeTransaction.expected(changes));
            }
            assertThat(value(
                            target.jdbcUrl(),
                            "SELECT transactions_applied || '|' || rows_applied FROM pg2citus.progress"))
                    .isEqualTo("1|" + ROWS);
            System.out.printf(
                    "large transaction, %s: %d rows in %d s with -Xmx%s, heap in MiB: %s%n",
                    layout, ROWS, took.toSeconds(), HEAP, heap);
        }
    }

    private static String run(String url, String layout) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + HEAP,
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LargeTransaction.class.getName(),
                        url,
                        layout,
                        String.valueOf(ROWS),
                        String.valueOf(ROWS_IN_MEMORY))
                .redirectErrorStream(true)
                .start();
        String last = "";
        StringBuilder all = new StringBuilder();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                last = line;
                if (all.length() < 20_000) {
                    all.append(line).append('\n');
                }
            }
        }
        assertThat(process.waitFor()).as(all.toString()).isZero();
        return last;
    }

    private static String value(String url, String query) throws Exception {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            boolean hasRow = statement.execute(query);
            if (!hasRow) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                row.next();
                return row.getString(1);
            }
        }
    }
}
