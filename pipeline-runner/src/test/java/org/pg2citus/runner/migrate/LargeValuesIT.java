package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;

/** Fields of 50 MB on the whole way, and what happens to those beyond every limit. */
final class LargeValuesIT {

    @TempDir
    private Path directory;

    private String sourceUrl;
    private String targetUrl;

    @Test
    void fieldsOfFiftyMegabytes_arriveAsTheyAre_andLargerOnesStopWithTheirColumn() throws Exception {
        MigrationSettings settings = settings();
        run(settings);
        // bytea travels as text, two digits a byte.
        TestDatabases.execute(
                sourceUrl,
                "INSERT INTO large SELECT 1, string_agg(md5(i::text), ''), NULL FROM generate_series(1, 1562500) i",
                "INSERT INTO large VALUES (2, NULL, decode(repeat('0123456789abcdef', 6250000), 'hex'))",
                "UPDATE large SET id = 3 WHERE id = 1");
        run(settings);

        String digests = "SELECT concat_ws('|', id, length(t), md5(t), length(b), md5(b)) FROM large ORDER BY id";
        assertThat(TestDatabases.query(sourceUrl, "SELECT length(t) FROM large WHERE id = 3"))
                .containsExactly("50000000");
        assertThat(TestDatabases.query(targetUrl, digests)).isEqualTo(TestDatabases.query(sourceUrl, digests));

        TestDatabases.execute(
                sourceUrl,
                "INSERT INTO large VALUES (4, 'small', NULL)",
                "INSERT INTO large VALUES (5, NULL, decode(repeat('0123456789abcdef', 17500000), 'hex'))",
                "INSERT INTO large VALUES (6, 'after', NULL)");
        MigrationException failure = catchThrowableOfType(MigrationException.class, () -> run(settings));
        assertThat(failure.code()).isEqualTo("SR031");
        assertThat(failure.getMessage()).contains("public.large", "column b");
        assertThat(TestDatabases.query(targetUrl, "SELECT id FROM large ORDER BY id"))
                .doesNotContain("5", "6");
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
    }

    private MigrationSettings settings() throws SQLException {
        String from = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        sourceUrl = TestDatabases.source().jdbcUrl(from);
        targetUrl = TestDatabases.target().jdbcUrl(to);
        for (String url : List.of(sourceUrl, targetUrl)) {
            TestDatabases.execute(url, "CREATE TABLE large (id int PRIMARY KEY, t text, b bytea)");
        }
        return TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), from),
                TestDatabases.address(TestDatabases.target(), to),
                directory.resolve("data"));
    }

    private static void run(MigrationSettings settings) {
        new Migration(settings, event -> {}, new StopSignal(), Until.CAUGHT_UP).run();
    }
}
