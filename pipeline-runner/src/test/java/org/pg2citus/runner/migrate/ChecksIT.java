package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.check.Checks;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.check.Finding.Severity;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;

/** What the checks find, each on servers where just that is so. RefusalsIT has those that a migration is refused for. */
class ChecksIT {

    @TempDir
    Path dataDir;

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
    }

    private void both(String... statements) throws SQLException {
        TestDatabases.execute(sourceUrl, statements);
        TestDatabases.execute(targetUrl, statements);
    }

    private List<Finding> findings() throws SQLException {
        return findings(TestDatabases.settings(source, target, dataDir));
    }

    private static List<Finding> findings(MigrationSettings settings) throws SQLException {
        try (Connection from = new Server(Side.SOURCE, settings.source(), settings.name()).connect("check");
                Connection to = new Server(Side.TARGET, settings.target(), settings.name()).connect("check")) {
            return Checks.run(settings, from, to).findings();
        }
    }

    private Finding only(String code, Severity severity) throws SQLException {
        List<Finding> all = findings();
        List<Finding> found =
                all.stream().filter(finding -> finding.code().equals(code)).toList();
        assertThat(found).as("%s among %s", code, all).hasSize(1);
        assertThat(found.get(0).severity()).isEqualTo(severity);
        assertThat(found.get(0).remedy()).isNotBlank();
        return found.get(0);
    }

    private void assertNone(String... codes) throws SQLException {
        assertThat(findings()).extracting(Finding::code).doesNotContain(codes);
    }

    @Test
    void databasesThatFit_haveNoErrors() throws SQLException {
        both("CREATE TABLE good (id bigint PRIMARY KEY, name text UNIQUE)");

        assertThat(findings())
                .filteredOn(finding -> finding.severity() == Severity.ERROR)
                .isEmpty();
        assertNone("PF051", "PF052", "PF070");
    }

    @Test
    void deferrablePrimaryKey_identifiesNoRow() throws SQLException {
        both("CREATE TABLE late (id bigint PRIMARY KEY DEFERRABLE, name text)");

        assertThat(only("PF013", Severity.ERROR).object()).isEqualTo("table public.late");

        both("ALTER TABLE late REPLICA IDENTITY FULL");
        assertNone("PF013");
    }

    @Test
    void deferrableKeyOfAPartition_identifiesNoRow() throws SQLException {
        both(
                "CREATE TABLE log (day date PRIMARY KEY DEFERRABLE) PARTITION BY RANGE (day)",
                "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')");

        only("PF013", Severity.ERROR);
    }

    @Test
    void largeObjects_areToldNotToBeMoved() throws SQLException {
        both("CREATE TABLE good (id bigint PRIMARY KEY)");
        TestDatabases.execute(sourceUrl, "SELECT lo_create(0)");

        assertThat(only("PF022", Severity.WARNING).message()).contains("1 large object");
    }

    @Test
    void rowNearTheLargestRecord_isTold() throws SQLException {
        both("CREATE TABLE wide (id bigint PRIMARY KEY, body text)");
        TestDatabases.execute(
                sourceUrl,
                "ALTER TABLE wide ALTER body SET STORAGE EXTERNAL",
                "INSERT INTO wide VALUES (1, repeat('x', 70000000))");

        assertThat(only("PF028", Severity.WARNING).object()).isEqualTo("table public.wide");

        TestDatabases.execute(sourceUrl, "UPDATE wide SET body = repeat('x', 140000000)");
        only("PF028", Severity.ERROR);
    }

    @Test
    void keyMissingOnTarget_isTold() throws SQLException {
        TestDatabases.execute(sourceUrl, "CREATE TABLE t (id bigint PRIMARY KEY, mail text UNIQUE)");
        TestDatabases.execute(targetUrl, "CREATE TABLE t (id bigint NOT NULL, mail text)");

        assertThat(only("PF051", Severity.WARNING).remedy())
                .contains("ALTER TABLE \"public\".\"t\" ADD PRIMARY KEY (\"id\");");
        only("PF052", Severity.WARNING);
    }

    @Test
    void keyOnlyOnTarget_isRefused() throws SQLException {
        TestDatabases.execute(sourceUrl, "CREATE TABLE t (id bigint, shop int, mail text, PRIMARY KEY (id, shop))");
        TestDatabases.execute(
                targetUrl, "CREATE TABLE t (id bigint, shop int, mail text UNIQUE, PRIMARY KEY (id, shop))");

        assertThat(only("PF057", Severity.ERROR).message()).contains("(mail)");
    }

    @Test
    void slotThatEndsWhenIdle_isTold() throws SQLException {
        if (!LocalPostgres.has(18)) {
            String reason = "no PostgreSQL 18 for this machine: the profile postgres-versions brings it";
            System.out.println("SKIPPED, " + reason);
            Assumptions.abort(reason);
        }
        try (PostgresServer server = LocalPostgres.start(
                18, Map.of("wal_level", "logical", "fsync", "off", "idle_replication_slot_timeout", "2h"))) {
            sourceUrl = server.jdbcUrl("postgres");
            source = TestDatabases.address(server, "postgres");
            both("CREATE TABLE good (id bigint PRIMARY KEY)");

            assertThat(only("PF025", Severity.WARNING).message()).contains("idle_replication_slot_timeout is 7200 s");
            assertThat(findings())
                    .filteredOn(finding -> finding.severity() == Severity.ERROR)
                    .isEmpty();

            TestDatabases.execute(
                    sourceUrl, "ALTER SYSTEM SET idle_replication_slot_timeout = 0", "SELECT pg_reload_conf()");
            assertNone("PF025");
        }
    }

    @Test
    void settingsThatEndAMigrationEarly_areTold() throws SQLException {
        try (PostgresServer server = LocalPostgres.start(Map.of(
                "wal_level",
                "logical",
                "fsync",
                "off",
                "max_slot_wal_keep_size",
                "1GB",
                "wal_sender_timeout",
                "2s",
                "max_connections",
                "12",
                "max_wal_senders",
                "5"))) {
            sourceUrl = server.jdbcUrl("postgres");
            source = TestDatabases.address(server, "postgres");
            both("CREATE TABLE good (id bigint PRIMARY KEY)");
            assertThat(only("PF023", Severity.WARNING).remedy()).contains("ALTER SYSTEM SET max_slot_wal_keep_size");
            only("PF026", Severity.WARNING);
            assertNone("PF009", "PF024");

            try (Connection one = DriverManager.getConnection(sourceUrl);
                    Connection two = DriverManager.getConnection(sourceUrl);
                    Connection three = DriverManager.getConnection(sourceUrl);
                    Statement statement = three.createStatement()) {
                statement.execute("SELECT 1");
                assertThat(List.of(one, two)).hasSize(2);
                only("PF009", Severity.ERROR);
            }
        }
    }

    @Test
    void columnThatMayBeNullOnTheSourceOnly_isTold() throws SQLException {
        TestDatabases.execute(sourceUrl, "CREATE TABLE t (id bigint PRIMARY KEY, mail text)");
        TestDatabases.execute(targetUrl, "CREATE TABLE t (id bigint PRIMARY KEY, mail text NOT NULL)");

        assertThat(only("PF045", Severity.WARNING).remedy()).contains("ALTER COLUMN \"mail\" SET NOT NULL");
    }

    @Test
    void rowsHiddenFromTheRole_areRefused() throws SQLException {
        both("CREATE TABLE hidden (id bigint PRIMARY KEY)");
        String role = role("LOGIN REPLICATION", sourceUrl);
        TestDatabases.execute(
                sourceUrl,
                "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY",
                "GRANT SELECT ON hidden TO %s".formatted(role));
        source = TestDatabases.as(source, role);

        assertThat(only("PF014", Severity.ERROR).object()).isEqualTo("table public.hidden");
    }

    @Test
    void roleWithoutReplication_isRefused() throws SQLException {
        both("CREATE TABLE good (id bigint PRIMARY KEY)");
        String role = role("LOGIN", sourceUrl);
        source = TestDatabases.as(source, role);

        assertThat(only("PF005", Severity.ERROR).remedy()).contains("ALTER ROLE \"%s\" REPLICATION".formatted(role));
    }

    @Test
    void partitionOnAnotherServer_isRefused() throws SQLException {
        both("CREATE TABLE log (day date) PARTITION BY RANGE (day)");
        TestDatabases.execute(
                sourceUrl,
                "CREATE FOREIGN DATA WRAPPER nowhere",
                "CREATE SERVER away FOREIGN DATA WRAPPER nowhere",
                "CREATE FOREIGN TABLE log_away PARTITION OF log DEFAULT SERVER away");

        assertThat(only("PF015", Severity.ERROR).message()).contains("log_away");
    }

    @Test
    void standby_isNoSource() throws SQLException {
        Map<String, String> settings = Map.of("wal_level", "logical", "fsync", "off");
        try (PostgresServer primary = LocalPostgres.start(settings);
                PostgresServer standby = primary.startStandby(settings)) {
            sourceUrl = standby.jdbcUrl("postgres");
            source = TestDatabases.address(standby, "postgres");

            assertThat(only("PF008", Severity.ERROR).remedy()).contains("primary");
        }
    }

    @Test
    void readOnlyTarget_isRefused() throws SQLException {
        both("CREATE TABLE good (id bigint PRIMARY KEY)");
        TestDatabases.execute(
                targetUrl, "ALTER DATABASE %s SET default_transaction_read_only = on".formatted(target.database()));

        only("PF032", Severity.ERROR);
    }

    @Test
    void roleThatCannotSwitchForeignKeysOff_isToldWhatThatMeans() throws SQLException {
        both(
                "CREATE TABLE parent (id bigint PRIMARY KEY)",
                "CREATE TABLE child (id bigint PRIMARY KEY REFERENCES parent)");
        target = TestDatabases.as(target, role("LOGIN", targetUrl));

        assertThat(only("PF061", Severity.WARNING).object()).isEqualTo("table public.child");
    }

    private static String role(String rights, String url) throws SQLException {
        String role = "role_" + System.nanoTime();
        TestDatabases.execute(url, "CREATE ROLE %s %s".formatted(role, rights));
        return role;
    }

    @Test
    void citusWorker_isNoTarget() throws SQLException {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            ServerAddress coordinator = TestDatabases.address(citus.jdbcUrl());
            int port = Integer.parseInt(
                    TestDatabases.query(citus.jdbcUrl(), "SELECT nodeport FROM pg_dist_node WHERE groupid > 0 LIMIT 1")
                            .get(0));
            target = new ServerAddress(
                    coordinator.host(),
                    port,
                    coordinator.database(),
                    coordinator.user(),
                    coordinator.password(),
                    Map.of());

            assertThat(only("PF031", Severity.ERROR).remedy()).contains("coordinator");
        }
    }

    @Test
    void distributionColumnThatTheSourceDoesNotSend_isTold() throws SQLException {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            targetUrl = citus.jdbcUrl();
            target = TestDatabases.address(targetUrl);
            TestDatabases.execute(
                    sourceUrl,
                    "CREATE TABLE unsent (id bigint PRIMARY KEY, tenant int NOT NULL)",
                    "CREATE TABLE unknown (id bigint PRIMARY KEY)");
            for (String table : List.of("unsent", "unknown")) {
                TestDatabases.execute(
                        targetUrl,
                        "CREATE TABLE %s (id bigint, tenant int DEFAULT 1, PRIMARY KEY (tenant, id))".formatted(table),
                        "SELECT create_distributed_table('%s', 'tenant')".formatted(table));
            }

            assertThat(only("PF050", Severity.WARNING).object()).isEqualTo("table public.unsent");
            assertThat(only("PF049", Severity.ERROR).object()).isEqualTo("table public.unknown");
        }
    }

    @Test
    void diskThatCannotBeSeen_isToldToBeWatched() throws SQLException {
        both("CREATE TABLE good (id bigint PRIMARY KEY)");
        String role = "unseeing_" + System.nanoTime();
        // It may not see where the server's files are.
        TestDatabases.execute(sourceUrl, "CREATE ROLE %s LOGIN REPLICATION".formatted(role));
        source = TestDatabases.as(source, role);
        try {
            assertThat(only("PF024", Severity.WARNING).message()).contains("does not tell how much disk is free");
        } finally {
            TestDatabases.execute(sourceUrl, "DROP ROLE %s".formatted(role));
        }
    }

    @Test
    void citusNodesWithoutRoom_areRefused() throws SQLException {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            targetUrl = citus.jdbcUrl();
            target = TestDatabases.address(targetUrl);
            both("CREATE TABLE good (id bigint PRIMARY KEY)");
            // More than any node of the tests' cluster has room for.
            MigrationSettings settings =
                    TestDatabases.copying(TestDatabases.settings(source, target, dataDir), CopySettings.ofJobs(10_000));

            List<Finding> found = findings(settings);

            assertThat(found)
                    .filteredOn(finding -> finding.severity() == Severity.ERROR)
                    .extracting(Finding::code)
                    .contains("PF009", "PF035", "PF036", "PF037");
            for (String code : List.of("PF036", "PF037")) {
                assertThat(found)
                        .filteredOn(finding -> finding.code().equals(code))
                        .as("coordinator and both workers: %s", found)
                        .hasSize(3)
                        .allSatisfy(finding -> assertThat(finding.remedy()).contains("ALTER SYSTEM SET max_"));
            }
        }
    }

    @Test
    void citusTables_areToldWhatCannotWork() throws SQLException {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            targetUrl = citus.jdbcUrl();
            target = TestDatabases.address(targetUrl);
            both(
                    "CREATE DOMAIN tenant AS bigint",
                    "CREATE TABLE by_domain (id tenant PRIMARY KEY)",
                    "CREATE TABLE narrow (id serial PRIMARY KEY)",
                    "CREATE TABLE high (id bigserial PRIMARY KEY, note text)",
                    "CREATE TABLE filled (id bigint PRIMARY KEY)");
            TestDatabases.execute(sourceUrl, "INSERT INTO high VALUES (281474976710656)");
            TestDatabases.execute(
                    targetUrl,
                    "INSERT INTO filled VALUES (1)",
                    "SELECT create_distributed_table('by_domain', 'id')",
                    "SELECT create_distributed_table('narrow', 'id')",
                    "SELECT create_distributed_table('high', 'id')",
                    "SELECT create_distributed_table('filled', 'id')",
                    "DELETE FROM filled");

            assertThat(only("PF053", Severity.ERROR).object()).isEqualTo("table public.by_domain");
            assertThat(only("PF054", Severity.WARNING).object()).isEqualTo("table public.filled");
            assertThat(only("PF055", Severity.WARNING).object()).isEqualTo("table public.narrow");
            assertThat(only("PF056", Severity.WARNING).object()).isEqualTo("table public.high");
            assertNone("PF034", "PF036", "PF037", "PF062", "PF063");
        }
    }

    @Test
    void citusRoleWithoutGrants_isToldOnWhichNode() throws SQLException {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            targetUrl = citus.jdbcUrl();
            String role = "weak_" + citus.name();
            TestDatabases.execute(
                    targetUrl,
                    // Roles are made on every node, grants on parameters are not.
                    "CREATE ROLE %s LOGIN".formatted(role),
                    "GRANT SET ON PARAMETER session_replication_role TO %s".formatted(role));
            ServerAddress superuser = TestDatabases.address(targetUrl);
            target = TestDatabases.as(superuser, role);
            try {
                List<Finding> found = findings();

                assertThat(found).extracting(Finding::code).contains("PF062");
                assertThat(found)
                        .filteredOn(finding -> finding.code().equals("PF063"))
                        .as("both workers lack it: %s", found)
                        .hasSize(2)
                        .allSatisfy(finding -> assertThat(finding.remedy())
                                .contains("GRANT SET ON PARAMETER session_replication_role"));
            } finally {
                TestDatabases.execute(
                        targetUrl,
                        "REVOKE SET ON PARAMETER session_replication_role FROM %s".formatted(role),
                        "DROP OWNED BY %s".formatted(role),
                        "DROP ROLE %s".formatted(role));
            }
        }
    }

    @Test
    void citusNodeThatIsNotActive_isRefused() throws SQLException {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            targetUrl = citus.jdbcUrl();
            target = TestDatabases.address(targetUrl);
            both("CREATE TABLE good (id bigint PRIMARY KEY)");
            String node = TestDatabases.query(
                            targetUrl,
                            "SELECT format('%L, %s', nodename, nodeport) FROM pg_dist_node WHERE groupid > 0 LIMIT 1")
                    .get(0);
            TestDatabases.execute(targetUrl, "SELECT citus_disable_node(%s, synchronous => true)".formatted(node));

            assertThat(only("PF034", Severity.ERROR).message()).contains("is not active");
        }
    }
}
