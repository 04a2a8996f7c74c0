package org.pg2citus.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CitusClusterIT {

    @TempDir
    private Path temporary;

    @Test
    void createDatabase_distributedTable_hasShardsOnBothWorkers() throws SQLException {
        try (CitusCluster cluster = CitusCluster.start(
                        installation(),
                        temporary.resolve("citus"),
                        Map.of("fsync", "off", "citus.recover_2pc_interval", "7s"));
                CitusDatabase database = cluster.createDatabase("shop");
                Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE orders (company_id bigint, id bigint, PRIMARY KEY (company_id, id))");
            statement.execute("SELECT create_distributed_table('orders', 'company_id')");
            statement.execute("INSERT INTO orders SELECT i % 50, i FROM generate_series(1, 500) AS i");

            assertThat(value(statement, "SELECT count(*) FROM orders")).isEqualTo("500");
            assertThat(value(statement, "SELECT count(DISTINCT nodeport) FROM citus_shards"))
                    .isEqualTo("2");
            assertThat(value(statement, "SHOW citus.recover_2pc_interval")).isEqualTo("7s");
            assertThat(value(statement, "SHOW wal_level")).isEqualTo("logical");

            cluster.workers().get(0).kill();
            cluster.workers().get(0).start();
            assertThat(value(statement, "SELECT count(*) FROM orders")).isEqualTo("500");
        }
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void testDatabases_twoInOneProcess_shareTheClusterAndSeeNothingOfEachOther() throws SQLException {
        try (CitusDatabase first = TestCitus.database(Assumptions::abort);
                CitusDatabase second = TestCitus.database(Assumptions::abort);
                Connection inFirst = first.connect();
                Connection inSecond = second.connect();
                Statement statement = inFirst.createStatement();
                Statement other = inSecond.createStatement()) {
            statement.execute("CREATE TABLE only_here (id bigint PRIMARY KEY)");
            statement.execute("SELECT create_reference_table('only_here')");

            assertThat(value(other, "SELECT to_regclass('only_here')")).isNull();
            assertThat(value(statement, "SELECT inet_server_port()"))
                    .isEqualTo(value(other, "SELECT inet_server_port()"));
            assertThat(value(other, "SELECT count(*) FROM citus_get_active_worker_nodes()"))
                    .matches("[1-9]");
        }
    }

    private static CitusInstallation installation() {
        Optional<CitusInstallation> found = CitusInstallation.find();
        if (found.isEmpty()) {
            String reason =
                    "no PostgreSQL installation with Citus found (looked at: " + CitusInstallation.places() + ")";
            System.out.println("SKIPPED, " + reason);
            Assumptions.abort(reason);
        }
        return found.get();
    }

    private static String value(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
