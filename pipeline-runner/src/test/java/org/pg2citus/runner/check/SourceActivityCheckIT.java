package org.pg2citus.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.migrate.TestDatabases;

class SourceActivityCheckIT {

    @TempDir
    Path dataDir;

    private List<Finding> findings(PostgresServer server, Duration longTime) throws SQLException {
        MigrationSettings settings = TestDatabases.settings(
                TestDatabases.address(server, "postgres"), TestDatabases.address(server, "postgres"), dataDir);
        List<Finding> findings = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"))) {
            new SourceActivityCheck(longTime).run(Inspection.read(settings, connection, connection), findings::add);
        }
        return findings;
    }

    @Test
    void whatASlotWaitsFor_isToldWhenItIsOld() throws SQLException {
        try (PostgresServer server = LocalPostgres.start(Map.of("max_prepared_transactions", "5", "fsync", "off"));
                Connection open = DriverManager.getConnection(server.jdbcUrl("postgres"));
                Statement statement = open.createStatement()) {
            statement.execute("CREATE TABLE t (id int)");
            open.setAutoCommit(false);
            statement.execute("INSERT INTO t VALUES (1)");
            TestDatabases.execute(
                    server.jdbcUrl("postgres"), "BEGIN; INSERT INTO t VALUES (2); PREPARE TRANSACTION 'left over'");

            assertThat(findings(server, Duration.ofMinutes(5))).isEmpty();
            assertThat(findings(server, Duration.ZERO))
                    .anySatisfy(finding -> {
                        assertThat(finding.code()).isEqualTo("PF020");
                        assertThat(finding.severity()).isEqualTo(Finding.Severity.WARNING);
                    })
                    .anySatisfy(finding -> {
                        assertThat(finding.code()).isEqualTo("PF021");
                        assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
                        assertThat(finding.message()).contains("'left over'");
                    });
        }
    }
}
