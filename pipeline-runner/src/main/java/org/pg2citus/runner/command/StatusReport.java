package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.watch.Health;
import org.pg2citus.runner.watch.Status;
import org.pg2citus.runner.watch.Status.TableStatus;
import org.pg2citus.sink.change.Lsn;

/** Writes a status down: a header line, the slot, a line for each table, what is in the way and how to mend it. */
final class StatusReport {

    private static final ObjectMapper JSON = new ObjectMapper();

    private StatusReport() {}

    static String text(Status status, Instant now) {
        long copied = status.tables().stream()
                .filter(table -> table.copied().isPresent())
                .count();
        StringBuilder text = new StringBuilder();
        text.append("migration %s  %s  %s  tables %d/%d copied  lag %s%s%s%s%n"
                .formatted(
                        status.state().name(),
                        status.summary(),
                        status.state().phase(),
                        copied,
                        status.tables().size(),
                        Amounts.bytes(status.lagBytes()),
                        status.recentLagMs()
                                .map(ms -> ", " + Amounts.time(Duration.ofMillis(ms)))
                                .orElse(""),
                        status.health()
                                .flatMap(Health::runway)
                                .map(runway -> "  runway %d min".formatted(runway.toMinutes()))
                                .orElse(""),
                        status.timeLeft(now)
                                .map(left -> "  ETA " + Amounts.time(left))
                                .orElse("")));
        text.append("slot %s  %s%n".formatted(status.state().slot(), slot(status)));
        text.append("applied %s  %s transactions  %s row changes%n"
                .formatted(
                        status.applied().lsn(),
                        Amounts.count(status.applied().transactions()),
                        Amounts.count(status.applied().rows())));
        status.cutover()
                .ifPresent(cutover -> text.append("cutover %s%s%n"
                        .formatted(
                                cutover.step(),
                                cutover.fencedAt()
                                        .map(since -> ": the source is read-only since " + since)
                                        .orElse(""))));
        text.append(System.lineSeparator());
        int width = status.tables().stream()
                .mapToInt(table -> table.table().toString().length())
                .max()
                .orElse(5);
        status.recentCopy()
                .ifPresent(copy -> text.append("copying %s rows/s  %s/s%s%n%n"
                        .formatted(
                                Amounts.count(Math.round(copy.rowsPerSecond())),
                                Amounts.bytes(Math.round(copy.bytesPerSecond())),
                                copy.timeLeft()
                                        .map(left -> "  about " + Amounts.time(left) + " left")
                                        .orElse(""))));
        String form = "%-7s  %-{w}s  %15s  %10s  %6s%n".replace("{w}", Integer.toString(width));
        text.append(form.formatted("state", "table", "rows", "size", "done"));
        for (TableStatus table : status.tables()) {
            text.append(form.formatted(
                    state(table),
                    table.table(),
                    table.copied()
                            .map(CopiedTable::rows)
                            .or(() -> table.copying().map(TableProgress::rows))
                            .map(Amounts::count)
                            .orElse("~" + Amounts.count(table.estimatedRows())),
                    table.copied()
                            .map(CopiedTable::bytes)
                            .or(() -> table.copying().map(TableProgress::bytes))
                            .map(Amounts::bytes)
                            .orElse(""),
                    table.copied().isPresent()
                            ? "100 %"
                            : table.copying().map(CopyTable::percent).orElse("")));
        }
        List<Finding> blockers = StatusBlockers.of(status);
        if (!blockers.isEmpty()) {
            text.append(System.lineSeparator()).append(FindingText.of(blockers));
        }
        return text.toString();
    }

    private static String state(TableStatus table) {
        if (table.copied().isPresent()) {
            return "copied";
        }
        return table.copying()
                        .filter(copy -> copy.state() == TableProgress.State.COPYING)
                        .isPresent()
                ? "copying"
                : "waiting";
    }

    private static String slot(Status status) {
        if (status.slot().isEmpty()) {
            return status.slotLost() ? "GONE: changes may be missing" : "not made yet";
        }
        Slot slot = status.slot().get();
        return "%s  %s  confirmed %s  source keeps %s of WAL"
                .formatted(
                        slot.isLost() ? "LOST: changes are missing" : slot.walStatus(),
                        slot.active() ? "active" : "inactive",
                        slot.confirmedLsn(),
                        Amounts.bytes(slot.retainedWalBytes()));
    }

    static String json(Status status, Instant now) {
        ObjectNode root = JSON.createObjectNode()
                .put("name", status.state().name())
                .put("phase", status.state().phase().name())
                .put("sourceLsn", status.sourceLsn().toString())
                .put("appliedLsn", status.applied().lsn().toString())
                .put("lagBytes", status.lagBytes())
                .put("lagMs", status.recentLagMs().orElse(null))
                .put("transactionsApplied", status.applied().transactions())
                .put("rowsApplied", status.applied().rows())
                .put("slotLost", status.slotLost())
                .put("heldAt", status.heldAt().map(Lsn::toString).orElse(null))
                .put(
                        "cutover",
                        status.cutover().map(cutover -> cutover.step().name()).orElse(null));
        status.schemaChange().ifPresent(change -> root.putObject("schemaChange")
                .put("step", change.step().name())
                .put("since", change.since().toString())
                .put("next", change.next()));
        root.put("summary", status.summary().name())
                .put(
                        "secondsLeft",
                        status.timeLeft(now).map(Duration::toSeconds).orElse(null));
        status.health().ifPresent(health -> {
            ObjectNode node = root.putObject("health")
                    .put("state", health.state().name())
                    .put("stalledMs", health.stalledFor().toMillis())
                    .put(
                            "runwayMinutes",
                            health.runway().map(Duration::toMinutes).orElse(null))
                    .put("oldestTransaction", health.oldestTransaction().orElse(null));
            health.walBytesPerSecond().ifPresent(rate -> node.put("walBytesPerSecond", rate));
            health.walBytesLeft().ifPresent(left -> node.put("walBytesLeft", left));
            health.topicLag().ifPresent(lag -> node.put("topicLag", lag));
        });
        ArrayNode blockers = root.putArray("blockers");
        StatusBlockers.of(status).forEach(blocker -> blockers.add(JsonReport.json(blocker)));
        ObjectNode slot = root.putObject("slot").put("name", status.state().slot());
        status.slot().ifPresent(present -> slot.put("active", present.active())
                .put("walStatus", present.walStatus())
                .put("confirmedLsn", present.confirmedLsn().toString())
                .put("retainedWalBytes", present.retainedWalBytes()));
        status.recentCopy().ifPresent(copy -> root.putObject("copy")
                .put("rowsPerSecond", Math.round(copy.rowsPerSecond()))
                .put("bytesPerSecond", Math.round(copy.bytesPerSecond()))
                .put(
                        "secondsLeft",
                        copy.timeLeft().map(left -> left.toSeconds()).orElse(null)));
        ArrayNode tables = root.putArray("tables");
        for (TableStatus table : status.tables()) {
            ObjectNode node = tables.addObject()
                    .put("schema", table.table().schema())
                    .put("table", table.table().name())
                    .put("state", state(table))
                    .put("estimatedRows", table.estimatedRows());
            table.copying().ifPresent(copying -> node.put("rows", copying.rows())
                    .put("bytes", copying.bytes())
                    .put("rowsPerSecond", Math.round(copying.rowsPerSecond()))
                    .put("bytesPerSecond", Math.round(copying.bytesPerSecond()))
                    .put(
                            "secondsLeft",
                            copying.timeLeft().map(left -> left.toSeconds()).orElse(null)));
            table.copied().ifPresent(copied -> node.put("rows", copied.rows())
                    .put("bytes", copied.bytes())
                    .put("copyLsn", copied.copyLsn().toString())
                    .put("finishedAt", copied.finishedAt().toString()));
        }
        return root.toString();
    }
}
