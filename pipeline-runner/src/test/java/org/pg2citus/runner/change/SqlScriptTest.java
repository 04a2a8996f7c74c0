package org.pg2citus.runner.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pg2citus.runner.failure.MigrationException;

class SqlScriptTest {

    private static List<String> statements(String text) {
        return SqlScript.parse(text).statements().stream()
                .map(ChangeStatement::sql)
                .toList();
    }

    private static String code(Runnable work) {
        MigrationException refused = catchThrowableOfType(MigrationException.class, work::run);
        assertThat(refused).isNotNull();
        assertThat(refused.remedy()).isNotBlank();
        return refused.code();
    }

    @Test
    void statementsEndAtSemicolonsOfTheirOwnLevelOnly() {
        assertThat(
                        statements(
                                """
                        -- first; not this
                        ALTER TABLE t ADD a text DEFAULT ';''';
                        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; SELECT 2 $body$;;
                        CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
                        COMMENT ON TABLE t IS 'a;b' /* ; */
                        """))
                .hasSize(4)
                .anySatisfy(sql -> assertThat(sql).endsWith("DEFAULT ';'''"))
                .anySatisfy(sql -> assertThat(sql).endsWith("$body$"))
                .anySatisfy(sql -> assertThat(sql).endsWith("END"));
    }

    @Test
    void questionMarksAndBraces_areLeftAlone() {
        String sql = "ALTER TABLE t ADD CHECK (a ? 'b' AND c = '{d}')";
        assertThat(statements(sql)).containsExactly(sql);
    }

    @Test
    void transactionAroundTheWholeFile_isLeftOut() {
        assertThat(statements("BEGIN; ALTER TABLE t ADD a int; COMMIT;")).containsExactly("ALTER TABLE t ADD a int");
        assertThat(statements("start transaction; ALTER TABLE t ADD a int; end"))
                .containsExactly("ALTER TABLE t ADD a int");
        assertThat(code(() -> SqlScript.parse("BEGIN; ALTER TABLE t ADD a int; COMMIT; BEGIN; DROP TABLE t; COMMIT")))
                .isEqualTo("SC012");
        assertThat(code(() -> SqlScript.parse("ALTER TABLE t ADD a int; COMMIT")))
                .isEqualTo("SC012");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ";;", "-- nothing", "/* nothing */", "BEGIN; COMMIT", "SELECT 'open", "SELECT $a$ open"})
    void fileWithoutStatement_isRefused(String text) {
        assertThat(code(() -> SqlScript.parse(text))).isEqualTo("SC011");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX CONCURRENTLY i ON t (a)",
                "create unique index concurrently on t (a)",
                "DROP INDEX CONCURRENTLY i",
                "REINDEX TABLE t",
                "VACUUM t",
                "CLUSTER t",
                "ALTER SYSTEM SET a = 1",
                "CREATE DATABASE d",
                "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
                "ALTER TYPE mood RENAME VALUE 'a' TO 'b'",
                "ALTER TYPE address ADD ATTRIBUTE zip text",
                "ALTER SCHEMA a RENAME TO b",
                "ALTER TABLE t ATTACH PARTITION p DEFAULT",
                "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
                "CREATE TABLE n AS SELECT 1",
                "CREATE UNLOGGED TABLE n AS SELECT 1",
                "CREATE TEMP TABLE n (a int)",
                "COPY t FROM STDIN",
                "ROLLBACK",
                "RESET search_path",
                "SET lock_timeout = '10s'",
                "SET LOCAL lock_timeout TO 0",
                "SET ROLE app",
                "SET SESSION AUTHORIZATION app",
                "set session_replication_role = replica",
                "SAVEPOINT a",
                "PREPARE TRANSACTION 'a'",
                "\\d t",
                "NOTIFY a",
                "EXPLAIN SELECT 1"
            })
    void whatNoTransactionOnBothSidesCanCarry_isRefused(String sql) {
        assertThat(code(() -> SqlScript.parse(sql))).isEqualTo("SC012");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE t ADD a int | DEFINITION",
                "CREATE TABLE n (a int) | DEFINITION",
                "CREATE TABLE n (concurrently int) | DEFINITION",
                "CREATE MATERIALIZED VIEW v AS SELECT 1 | DEFINITION",
                "CREATE INDEX i ON t (a) | DEFINITION",
                "ALTER TYPE mood ADD VALUE 'b' | DEFINITION",
                "DROP TABLE t | DEFINITION",
                "GRANT SELECT ON t TO a | DEFINITION",
                "COMMENT ON TABLE t IS 'a' | DEFINITION",
                "SET LOCAL work_mem = '1GB' | SETTING",
                "SET SESSION work_mem = '1GB' | SETTING",
                "UPDATE t SET a = 1 | DATA",
                "insert into t values (1) | DATA",
                "WITH a AS (DELETE FROM t RETURNING *) INSERT INTO n SELECT * FROM a | DATA",
                "TRUNCATE t | DATA",
                "ALTER PUBLICATION p ADD TABLE t | SOURCE_ONLY",
                "LOCK TABLE t | SOURCE_ONLY",
                "SELECT setval('s', 1) | OPAQUE",
                "DO $$ BEGIN END $$ | OPAQUE"
            })
    void kindOfAStatement_isKnown(String sql, StatementKind kind) {
        assertThat(SqlScript.parse(sql).statements().get(0).kind()).isEqualTo(kind);
    }

    @Test
    void rowsAreChangedLast() {
        CitusRewrite plain = new CitusRewrite(false, name -> Optional.empty());
        ScriptPlan plan = ScriptPlan.of("ALTER TABLE t ADD a int; UPDATE t SET a = 1", Optional.empty(), plain);
        assertThat(plan.definitions()).hasSize(1);
        assertThat(plan.data()).hasSize(1);
        assertThat(plan.target()).containsExactly("ALTER TABLE t ADD a int");
        assertThat(code(() -> ScriptPlan.of(
                        "UPDATE t SET a = 1; ALTER TABLE t DROP b",
                        Optional.empty(),
                        new CitusRewrite(false, name -> Optional.empty()))))
                .isEqualTo("SC012");
    }

    @Test
    void settings_endWithTheTransaction() {
        assertThat(
                        statements(
                                "SET search_path TO a, b; set session work_mem = '1GB'; SET LOCAL x.y = 1; ALTER TABLE t DROP a"))
                .startsWith("SET LOCAL search_path TO a, b", "SET LOCAL work_mem = '1GB'", "SET LOCAL x.y = 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE n (a int PRIMARY KEY); DO $$ BEGIN INSERT INTO n VALUES (1); END $$",
                "CREATE TABLE n (a int PRIMARY KEY); SELECT fill_n()",
                "SELECT * INTO n FROM t",
                "ALTER TABLE t DROP a; CALL p()",
                "INSERT INTO t VALUES (1); SET search_path = b; INSERT INTO t VALUES (2)"
            })
    void statementWhoseOrderMatters_isRefused(String sql) {
        CitusRewrite citus = new CitusRewrite(true, name -> Optional.empty());
        assertThat(code(() -> ScriptPlan.of(sql, Optional.of("CREATE TABLE n (a int PRIMARY KEY)"), citus)))
                .isEqualTo("SC012");
    }

    @Test
    void targetsOwnFile_isTakenAsItIs() {
        ScriptPlan plan = ScriptPlan.of(
                "CREATE TABLE n (a int PRIMARY KEY)",
                Optional.of("CREATE TABLE n (a int PRIMARY KEY); SELECT create_distributed_table('n', 'a');"),
                new CitusRewrite(true, name -> Optional.empty()));
        assertThat(plan.target())
                .containsExactly("CREATE TABLE n (a int PRIMARY KEY)", "SELECT create_distributed_table('n', 'a')");
    }

    @Test
    void shortenedStatement_hasNoConstants() {
        assertThat(ChangeStatement.shortened("UPDATE t\n  SET a = 'secret'")).isEqualTo("UPDATE t SET a = '...'");
    }
}
