package org.pg2citus.sink.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RowTest {

    private static final List<String> COLUMNS = List.of("a", "b");

    @Test
    void unavailable_isNoText() {
        Row unavailable = Row.of(COLUMNS, "1", Row.UNAVAILABLE);
        Row sameText = Row.of(COLUMNS, "1", Row.UNAVAILABLE.substring(0, 5) + Row.UNAVAILABLE.substring(5));
        assertThat(sameText).isNotEqualTo(unavailable);
        assertThat(sameText.isComplete()).isTrue();
        assertThat(unavailable.isComplete()).isFalse();
        assertThat(unavailable.isAvailable(0)).isTrue();
        assertThat(unavailable.isAvailable(1)).isFalse();
    }

    @Test
    void equality_needsTheSameColumnsAndValues() {
        Row row = Row.of(COLUMNS, "1", null);
        assertThat(row).isEqualTo(Row.of(List.of("a", "b"), "1", null)).hasSameHashCodeAs(Row.of(COLUMNS, "1", null));
        assertThat(row).isNotEqualTo(Row.of(COLUMNS, "1", "")).isNotEqualTo(Row.of(List.of("a", "c"), "1", null));
    }

    @Test
    void filledFrom_takesOnlyWhatWasNotSentAndTheOtherRowHas() {
        Row row = Row.of(List.of("a", "b", "c", "d"), "1", Row.UNAVAILABLE, Row.UNAVAILABLE, null);
        Row other = Row.of(List.of("d", "c", "b", "a"), "4", null, "2", "9");
        assertThat(row.filledFrom(other))
                .isEqualTo(Row.of(List.of("a", "b", "c", "d"), "1", "2", Row.UNAVAILABLE, null));
        assertThat(row.filledFrom(Row.of(List.of("x"), "y"))).isEqualTo(row);
        Row complete = Row.of(COLUMNS, "1", null);
        assertThat(complete.filledFrom(other)).isSameAs(complete);
    }

    @Test
    void value_ofANullOrAMissingColumn_isEmpty() {
        Row row = Row.of(COLUMNS, "1", null);
        assertThat(row.value("a")).contains("1");
        assertThat(row.value("b")).isEmpty();
        assertThat(row.value("c")).isEmpty();
        assertThat(row.has("b")).isTrue();
        assertThat(row.has("c")).isFalse();
    }

    @Test
    void rowWithMoreValuesThanColumns_isRefused() {
        assertThatThrownBy(() -> Row.of(COLUMNS, "1")).isInstanceOf(IllegalArgumentException.class);
    }
}
