package org.pg2citus.runner.verify;

import java.util.Iterator;
import java.util.function.Function;

/** Walks through the rows of both sides, each sorted by the hash of the key and then of the row, and says what differs. */
final class RowMerge<T> {

    /** A row by its hashes. */
    record Hashes(String key, String row) {}

    /** Is told each difference. */
    interface Differences<T> {
        void missing(T source);

        void extra(T target);

        /** The same key with other values. */
        void changed(T source, T target);
    }

    private final Function<T, Hashes> hashes;
    private final Differences<T> differences;

    RowMerge(Function<T, Hashes> hashes, Differences<T> differences) {
        this.hashes = hashes;
        this.differences = differences;
    }

    void run(Iterator<T> source, Iterator<T> target) {
        T left = next(source);
        T right = next(target);
        while (left != null || right != null) {
            int order = left == null
                    ? 1
                    : right == null
                            ? -1
                            : hashes.apply(left)
                                    .key()
                                    .compareTo(hashes.apply(right).key());
            if (order < 0) {
                differences.missing(left);
                left = next(source);
            } else if (order > 0) {
                differences.extra(right);
                right = next(target);
            } else {
                // Where keys repeat (a table without one has all columns as its key), equal hashes of keys mean equal
                // rows, so a difference here is one of a keyed table.
                if (!hashes.apply(left).row().equals(hashes.apply(right).row())) {
                    differences.changed(left, right);
                }
                left = next(source);
                right = next(target);
            }
        }
    }

    private static <T> T next(Iterator<T> rows) {
        return rows.hasNext() ? rows.next() : null;
    }
}
