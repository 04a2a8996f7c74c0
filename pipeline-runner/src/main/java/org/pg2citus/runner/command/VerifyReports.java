package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pg2citus.runner.verify.TableResult;
import org.pg2citus.runner.verify.VerifyReport;

/** Writes down what a verification found. */
final class VerifyReports {

    private static final ObjectMapper JSON = new ObjectMapper();

    private VerifyReports() {}

    static String text(VerifyReport report, boolean showKeys) {
        int width = report.tables().stream()
                .mapToInt(result -> result.table().toString().length())
                .max()
                .orElse(5);
        String row = "%-" + Math.max(5, width) + "s  %15s  %15s  %s%n";
        StringBuilder text = new StringBuilder();
        text.append("compared at %s%n".formatted(report.lsn()));
        text.append(row.formatted("table", "source", "target", ""));
        for (TableResult result : report.tables()) {
            text.append(row.formatted(
                    result.table(),
                    Amounts.count(result.sourceRows()),
                    Amounts.count(result.targetRows()),
                    (result.equal() ? "equal" : difference(result)) + repaired(result)));
            if (showKeys) {
                result.examples()
                        .forEach(example -> text.append("    ").append(example).append(System.lineSeparator()));
            }
        }
        text.append(FindingText.of(report.findings()));
        long different =
                report.tables().stream().filter(result -> !result.equal()).count();
        text.append(
                report.equal()
                        ? "EQUAL: %d table%s, %s rows%n"
                                .formatted(
                                        report.tables().size(),
                                        report.tables().size() == 1 ? "" : "s",
                                        Amounts.count(report.tables().stream()
                                                .mapToLong(TableResult::sourceRows)
                                                .sum()))
                        : "DIFFERENT: %d of %d tables%n"
                                .formatted(different, report.tables().size()));
        return text.toString();
    }

    private static String repaired(TableResult result) {
        return result.repaired() == 0
                ? ""
                : ", after %s rows were repaired".formatted(Amounts.count(result.repaired()));
    }

    private static String difference(TableResult result) {
        return "DIFFERENT: %s missing, %s extra, %s changed%s"
                .formatted(
                        Amounts.count(result.missing()),
                        Amounts.count(result.extra()),
                        Amounts.count(result.changed()),
                        result.bucketsLeft() == 0
                                ? ""
                                : "; more in %d parts not looked at row by row".formatted(result.bucketsLeft()));
    }

    static ObjectNode json(VerifyReport report, boolean showKeys) {
        ObjectNode root = JSON.createObjectNode()
                .put("event", "verified")
                .put("equal", report.equal())
                .put("lsn", report.lsn().toString());
        ArrayNode tables = root.putArray("tables");
        for (TableResult result : report.tables()) {
            ObjectNode node = tables.addObject()
                    .put("schema", result.table().schema())
                    .put("table", result.table().name())
                    .put("equal", result.equal())
                    .put("sourceRows", result.sourceRows())
                    .put("targetRows", result.targetRows())
                    .put("missing", result.missing())
                    .put("extra", result.extra())
                    .put("changed", result.changed())
                    .put("repaired", result.repaired())
                    .put("partsNotLookedAt", result.bucketsLeft())
                    .put("ms", result.took().toMillis());
            if (showKeys) {
                ArrayNode examples = node.putArray("examples");
                result.examples().forEach(examples::add);
            }
        }
        ArrayNode findings = root.putArray("findings");
        report.findings().forEach(finding -> findings.add(JsonReport.json(finding)));
        return root;
    }
}
