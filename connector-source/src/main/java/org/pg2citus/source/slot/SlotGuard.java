package org.pg2citus.source.slot;

import java.util.Optional;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.record.SourcePosition;
import org.postgresql.replication.LogSequenceNumber;

/** Decides whether reading the slot goes on without a gap from where it was left. */
final class SlotGuard {

    private static final String COPY_AGAIN =
            "Changes are missing from the topic: drop the slot and start the migration again from the copy";

    private SlotGuard() {}

    /**
     * @param slot empty when it does not exist
     * @param stored what Connect stored when the slot was last read; empty when it never was
     * @throws SourceFault when changes may be missing, or the slot is not one that can be read
     */
    static void check(
            ExpectedSlot expected,
            Optional<SlotState> slot,
            ServerIdentity server,
            Optional<SourcePosition.Stored> stored) {
        checkServer(expected, server, stored);
        SlotState state = slot.orElseThrow(() -> new SourceFault(
                "SR010",
                "replication slot %s does not exist on the server with system identifier %s. %s"
                        .formatted(
                                expected.slot(),
                                server.systemIdentifier(),
                                stored.isPresent()
                                        ? "It was read before. " + COPY_AGAIN
                                        : "Create it with the snapshot of the copy; the connector never creates one")));
        checkKind(expected, server, state);
        if (state.lost().isPresent()) {
            throw new SourceFault(
                    "SR011",
                    "replication slot %s is lost (%s). %s, with a larger max_slot_wal_keep_size"
                            .formatted(expected.slot(), state.lost().get(), COPY_AGAIN));
        }
        checkContinuity(expected, server, state, stored);
    }

    private static void checkServer(
            ExpectedSlot expected, ServerIdentity server, Optional<SourcePosition.Stored> stored) {
        checkSystem(expected, server, expected.systemIdentifier());
        checkSystem(expected, server, stored.map(SourcePosition.Stored::systemIdentifier));
    }

    private static void checkSystem(ExpectedSlot expected, ServerIdentity server, Optional<String> identifier) {
        if (identifier.isPresent() && !identifier.get().equals(server.systemIdentifier())) {
            throw new SourceFault(
                    "SR013",
                    "the server has system identifier %s, but the slot %s was on %s. Connect to that server, or to a standby of it that was promoted"
                            .formatted(server.systemIdentifier(), expected.slot(), identifier.get()));
        }
    }

    private static void checkKind(ExpectedSlot expected, ServerIdentity server, SlotState state) {
        String problem = null;
        if (!state.type().equals("logical")) {
            problem = "is a physical slot";
        } else if (!"pgoutput".equals(state.plugin())) {
            problem = "uses the plugin " + state.plugin() + ", not pgoutput";
        } else if (!server.database().equals(state.database())) {
            problem = "is of database " + state.database() + ", not of " + server.database();
        } else if (state.temporary()) {
            problem = "is temporary: it goes with the session that made it";
        } else if (state.twoPhase()) {
            problem = "decodes at PREPARE TRANSACTION: a prepared transaction would be sent before it is committed";
        }
        if (problem != null) {
            throw new SourceFault(
                    "SR012",
                    "replication slot %s %s. Name a permanent logical slot of database %s with plugin pgoutput and without two_phase"
                            .formatted(expected.slot(), problem, server.database()));
        }
    }

    private static void checkContinuity(
            ExpectedSlot expected, ServerIdentity server, SlotState state, Optional<SourcePosition.Stored> stored) {
        LogSequenceNumber confirmed = state.confirmed();
        if (stored.isEmpty()) {
            LogSequenceNumber created = expected.creationLsn().orElse(confirmed);
            if (confirmed.compareTo(created) > 0) {
                throw new SourceFault(
                        "SR014",
                        "replication slot %s was created at %s and is at %s, but this connector never read it: the changes between went elsewhere, or Connect's offsets are gone. %s"
                                .formatted(expected.slot(), created.asString(), confirmed.asString(), COPY_AGAIN));
            }
            return;
        }
        LogSequenceNumber complete = LogSequenceNumber.valueOf(stored.get().lsn());
        if (confirmed.compareTo(complete) > 0) {
            throw new SourceFault(
                    "SR014",
                    "replication slot %s is at %s, but the topic is complete only up to %s: the slot was created again or advanced. %s"
                            .formatted(expected.slot(), confirmed.asString(), complete.asString(), COPY_AGAIN));
        }
        int timeline = stored.get().timeline();
        LogSequenceNumber end = server.timelineEnds().get(timeline);
        if (timeline != server.timeline() && (end == null || complete.compareTo(end) > 0)) {
            throw new SourceFault(
                    "SR015",
                    "the server is on timeline %d, which left timeline %d at %s, but changes of that timeline up to %s were read: the promoted server does not have them, the topic does. %s"
                            .formatted(
                                    server.timeline(),
                                    timeline,
                                    end == null ? "no point it knows of" : end.asString(),
                                    complete.asString(),
                                    "Compare the data, then start the migration again from the copy"));
        }
        if (timeline != server.timeline() && !stored.get().heldBack()) {
            throw new SourceFault(
                    "SR015",
                    "the server was promoted to timeline %d, and on timeline %d the slot %s could send changes that no standby had: the topic may have changes that the promoted server lacks. %s; keep the slot with failover = true and synchronized_standby_slots, so that a promotion can be followed"
                            .formatted(
                                    server.timeline(),
                                    timeline,
                                    expected.slot(),
                                    "Compare the data, then start the migration again from the copy"));
        }
    }
}
