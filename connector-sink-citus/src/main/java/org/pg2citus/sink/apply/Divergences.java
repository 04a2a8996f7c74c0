package org.pg2citus.sink.apply;

import java.util.ArrayList;
import java.util.List;
import org.pg2citus.sink.change.TableId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The updates and deletes of one attempt at a target transaction that found no row. */
final class Divergences {

    private static final Logger LOG = LoggerFactory.getLogger(Divergences.class);

    /** Warnings kept for one target transaction; the count goes on. */
    private static final int MAX_WARNINGS = 20;

    private final DivergencePolicy policy;
    private final List<String> warnings = new ArrayList<>();
    private long rows;

    Divergences(DivergencePolicy policy) {
        this.policy = policy;
    }

    /**
     * Halts, or remembers the rows until the commit.
     *
     * @param what for example {@code an update of}
     * @param expected rows that the statements were for
     * @param missing how many of them were not there
     * @param keys the missing rows' keys as text; empty when they are not to be told
     */
    void missing(
            String code,
            String what,
            TableId table,
            List<String> keyColumns,
            long expected,
            long missing,
            List<String> keys) {
        if (policy == DivergencePolicy.HALT) {
            throw Halts.missing(code, what, table, keyColumns, expected, missing, keys);
        }
        rows += missing;
        if (warnings.size() < MAX_WARNINGS) {
            warnings.add("%s: %s %s by %s found %d of %d rows missing, which were left out%s"
                    .formatted(
                            code, what, table, String.join(", ", keyColumns), missing, expected, Halts.keyText(keys)));
        }
    }

    /** The attempt is committed: what it left out is told and counted. */
    void committed(String position, WriterMetrics metrics) {
        if (rows == 0) {
            return;
        }
        metrics.diverged(rows);
        warnings.forEach(warning -> LOG.warn("{} (target transaction up to LSN {})", warning, position));
        rows = 0;
        warnings.clear();
    }
}
