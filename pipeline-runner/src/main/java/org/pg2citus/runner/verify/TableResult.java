package org.pg2citus.runner.verify;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.pg2citus.sink.change.TableId;

/**
 * One table on both sides.
 *
 * @param missing rows that the target lacks, among those that were looked at one by one
 * @param extra rows that only the target has
 * @param changed rows that have other values in the target
 * @param bucketsLeft parts of the table that differ too, but were not looked at row by row
 * @param repaired rows that differed and were made those of the source
 * @param examples differing rows as {@code KIND (key)}: values of the database, only shown when asked for
 */
public record TableResult(
        TableId table,
        long sourceRows,
        long targetRows,
        long missing,
        long extra,
        long changed,
        int bucketsLeft,
        long repaired,
        List<String> examples,
        Duration took) {

    public TableResult {
        requireNonNull(table, "table is null");
        requireNonNull(took, "took is null");
        examples = List.copyOf(examples);
    }

    TableResult afterRepairOf(long rows) {
        return new TableResult(
                table, sourceRows, targetRows, missing, extra, changed, bucketsLeft, rows, examples, took);
    }

    public boolean equal() {
        return sourceRows == targetRows && missing == 0 && extra == 0 && changed == 0 && bucketsLeft == 0;
    }
}
