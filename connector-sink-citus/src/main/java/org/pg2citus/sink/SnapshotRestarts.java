package org.pg2citus.sink;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

/**
 * Notices when a snapshot that the source connector reads has started again.
 *
 * <p>Rows that come again replace themselves. But rows that were deleted between two snapshots are in neither the second
 * one nor the stream that follows it: they would stay in the target for ever.
 */
final class SnapshotRestarts {

    private final String pipeline;
    private final Supplier<Map<TableId, Lsn>> durable;
    private Optional<Map<TableId, Lsn>> known = Optional.empty();
    private final Map<TableId, Lsn> started = new HashMap<>();

    /** @param durable reads from the target where the snapshots of tables were taken that rows are applied of */
    SnapshotRestarts(String pipeline, Supplier<Map<TableId, Lsn>> durable) {
        this.pipeline = pipeline;
        this.durable = durable;
    }

    /**
     * Takes the next row of a snapshot.
     *
     * @throws HaltException CF003 when it is of another snapshot than earlier rows of the table
     */
    void check(Event.Untransacted row, String topic, long offset) {
        if (row.snapshotLsn().isEmpty()) {
            return;
        }
        load();
        TableId table = row.change().table();
        Lsn now = row.snapshotLsn().get();
        Lsn earlier = started.getOrDefault(table, known.orElseThrow().get(table));
        if (earlier == null) {
            started.put(table, now);
        } else if (!earlier.equals(now)) {
            throw new HaltException(
                    "CF003",
                    ("the source's snapshot of table %s started again: a row of one at LSN %s came (topic %s,"
                                    + " offset %d), after"
                                    + " rows of one at %s. Rows that were deleted meanwhile would stay in the target. Nothing"
                                    + " of the new snapshot is applied. Empty on the target each table that the snapshot"
                                    + " reads, DELETE FROM pg2citus.snapshot_table WHERE pipeline = '%s', and start the task"
                                    + " again: it goes on with the new snapshot")
                            .formatted(table, now, topic, offset, earlier, pipeline.replace("'", "''")));
        }
    }

    /** Reads what is durable, if it is not known yet. */
    void load() {
        if (known.isEmpty()) {
            known = Optional.of(new HashMap<>(durable.get()));
        }
    }

    /** The tables of which the first row is not durable yet. */
    Map<TableId, Lsn> started() {
        return started;
    }

    void becameDurable() {
        known.ifPresent(tables -> tables.putAll(started));
        started.clear();
    }

    /** Rows that are not durable come again. */
    void reset() {
        known = Optional.empty();
        started.clear();
    }
}
