package org.pg2citus.runner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.TableId;

class TableFilterTest {

    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId AUDIT = new TableId("audit", "orders_log");

    @Test
    void pattern_matchesSchemaAndNameWhole() {
        assertThat(new TablePattern("public.orders").matches(ORDERS)).isTrue();
        assertThat(new TablePattern("public.order").matches(ORDERS)).isFalse();
        assertThat(new TablePattern("public.*").matches(AUDIT)).isFalse();
        assertThat(new TablePattern("*.orders*").matches(AUDIT)).isTrue();
        assertThat(new TablePattern("public.order?").matches(ORDERS)).isTrue();
    }

    @Test
    void patternWithoutDot_isForAnySchema() {
        assertThat(new TablePattern("orders*").matches(AUDIT)).isTrue();
    }

    @Test
    void otherCharacters_standForThemselves() {
        assertThat(new TablePattern("public.a[b]+").matches(new TableId("public", "a[b]+")))
                .isTrue();
        assertThat(new TablePattern("public.ORDERS").matches(ORDERS)).isFalse();
    }

    @Test
    void emptyPart_isRefused() {
        assertThatThrownBy(() -> new TablePattern("public.")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TablePattern("")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void exclude_isStrongerThanInclude() {
        TableFilter filter = new TableFilter(List.of(new TablePattern("*")), List.of(new TablePattern("audit.*")));

        assertThat(filter.includes(ORDERS)).isTrue();
        assertThat(filter.includes(AUDIT)).isFalse();
    }

    @Test
    void patternThatMatchesNothing_isFound() {
        TablePattern misspelt = new TablePattern("public.ordres");
        TableFilter filter = new TableFilter(List.of(new TablePattern("*"), misspelt), List.of());

        assertThat(filter.matchingNothing(List.of(ORDERS, AUDIT))).containsExactly(misspelt);
    }
}
