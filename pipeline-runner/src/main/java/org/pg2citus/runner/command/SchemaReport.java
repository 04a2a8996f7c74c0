package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.schema.Schema;
import org.pg2citus.runner.schema.SchemaApply;
import org.pg2citus.runner.schema.SchemaScript;
import org.pg2citus.runner.schema.Section;
import org.pg2citus.runner.schema.TablePlan;

/** Writes down what is planned for the target's schema, and what was done. */
final class SchemaReport {

    private static final ObjectMapper JSON = new ObjectMapper();

    private SchemaReport() {}

    static String text(Schema.Proposal proposal, String file) {
        List<TablePlan> tables = proposal.plan().tables();
        int width = tables.stream()
                .mapToInt(table -> table.table().toString().length())
                .max()
                .orElse(5);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < tables.size(); i++) {
            TablePlan table = tables.get(i);
            int warnings = proposal.warnings().get(i).size();
            text.append(("%-" + width + "s  %-11s %s%s%n")
                    .formatted(
                            table.table(),
                            table.kind().word(),
                            table.column()
                                    .map(column -> "by %s, with %s"
                                            .formatted(
                                                    column, table.colocation().orElse("")))
                                    .orElse(""),
                            warnings == 0 ? "" : "  (%d warning%s)".formatted(warnings, warnings == 1 ? "" : "s")));
        }
        return text.append("%s: %s%n"
                        .formatted(
                                file,
                                Schema.kinds(proposal.plan()).entrySet().stream()
                                        .map(kind -> kind.getValue() + " " + kind.getKey())
                                        .collect(Collectors.joining(", "))))
                .append("Reasons and warnings are in the file; edit it, then: pg2citus schema generate%n".formatted())
                .toString();
    }

    static ObjectNode json(Schema.Proposal proposal, String file) {
        ObjectNode root = JSON.createObjectNode().put("event", "schema_plan").put("file", file);
        ArrayNode all = root.putArray("tables");
        for (int i = 0; i < proposal.plan().tables().size(); i++) {
            TablePlan table = proposal.plan().tables().get(i);
            ObjectNode node = all.addObject()
                    .put("schema", table.table().schema())
                    .put("table", table.table().name())
                    .put("kind", table.kind().word())
                    .put("column", table.column().orElse(null))
                    .put("colocation", table.colocation().orElse(null));
            table.reasons().forEach(node.putArray("reasons")::add);
            proposal.warnings().get(i).forEach(node.putArray("warnings")::add);
        }
        return root;
    }

    /** @param file empty when the script is in the object */
    static ObjectNode json(Schema.Generated generated, Optional<String> file) {
        ObjectNode root = JSON.createObjectNode().put("event", "schema_script").put("file", file.orElse(null));
        ObjectNode statements = root.putObject("statements");
        for (Section section : Section.values()) {
            statements.put(section.word(), generated.script().of(section).size());
        }
        if (file.isEmpty()) {
            root.put("sql", generated.text());
        }
        ArrayNode findings = root.putArray("findings");
        generated.findings().forEach(finding -> findings.add(JsonReport.json(finding)));
        return root;
    }

    static ObjectNode json(List<Finding> all) {
        ObjectNode root = JSON.createObjectNode().put("event", "schema_findings");
        ArrayNode findings = root.putArray("findings");
        all.forEach(finding -> findings.add(JsonReport.json(finding)));
        return root;
    }

    static String counts(SchemaScript script, Optional<String> file) {
        return "%s%d statements before the copy, %d after it%n"
                .formatted(
                        file.map(name -> name + ": ").orElse(""),
                        script.of(Section.BEFORE_COPY).size(),
                        script.of(Section.AFTER_COPY).size());
    }

    /** Announces each statement. */
    static SchemaApply.Listener listener(OutputOptions output) {
        return (statement, number, all, there) -> {
            if (output.isJson()) {
                System.out.println(JSON.createObjectNode()
                        .put("event", "statement")
                        .put("number", number)
                        .put("of", all)
                        .put("section", statement.section().word())
                        .put("there", there)
                        .put("sql", statement.sql()));
            } else if (!output.isQuiet() && (!there || output.isVerbose())) {
                System.out.printf(
                        "%3d/%d %s%s%n",
                        number,
                        all,
                        there ? "is there: " : "",
                        output.isVerbose() ? statement.sql() : statement.shortSql());
            }
        };
    }

    static String text(SchemaApply.Result result, String section) {
        return "%s: %d statement%s run, %d there already%n"
                .formatted(section, result.run(), result.run() == 1 ? "" : "s", result.there());
    }

    static ObjectNode json(SchemaApply.Result result, String section) {
        return JSON.createObjectNode()
                .put("event", "schema_applied")
                .put("section", section)
                .put("run", result.run())
                .put("there", result.there());
    }
}
