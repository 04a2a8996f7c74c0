package org.pg2citus.runner.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.sink.change.TableId;

class WriteLoadIT {

    private static final DemoScale SMALL = new DemoScale(20, 2_000, 3, 400);

    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = LocalPostgres.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void load_ofAFewSeconds_writesEveryKindAndKeepsTheBooks() throws Exception {
        createDatabase("kinds");
        try (Connection connection = server.connect("kinds")) {
            DemoSchema.createSource(connection);
            DemoSchema.fill(connection, SMALL);
            Map<TableId, TableDigest> before = TableDigest.all(connection);

            LoadCounts counts;
            try (WriteLoad load = WriteLoad.start(() -> server.connect("kinds"), SMALL)) {
                Thread.sleep(3_000);
                counts = load.stop();
            }

            assertThat(counts.transactions()).containsOnlyKeys(LoadKind.values());
            assertThat(counts.allTransactions()).isGreaterThan(200);
            assertThat(counts.changedRows()).isGreaterThan(counts.allTransactions());
            Books books = Books.read(connection);
            assertThat(books.balanced()).isTrue();
            assertThat(books.entries()).isPositive();
            Map<TableId, TableDigest> after = TableDigest.all(connection);
            assertThat(after).hasSameSizeAs(before);
            assertThat(after.entrySet()).doesNotContainAnyElementsOf(before.entrySet());
        }
    }

    @Test
    void books_halfATransfer_areWrong() throws SQLException {
        createDatabase("books");
        try (Connection connection = server.connect("books");
                Statement statement = connection.createStatement()) {
            DemoSchema.createSource(connection);
            DemoSchema.fill(connection, SMALL);
            assertThat(Books.balanced(connection, 7)).isTrue();

            statement.execute("UPDATE accounts SET balance = balance - 1 WHERE company_id = 7 AND number = 2");
            assertThat(Books.read(connection)).isEqualTo(new Books(1, 0, 0));
            assertThat(Books.balanced(connection, 7)).isFalse();
            assertThat(Books.balanced(connection, 8)).isTrue();

            statement.execute("INSERT INTO entries (company_id, number, transfer, amount)"
                    + " VALUES (7, 2, gen_random_uuid(), -1)");
            assertThat(Books.read(connection)).isEqualTo(new Books(0, 1, 1));
        }
    }

    @Test
    void stop_afterAWriterFailed_throwsItsError() throws Exception {
        createDatabase("failing");
        try (Connection connection = server.connect("failing");
                Statement statement = connection.createStatement()) {
            DemoSchema.createSource(connection);
            DemoSchema.fill(connection, SMALL);
            statement.execute("DROP TABLE app_settings");
        }
        try (WriteLoad load = WriteLoad.start(() -> server.connect("failing"), SMALL)) {
            assertThatThrownBy(load::stop)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("app_settings");
        }
    }

    private static void createDatabase(String name) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
    }
}
