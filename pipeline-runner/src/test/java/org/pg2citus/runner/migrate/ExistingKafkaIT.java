package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.KafkaSettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;
import org.pg2citus.runner.stream.ChangeTopic;
import org.pg2citus.runner.stream.EmbeddedConnect;
import org.pg2citus.runner.stream.EmbeddedKafka;

/** A Kafka cluster, and Connect workers, that were there before and stay after. */
class ExistingKafkaIT {

    @TempDir
    Path directory;

    private String sourceUrl;
    private String targetUrl;

    private MigrationSettings settings(String servers, Optional<URI> connectUrl) throws SQLException {
        String from = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        sourceUrl = TestDatabases.source().jdbcUrl(from);
        targetUrl = TestDatabases.target().jdbcUrl(to);
        for (String url : List.of(sourceUrl, targetUrl)) {
            TestDatabases.execute(url, "CREATE TABLE kept (id int PRIMARY KEY, v text)");
        }
        TestDatabases.execute(sourceUrl, "INSERT INTO kept SELECT i, 'copied' FROM generate_series(1, 100) i");
        MigrationSettings plain = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), from),
                TestDatabases.address(TestDatabases.target(), to),
                directory.resolve("data"));
        return new MigrationSettings(
                plain.name(),
                plain.dataDir(),
                plain.source(),
                plain.target(),
                plain.slot(),
                plain.publication(),
                plain.tables(),
                plain.copy(),
                new KafkaSettings(Optional.of(servers), plain.kafka().topic(), Optional.of((short) 1), Map.of()),
                connectUrl,
                plain.taskRestarts(),
                plain.stopTimeout(),
                plain.watch(),
                List.of());
    }

    private static void run(MigrationSettings settings) {
        new Migration(settings, event -> {}, new StopSignal(), Until.CAUGHT_UP).run();
    }

    @Test
    void existingCluster_carriesTheChanges_andATopicOfOthersIsRefused() throws Exception {
        try (EmbeddedKafka cluster = EmbeddedKafka.start(directory.resolve("cluster"))) {
            MigrationSettings settings = settings(cluster.bootstrapServers(), Optional.empty());
            try (ChangeTopic others = new ChangeTopic(settings.kafka(), cluster.bootstrapServers())) {
                others.create();
            }
            MigrationException refusal = catchThrowableOfType(MigrationException.class, () -> run(settings));
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.STATE);
            assertThat(refusal.code()).isEqualTo("ST003");
            assertThat(TestDatabases.query(sourceUrl, "SELECT pubname FROM pg_publication"))
                    .isEmpty();

            MigrationSettings own = settings(cluster.bootstrapServers(), Optional.empty());
            run(own);
            // A row far above Kafka's default limit of 1 MB.
            TestDatabases.execute(
                    sourceUrl,
                    "INSERT INTO kept SELECT 101, string_agg(md5(i::text), '') FROM generate_series(1, 100000) i",
                    "UPDATE kept SET v = 'changed' WHERE id = 1");
            run(own);

            Comparison.assertEqual(sourceUrl, targetUrl, "kept");
            assertThat(directory.resolve("data/kafka")).doesNotExist();
            TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(own.slot()));
        }
    }

    @Test
    void existingWorkers_runTheConnectorsWhileTheCommandRuns() throws Exception {
        try (EmbeddedKafka cluster = EmbeddedKafka.start(directory.resolve("cluster"));
                EmbeddedConnect workers = EmbeddedConnect.start(
                        directory,
                        new KafkaSettings(Optional.empty(), "unused", Optional.empty(), Map.of()),
                        cluster.bootstrapServers())) {
            MigrationSettings settings = settings(cluster.bootstrapServers(), Optional.of(workers.url()));
            run(settings);
            TestDatabases.execute(sourceUrl, "DELETE FROM kept WHERE id = 7");
            run(settings);

            Comparison.assertEqual(sourceUrl, targetUrl, "kept");
            TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
        }
    }

    @Test
    void unreachableCluster_isAKafkaErrorWithNothingLeft() throws Exception {
        MigrationSettings settings = settings("127.0.0.1:1", Optional.empty());

        MigrationException failure = catchThrowableOfType(MigrationException.class, () -> run(settings));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.KAFKA);
        assertThat(TestDatabases.query(sourceUrl, "SELECT pubname FROM pg_publication"))
                .isEmpty();
        assertThat(TestDatabases.query(targetUrl, "SELECT name FROM pg2citus.migration"))
                .isEmpty();
    }
}
