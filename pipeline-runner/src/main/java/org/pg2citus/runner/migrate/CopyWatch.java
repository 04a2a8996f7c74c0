package org.pg2citus.runner.migrate;

import java.util.Optional;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.CopyStore;
import org.pg2citus.runner.watch.CopyMetrics;
import org.pg2citus.runner.watch.TaskWatch;

/** Looks after a copy, once a second. */
final class CopyWatch {

    /** The target has better to do than to keep statistics. */
    private static final int SECONDS_PER_RECORD = 3;

    private final Sessions sessions;
    private final CopyStore store;
    private final String slotName;
    private final TaskWatch capture;
    private final CopyMetrics metrics;
    private int seconds;

    CopyWatch(Sessions sessions, CopyStore store, String slotName, TaskWatch capture, CopyMetrics metrics) {
        this.sessions = sessions;
        this.store = store;
        this.slotName = slotName;
        this.capture = capture;
        this.metrics = metrics;
    }

    /** A copy without its slot is worth nothing: better to know at once. */
    void look(CopyProgressed progress) {
        capture.look(System.nanoTime() / 1_000_000);
        Optional<Slot> slot = sessions.readSource("reading the slot", source -> Slot.read(source, slotName));
        if (slot.isEmpty() || slot.get().isLost()) {
            throw new MigrationException(
                    ExitCode.SLOT_LOST,
                    "SL002",
                    "replication slot %s is lost while tables are copied: the source has removed WAL that it needed, or"
                                    .formatted(slotName)
                            + " somebody dropped it",
                    "raise max_slot_wal_keep_size; then start again with a new copy");
        }
        metrics.measured(progress, slot.get().retainedWalBytes());
        if (seconds++ % SECONDS_PER_RECORD == 0) {
            sessions.readTarget("recording how far the copy is", target -> {
                store.recordProgress(target, progress);
                return null;
            });
        }
    }
}
