package org.pg2citus.runner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.sink.change.TableId;

class ConfigReaderTest {

    private static final Map<ConfigKey, List<String>> BOTH_SERVERS = Map.of(
            ConfigKey.SOURCE_URI, List.of("postgresql://app@s/shop"),
            ConfigKey.TARGET_URI, List.of("postgresql://app@t/shop"));

    @TempDir
    Path home;

    private MigrationSettings read(String yaml, Map<String, String> environment, Map<ConfigKey, List<String>> flags)
            throws IOException {
        Optional<Path> file = Optional.empty();
        if (!yaml.isEmpty()) {
            file = Optional.of(Files.writeString(home.resolve("migration.yaml"), yaml));
        }
        return new ConfigReader(environment, home, "os").read(file, flags);
    }

    private String problems(String yaml, Map<String, String> environment, Map<ConfigKey, List<String>> flags) {
        try {
            read(yaml, environment, flags);
        } catch (MigrationException e) {
            assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIG);
            return e.getMessage();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("the configuration was accepted");
    }

    @Test
    void serversAlone_takeEveryDefault() throws IOException {
        MigrationSettings settings = read("", Map.of(), BOTH_SERVERS);

        assertThat(settings)
                .isEqualTo(new MigrationSettings(
                        "default",
                        home.resolve(".pg2citus/default"),
                        new ServerAddress("s", 5432, "shop", "app", Optional.empty(), Map.of()),
                        new ServerAddress("t", 5432, "shop", "app", Optional.empty(), Map.of()),
                        "pg2citus_default",
                        "pg2citus_default",
                        settings.tables(),
                        new CopySettings(4, 128, false, false),
                        new KafkaSettings(Optional.empty(), "pg2citus.default", Optional.empty(), Map.of()),
                        Optional.empty(),
                        10,
                        Duration.ofSeconds(30),
                        WatchPolicy.DEFAULT,
                        List.of()));
        assertThat(settings.tables().include()).hasToString("[*]");
        assertThat(settings.tables().exclude()).isEmpty();
    }

    @Test
    void everyKey_isReadFromFileAndEnvironment() throws IOException {
        Path passwordFile = Files.writeString(home.resolve("pw"), "from file\n");
        Path clientFile = Files.writeString(home.resolve("client.properties"), "security.protocol=SSL\n");
        String yaml =
                """
                version: 1
                name: shop
                data_dir: /tmp/shop
                source: {uri: "postgresql://a@s/d", password_file: %1$s, slot: my_slot, publication: Pub}
                target: {uri: "postgresql://a@t/d", password_file: %1$s}
                tables:
                  include: [public.*, audit.log]
                  exclude: public.tmp_*
                copy: {jobs: 7, chunk_mb: 64, defer_indexes: true, by_key: true}
                kafka:
                  bootstrap.servers: k1:9092
                  topic: changes
                  replication_factor: 3
                  client_config_file: %2$s
                connect: {url: "http://c:8083"}
                policy: {task_restarts: 0, stop_timeout_seconds: 5}
                """
                        .formatted(passwordFile, clientFile);
        Map<String, String> environment = new HashMap<>();
        environment.put("PG2CITUS_NAME", "shop");
        environment.put("PG2CITUS_DATA_DIR", "/tmp/shop");
        environment.put("PG2CITUS_SOURCE_URI", "postgresql://a@s/d");
        environment.put("PG2CITUS_SOURCE_PASSWORD_FILE", passwordFile.toString());
        environment.put("PG2CITUS_SOURCE_SLOT", "my_slot");
        environment.put("PG2CITUS_SOURCE_PUBLICATION", "Pub");
        environment.put("PG2CITUS_TARGET_URI", "postgresql://a@t/d");
        environment.put("PG2CITUS_TARGET_PASSWORD", "from file");
        environment.put("PG2CITUS_TABLES_INCLUDE", "public.*, audit.log");
        environment.put("PG2CITUS_TABLES_EXCLUDE", "public.tmp_*");
        environment.put("PG2CITUS_COPY_JOBS", "7");
        environment.put("PG2CITUS_COPY_CHUNK_MB", "64");
        environment.put("PG2CITUS_COPY_DEFER_INDEXES", "true");
        environment.put("PG2CITUS_COPY_BY_KEY", "true");
        environment.put("PG2CITUS_KAFKA_BOOTSTRAP_SERVERS", "k1:9092");
        environment.put("PG2CITUS_KAFKA_TOPIC", "changes");
        environment.put("PG2CITUS_KAFKA_REPLICATION_FACTOR", "3");
        environment.put("PG2CITUS_KAFKA_CLIENT_CONFIG_FILE", clientFile.toString());
        environment.put("PG2CITUS_CONNECT_URL", "http://c:8083");
        environment.put("PG2CITUS_POLICY_TASK_RESTARTS", "0");
        environment.put("PG2CITUS_POLICY_STOP_TIMEOUT_SECONDS", "5");

        for (MigrationSettings settings : List.of(read(yaml, Map.of(), Map.of()), read("", environment, Map.of()))) {
            assertThat(settings.name()).isEqualTo("shop");
            assertThat(settings.dataDir()).isEqualTo(Path.of("/tmp/shop"));
            assertThat(settings.source().password()).contains(new Secret("from file"));
            assertThat(settings.target().password()).contains(new Secret("from file"));
            assertThat(settings.slot()).isEqualTo("my_slot");
            assertThat(settings.publication()).isEqualTo("Pub");
            assertThat(settings.tables().include()).hasToString("[public.*, audit.log]");
            assertThat(settings.tables().includes(new TableId("public", "tmp_1")))
                    .isFalse();
            assertThat(settings.copy()).isEqualTo(new CopySettings(7, 64, true, true));
            assertThat(settings.kafka())
                    .isEqualTo(new KafkaSettings(
                            Optional.of("k1:9092"),
                            "changes",
                            Optional.of((short) 3),
                            Map.of("security.protocol", "SSL")));
            assertThat(settings.connectUrl().orElseThrow()).hasToString("http://c:8083");
            assertThat(settings.taskRestarts()).isZero();
            assertThat(settings.stopTimeout()).isEqualTo(Duration.ofSeconds(5));
        }
    }

    @Test
    void flag_winsOverEnvironment_whichWinsOverFile() throws IOException {
        String yaml = "version: 1\ncopy: {jobs: 2}\nname: file\n";
        Map<ConfigKey, List<String>> flags = new EnumMap<>(BOTH_SERVERS);
        flags.put(ConfigKey.COPY_JOBS, List.of("9"));

        MigrationSettings settings =
                read(yaml, Map.of("PG2CITUS_COPY_JOBS", "5", "PG2CITUS_NAME", "environment"), flags);

        assertThat(settings.copy().jobs()).isEqualTo(9);
        assertThat(settings.name()).isEqualTo("environment");
    }

    @Test
    void everyProblem_isReportedTogether() {
        String problems = problems(
                """
                version: 2
                soruce: {uri: x}
                source: {password: hush}
                copy: {job: 3, jobs: [1, 2]}
                """,
                Map.of("PG2CITUS_TARGET_UIR", "x", "PG2CITUS_KAFKA_REPLICATION_FACTOR", "none"),
                Map.of(ConfigKey.NAME, List.of("My Shop")));

        assertThat(problems)
                .contains("version 2 is not known")
                .contains("unknown key soruce")
                .contains("source.password is not read from a file")
                .contains("unknown key copy.job; did you mean copy.jobs?")
                .contains("copy.jobs must be a single value")
                .contains("unknown variable PG2CITUS_TARGET_UIR; did you mean PG2CITUS_TARGET_URI?")
                .contains("kafka.replication_factor: 'none' is not a number from 1 to 100")
                .contains("name: 'My Shop' is not")
                .contains("source.uri is missing")
                .contains("target.uri is missing")
                .doesNotContain("hush");
    }

    @Test
    void brokenYaml_isReportedWithItsLine() {
        assertThat(problems("version: 1\nname: [\n", Map.of(), BOTH_SERVERS)).contains("not readable as YAML at line");
        assertThat(problems("version: 1\nname: a\nname: b\n", Map.of(), BOTH_SERVERS))
                .contains("not readable as YAML at line 3");
        assertThat(problems("just text", Map.of(), BOTH_SERVERS)).contains("no keys found");
    }

    @Test
    void missingFile_isReported() {
        assertThatThrownBy(() -> new ConfigReader(Map.of(), home, "os")
                        .read(Optional.of(home.resolve("none.yaml")), BOTH_SERVERS))
                .hasMessageContaining("none.yaml: cannot be read");
    }

    @Test
    void connectElsewhere_needsKafkaElsewhere() {
        Map<ConfigKey, List<String>> flags = new EnumMap<>(BOTH_SERVERS);
        flags.put(ConfigKey.CONNECT_URL, List.of("http://c:8083"));

        assertThat(problems("", Map.of(), flags)).contains("connect.url needs kafka.bootstrap.servers");
    }

    @Test
    void variableOfAnotherProgram_isLeftAlone() throws IOException {
        assertThat(read("", Map.of("PG2CITUS_PG_BINDIR", "/usr/bin"), BOTH_SERVERS)
                        .warnings())
                .isEmpty();
    }

    @Test
    void pgpass_givesThePasswordOfTheFirstMatch() throws IOException {
        Path pgpass = Files.writeString(
                home.resolve(".pgpass"), "# mine\nother:*:*:*:no\ns:5432:shop:app:a\\:b\n*:*:*:*:any\n");
        Files.setPosixFilePermissions(pgpass, PosixFilePermissions.fromString("rw-------"));

        MigrationSettings settings = read("", Map.of(), BOTH_SERVERS);

        assertThat(settings.source().password()).contains(new Secret("a:b"));
        assertThat(settings.target().password()).contains(new Secret("any"));
    }

    @Test
    void pgpassOpenToOthers_isNotReadAndSaidSo() throws IOException {
        Path pgpass = Files.writeString(home.resolve(".pgpass"), "*:*:*:*:any\n");
        Files.setPosixFilePermissions(pgpass, PosixFilePermissions.fromString("rw-r-----"));

        MigrationSettings settings = read("", Map.of(), BOTH_SERVERS);

        assertThat(settings.source().password()).isEmpty();
        assertThat(settings.warnings()).anyMatch(warning -> warning.contains("chmod 0600"));
    }

    @Test
    void passwordOfTheUri_winsOverTheOthers() throws IOException {
        Map<ConfigKey, List<String>> flags = new EnumMap<>(BOTH_SERVERS);
        flags.put(ConfigKey.SOURCE_URI, List.of("postgresql://app:mine@s/shop"));

        assertThat(read("", Map.of("PG2CITUS_SOURCE_PASSWORD", "theirs"), flags)
                        .source()
                        .password())
                .contains(new Secret("mine"));
    }
}
