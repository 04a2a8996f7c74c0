package org.pg2citus.runner.state;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * What is copied, and how the rest was to be.
 *
 * @param whole tables that were copied in one go
 * @param plans tables that are copied in parts: all their parts
 * @param parts of those tables, the finished parts by number
 */
public record CopyState(
        Map<TableId, CopiedTable> whole,
        Map<TableId, List<Chunk>> plans,
        Map<TableId, Map<Integer, CopiedChunk>> parts) {

    public CopyState {
        whole = Map.copyOf(whole);
        plans = Map.copyOf(plans);
        parts = Map.copyOf(parts);
    }

    /** The tables whose every row is in the target, whatever part it came with. */
    public Map<TableId, CopiedTable> complete() {
        Map<TableId, CopiedTable> complete = new LinkedHashMap<>(whole);
        parts.forEach((table, finished) -> {
            if (plans.getOrDefault(table, List.of()).size() == finished.size() && !isDiscarded(table)) {
                complete.put(table, joined(table, finished.values()));
            }
        });
        return complete;
    }

    /** Everything in the target, also of tables that are there in part; each at its oldest snapshot. */
    public Collection<CopiedTable> anything() {
        List<CopiedTable> all = new ArrayList<>(whole.values());
        parts.forEach((table, finished) -> all.add(joined(table, finished.values())));
        return all;
    }

    public Map<Integer, CopiedChunk> finished(TableId table) {
        return parts.getOrDefault(table, Map.of());
    }

    /** The parts cannot be joined; see {@link CopiedChunk#discarded}. */
    public boolean isDiscarded(TableId table) {
        return finished(table).values().stream().anyMatch(CopiedChunk::discarded);
    }

    private static CopiedTable joined(TableId table, Collection<CopiedChunk> parts) {
        return new CopiedTable(
                table,
                parts.stream()
                        .map(CopiedChunk::copyLsn)
                        .min(Comparator.naturalOrder())
                        .orElse(Lsn.ZERO),
                parts.stream().mapToLong(CopiedChunk::rows).sum(),
                parts.stream().mapToLong(CopiedChunk::bytes).sum(),
                instant(parts.stream().map(CopiedChunk::startedAt).min(Comparator.naturalOrder())),
                instant(parts.stream().map(CopiedChunk::finishedAt).max(Comparator.naturalOrder())));
    }

    private static Instant instant(Optional<Instant> time) {
        return time.orElse(Instant.EPOCH);
    }
}
