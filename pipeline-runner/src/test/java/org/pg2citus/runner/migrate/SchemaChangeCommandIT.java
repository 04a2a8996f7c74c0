package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.change.Changeover;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.event.MigrationEvent.CaughtUp;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.migrate.Migration.Until;

/**
 * Schema changes of every kind while the changed table is written to all the time: with files, by hand, unannounced, and
 * with the command ended at each of its steps. After each part, every row of both sides is compared.
 */
class SchemaChangeCommandIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The steps at which the command is ended, by how their texts begin. */
    private static final List<String> STEPS = List.of(
            "holding the sink",
            "trying the change",
            "changing the source",
            "the source is changed",
            "waiting until the target has everything",
            "changing the target",
            "the target is changed",
            "letting the sink go on",
            "waiting until the sink is behind");

    @TempDir
    Path directory;

    private MigrationSettings settings;
    private String sourceUrl;
    private String targetUrl;
    private boolean citus;
    private int files;

    @Test
    void plainTarget() throws Exception {
        String database = TestDatabases.create(TestDatabases.target());
        String url = TestDatabases.target().jdbcUrl(database);
        TestDatabases.execute(url, ItemLoad.schema("id"), "CREATE TABLE notes (id int PRIMARY KEY, v text)");
        run(TestDatabases.address(TestDatabases.target(), database), url);
    }

    @Test
    void citusTarget() throws Exception {
        try (CitusDatabase cluster = TestCitus.database(reason -> Assumptions.abort(reason))) {
            citus = true;
            TestDatabases.execute(
                    cluster.jdbcUrl(),
                    "SET citus.shard_count = 8",
                    ItemLoad.schema("tenant, id"),
                    "SELECT create_distributed_table('items', 'tenant')",
                    "CREATE TABLE notes (id int PRIMARY KEY, v text)",
                    "SELECT create_reference_table('notes')");
            run(TestDatabases.address(cluster.jdbcUrl()), cluster.jdbcUrl());
        }
    }

    @SuppressWarnings("try") // the load runs, it is not asked
    private void run(ServerAddress target, String url) throws Exception {
        String database = TestDatabases.create(TestDatabases.source());
        sourceUrl = TestDatabases.source().jdbcUrl(database);
        targetUrl = url;
        TestDatabases.execute(
                sourceUrl,
                ItemLoad.schema("id"),
                "ALTER TABLE items REPLICA IDENTITY FULL",
                "CREATE TABLE notes (id int PRIMARY KEY, v text)",
                "INSERT INTO notes SELECT i, 'n' || i FROM generate_series(1, 20) i");
        ItemLoad.fill(sourceUrl);
        settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), database), target, directory.resolve("data"));
        EventLog events = new EventLog();
        StopSignal stop = new StopSignal();
        CompletableFuture<Void> migrating = CompletableFuture.runAsync(
                () -> new Migration(settings, events::add, stop, Until.STOPPED).run(),
                task -> new Thread(task, "migration").start());
        try (ItemLoad load = ItemLoad.start(sourceUrl, 2)) {
            events.await(CaughtUp.class, PATIENCE, migrating::isDone);
            withFiles(load);
            renamedByHandInATableAtRest();
            tables();
            refusals();
            endedAtEachStep();
            unannounced();
            byHand();
        } finally {
            stop.request();
            migrating.get(2, TimeUnit.MINUTES);
        }
        Migration last = new Migration(settings, events::add, new StopSignal(), Until.CAUGHT_UP);
        last.run();
        Comparison.assertEqual(sourceUrl, targetUrl, ItemLoad.TABLE, "orders");
    }

    // ---------------------------------------------------------------- with files

    private void withFiles(ItemLoad load) throws Exception {
        long before = load.transactions();
        change("ALTER TABLE items ADD COLUMN added int NOT NULL DEFAULT 7");
        change("BEGIN; ALTER TABLE items DROP COLUMN doomed; COMMIT;");
        change("ALTER TABLE public.items RENAME COLUMN a TO z");
        change("ALTER TABLE items ALTER COLUMN small TYPE bigint, ADD COLUMN extra text DEFAULT 'it''s; x'");
        // Old values are converted, new ones are not: exact only with the barrier.
        change("ALTER TABLE items ALTER COLUMN code TYPE text USING 'c' || code");
        verify();
        change("CREATE INDEX items_z ON items (z); ALTER TABLE items ADD CONSTRAINT positive CHECK (n >= 0)");
        change("ALTER TABLE items DROP CONSTRAINT positive; DROP INDEX items_z");
        CommandRun unique = change("ALTER TABLE items ADD CONSTRAINT once UNIQUE (id)");
        assertThat(unique.result().path("target").toString()).contains(citus ? "(id, \\\"tenant\\\")" : "UNIQUE (id)");
        change("ALTER TABLE items ADD COLUMN filled uuid; ALTER TABLE items ALTER filled SET DEFAULT gen_random_uuid();"
                + " UPDATE items SET filled = gen_random_uuid()");
        verify();
        assertThat(load.transactions()).as("the application goes on").isGreaterThan(before);
    }

    /** Nobody has written it since it was copied: only the copy tells which columns the source had. */
    private void renamedByHandInATableAtRest() throws Exception {
        ok(execute("schema-change", "begin"));
        TestDatabases.execute(sourceUrl, "ALTER TABLE notes RENAME COLUMN v TO w");
        CommandRun told = execute("schema-change", "finish");
        assertThat(told.exitCode()).as(told.output()).isEqualTo(4);
        assertThat(told.result().path("target").toString()).contains("RENAME COLUMN \\\"v\\\"");
        TestDatabases.execute(targetUrl, "ALTER TABLE notes RENAME COLUMN v TO w");
        ok(execute("schema-change", "finish"));
        verify();
    }

    private void tables() throws Exception {
        String orders =
                """
                CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, item bigint, at timestamptz DEFAULT now(),
                  PRIMARY KEY (id));
                INSERT INTO orders (item) SELECT g FROM generate_series(1, 5) g;""";
        if (citus) {
            assertThat(finish(orders).code()).isEqualTo("SC013");
            Path own = file(
                    "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, item bigint, at timestamptz DEFAULT"
                            + " now(), PRIMARY KEY (id)); SELECT create_distributed_table('orders', 'id')");
            ok(execute("schema-change", "finish", "--sql=" + file(orders), "--target-sql=" + own));
        } else {
            ok(finish(orders));
        }
        TestDatabases.execute(sourceUrl, "INSERT INTO orders (item) SELECT 9 FROM generate_series(1, 30)");
        verify();
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) FROM orders"))
                .containsExactly("35");

        ok(
                finish(
                        "ALTER TABLE notes RENAME TO aside; ALTER TABLE orders RENAME TO notes; ALTER TABLE aside RENAME TO orders"));
        TestDatabases.execute(sourceUrl, "INSERT INTO notes (item) VALUES (10)", "DELETE FROM orders WHERE id = 4");
        verify();
        ok(
                finish(
                        "ALTER TABLE orders RENAME TO aside; ALTER TABLE notes RENAME TO orders; ALTER TABLE aside RENAME TO notes"));
        verify();

        ok(finish("ALTER TABLE notes RENAME TO remarks"));
        TestDatabases.execute(
                sourceUrl, "INSERT INTO remarks VALUES (100, 'new name')", "DELETE FROM remarks WHERE id = 3");
        verify();
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) FROM remarks"))
                .containsExactly("19");
        ok(finish("DROP TABLE remarks"));
        verify();
        assertThat(TestDatabases.query(targetUrl, "SELECT to_regclass('remarks') IS NULL"))
                .containsExactly("t");
        assertThat(execute("status").result().path("tables").toString())
                .contains("orders", "items")
                .doesNotContain("remarks", "notes");
    }

    // ---------------------------------------------------------------- refusals

    private void refusals() throws Exception {
        refused("SC012", 4, "CREATE INDEX CONCURRENTLY i ON items (n)");
        refused("SC012", 4, "UPDATE items SET n = 1; ALTER TABLE items DROP COLUMN z");
        refused("SC011", 1, "-- nothing");
        refused("SC014", 6, "ALTER TABLE items DROP COLUMN nowhere", "COMMENT ON TABLE items IS 'a'");
        refused("SC015", 4, "CREATE TABLE keyless (a int)", "CREATE TABLE keyless (a int)");
        for (String type : new String[] {"uuid DEFAULT gen_random_uuid()", "timestamptz DEFAULT now()", "bigserial"}) {
            refused(
                    "SC016",
                    4,
                    "ALTER TABLE items ADD COLUMN moment " + type,
                    "ALTER TABLE items ADD COLUMN moment int");
        }
        refused(
                "SC016",
                4,
                "ALTER TABLE items ADD at timestamp; ALTER TABLE items ALTER COLUMN at TYPE timestamptz",
                "ALTER TABLE items ADD at timestamptz");
        refused(
                "SC016",
                4,
                "ALTER TABLE items ALTER COLUMN n TYPE text USING items.n || now()::text",
                "ALTER TABLE items ALTER COLUMN n TYPE text");
        refused(
                "SC016",
                4,
                "CREATE DOMAIN stamped AS timestamptz DEFAULT now(); ALTER TABLE items ADD COLUMN s stamped",
                "ALTER TABLE items ADD COLUMN s timestamptz");
        refused("SC012", 4, "DO $$ BEGIN UPDATE items SET n = 1; END $$");
        assertThat(execute("schema-change", "finish", "--target-sql=" + file("SELECT 1"))
                        .code())
                .isEqualTo("SC006");
        refused("SC017", 7, "ALTER TABLE items ADD COLUMN x int", "ALTER TABLE items ADD COLUMN x nonsense");
        if (citus) {
            refused("SC013", 4, "ALTER TABLE items ALTER COLUMN tenant TYPE bigint");
        }

        ok(execute("pause"));
        assertThat(finish("ALTER TABLE items ADD COLUMN x int").code()).isEqualTo("SC003");
        ok(execute("resume"));

        CommandRun planned =
                execute("schema-change", "begin", "--dry-run", "--sql=" + file("ALTER TABLE items ADD x int"));
        assertThat(planned.result().path("outcome").asText()).isEqualTo("PLANNED");
        assertThat(execute("status").result().path("heldAt").isNull()).isTrue();

        ok(execute("schema-change", "begin", "--sql=" + file("ALTER TABLE items ADD COLUMN x int")));
        for (String[] command :
                new String[][] {{"pause"}, {"resume"}, {"verify"}, {"cutover", "start"}, {"cutover", "rehearse"}}) {
            CommandRun ended = execute(command);
            assertThat(ended.exitCode()).as(ended.output()).isEqualTo(3);
            assertThat(ended.code()).isEqualTo("SC002");
        }
        JsonNode status = execute("status").result();
        assertThat(status.path("schemaChange").path("step").asText()).isEqualTo("HELD");
        assertThat(status.path("blockers").toString()).contains("WT009", "schema-change finish");
        assertThat(finish("ALTER TABLE items ADD COLUMN other int").code()).isEqualTo("SC007");
        ok(execute("schema-change", "abort"));
        ok(execute("schema-change", "abort"));
        assertThat(columns(sourceUrl)).doesNotContain("x");
        verify();

        // Wrong, and nothing says so before the source is changed.
        CommandRun wrong = finish("ALTER TABLE items ADD COLUMN x int", "ALTER TABLE items ADD COLUMN y int");
        assertThat(wrong.code()).as(wrong.output()).isEqualTo("SC018");
        assertThat(execute("schema-change", "abort").code()).isEqualTo("SC010");
        ok(execute("schema-change", "finish", "--target-sql=" + file("ALTER TABLE items ADD COLUMN x int")));
        verify();
    }

    private void refused(String code, int exitCode, String sql, String... targetSql) throws Exception {
        CommandRun ended = finish(sql, targetSql);
        assertThat(ended.code()).as(ended.output()).isEqualTo(code);
        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(exitCode);
        JsonNode status = execute("status").result();
        assertThat(status.has("schemaChange")).isFalse();
        assertThat(status.path("heldAt").isNull()).isTrue();
    }

    // ---------------------------------------------------------------- ended at each step

    private static final class Killed extends RuntimeException {
        Killed(String step) {
            super(step);
        }
    }

    private void endedAtEachStep() throws Exception {
        for (int i = 0; i < STEPS.size(); i++) {
            String killedAt = STEPS.get(i);
            var change = new Changeover.Files(
                    Optional.of("ALTER TABLE items ADD COLUMN step%d text DEFAULT 's', DROP COLUMN IF EXISTS step%d"
                            .formatted(i + 1, i)),
                    Optional.empty());
            assertThatThrownBy(() -> changeover(killedAt).finish(change))
                    .as(killedAt)
                    .isInstanceOf(Killed.class);
            changeover("never").finish(change);
            assertThat(columns(targetUrl)).contains("step" + (i + 1)).doesNotContain("step" + i);
        }
        // Rows that were lost or doubled at one of them would still be so.
        verify();
        // CommandRun while the source's transaction was under way, which then was rolled back.
        ok(execute("schema-change", "begin", "--sql=" + file("ALTER TABLE items ADD COLUMN undone int")));
        TestDatabases.execute(
                targetUrl,
                "UPDATE pg2citus.schema_change SET step = 'SOURCE_CHANGING', source_lsn = held_at_lsn, source_xid = '%s', tables = '{\"added\":[],\"renamed\":[],\"dropped\":[],\"goneColumns\":[]}'"
                        .formatted(abortedTransaction()));
        ok(execute("schema-change", "abort"));
        assertThat(columns(sourceUrl)).doesNotContain("undone");
        verify();
    }

    private String abortedTransaction() throws SQLException {
        try (Connection connection = DriverManager.getConnection(sourceUrl);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            try (ResultSet row = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
                row.next();
                return row.getString(1);
            } finally {
                connection.rollback();
            }
        }
    }

    private Changeover changeover(String killedAt) {
        return new Changeover(
                settings,
                event -> {
                    if (event instanceof StepStarted step && step.step().startsWith(killedAt)) {
                        throw new Killed(killedAt);
                    }
                },
                new StopSignal(),
                PATIENCE,
                target -> Optional.empty());
    }

    // ---------------------------------------------------------------- unannounced, and by hand

    private void unannounced() throws Exception {
        TestDatabases.execute(sourceUrl, "ALTER TABLE items ADD COLUMN sudden int DEFAULT 4");
        awaitStall("AP002");
        CommandRun told = execute("schema-change", "finish");
        assertThat(told.exitCode()).as(told.output()).isEqualTo(4);
        assertThat(told.result().path("target").toString()).contains("ADD COLUMN \\\"sudden\\\" integer");
        TestDatabases.execute(targetUrl, "ALTER TABLE items ADD COLUMN sudden int DEFAULT 4");
        ok(execute("schema-change", "finish"));
        verify();

        TestDatabases.execute(sourceUrl, "ALTER TABLE items DROP COLUMN sudden");
        awaitStall("AP020");
        told = execute("schema-change", "finish");
        assertThat(told.exitCode()).as(told.output()).isEqualTo(4);
        assertThat(told.result().path("target").toString()).contains("DROP COLUMN \\\"sudden\\\"");
        assertThat(told.result().path("notes").toString()).contains("stands at the change");
        TestDatabases.execute(targetUrl, "ALTER TABLE items DROP COLUMN sudden");
        ok(execute("schema-change", "finish"));
        verify();
    }

    private void byHand() throws Exception {
        ok(execute("schema-change", "begin"));
        TestDatabases.execute(sourceUrl, "ALTER TABLE items ADD COLUMN by_hand bigint DEFAULT 1, DROP COLUMN extra");
        CommandRun told = execute("schema-change", "finish");
        assertThat(told.exitCode()).as(told.output()).isEqualTo(4);
        assertThat(told.result().path("target")).hasSize(2);
        assertThat(execute("status").result().path("schemaChange").path("step").asText())
                .isEqualTo("PASSING");
        TestDatabases.execute(
                targetUrl,
                "ALTER TABLE items ADD COLUMN by_hand bigint DEFAULT 1",
                "ALTER TABLE items DROP COLUMN extra");
        ok(execute("schema-change", "finish"));
        verify();
        assertThat(execute("status").result().has("schemaChange")).isFalse();
    }

    private void awaitStall(String code) throws InterruptedException {
        for (int tenths = 0; tenths < 600; tenths++) {
            if (execute("status").result().path("blockers").toString().contains(code)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError(
                "the sink does not stop with " + code + ": " + execute("status").output());
    }

    // ---------------------------------------------------------------- commands

    private CommandRun change(String sql) throws Exception {
        return ok(finish(sql));
    }

    private CommandRun finish(String sql, String... targetSql) throws IOException {
        List<String> command = new ArrayList<>(List.of("schema-change", "finish", "--sql=" + file(sql)));
        for (String target : targetSql) {
            command.add("--target-sql=" + file(target));
        }
        return execute(command.toArray(String[]::new));
    }

    private Path file(String sql) throws IOException {
        return Files.writeString(directory.resolve("change" + ++files + ".sql"), sql);
    }

    private void verify() {
        CommandRun verified = ok(execute("verify"));
        assertThat(verified.result().path("equal").asBoolean())
                .as(verified.output())
                .isTrue();
    }

    private static CommandRun ok(CommandRun ended) {
        assertThat(ended.exitCode()).as(ended.output()).isZero();
        return ended;
    }

    private static List<String> columns(String url) throws SQLException {
        return TestDatabases.query(
                url,
                "SELECT attname FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped");
    }

    private CommandRun execute(String... arguments) {
        return CommandRun.of(settings, arguments);
    }
}
