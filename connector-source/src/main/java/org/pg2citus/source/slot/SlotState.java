package org.pg2citus.source.slot;

import java.util.Optional;
import org.postgresql.replication.LogSequenceNumber;

/**
 * A slot as {@code pg_replication_slots} shows it.
 *
 * @param failover whether standbys keep a copy of it (PostgreSQL 17)
 * @param lost why the server gave it up; empty when it did not
 * @param confirmed everything before it was confirmed by a reader; {@code null} for a physical slot
 */
record SlotState(
        String type,
        String plugin,
        String database,
        boolean temporary,
        boolean twoPhase,
        boolean failover,
        Optional<String> lost,
        LogSequenceNumber confirmed) {}
