package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

class SchemaScriptTest {

    @Test
    void editedScript_isTakenBySections() {
        SchemaScript script = SchemaScript.read(
                "s.sql",
                """
                -- by hand
                SET lock_timeout = '1s';
                -- pg2citus section: before-copy
                CREATE TABLE t (id int); -- why
                -- pg2citus section: after-copy
                CREATE INDEX ON t (id)""");

        assertThat(script.session()).containsExactly("SET lock_timeout = '1s'");
        assertThat(script.of(Section.BEFORE_COPY))
                .extracting(SchemaStatement::sql)
                .containsExactly("CREATE TABLE t (id int)");
        assertThat(script.of(Section.AFTER_COPY))
                .extracting(SchemaStatement::sql)
                .containsExactly("CREATE INDEX ON t (id)");
    }

    @Test
    void scriptWithoutSections_isRefused() {
        assertThatThrownBy(() -> SchemaScript.read("s.sql", "CREATE TABLE t (id int);"))
                .isInstanceOfSatisfying(MigrationException.class, failure -> {
                    assertThat(failure.code()).isEqualTo("SM002");
                    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIG);
                })
                .hasMessageContaining("-- pg2citus section: before-copy");
    }

    @Test
    void misspeltSection_isRefusedWithTheNearest() {
        assertThatThrownBy(() -> SchemaScript.read("s.sql", "-- pg2citus section: befor-copy\nSELECT 1;"))
                .hasMessageContaining("no section 'befor-copy' (did you mean before-copy?)");
    }

    @Test
    void commandOfPsqlOrOpenQuote_isRefused() {
        String section = "-- pg2citus section: before-copy\n";
        assertThatThrownBy(() -> SchemaScript.read("s.sql", section + "\\i more.sql\nSELECT 1;"))
                .hasMessageContaining("\\i more.sql is a command of psql");
        assertThatThrownBy(() -> SchemaScript.read("s.sql", section + "SELECT 'a;"))
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("a string does not end, in the line: SELECT");
    }

    @Test
    void shortForm_isOneLine() {
        assertThat(new SchemaStatement(Section.BEFORE_COPY, "SELECT\n   1").shortSql())
                .isEqualTo("SELECT 1");
        assertThat(new SchemaStatement(Section.BEFORE_COPY, "x".repeat(500)).shortSql())
                .hasSize(110)
                .endsWith("...");
    }
}
