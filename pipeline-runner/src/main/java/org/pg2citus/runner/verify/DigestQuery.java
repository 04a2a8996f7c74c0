package org.pg2citus.runner.verify;

import static org.pg2citus.sink.change.TableId.quote;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pg2citus.sink.change.TableId;

/**
 * The SQL that sums up a table, the same for both sides.
 *
 * <p>A row's hash covers the text of every column, in the source's order, with NULL told apart from the empty text. Rows
 * are put into buckets by a hash of their key, so that a changed row stays in its bucket, and only the buckets that
 * differ have to be read again row by row. Counts and sums are of a kind that Citus computes on the shards.
 *
 * @param columns the compared columns
 * @param key the columns that identify a row; those of a table without a key are all columns
 */
record DigestQuery(TableId table, List<String> columns, List<String> key, int buckets) {

    /** Buckets are numbered by 16 bits of a hash. */
    static final int MAX_BUCKETS = 1 << 16;

    private static final long ROWS_PER_BUCKET = 2_000;

    DigestQuery {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        if (columns.isEmpty() || key.isEmpty() || buckets < 1 || buckets > MAX_BUCKETS) {
            throw new IllegalArgumentException(
                    "no columns, no key or bad buckets: %s, %s, %d".formatted(columns, key, buckets));
        }
    }

    /** Few enough to be cheap, many enough that one that differs is soon read again. */
    static int bucketsFor(long estimatedRows) {
        return (int) Math.max(1, Math.min(4_096, estimatedRows / ROWS_PER_BUCKET));
    }

    /** Number of the bucket, rows, and two sums of 64 bits each of the rows' hashes. */
    String sums() {
        return """
                SELECT bucket, count(*), sum(('x' || left(hash, 16))::bit(64)::bigint),
                       sum(('x' || right(hash, 16))::bit(64)::bigint)
                FROM (SELECT %s AS bucket, md5(%s) AS hash FROM %s) AS hashed
                GROUP BY bucket"""
                .formatted(bucket(), row(columns), table.toSql());
    }

    /** Hash of the key, hash of the row, and the key as text, of the rows in some buckets; sorted by the two hashes. */
    String rows(Collection<Integer> ofBuckets) {
        return """
                SELECT keyhash, hash, keytext
                FROM (SELECT %s AS bucket, md5(%s) AS keyhash, md5(%s) AS hash, %s AS keytext FROM %s) AS hashed
                WHERE bucket IN (%s)
                ORDER BY keyhash COLLATE "C", hash COLLATE "C\""""
                .formatted(
                        bucket(),
                        row(key),
                        row(columns),
                        row(key),
                        table.toSql(),
                        ofBuckets.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }

    /** Hash of the key, hash of the row, and the given columns as text, of the rows in some buckets; sorted the same. */
    String wholeRows(Collection<Integer> ofBuckets, List<String> values) {
        return """
                SELECT keyhash, hash, %s
                FROM (SELECT %s AS bucket, md5(%s) AS keyhash, md5(%s) AS hash, %s FROM %s) AS hashed
                WHERE bucket IN (%s)
                ORDER BY keyhash COLLATE "C", hash COLLATE "C\""""
                .formatted(
                        IntStream.range(0, values.size()).mapToObj(i -> "v" + i).collect(Collectors.joining(", ")),
                        bucket(),
                        row(key),
                        row(columns),
                        IntStream.range(0, values.size())
                                .mapToObj(i -> "%s::text AS v%d".formatted(quote(values.get(i)), i))
                                .collect(Collectors.joining(", ")),
                        table.toSql(),
                        ofBuckets.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }

    private String bucket() {
        return "('x' || left(md5(%s), 4))::bit(16)::int %% %d".formatted(row(key), buckets);
    }

    private static String row(List<String> columns) {
        return columns.stream()
                .map(column -> quote(column) + "::text")
                .collect(Collectors.joining(", ", "ROW(", ")::text"));
    }
}
