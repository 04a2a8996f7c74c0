package org.pg2citus.runner.migrate;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.SourceIdentity;
import org.pg2citus.runner.state.TopicIdentity;
import org.pg2citus.sink.change.Lsn;

/**
 * Decides, before a stream goes on, whether every change since the copies is still somewhere: in the source's WAL, in
 * the topic, or already in the target.
 *
 * @param slot as the source has it now; empty when it has none of this name
 * @param topic as Kafka has it now; empty when it has none of this name
 * @param firstOffset the oldest record that the topic still has
 */
record Continuity(
        MigrationState state,
        SourceIdentity source,
        Optional<Slot> slot,
        Optional<TopicIdentity> topic,
        long firstOffset,
        AppliedProgress applied,
        Collection<CopiedTable> copied) {

    /** How the stream can go on. */
    enum Decision {
        /** From the topic as it is. */
        SAME_TOPIC,
        /** With a new topic: all that the lost one held is in the target. */
        NEW_TOPIC
    }

    private static final String AGAIN =
            "the migration has to start again with a new copy: on the source SELECT pg_drop_replication_slot('%s'); and"
                    + " DROP PUBLICATION \"%s\"; on the target TRUNCATE the tables and DROP SCHEMA pg2citus CASCADE;"
                    + " then remove the data folder";

    Continuity {
        requireNonNull(state, "state is null");
        requireNonNull(source, "source is null");
        requireNonNull(slot, "slot is null");
        requireNonNull(topic, "topic is null");
        requireNonNull(applied, "applied is null");
    }

    /**
     * Decides.
     *
     * @throws MigrationException (exit code 11) when changes are, or may be, missing
     */
    Decision decide() {
        if (!source.systemIdentifier().equals(state.source().systemIdentifier())
                || !source.database().equals(state.source().database())) {
            throw new MigrationException(
                    ExitCode.SLOT_LOST,
                    "SL005",
                    "source.uri leads to database %s of cluster %s, but migration %s began on database %s of cluster %s"
                            .formatted(
                                    source.database(),
                                    source.systemIdentifier(),
                                    state.name(),
                                    state.source().database(),
                                    state.source().systemIdentifier()),
                    "name the server on which it began, or a promoted standby of it; for another source give another"
                            + " --name");
        }
        Slot present = slot.orElseThrow(() -> lost("SL001", "replication slot %s is gone".formatted(state.slot())));
        if (present.isLost()) {
            throw lost(
                    "SL002",
                    "the source has removed WAL that replication slot %s still needed (wal_status lost)"
                            .formatted(state.slot()));
        }
        if (topic.isPresent() && topic.equals(state.topic())) {
            if (firstOffset > applied.nextOffset().orElse(0)) {
                throw lost(
                        "SL003",
                        "topic %s begins at offset %d, but the target needs it from offset %d on"
                                .formatted(
                                        topic.get().topic(),
                                        firstOffset,
                                        applied.nextOffset().orElse(0)));
            }
            return Decision.SAME_TOPIC;
        }
        if (held().compareTo(present.confirmedLsn()) < 0) {
            throw lost(
                    "SL004",
                    "the topic with the changes up to %s is gone (%s), and the target has them only up to %s"
                            .formatted(
                                    present.confirmedLsn(),
                                    topic.isPresent() ? "another one has its name" : "the data folder is new or moved",
                                    held()));
        }
        return Decision.NEW_TOPIC;
    }

    /** Everything before it is in the target, in every copied table. Tables not yet copied are read anew. */
    private Lsn held() {
        Lsn oldestCopy = copied.stream()
                .map(CopiedTable::copyLsn)
                .min(Comparator.naturalOrder())
                .orElse(new Lsn(-1L));
        return oldestCopy.compareTo(applied.lsn()) < 0 ? applied.lsn() : oldestCopy;
    }

    private MigrationException lost(String code, String message) {
        return new MigrationException(
                ExitCode.SLOT_LOST,
                code,
                message + "; changes would be missing, so nothing was streamed",
                AGAIN.formatted(state.slot(), state.publication()));
    }
}
