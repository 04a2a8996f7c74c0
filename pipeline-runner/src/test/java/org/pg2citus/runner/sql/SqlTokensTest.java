package org.pg2citus.runner.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SqlTokensTest {

    private static List<String> values(String sql) {
        return SqlTokens.of(sql).stream().map(SqlToken::text).toList();
    }

    @Test
    void wordsAreLowerCase_quotedNamesAreKept() {
        assertThat(values("ALTER Table \"Odd \"\"Name\"\"\".Tä_1$ x"))
                .containsExactly("alter", "table", "Odd \"Name\"", ".", "tä_1$", "x");
    }

    @Test
    void constantsOfEveryForm_areOneTokenEach() {
        String[] constants = {
            "'it''s; -- no'",
            "E'a\\'b'",
            "e'\\\\'",
            "U&'\\0041'",
            "B'01'",
            "x'1F'",
            "N'n'",
            "$$ ; ' \" $$",
            "$tag$ $$ $other$ $tag$",
            "''"
        };
        for (String constant : constants) {
            assertThat(values("a " + constant + " b")).as(constant).containsExactly("a", constant, "b");
        }
    }

    @Test
    void dollarsThatQuoteNothing_areNone() {
        assertThat(values("$1 a$b$c 1.5e3")).containsExactly("$", "1", "a$b$c", "1.5e3");
    }

    @Test
    void comments_areNoTokens() {
        assertThat(values("a -- ' ; \n b /* /* ' */ ; */ c --")).containsExactly("a", "b", "c");
        assertThat(values("-- only")).isEmpty();
    }

    @Test
    void depthAndPlace_areThoseOfTheText() {
        String sql = "f(a, (b))[1] , c";
        List<SqlToken> tokens = SqlTokens.of(sql);
        tokens.forEach(
                token -> assertThat(sql.substring(token.start(), token.end())).isEqualTo(token.text()));
        assertThat(tokens.stream().map(SqlToken::depth).toList())
                .containsExactly(0, 0, 1, 1, 1, 2, 1, 0, 0, 1, 0, 0, 0);
    }

    @Test
    void commentsAndCommandsOfPsql_areSeenWhenAskedFor() {
        assertThat(SqlTokens.all("\\d t\n/* a */ b \\ -- c"))
                .extracting(SqlToken::kind)
                .containsExactly(
                        SqlToken.Kind.PSQL,
                        SqlToken.Kind.COMMENT,
                        SqlToken.Kind.WORD,
                        SqlToken.Kind.SYMBOL,
                        SqlToken.Kind.COMMENT);
    }

    @Test
    void whatDoesNotEnd_isRefusedWithItsLineButNotItsText() {
        for (String sql :
                new String[] {"a 'secret", "a \"secret", "a /* /* */ secret", "a $x$ secret", "a E'secret\\'"}) {
            assertThatThrownBy(() -> SqlTokens.of("first;\n" + sql + "\nlast"))
                    .as(sql)
                    .isInstanceOf(UnclosedSqlException.class)
                    .hasMessageContaining("does not end, in the line: a")
                    .hasMessageNotContainingAny("secret", "first", "last");
        }
    }
}
