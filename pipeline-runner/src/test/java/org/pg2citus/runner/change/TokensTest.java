package org.pg2citus.runner.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.failure.MigrationException;

class TokensTest {

    private static List<String> values(String sql) {
        return Tokens.of(sql).stream().map(Token::value).toList();
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
        assertThat(values("$1 a$b$c")).containsExactly("$", "1", "a$b$c");
    }

    @Test
    void comments_areNoTokens() {
        assertThat(values("a -- ' ; \n b /* /* ' */ ; */ c --")).containsExactly("a", "b", "c");
        assertThat(values("-- only")).isEmpty();
    }

    @Test
    void depthAndPlace_areThoseOfTheText() {
        String sql = "f(a, (b))[1] , c";
        List<Token> tokens = Tokens.of(sql);
        tokens.forEach(
                token -> assertThat(sql.substring(token.start(), token.end())).isEqualTo(token.value()));
        assertThat(tokens.stream().map(Token::depth).toList()).containsExactly(0, 0, 1, 1, 1, 2, 1, 0, 0, 1, 0, 0, 0);
    }

    @Test
    void whatDoesNotEnd_isRefused() {
        for (String sql : new String[] {"a 'b", "a \"b", "a /* /* */", "a $x$ b", "E'a\\'"}) {
            assertThatThrownBy(() -> Tokens.of(sql))
                    .as(sql)
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContaining("does not end");
        }
    }
}
