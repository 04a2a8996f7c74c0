package org.pg2citus.runner.migrate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.pg2citus.runner.event.MigrationEvent;

/** What a migration told, for tests that wait for it. */
final class EventLog {

    private final List<MigrationEvent> events = new ArrayList<>();

    synchronized void add(MigrationEvent event) {
        events.add(event);
        notifyAll();
    }

    synchronized void clear() {
        events.clear();
    }

    <T extends MigrationEvent> T await(Class<T> type, Duration within, BooleanSupplier ended)
            throws InterruptedException {
        return await(type, event -> true, within, ended);
    }

    /**
     * Waits for the first event of a kind.
     *
     * @param ended ends the wait early: nothing more will be told
     */
    synchronized <T extends MigrationEvent> T await(
            Class<T> type, Predicate<T> right, Duration within, BooleanSupplier ended) throws InterruptedException {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            for (MigrationEvent event : events) {
                if (type.isInstance(event) && right.test(type.cast(event))) {
                    return type.cast(event);
                }
            }
            if (System.nanoTime() - deadline >= 0 || ended.getAsBoolean()) {
                throw new AssertionError("no %s within %s%s, but: %s"
                        .formatted(type.getSimpleName(), within, ended.getAsBoolean() ? " (it ended)" : "", last()));
            }
            wait(100);
        }
    }

    private List<MigrationEvent> last() {
        return events.subList(Math.max(0, events.size() - 20), events.size());
    }
}
