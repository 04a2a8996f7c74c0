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
        Counts counts = new Counts(maxExamples);
        new RowMerge<Hashed>(row -> new RowMerge.Hashes(row.keyHash(), row.hash()), counts).run(source, target);
        return counts.result();
    }

    private static final class Counts implements RowMerge.Differences<Hashed> {
        private final int maxExamples;
        private final List<Example> examples = new ArrayList<>();
        private long missing;
        private long extra;
        private long changed;

        Counts(int maxExamples) {
            this.maxExamples = maxExamples;
        }

        @Override
        public void missing(Hashed source) {
            missing++;
            example(Kind.MISSING, source);
        }

        @Override
        public void extra(Hashed target) {
            extra++;
            example(Kind.EXTRA, target);
        }

        @Override
        public void changed(Hashed source, Hashed target) {
            changed++;
            example(Kind.CHANGED, source);
        }

        private void example(Kind kind, Hashed row) {
            if (examples.size() < maxExamples) {
                examples.add(new Example(kind, row.key()));
            }
        }

        RowDifferences result() {
            return new RowDifferences(missing, extra, changed, examples);
        }
    }
}
