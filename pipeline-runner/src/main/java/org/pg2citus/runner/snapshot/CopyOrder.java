package org.pg2citus.runner.snapshot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.sink.change.TableId;

/**
 * Hands out tables to copying threads, largest first, so that the last thread is not left with the largest. Where
 * foreign keys are checked, a table waits for those it refers to.
 */
final class CopyOrder {

    private final List<Table> waiting;
    private final Map<TableId, Set<TableId>> references;
    private final Set<TableId> unfinished = new HashSet<>();
    private boolean closed;

    /** @param references for each table those it refers to; empty when nothing checks them */
    CopyOrder(List<Table> tables, Map<TableId, Set<TableId>> references) {
        this.waiting = new ArrayList<>(tables);
        this.waiting.sort(Comparator.comparingLong(Table::sizeBytes).reversed().thenComparing(Table::id));
        this.references = Map.copyOf(references);
        tables.forEach(table -> unfinished.add(table.id()));
    }

    /** The next table; waits while every one left has to wait. Empty when there is none left, or after close. */
    synchronized Optional<Table> next() throws InterruptedException {
        while (!closed && !waiting.isEmpty()) {
            Optional<Table> ready =
                    waiting.stream().filter(table -> isReady(table.id())).findFirst();
            if (ready.isEmpty() && unfinished.size() == waiting.size()) {
                // Nothing is under way that could make one ready: a circle of foreign keys. The largest goes first,
                // and the target says whether it minds.
                ready = Optional.of(waiting.get(0));
            }
            if (ready.isPresent()) {
                waiting.remove(ready.get());
                return ready;
            }
            wait();
        }
        return Optional.empty();
    }

    synchronized void finished(TableId table) {
        unfinished.remove(table);
        notifyAll();
    }

    /** Hands out nothing more. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    private boolean isReady(TableId table) {
        return references.getOrDefault(table, Set.of()).stream()
                .noneMatch(parent -> !parent.equals(table) && unfinished.contains(parent));
    }
}
