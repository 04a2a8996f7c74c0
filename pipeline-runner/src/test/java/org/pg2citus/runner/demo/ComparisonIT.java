package org.pg2citus.runner.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.sink.change.TableId;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

class ComparisonIT {

    private static final DemoScale SMALL = new DemoScale(20, 2_000, 1, 1);

    /** In the order of their foreign keys. */
    private static final List<String> TABLES = List.of(
            "countries",
            "app_settings",
            "companies",
            "campaigns",
            "ads",
            "clicks",
            "accounts",
            "entries",
            "coupons",
            "imports",
            "samples");

    private static PostgresServer server;

    @BeforeAll
    static void start() throws SQLException {
        server = LocalPostgres.start(Map.of("fsync", "off"));
        try (Connection connection = server.connect("postgres")) {
            DemoSchema.createSource(connection);
            DemoSchema.fill(connection, SMALL);
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void of_sameRowsOnPlainPostgres_isEqual() throws Exception {
        try (Connection source = server.connect("postgres");
                Connection target = plainTarget("same")) {
            copy(source, target);
            Comparison comparison = Comparison.of(source, target);
            assertThat(comparison.tables()).hasSize(TABLES.size()).allMatch(Comparison.Pair::equal);
            assertThat(comparison.equal()).isTrue();
            assertThat(comparison.rows()).isGreaterThan(2_000);
        }
    }

    @Test
    void of_sameRowsOnCitus_isEqual() throws Exception {
        try (CitusDatabase database = TestCitus.database(Assumptions::abort);
                Connection source = server.connect("postgres");
                Connection target = database.connect();
                Statement statement = target.createStatement()) {
            DemoSchema.createTarget(target, true);
            // The workers' sessions have their own settings.
            statement.execute("SELECT run_command_on_workers('ALTER DATABASE %s SET timezone = ''Asia/Tokyo''')"
                    .formatted(database.name()));
            copy(source, target);
            Comparison comparison = Comparison.of(source, target);
            assertThat(comparison.tables()).hasSize(TABLES.size()).allMatch(Comparison.Pair::equal);
            assertThat(Books.read(target).balanced()).isTrue();
            assertThat(Books.balanced(target, 7)).isTrue();
        }
    }

    @Test
    void of_smallDifferences_findsEachTable() throws Exception {
        try (Connection source = server.connect("postgres");
                Connection target = plainTarget("different");
                Statement statement = target.createStatement()) {
            copy(source, target);
            statement.execute("UPDATE companies SET office = ROW('', '', NULL) WHERE office IS NULL AND id = 4");
            statement.execute("DELETE FROM clicks WHERE id = 77");
            statement.execute("UPDATE samples SET exact = 'NaN' WHERE exact = 1e-1000 AND id ="
                    + " (SELECT min(id) FROM samples WHERE exact = 1e-1000)");
            statement.execute("UPDATE coupons SET code = code || ' ' WHERE company_id = 3 AND code = 'CODE-1'");
            // Two rows exchange a value: count and sums of single columns stay.
            statement.execute("UPDATE ads SET title = CASE id WHEN 1 THEN (SELECT title FROM ads WHERE id = 2)"
                    + " ELSE (SELECT title FROM ads WHERE id = 1) END WHERE id IN (1, 2)");
            statement.execute("ALTER TABLE imports RENAME TO missing");

            Comparison comparison = Comparison.of(source, target);

            assertThat(comparison.equal()).isFalse();
            assertThat(comparison.tables())
                    .filteredOn(pair -> !pair.equal())
                    .extracting(pair -> pair.table().name())
                    .containsExactly("ads", "clicks", "companies", "coupons", "imports", "missing", "samples");
        }
    }

    private static Connection plainTarget(String name) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        Connection target = server.connect(name);
        DemoSchema.createTarget(target, false);
        return target;
    }

    private static void copy(Connection source, Connection target) throws SQLException, IOException {
        for (String table : TABLES) {
            String columns = writableColumns(source, table);
            StringWriter rows = new StringWriter();
            new CopyManager(source.unwrap(BaseConnection.class))
                    .copyOut("COPY %s (%s) TO STDOUT".formatted(table, columns), rows);
            new CopyManager(target.unwrap(BaseConnection.class))
                    .copyIn("COPY %s (%s) FROM STDIN".formatted(table, columns), new StringReader(rows.toString()));
        }
    }

    private static String writableColumns(Connection connection, String table) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        """
                        SELECT attname FROM pg_attribute
                        WHERE attrelid = '%s'::regclass AND attnum > 0 AND attgenerated = ''"""
                                .formatted(table))) {
            while (rows.next()) {
                columns.add(TableId.quote(rows.getString(1)));
            }
        }
        return String.join(", ", columns);
    }
}
