package org.pg2citus.source.record;

import java.util.LinkedHashSet;
import java.util.Set;

/** The tables that a chunk has to describe, each once. */
final class DescribedTables {

    private final Set<ChunkTable> tables = new LinkedHashSet<>();
    private int sizeBytes;

    void add(ChunkTable table) {
        if (tables.add(table)) {
            sizeBytes += table.description().length;
        }
    }

    /** Takes over what the other one has. */
    void moveFrom(DescribedTables other) {
        other.tables.forEach(this::add);
        other.clear();
    }

    /** How many bytes more it is with this table. */
    int bytesFor(ChunkTable table) {
        return tables.contains(table) ? 0 : table.description().length;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    void write(ChunkBytes chunk) {
        chunk.addNumber(tables.size());
        tables.forEach(table -> chunk.add(table.description(), 0, table.description().length));
    }

    int count() {
        return tables.size();
    }

    void clear() {
        tables.clear();
        sizeBytes = 0;
    }
}
