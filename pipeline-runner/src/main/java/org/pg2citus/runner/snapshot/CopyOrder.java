package org.pg2citus.runner.snapshot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.sink.change.TableId;

/**
 * Hands out chunks to copying threads, largest first, so that the last thread is not left with the largest. Where foreign
 * keys are checked, a table waits for those it refers to.
 */
final class CopyOrder {

    private final List<Chunk> waiting;
    private final Map<TableId, Set<TableId>> references;
    private final Map<TableId, Integer> unfinished = new HashMap<>();
    private int underWay;
    private boolean closed;

    /** @param references for each table those it refers to; empty when nothing checks them */
    CopyOrder(List<Chunk> chunks, Map<TableId, Set<TableId>> references) {
        this.waiting = new ArrayList<>(chunks);
        this.waiting.sort(Comparator.comparingLong(Chunk::sizeBytes)
                .reversed()
                .thenComparing(Chunk::table)
                .thenComparingInt(Chunk::number));
        this.references = Map.copyOf(references);
        chunks.forEach(chunk -> unfinished.merge(chunk.table(), 1, Integer::sum));
    }

    /** The next chunk; waits while every one left has to wait. Empty when there is none left, or after close. */
    synchronized Optional<Chunk> next() throws InterruptedException {
        while (!closed && !waiting.isEmpty()) {
            Optional<Chunk> ready =
                    waiting.stream().filter(chunk -> isReady(chunk.table())).findFirst();
            if (ready.isEmpty() && underWay == 0) {
                // Nothing is under way that could make one ready: a circle of foreign keys. The largest goes first,
                // and the target says whether it minds.
                ready = Optional.of(waiting.get(0));
            }
            if (ready.isPresent()) {
                waiting.remove(ready.get());
                underWay++;
                return ready;
            }
            wait();
        }
        return Optional.empty();
    }

    synchronized void finished(Chunk chunk) {
        underWay--;
        unfinished.computeIfPresent(chunk.table(), (table, left) -> left == 1 ? null : left - 1);
        notifyAll();
    }

    /** Hands out nothing more. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** True when everything was handed out and is finished. */
    synchronized boolean isFinished() {
        return waiting.isEmpty() && unfinished.isEmpty();
    }

    private boolean isReady(TableId table) {
        return references.getOrDefault(table, Set.of()).stream()
                .noneMatch(parent -> !parent.equals(table) && unfinished.containsKey(parent));
    }
}
