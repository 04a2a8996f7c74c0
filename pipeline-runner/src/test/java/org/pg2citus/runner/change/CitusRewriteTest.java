package org.pg2citus.runner.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.sql.SqlName;
import org.pg2citus.sink.change.TableId;

/** {@code t} is distributed by {@code tenant}, {@code "Odd"} by {@code "T id"}, {@code r} is not distributed. */
class CitusRewriteTest {

    private static final Map<TableId, String> DISTRIBUTED =
            Map.of(new TableId("public", "t"), "tenant", new TableId("public", "Odd"), "T id");

    private static CitusRewrite.Result onCitus(String sql) {
        return new CitusRewrite(true, name -> TableNames.find(name, List.of("other", "public"), DISTRIBUTED))
                .rewrite(SqlScript.parse(sql));
    }

    private static CitusRewrite.Result onPlain(String sql) {
        return new CitusRewrite(false, name -> Optional.empty()).rewrite(SqlScript.parse(sql));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ADD COLUMN a int DEFAULT 7 NOT NULL",
                "ALTER TABLE IF EXISTS ONLY public.t DROP COLUMN IF EXISTS a",
                "ALTER TABLE t RENAME COLUMN a TO b",
                "ALTER TABLE t RENAME TO u",
                "ALTER TABLE t ALTER COLUMN a TYPE bigint",
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
                "ALTER TABLE t ADD CONSTRAINT k UNIQUE (tenant, a)",
                "ALTER TABLE t ADD PRIMARY KEY (a, \"tenant\")",
                "ALTER TABLE t DROP CONSTRAINT tenant",
                "ALTER TABLE t ADD FOREIGN KEY (tenant, a) REFERENCES u",
                "ALTER TABLE r ADD UNIQUE (a)",
                "ALTER TABLE r ALTER a TYPE bigint",
                "CREATE INDEX i ON t (a)",
                "CREATE UNIQUE INDEX i ON t (tenant, lower(a))",
                "CREATE UNIQUE INDEX i ON r (a)",
                "CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2)",
                "CREATE TYPE mood AS ENUM ('a')",
                "DROP TABLE t",
                "SET LOCAL work_mem = '1GB'"
            })
    void whatCitusTakes_isLeftAlone(String sql) {
        CitusRewrite.Result result = onCitus(sql);
        assertThat(result.statements()).containsExactly(sql);
        assertThat(result.notes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE t ADD PRIMARY KEY (a) | ALTER TABLE t ADD PRIMARY KEY (a, \"tenant\")",
                "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a, b) DEFERRABLE | ALTER TABLE t ADD CONSTRAINT k UNIQUE (a, b, \"tenant\") DEFERRABLE",
                "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a) | ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a, \"tenant\")",
                "ALTER TABLE t ADD UNIQUE (a) INCLUDE (tenant) | ALTER TABLE t ADD UNIQUE (a, \"tenant\") INCLUDE (tenant)",
                "ALTER TABLE \"Odd\" ADD UNIQUE (a) | ALTER TABLE \"Odd\" ADD UNIQUE (a, \"T id\")",
                "CREATE UNIQUE INDEX ON t (a) | CREATE UNIQUE INDEX ON t (a, \"tenant\")",
                "CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY public.t USING btree (lower(tenant), a DESC) WHERE a > 0 | CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY public.t USING btree (lower(tenant), a DESC, \"tenant\") WHERE a > 0"
            })
    void keyOfADistributedTable_getsTheDistributionColumn(String sql, String rewritten) {
        CitusRewrite.Result result = onCitus(sql);
        assertThat(result.statements()).containsExactly(rewritten);
        assertThat(result.notes()).hasSize(1);
        assertThat(onPlain(sql).statements()).containsExactly(sql);
    }

    @Test
    void severalActions_becomeSeveralStatements() {
        String sql = "ALTER TABLE t ADD a numeric(10, 2) DEFAULT 1, DROP b, ADD UNIQUE (a), ALTER c TYPE text";
        assertThat(onCitus(sql).statements())
                .containsExactly(
                        "ALTER TABLE t ADD a numeric(10, 2) DEFAULT 1",
                        "ALTER TABLE t DROP b",
                        "ALTER TABLE t ADD UNIQUE (a, \"tenant\")",
                        "ALTER TABLE t ALTER c TYPE text");
        assertThat(onPlain(sql).statements()).containsExactly(sql);
    }

    @Test
    void whatConcernsTheSourceAlone_isLeftOut() {
        String sql = "ALTER TABLE t REPLICA IDENTITY FULL; ALTER PUBLICATION p ADD TABLE t;"
                + " ALTER TABLE t ADD a int, REPLICA IDENTITY DEFAULT; UPDATE t SET a = 1";
        for (CitusRewrite.Result result : List.of(onCitus(sql), onPlain(sql))) {
            assertThat(result.statements()).containsExactly("ALTER TABLE t ADD a int");
            assertThat(result.notes()).hasSize(4);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ALTER tenant TYPE bigint",
                "ALTER TABLE t ADD a int, ALTER COLUMN tenant SET DATA TYPE bigint USING tenant",
                "ALTER TABLE t DROP COLUMN IF EXISTS tenant",
                "ALTER TABLE \"Odd\" DROP \"T id\"",
                "ALTER TABLE t ADD a int UNIQUE",
                "ALTER TABLE t ADD COLUMN a int PRIMARY KEY",
                "ALTER TABLE t ADD PRIMARY KEY USING INDEX i",
                "CREATE TABLE n (a int PRIMARY KEY)",
                "CREATE UNLOGGED TABLE n (a int)",
                "ALTER TABLE t ALTER a TYPE bigint USING a * 100, ALTER b TYPE bigint USING a * b",
                "ALTER TABLE r ALTER a TYPE bigint USING a * 100, DROP c"
            })
    void whatHasNoOneRightWay_needsTheTargetsOwnFile(String sql) {
        MigrationException refused = catchThrowableOfType(MigrationException.class, () -> onCitus(sql));
        assertThat(refused).isNotNull();
        assertThat(refused.code()).isEqualTo("SC013");
        assertThat(refused.remedy()).contains("--target-sql");
    }

    @Test
    void newTable_isTakenByPlainPostgres() {
        assertThat(onPlain("CREATE TABLE n (a int PRIMARY KEY)").statements()).hasSize(1);
    }

    @Test
    void changeOfType_isReadWithItsExpression() {
        AlterTable alter = AlterTable.of(
                        ChangeStatement.of(
                                "ALTER TABLE s.t ALTER COLUMN \"A\" SET DATA TYPE varchar(10) COLLATE \"C\" USING f(\"A\", ','), ALTER b TYPE int"))
                .orElseThrow();
        assertThat(alter.table()).isEqualTo(new SqlName(Optional.of("s"), "t"));
        assertThat(alter.actions().stream().map(AlterTable::newType).toList())
                .containsExactly(
                        Optional.of(new AlterTable.NewType("A", "varchar(10)", Optional.of("f(\"A\", ',')"))),
                        Optional.of(new AlterTable.NewType("b", "int", Optional.empty())));
    }
}
