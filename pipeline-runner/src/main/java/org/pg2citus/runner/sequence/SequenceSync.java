package org.pg2citus.runner.sequence;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.change.TableId;

/**
 * Brings the target's sequences behind the source's. May be run at any time and again: while the source is written to,
 * what it sets is overtaken, and the next run sets it anew.
 */
public final class SequenceSync {

    private final Server source;
    private final Server target;
    private final long margin;

    /** @param margin values that the target leaves out behind the source's last one */
    public SequenceSync(Server source, Server target, long margin) {
        this.source = source;
        this.target = target;
        this.margin = margin;
    }

    /**
     * Compares all sequences that the migration is about: those of its tables' columns, and free-standing ones. Changes
     * nothing.
     *
     * @throws org.pg2citus.runner.failure.MigrationException when a side cannot be read
     */
    public List<SequenceStep> plan(Connection onSource, Connection onTarget, Collection<TableId> tables) {
        Set<TableId> moved = new HashSet<>(tables);
        List<Sequence> sources = new ArrayList<>(read(source, onSource));
        sources.removeIf(sequence ->
                sequence.owner().filter(owner -> !moved.contains(owner.table())).isPresent());
        Map<TableId, Sequence> byName = new HashMap<>();
        Map<Sequence.Owner, Sequence> byOwner = new HashMap<>();
        for (Sequence sequence : read(target, onTarget)) {
            byName.put(sequence.id(), sequence);
            sequence.owner().ifPresent(owner -> byOwner.put(owner, sequence));
        }
        SequencePlan plan = new SequencePlan(margin, isCitus(onTarget));
        return sources.stream()
                .map(sequence -> plan.step(sequence, counterpart(sequence, byOwner, byName)))
                .toList();
    }

    /** Sets what the plan says; steps that are refused are left out. Setting a sequence is at once durable. */
    public void apply(Connection onTarget, List<SequenceStep> steps) {
        for (SequenceStep step : steps) {
            if (step.nextValue().isPresent() && !step.isRefused()) {
                TableId sequence = step.target().orElseThrow();
                try {
                    Sequences.set(onTarget, sequence, step.nextValue().getAsLong());
                } catch (SQLException e) {
                    throw target.failure(e, "setting sequence " + sequence);
                }
            }
        }
    }

    /** The sequence of the same column, whatever its name; else, the one of the same name. */
    private static Optional<Sequence> counterpart(
            Sequence sequence, Map<Sequence.Owner, Sequence> byOwner, Map<TableId, Sequence> byName) {
        return sequence.owner().map(byOwner::get).or(() -> Optional.ofNullable(byName.get(sequence.id())));
    }

    private static List<Sequence> read(Server server, Connection connection) {
        try {
            return Sequences.read(connection);
        } catch (SQLException e) {
            throw server.failure(e, "reading the sequences");
        }
    }

    private boolean isCitus(Connection onTarget) {
        try {
            return CitusTables.read(onTarget).isCitus();
        } catch (SQLException e) {
            throw target.failure(e, "looking for Citus");
        }
    }
}
