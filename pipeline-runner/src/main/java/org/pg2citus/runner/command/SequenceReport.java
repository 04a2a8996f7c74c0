package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.pg2citus.runner.sequence.SequenceStep;

/** Writes down what is, or was, done with sequences. */
final class SequenceReport {

    private static final ObjectMapper JSON = new ObjectMapper();

    private SequenceReport() {}

    /** @param done the steps were carried out */
    static String text(List<SequenceStep> steps, boolean done) {
        int width = steps.stream()
                .mapToInt(step -> step.source().toString().length())
                .max()
                .orElse(8);
        String row = "%-" + Math.max(8, width) + "s  %20s  %20s  %20s%n";
        StringBuilder text = new StringBuilder();
        text.append(row.formatted("sequence", "source is at", "target was at", done ? "now gives" : "would give"));
        for (SequenceStep step : steps) {
            text.append(row.formatted(
                    step.source(),
                    step.sourceValue(),
                    step.targetValue().isPresent() ? step.targetValue().getAsLong() : "missing",
                    step.isRefused()
                            ? "not possible"
                            : step.nextValue().isPresent() ? step.nextValue().getAsLong() : "as it is"));
        }
        steps.forEach(step -> text.append(FindingText.of(step.findings())));
        long refused = steps.stream().filter(SequenceStep::isRefused).count();
        long set = steps.stream()
                .filter(step -> step.nextValue().isPresent() && !step.isRefused())
                .count();
        text.append("%d sequence%s: %d %s, %d as %s, %d not possible%n"
                .formatted(
                        steps.size(),
                        steps.size() == 1 ? "" : "s",
                        set,
                        done ? "set" : "to set",
                        steps.size() - set - refused,
                        steps.size() - set - refused == 1 ? "it is" : "they are",
                        refused));
        return text.toString();
    }

    static String json(List<SequenceStep> steps, boolean done) {
        return jsonNode(steps, done) + System.lineSeparator();
    }

    static ObjectNode jsonNode(List<SequenceStep> steps, boolean done) {
        ObjectNode root = JSON.createObjectNode().put("event", "sequences").put("done", done);
        ArrayNode all = root.putArray("sequences");
        for (SequenceStep step : steps) {
            ObjectNode node = all.addObject()
                    .put("schema", step.source().schema())
                    .put("sequence", step.source().name())
                    .put("sourceValue", step.sourceValue());
            step.target().ifPresent(target -> node.put("target", target.toString()));
            step.targetValue().ifPresent(value -> node.put("targetValue", value));
            step.nextValue().ifPresent(value -> node.put("nextValue", value));
            node.put("refused", step.isRefused());
            ArrayNode findings = node.putArray("findings");
            step.findings().forEach(finding -> findings.add(JsonReport.json(finding)));
        }
        return root;
    }
}
