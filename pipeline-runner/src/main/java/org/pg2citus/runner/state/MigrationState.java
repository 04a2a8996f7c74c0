package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * A migration as its row in the target has it.
 *
 * @param slotLsn from where the slot's changes are complete in the topic; empty while preparing
 * @param tables the tables that take part; only a schema change changes them after the first start
 * @param topic the topic that the slot's changes went to; empty while preparing
 */
public record MigrationState(
        String name,
        Phase phase,
        SourceIdentity source,
        String slot,
        String publication,
        Optional<Lsn> slotLsn,
        List<TableId> tables,
        Optional<TopicIdentity> topic) {

    public MigrationState {
        requireNonNull(name, "name is null");
        requireNonNull(phase, "phase is null");
        requireNonNull(source, "source is null");
        requireNonNull(slotLsn, "slotLsn is null");
        requireNonNull(topic, "topic is null");
        tables = List.copyOf(tables);
    }

    public MigrationState in(Phase newPhase) {
        return new MigrationState(name, newPhase, source, slot, publication, slotLsn, tables, topic);
    }

    public MigrationState withSlotAt(Lsn lsn) {
        return new MigrationState(name, phase, source, slot, publication, Optional.of(lsn), tables, topic);
    }

    public MigrationState withTopic(TopicIdentity newTopic) {
        return new MigrationState(name, phase, source, slot, publication, slotLsn, tables, Optional.of(newTopic));
    }

    /** A schema change adds, renames and drops tables. */
    public MigrationState withTables(List<TableId> newTables) {
        return new MigrationState(name, phase, source, slot, publication, slotLsn, newTables, topic);
    }

    public MigrationState withSource(SourceIdentity newSource) {
        return new MigrationState(name, phase, newSource, slot, publication, slotLsn, tables, topic);
    }
}
