package org.pg2citus.runner.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.TableId;

class DemoResultTest {

    private static final Books GOOD_BOOKS = new Books(0, 0, 10);
    private static final LookCounts GOOD_LOOKS = new LookCounts(5, 0);
    private static final Comparison EQUAL = comparison(new TableDigest(3, "ab"), new TableDigest(3, "ab"));

    @Test
    void proven_everythingHolds_isTrue() {
        assertThat(result(GOOD_BOOKS, GOOD_LOOKS, EQUAL).proven()).isTrue();
    }

    @Test
    void proven_anyDoubt_isFalse() {
        assertThat(result(new Books(1, 0, 10), GOOD_LOOKS, EQUAL).proven()).isFalse();
        assertThat(result(new Books(0, 1, 10), GOOD_LOOKS, EQUAL).proven()).isFalse();
        assertThat(result(new Books(0, 0, 0), GOOD_LOOKS, EQUAL).proven()).isFalse();
        assertThat(result(GOOD_BOOKS, new LookCounts(5, 1), EQUAL).proven()).isFalse();
        assertThat(result(GOOD_BOOKS, new LookCounts(0, 0), EQUAL).proven()).isFalse();
        assertThat(result(GOOD_BOOKS, GOOD_LOOKS, comparison(new TableDigest(3, "ab"), new TableDigest(3, "ac")))
                        .proven())
                .isFalse();
        assertThat(result(GOOD_BOOKS, GOOD_LOOKS, comparison(new TableDigest(3, "ab"), null))
                        .proven())
                .isFalse();
        assertThat(result(GOOD_BOOKS, GOOD_LOOKS, new Comparison(List.of())).proven())
                .isFalse();
    }

    private static Comparison comparison(TableDigest source, TableDigest target) {
        return new Comparison(List.of(
                new Comparison.Pair(new TableId("public", "ads"), Optional.of(source), Optional.ofNullable(target))));
    }

    private static DemoResult result(Books books, LookCounts looks, Comparison comparison) {
        return new DemoResult(
                "PostgreSQL 15",
                "plain PostgreSQL 15",
                false,
                Map.of(),
                1,
                Duration.ofSeconds(1),
                1,
                1,
                List.of(1L),
                LoadCounts.none(),
                looks,
                books,
                comparison,
                Duration.ofSeconds(1));
    }
}
