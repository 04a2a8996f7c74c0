package org.pg2citus.runner.demo;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the demo has seen.
 *
 * @param source software and version, for people
 * @param target software, version and servers, for people
 * @param citus the target is Citus; otherwise nothing about distributed tables was shown
 * @param tableKinds of the target, by table name: {@code distributed}, {@code reference}, {@code local} or {@code plain}
 * @param copiedRows rows that the copy of all tables wrote
 * @param copyTook from the first table's begin to the last one's end
 * @param streamedTransactions source transactions applied after the copy
 * @param streamedRows row changes in them
 * @param lagMs the lag in time, measured about once a second from the moment that the target had caught up
 * @param load what the application did meanwhile
 * @param looks what was seen in the target while changes streamed in
 * @param books the target's books in the end
 * @param comparison both sides in the end
 * @param took everything, servers' starts included
 */
public record DemoResult(
        String source,
        String target,
        boolean citus,
        Map<String, String> tableKinds,
        long copiedRows,
        Duration copyTook,
        long streamedTransactions,
        long streamedRows,
        List<Long> lagMs,
        LoadCounts load,
        LookCounts looks,
        Books books,
        Comparison comparison,
        Duration took) {

    public DemoResult {
        tableKinds = Map.copyOf(tableKinds);
        lagMs = List.copyOf(lagMs);
    }

    /** True when the target is what the source is, and never showed less than whole transactions. */
    public boolean proven() {
        return comparison.equal()
                && books.balanced()
                && books.entries() > 0
                && looks.looks() > 0
                && looks.unbalanced() == 0;
    }
}
