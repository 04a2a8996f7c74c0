package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.migrate.TestDatabases;

/** What is seen of a sink that waits; a session of its name stands for it. */
class StallCausesIT {

    private static final String SINK = "&ApplicationName=pg2citus%20sink%20shop";

    @Test
    void plainTarget_namesWhoHoldsTheLock() throws Exception {
        String url = TestDatabases.target().jdbcUrl(TestDatabases.create(TestDatabases.target()));
        TestDatabases.execute(url, "CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 0)");

        blocked_itsHolderIsNamed(url, false);
    }

    @Test
    void citusTarget_namesWhoHoldsTheLockOnAShard() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestDatabases.execute(
                    citus.jdbcUrl(),
                    "CREATE TABLE t (id int PRIMARY KEY, n int)",
                    "SELECT create_distributed_table('t', 'id')",
                    "INSERT INTO t VALUES (1, 0)");

            blocked_itsHolderIsNamed(citus.jdbcUrl(), true);
        }
    }

    private static void blocked_itsHolderIsNamed(String url, boolean citus) throws Exception {
        try (Connection holder = DriverManager.getConnection(url);
                Statement statement = holder.createStatement();
                Connection watching = DriverManager.getConnection(url)) {
            int pid;
            try (ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
                row.next();
                pid = row.getInt(1);
            }
            holder.setAutoCommit(false);
            statement.execute("UPDATE t SET n = 1 WHERE id = 1");
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
                try {
                    TestDatabases.execute(url + SINK, "UPDATE t SET n = 2 WHERE id = 1");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });

            Cause cause = awaitLock(watching, citus);

            assertThat(cause.code()).as(cause.message()).isEqualTo("WT001");
            assertThat(cause.remedy()).contains("pg_terminate_backend(%d)".formatted(pid));
            holder.rollback();
            waiting.get(30, TimeUnit.SECONDS);
        }
    }

    private static Cause awaitLock(Connection watching, boolean citus) throws SQLException, InterruptedException {
        StallCauses causes = new StallCauses("shop");
        Cause cause = causes.find(watching, citus, Optional.empty());
        for (int tenths = 0; tenths < 200 && !cause.code().equals("WT001"); tenths++) {
            Thread.sleep(100);
            cause = causes.find(watching, citus, Optional.empty());
        }
        return cause;
    }

    @Test
    void noSession_isSaidSo() throws SQLException {
        String url = TestDatabases.target().jdbcUrl(TestDatabases.create(TestDatabases.target()));
        try (Connection watching = DriverManager.getConnection(url)) {
            assertThat(new StallCauses("shop")
                            .find(watching, false, Optional.empty())
                            .code())
                    .isEqualTo("WT003");
        }
    }

    @Test
    void sessionAtRest_isNotBlamed() throws SQLException {
        String url = TestDatabases.target().jdbcUrl(TestDatabases.create(TestDatabases.target()));
        try (Connection watching = DriverManager.getConnection(url);
                Connection sink = DriverManager.getConnection(url + SINK)) {
            assertThat(sink.isValid(5)).isTrue();
            assertThat(new StallCauses("shop")
                            .find(watching, false, Optional.empty())
                            .code())
                    .as("nobody reads the slot")
                    .isEqualTo("WT004");
        }
    }
}
