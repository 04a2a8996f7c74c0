package org.pg2citus.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TypeFitTest {

    @Test
    void sameOrWiderType_holdsEveryValue() {
        String[][] pairs = {
            {"bigint", "bigint"},
            {"smallint", "integer"},
            {"integer", "bigint"},
            {"bigint", "numeric"},
            {"numeric(10,2)", "numeric"},
            {"character varying(10)", "character varying(20)"},
            {"character varying(10)", "character varying"},
            {"character varying(10)", "text"},
            {"character varying", "text"},
            {"text", "character varying"},
            {"bit varying(3)", "bit varying(5)"},
            {"public.mood", "public.mood"}
        };
        for (String[] pair : pairs) {
            assertThat(TypeFit.holds(pair[0], pair[1]))
                    .as("%s to %s", (Object[]) pair)
                    .isTrue();
        }
    }

    @Test
    void narrowerOrOtherText_doesNot() {
        String[][] pairs = {
            {"bigint", "integer"},
            {"numeric", "bigint"},
            {"numeric", "numeric(10,2)"},
            {"numeric(10,2)", "numeric(12,3)"},
            {"text", "character varying(10)"},
            {"character varying(20)", "character varying(10)"},
            {"character varying", "character varying(10)"},
            {"character(3)", "character(5)"},
            {"bit(3)", "bit(5)"},
            {"bit varying(3)", "text"},
            {"real", "double precision"},
            {"timestamp without time zone", "timestamp with time zone"},
            {"json", "jsonb"},
            {"public.mood", "text"}
        };
        for (String[] pair : pairs) {
            assertThat(TypeFit.holds(pair[0], pair[1]))
                    .as("%s to %s", (Object[]) pair)
                    .isFalse();
        }
    }
}
