package org.pg2citus.runner.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.TableId;

class DigestQueryTest {

    private static final TableId TABLE = new TableId("public", "Odd \"name\"");

    @Test
    void sums_hashAllColumnsAndPutRowsIntoBucketsByTheirKey() {
        assertThat(new DigestQuery(TABLE, List.of("id", "Va\"l"), List.of("id"), 16).sums())
                .isEqualTo(
                        """
                        SELECT bucket, count(*), sum(('x' || left(hash, 16))::bit(64)::bigint),
                               sum(('x' || right(hash, 16))::bit(64)::bigint)
                        FROM (SELECT ('x' || left(md5(ROW("id"::text)::text), 4))::bit(16)::int % 16 AS bucket, md5(ROW("id"::text, "Va""l"::text)::text) AS hash FROM "public"."Odd ""name""\") AS hashed
                        GROUP BY bucket""");
    }

    @Test
    void rows_readsOnlyTheBucketsAskedFor() {
        assertThat(new DigestQuery(TABLE, List.of("id"), List.of("id"), 16).rows(List.of(3, 5)))
                .contains("WHERE bucket IN (3, 5)")
                .endsWith("ORDER BY keyhash COLLATE \"C\", hash COLLATE \"C\"");
    }

    @Test
    void buckets_growWithTheTableWithinBounds() {
        assertThat(DigestQuery.bucketsFor(0)).isEqualTo(1);
        assertThat(DigestQuery.bucketsFor(200_000)).isEqualTo(100);
        assertThat(DigestQuery.bucketsFor(Long.MAX_VALUE)).isEqualTo(4_096);
    }

    @Test
    void noColumnsOrNoKey_isRefused() {
        assertThatThrownBy(() -> new DigestQuery(TABLE, List.of(), List.of("id"), 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DigestQuery(TABLE, List.of("id"), List.of(), 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
