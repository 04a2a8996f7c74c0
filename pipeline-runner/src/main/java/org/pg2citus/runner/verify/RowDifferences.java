package org.pg2citus.runner.verify;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Rows that differ between both sides.
 *
 * @param missing rows that the target lacks
 * @param extra rows that only the target has
 * @param changed rows with other values in the target
 * @param examples keys of some of them; values of the database, not to be logged
 */
record RowDifferences(long missing, long extra, long changed, List<Example> examples) {

    /** How a row differs. */
    enum Kind {
        MISSING,
        EXTRA,
        CHANGED
    }

    /** One row that differs; {@code key} is the text of its key columns as a row. */
    record Example(Kind kind, String key) {}

    /** A row of one side. */
    record Hashed(String keyHash, String hash, String key) {}

    static final RowDifferences NONE = new RowDifferences(0, 0, 0, List.of());

    RowDifferences {
        examples = List.copyOf(examples);
    }

    RowDifferences plus(RowDifferences other) {
        List<Example> all = new ArrayList<>(examples);
        all.addAll(other.examples);
        return new RowDifferences(missing + other.missing, extra + other.extra, changed + other.changed, all);
    }

    /** Compares two lists of rows, both sorted by the hash of the key and then of the row. */
    static RowDifferences between(Iterator<Hashed> source, Iterator<Hashed> target, int maxExamples) {
        Merge merge = new Merge(maxExamples);
        Hashed left = next(source);
        Hashed right = next(target);
        while (left != null || right != null) {
            int order = left == null ? 1 : right == null ? -1 : left.keyHash().compareTo(right.keyHash());
            if (order < 0) {
                merge.add(Kind.MISSING, left);
                left = next(source);
            } else if (order > 0) {
                merge.add(Kind.EXTRA, right);
                right = next(target);
            } else {
                int rows = left.hash().compareTo(right.hash());
                if (rows == 0) {
                    left = next(source);
                    right = next(target);
                } else {
                    // The same key with other values. Where keys repeat (a table without one has all columns as its
                    // key), equal hashes of keys mean equal rows, so this is a row of a keyed table.
                    merge.add(Kind.CHANGED, left);
                    left = next(source);
                    right = next(target);
                }
            }
        }
        return merge.result();
    }

    private static Hashed next(Iterator<Hashed> rows) {
        return rows.hasNext() ? rows.next() : null;
    }

    private static final class Merge {
        private final int maxExamples;
        private final List<Example> examples = new ArrayList<>();
        private long missing;
        private long extra;
        private long changed;

        Merge(int maxExamples) {
            this.maxExamples = maxExamples;
        }

        void add(Kind kind, Hashed row) {
            switch (kind) {
                case MISSING -> missing++;
                case EXTRA -> extra++;
                case CHANGED -> changed++;
            }
            if (examples.size() < maxExamples) {
                examples.add(new Example(kind, row.key()));
            }
        }

        RowDifferences result() {
            return new RowDifferences(missing, extra, changed, examples);
        }
    }
}
