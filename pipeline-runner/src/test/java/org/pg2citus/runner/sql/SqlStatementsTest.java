package org.pg2citus.runner.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SqlStatementsTest {

    private static List<String> statements(String sql) {
        return SqlStatements.of(sql).stream().map(SqlStatements.Piece::sql).toList();
    }

    @Test
    void semicolonsOutsideOfQuotes_endStatements() {
        assertThat(statements("SELECT 1; SELECT 2 ;;\n SELECT 3")).containsExactly("SELECT 1", "SELECT 2", "SELECT 3");
    }

    @Test
    void semicolonsWithinQuotesAndComments_endNone() {
        for (String sql : List.of(
                "SELECT 'a;''b;'",
                "SELECT E'a;\\';b'",
                "SELECT \"a;\"\"b;\"",
                "SELECT $$a;b$$",
                "SELECT $x$a;$$;b$x$",
                "SELECT 1 -- a;b\n + 1",
                "SELECT 1 /* a; /* b; */ c; */ + 1",
                "CREATE RULE r AS ON DELETE TO t DO INSTEAD (SELECT 1; SELECT 2)")) {
            assertThat(statements(sql + "; SELECT 2")).as(sql).containsExactly(sql, "SELECT 2");
        }
    }

    @Test
    void bodyInStandardSql_isOneStatement() {
        String function =
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END";

        assertThat(statements(function + "; SELECT 2")).containsExactly(function, "SELECT 2");
    }

    @Test
    void dollarInNamesAndParameters_opensNoQuote() {
        assertThat(statements("SELECT a$b$c; SELECT $1 + $2; SELECT 3")).hasSize(3);
    }

    @Test
    void semicolonsWithinParenthesesAndBrackets_endNone() {
        assertThat(statements("SELECT (1;2)[3;4]; SELECT 2")).containsExactly("SELECT (1;2)[3;4]", "SELECT 2");
    }

    @Test
    void commandsOfPsql_areNoStatements() {
        assertThat(statements("\\restrict abc;def\nSELECT 1;\n\\unrestrict abc\n"))
                .containsExactly("SELECT 1");
    }

    @Test
    void commentsBeforeAStatement_areKept() {
        assertThat(SqlStatements.of("-- one\n-- two\nSELECT 1 -- three\n; -- four\nSELECT 2"))
                .extracting(SqlStatements.Piece::comments)
                .containsExactly(List.of("-- one", "-- two"), List.of("-- four"));
    }

    @Test
    void textWithoutStatement_hasNone() {
        assertThat(statements("")).isEmpty();
        assertThat(statements(";; -- only a comment")).isEmpty();
    }
}
