package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.Secret;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.config.TableFilter;
import org.pg2citus.runner.config.TablePattern;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;

/** What is wrong beforehand is refused, with its exit code, before anything is created on either side. */
class RefusalsIT {

    @TempDir
    Path dataDir;

    private final List<Finding> findings = new ArrayList<>();
    private String sourceUrl;
    private String targetUrl;
    private ServerAddress source;
    private ServerAddress target;

    @BeforeEach
    void makeDatabases() throws SQLException {
        String from = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        sourceUrl = TestDatabases.source().jdbcUrl(from);
        targetUrl = TestDatabases.target().jdbcUrl(to);
        source = TestDatabases.address(TestDatabases.source(), from);
        target = TestDatabases.address(TestDatabases.target(), to);
        both("CREATE TABLE good (id bigint PRIMARY KEY, name text)");
    }

    private void both(String... statements) throws SQLException {
        TestDatabases.execute(sourceUrl, statements);
        TestDatabases.execute(targetUrl, statements);
    }

    private MigrationException refused(MigrationSettings settings) {
        try {
            new Migration(settings, this::remember, new StopSignal(), Until.CAUGHT_UP).run();
        } catch (MigrationException e) {
            return e;
        }
        throw new AssertionError("it was not refused");
    }

    private void remember(MigrationEvent event) {
        if (event instanceof MigrationEvent.ChecksDone checks) {
            findings.addAll(checks.findings());
        }
    }

    /** What is only told depends on the machine, too: on the room of its disk. */
    private List<Finding> errors() {
        return findings.stream()
                .filter(finding -> finding.severity() == Finding.Severity.ERROR)
                .toList();
    }

    /** Refused for exactly these, with nothing left behind. */
    private void assertRefused(ExitCode exitCode, String... codes) throws SQLException {
        MigrationException refusal = refused(TestDatabases.settings(source, target, dataDir));

        assertThat(errors()).extracting(Finding::code).containsExactlyInAnyOrder(codes);
        assertThat(refusal.exitCode()).isEqualTo(exitCode);
        assertThat(findings).allSatisfy(finding -> assertThat(finding.remedy()).isNotBlank());
        assertNothingLeft();
    }

    private void assertNothingLeft() throws SQLException {
        assertThat(TestDatabases.query(
                        sourceUrl, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"))
                .isEmpty();
        assertThat(TestDatabases.query(sourceUrl, "SELECT pubname FROM pg_publication WHERE pubname LIKE 'pg2citus%'"))
                .isEmpty();
        assertThat(TestDatabases.query(targetUrl, "SELECT nspname FROM pg_namespace WHERE nspname = 'pg2citus'"))
                .isEmpty();
        assertThat(dataDir.resolve("kafka")).doesNotExist();
    }

    @Test
    void wrongPassword_isASourceError() throws SQLException {
        try (PostgresServer locked = LocalPostgres.startWithPassword("right", Map.of("wal_level", "logical"))) {
            ServerAddress wrong = new ServerAddress(
                    locked.host(),
                    locked.port(),
                    "postgres",
                    locked.user(),
                    Optional.of(new Secret("mistyped")),
                    Map.of());
            MigrationException refusal = refused(TestDatabases.settings(wrong, target, dataDir));

            assertThat(refusal.exitCode()).isEqualTo(ExitCode.SOURCE);
            assertThat(refusal.code()).isEqualTo("DS002");
            assertThat(refusal).hasMessageNotContaining("mistyped");

            MigrationException onTarget = refused(TestDatabases.settings(source, wrong, dataDir));

            assertThat(onTarget.exitCode()).isEqualTo(ExitCode.TARGET);
            assertThat(onTarget.code()).isEqualTo("DT002");
            assertNothingLeft();
        }
    }

    @Test
    void noPassword_saysWhereToPutOne() {
        try (PostgresServer locked = LocalPostgres.startWithPassword("right", Map.of("wal_level", "logical"))) {
            MigrationException refusal =
                    refused(TestDatabases.settings(TestDatabases.address(locked, "postgres"), target, dataDir));

            assertThat(refusal.exitCode()).isEqualTo(ExitCode.SOURCE);
            assertThat(refusal.remedy()).contains("PG2CITUS_SOURCE_PASSWORD");
        }
    }

    @Test
    void unreachableServer_isAnErrorOfItsSide() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        ServerAddress nobody = new ServerAddress("127.0.0.1", port, "shop", "app", Optional.empty(), Map.of());

        MigrationException onSource = refused(TestDatabases.settings(nobody, target, dataDir));
        MigrationException onTarget = refused(TestDatabases.settings(source, nobody, dataDir));

        assertThat(onSource.exitCode()).isEqualTo(ExitCode.SOURCE);
        assertThat(onSource.code()).isEqualTo("DS001");
        assertThat(onTarget.exitCode()).isEqualTo(ExitCode.TARGET);
        assertThat(onTarget.code()).isEqualTo("DT001");
        assertNothingLeft();
    }

    @Test
    void missingDatabase_isAnErrorOfItsSide() {
        ServerAddress none = TestDatabases.address(TestDatabases.source(), "no_such_database");

        MigrationException refusal = refused(TestDatabases.settings(none, target, dataDir));

        assertThat(refusal.exitCode()).isEqualTo(ExitCode.SOURCE);
        assertThat(refusal.code()).isEqualTo("DS003");
    }

    @Test
    void walLevelReplica_isASourceError() throws SQLException {
        try (PostgresServer plain = LocalPostgres.start(Map.of("wal_level", "replica"))) {
            sourceUrl = plain.jdbcUrl("postgres");
            source = TestDatabases.address(plain, "postgres");
            TestDatabases.execute(sourceUrl, "CREATE TABLE good (id bigint PRIMARY KEY, name text)");

            assertRefused(ExitCode.SOURCE, "PF002");
            assertThat(findings.get(0).remedy()).contains("ALTER SYSTEM SET wal_level = 'logical'");
        }
    }

    @Test
    void tooFewSlots_isASourceError() throws SQLException {
        try (PostgresServer small = LocalPostgres.start(
                Map.of("wal_level", "logical", "max_replication_slots", "1", "max_wal_senders", "1"))) {
            sourceUrl = small.jdbcUrl("postgres");
            source = TestDatabases.address(small, "postgres");
            TestDatabases.execute(sourceUrl, "CREATE TABLE good (id bigint PRIMARY KEY, name text)");

            assertRefused(ExitCode.SOURCE, "PF003", "PF004");
        }
    }

    @Test
    void tableMissingOnTarget_isAFinding() throws SQLException {
        TestDatabases.execute(sourceUrl, "CREATE TABLE only_here (id bigint PRIMARY KEY)");

        assertRefused(ExitCode.FINDINGS, "PF040");
    }

    @Test
    void tableWithoutKeyAndIdentity_isAFindingWithItsRemedy() throws SQLException {
        both("CREATE TABLE history (at timestamptz, what text)");

        assertRefused(ExitCode.FINDINGS, "PF013");
        assertThat(findings.get(0).remedy()).contains("ALTER TABLE \"public\".\"history\" REPLICA IDENTITY FULL;");
    }

    @Test
    void partitionWithoutIdentity_isAFinding() throws SQLException {
        both(
                "CREATE TABLE log (day date, what text) PARTITION BY RANGE (day)",
                "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')");

        assertRefused(ExitCode.FINDINGS, "PF013");
    }

    @Test
    void identityByIndexOrFull_isAccepted() throws SQLException {
        both(
                "CREATE TABLE by_index (a int NOT NULL, b int)",
                "CREATE UNIQUE INDEX by_index_a ON by_index (a)",
                "ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_a",
                "CREATE TABLE by_row (a int)",
                "ALTER TABLE by_row REPLICA IDENTITY FULL",
                "CREATE TABLE nothing (a int PRIMARY KEY)",
                "ALTER TABLE nothing REPLICA IDENTITY NOTHING");

        assertRefused(ExitCode.FINDINGS, "PF013");
        assertThat(findings).extracting(Finding::object).contains("table public.nothing");
    }

    @Test
    void targetTableThatIsNotEmpty_isAFinding() throws SQLException {
        TestDatabases.execute(targetUrl, "INSERT INTO good VALUES (1, 'here before')");

        assertRefused(ExitCode.FINDINGS, "PF047");
        assertThat(TestDatabases.query(targetUrl, "SELECT name FROM good")).containsExactly("here before");
    }

    @Test
    void columnsThatDoNotFit_areFindings() throws SQLException {
        TestDatabases.execute(
                sourceUrl,
                "CREATE TABLE fit (id bigint PRIMARY KEY, wide bigint, text_ text, gone int, up int, g int,"
                        + " gen int GENERATED ALWAYS AS (g * 2) STORED)");
        TestDatabases.execute(
                targetUrl,
                "CREATE TABLE fit (id bigint PRIMARY KEY, wide int, text_ varchar(10), up bigint, g int, gen int,"
                        + " extra int NOT NULL)");

        // wide and text_ are narrower, gone is missing, gen is generated on one side, extra cannot be filled
        assertRefused(ExitCode.FINDINGS, "PF042", "PF042", "PF041", "PF043", "PF044");
    }

    @Test
    void unloggedTable_isAFinding() throws SQLException {
        both("CREATE UNLOGGED TABLE fast (id bigint PRIMARY KEY)");

        assertRefused(ExitCode.FINDINGS, "PF012");
    }

    @Test
    void subscribedTargetTable_isAFinding() throws SQLException {
        TestDatabases.execute(
                targetUrl,
                "CREATE SUBSCRIPTION other CONNECTION 'host=127.0.0.1 port=%d dbname=%s user=postgres' PUBLICATION p WITH (connect = false)"
                        .formatted(source.port(), source.database()));
        TestDatabases.execute(sourceUrl, "CREATE PUBLICATION p FOR TABLE good");
        TestDatabases.execute(
                targetUrl,
                "INSERT INTO pg_subscription_rel SELECT s.oid, 'good'::regclass, 'r', '0/0' FROM pg_subscription s");
        try {
            assertRefused(ExitCode.FINDINGS, "PF048");
        } finally {
            TestDatabases.execute(
                    targetUrl, "ALTER SUBSCRIPTION other SET (slot_name = NONE)", "DROP SUBSCRIPTION other");
        }
    }

    @Test
    void namesTakenBySomethingElse_areFindings() throws SQLException {
        MigrationSettings settings = TestDatabases.settings(source, target, dataDir);
        TestDatabases.execute(
                sourceUrl,
                "CREATE PUBLICATION %s FOR ALL TABLES".formatted(settings.publication()),
                "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(settings.slot()));

        MigrationException refusal = refused(settings);

        assertThat(refusal.exitCode()).isEqualTo(ExitCode.FINDINGS);
        assertThat(errors()).extracting(Finding::code).containsExactlyInAnyOrder("PF006", "PF007");
        assertThat(TestDatabases.query(
                        sourceUrl, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"))
                .as("what is not ours stays")
                .hasSize(1);
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
    }

    @Test
    void targetThatIsTheSource_isAFinding() throws SQLException {
        target = source;
        targetUrl = sourceUrl;

        assertRefused(ExitCode.FINDINGS, "PF060");
    }

    @Test
    void patternsThatTakeNothing_areFindings() throws SQLException {
        MigrationSettings all = TestDatabases.settings(source, target, dataDir);
        MigrationSettings none = new MigrationSettings(
                all.name(),
                all.dataDir(),
                all.source(),
                all.target(),
                all.slot(),
                all.publication(),
                new TableFilter(List.of(new TablePattern("public.godo")), List.of()),
                all.copy(),
                all.kafka(),
                all.connectUrl(),
                all.taskRestarts(),
                all.stopTimeout(),
                all.watch(),
                List.of());

        assertThat(refused(none).exitCode()).isEqualTo(ExitCode.FINDINGS);
        assertThat(errors()).extracting(Finding::code).containsExactlyInAnyOrder("PF010", "PF011");
        assertNothingLeft();
    }

    @Test
    void roleWithoutRights_isToldWhichItNeeds() throws SQLException {
        String role = "weak_" + source.database();
        TestDatabases.execute(sourceUrl, "CREATE ROLE %s LOGIN".formatted(role));
        TestDatabases.execute(targetUrl, "CREATE ROLE %s LOGIN".formatted(role));
        source = TestDatabases.as(source, role);
        target = TestDatabases.as(target, role);

        // the source's identity is asked for over a replication session before the checks
        MigrationException refusal = refused(TestDatabases.settings(source, target, dataDir));
        assertThat(refusal.exitCode()).isEqualTo(ExitCode.SOURCE);

        TestDatabases.execute(sourceUrl, "ALTER ROLE %s REPLICATION".formatted(role));
        assertRefused(ExitCode.FINDINGS, "PF018", "PF016", "PF017", "PF033", "PF046");
    }
}
