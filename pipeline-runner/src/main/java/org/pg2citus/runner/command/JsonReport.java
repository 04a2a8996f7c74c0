package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.event.Lag;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.Alarm;
import org.pg2citus.runner.event.MigrationEvent.CaughtUp;
import org.pg2citus.runner.event.MigrationEvent.ChecksDone;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.LagMeasured;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.Recovered;
import org.pg2citus.runner.event.MigrationEvent.SlotReady;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationEvent.Stopped;
import org.pg2citus.runner.event.MigrationEvent.TableCopied;
import org.pg2citus.runner.event.MigrationEvent.TaskRestarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.failure.MigrationException;

/** Tells a migration to a program: one JSON object per line, its kind in {@code event}. */
public final class JsonReport implements MigrationListener {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;

    public JsonReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void on(MigrationEvent event) {
        ObjectNode line = JSON.createObjectNode();
        if (event instanceof StepStarted step) {
            line.put("event", "step").put("text", step.step());
        } else if (event instanceof Notice notice) {
            line.put("event", "notice").put("text", notice.text());
        } else if (event instanceof ChecksDone checks) {
            ArrayNode findings = line.put("event", "checks").putArray("findings");
            checks.findings().forEach(finding -> findings.add(json(finding)));
        } else if (event instanceof SlotReady slot) {
            line.put("event", "slot")
                    .put("slot", slot.slot())
                    .put("lsn", slot.lsn().toString());
        } else if (event instanceof CopyProgressed copy) {
            line.put("event", "copy")
                    .put("rowsPerSecond", Math.round(copy.rowsPerSecond()))
                    .put("bytesPerSecond", Math.round(copy.bytesPerSecond()))
                    .put(
                            "secondsLeft",
                            copy.timeLeft().map(left -> left.toSeconds()).orElse(null));
            ArrayNode tables = line.putArray("tables");
            copy.tables().forEach(table -> tables.add(json(table)));
        } else if (event instanceof TableCopied table) {
            line.put("event", "table_copied")
                    .put("schema", table.table().schema())
                    .put("table", table.table().name())
                    .put("rows", table.rows())
                    .put("bytes", table.bytes())
                    .put("ms", table.took().toMillis());
        } else if (event instanceof LagMeasured measured) {
            line.put("event", "lag").setAll(json(measured.lag()));
        } else if (event instanceof CaughtUp caughtUp) {
            line.put("event", "caught_up").put("lsn", caughtUp.lsn().toString());
        } else if (event instanceof TaskRestarted restarted) {
            line.put("event", "task_restarted")
                    .put("connector", restarted.connector())
                    .put("error", restarted.error())
                    .put("attempt", restarted.attempt())
                    .put("afterMs", restarted.after().toMillis());
        } else if (event instanceof Alarm alarm) {
            line.put("event", "alarm")
                    .put("severity", alarm.severity())
                    .put("code", alarm.code())
                    .put("message", alarm.message())
                    .put("remedy", alarm.remedy());
        } else if (event instanceof Recovered recovered) {
            line.put("event", "recovered")
                    .put("stalledMs", recovered.stalledFor().toMillis());
        } else if (event instanceof Stopped) {
            line.put("event", "stopped");
        }
        out.println(line);
    }

    static ObjectNode error(MigrationException failure) {
        return JSON.createObjectNode()
                .put("event", "error")
                .put("code", failure.code())
                .put("message", failure.getMessage())
                .put("remedy", failure.remedy())
                .put("exitCode", failure.exitCode().code());
    }

    static ObjectNode json(Finding finding) {
        return JSON.createObjectNode()
                .put("code", finding.code())
                .put("severity", finding.severity().name())
                .put("object", finding.object())
                .put("message", finding.message())
                .put("remedy", finding.remedy());
    }

    private static ObjectNode json(TableProgress table) {
        return JSON.createObjectNode()
                .put("schema", table.table().schema())
                .put("table", table.table().name())
                .put("state", table.state().name())
                .put("rows", table.rows())
                .put("bytes", table.bytes())
                .put("estimatedRows", table.estimatedRows())
                .put("rowsPerSecond", Math.round(table.rowsPerSecond()))
                .put("bytesPerSecond", Math.round(table.bytesPerSecond()))
                .put(
                        "secondsLeft",
                        table.timeLeft().map(left -> left.toSeconds()).orElse(null));
    }

    static ObjectNode json(Lag lag) {
        return JSON.createObjectNode()
                .put("sourceLsn", lag.sourceLsn().toString())
                .put("appliedLsn", lag.appliedLsn().toString())
                .put("lagBytes", lag.lagBytes())
                .put("lagMs", lag.lagMs().orElse(null))
                .put("retainedWalBytes", lag.retainedWalBytes())
                .put("transactionsPerSecond", lag.transactionsPerSecond())
                .put("rowsPerSecond", lag.rowsPerSecond());
    }
}
