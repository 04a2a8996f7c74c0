package org.pg2citus.runner.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a table becomes on Citus. */
public enum TableKind {
    /** Its rows are spread over shards by its distribution column. */
    DISTRIBUTED,
    /** Every node has all of it. */
    REFERENCE,
    /** One shard on one worker, without a distribution column. */
    SINGLE,
    /** It stays a table of the coordinator. */
    LOCAL;

    /** As the plan's file writes it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static List<String> words() {
        return Arrays.stream(values()).map(TableKind::word).toList();
    }

    static Optional<TableKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }

    /** Citus refuses triggers and some forms of ALTER TABLE. */
    boolean isOnWorkers() {
        return this != LOCAL;
    }
}
