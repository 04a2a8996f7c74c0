package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/**
 * A table that was copied in ranges of its key, each with the LSN of its own snapshot.
 *
 * <p>At every position of the stream, each range is what the source had there at that position, or at the range's LSN if
 * that is later. So a change belongs to the ranges of its old and its new key, and is left out where the copy has it. A
 * row that moves between a range whose copy has the change and one whose copy has not is a delete or an insert for the
 * latter.
 */
final class CopiedRanges {

    private final TableId table;
    private final String keyColumn;
    private final KeyOrder order;
    private final List<CopiedRange> ranges;
    private final Lsn oldest;
    private final Lsn newest;

    /**
     * @param ranges in any order
     * @throws HaltException AP019 when they do not cover every key exactly once
     */
    CopiedRanges(TableId table, String keyColumn, KeyOrder order, List<CopiedRange> ranges) {
        this.table = requireNonNull(table, "table is null");
        this.keyColumn = requireNonNull(keyColumn, "keyColumn is null");
        this.order = requireNonNull(order, "order is null");
        this.ranges = sorted(ranges);
        this.oldest = this.ranges.stream()
                .map(CopiedRange::copyLsn)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        this.newest = this.ranges.stream()
                .map(CopiedRange::copyLsn)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    private List<CopiedRange> sorted(List<CopiedRange> unsorted) {
        List<CopiedRange> sorted = new ArrayList<>(unsorted);
        sorted.sort((left, right) -> left.from().isEmpty()
                ? (right.from().isEmpty() ? 0 : -1)
                : right.from().isEmpty()
                        ? 1
                        : order.compare(left.from().get(), right.from().get()));
        Optional<String> covered = Optional.empty();
        for (int i = 0; i < sorted.size(); i++) {
            CopiedRange range = sorted.get(i);
            if (!range.from().equals(covered) || (range.to().isEmpty() != (i == sorted.size() - 1))) {
                throw incomplete();
            }
            covered = range.to();
        }
        if (sorted.isEmpty()) {
            throw incomplete();
        }
        return sorted;
    }

    private HaltException incomplete() {
        return new HaltException(
                "AP019",
                ("only parts of table %s are copied according to pg2citus.copied_chunk, so no change of it can be"
                                + " applied. Run pg2citus migrate, which copies the rest before it starts this connector.")
                        .formatted(table));
    }

    /**
     * What is left of a change.
     *
     * @param endLsn the end of its transaction's commit
     * @throws HaltException {@link CopyLedger#COPY_ANEW} when the copies cannot be joined at this change
     */
    Optional<RowChange> remaining(RowChange change, Lsn endLsn) {
        if (endLsn.compareTo(newest) > 0) {
            return Optional.of(change);
        }
        if (endLsn.compareTo(oldest) <= 0) {
            return Optional.empty();
        }
        if (change instanceof RowChange.Insert insert) {
            return unless(isCopied(insert.after(), endLsn), change);
        }
        if (change instanceof RowChange.Update update) {
            return remaining(update, endLsn);
        }
        if (change instanceof RowChange.Delete delete) {
            return unless(isCopied(oldRow(delete.key(), delete.before()), endLsn), change);
        }
        throw copyAnew("is truncated", endLsn);
    }

    private Optional<RowChange> remaining(RowChange.Update update, Lsn endLsn) {
        boolean oldIsCopied = isCopied(oldRow(update.oldKey(), update.before()), endLsn);
        boolean newIsCopied = isCopied(update.after(), endLsn);
        if (oldIsCopied == newIsCopied) {
            return unless(newIsCopied, update);
        }
        if (newIsCopied) {
            return Optional.of(new RowChange.Delete(table, update.oldKey(), update.before()));
        }
        Row after = update.before().map(update.after()::filledFrom).orElse(update.after());
        if (!after.isComplete()) {
            // The range where the row was is copied without it, so the value is in neither copy, nor in the WAL.
            throw copyAnew("has a row whose key moves, while a large value of it is not sent", endLsn);
        }
        return Optional.of(new RowChange.Insert(table, update.newKey(), after));
    }

    private static Optional<RowChange> unless(boolean isCopied, RowChange change) {
        return isCopied ? Optional.empty() : Optional.of(change);
    }

    private Row oldRow(Optional<Row> key, Optional<Row> before) {
        return key.filter(row -> row.has(keyColumn)).or(() -> before).orElseThrow(this::withoutKey);
    }

    private boolean isCopied(Row row, Lsn endLsn) {
        int column = row.columns().indexOf(keyColumn);
        if (column < 0 || !row.isAvailable(column) || row.value(column) == null) {
            throw withoutKey();
        }
        return endLsn.compareTo(rangeOf(row.value(column)).copyLsn()) <= 0;
    }

    private CopiedRange rangeOf(String key) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (order.compare(ranges.get(middle).from().orElseThrow(), key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return ranges.get(low);
    }

    private HaltException withoutKey() {
        return new HaltException(
                "AP017",
                ("a change of table %s does not say the value of column %s, by whose ranges the table was copied. Was its"
                                + " primary key or replica identity changed? Undo that, or start the migration again.")
                        .formatted(table, keyColumn));
    }

    private CopyAnewException copyAnew(String what, Lsn endLsn) {
        return new CopyAnewException(
                table,
                ("table %s %s in the transaction at %s, between the snapshots of its copy (%s to %s). Run pg2citus migrate"
                                + " again: it copies this table anew, and only this one.")
                        .formatted(table, what, endLsn, oldest, newest));
    }
}
