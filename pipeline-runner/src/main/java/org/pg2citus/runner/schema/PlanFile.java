package org.pg2citus.runner.schema;

import java.util.Locale;
import java.util.regex.Pattern;

/** Writes a plan as YAML to be edited, with reasons and warnings as comments. */
final class PlanFile {

    private static final int WIDTH = 110;

    /** What YAML reads as text without quotes. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");

    private static final String HEAD =
            """
            # What becomes of each table on Citus, proposed from foreign keys, names, sizes and statistics of the source.
            # Lines with ! say what is different from the source, or has to be looked after. Edit it; then
            #   pg2citus schema generate --plan FILE    shows the SQL
            #   pg2citus schema apply --plan FILE       makes the tables on the target
            #
            # kind: distributed  its rows are spread over shards by 'column'; tables of one 'colocation' group have equal
            #                    values on the same node, and need columns of the same type
            #       reference    every node has all of it
            #       single       one shard on one worker; 'colocation' puts several on the same one
            #       local        it stays a table of the coordinator
            version: 1
            # Shards of each colocation group; what citus.shard_count says on the target when it is not set.
            """;

    private PlanFile() {}

    static String write(SourceModel model, SchemaPlan plan) {
        PlanWarnings warnings = new PlanWarnings(new CitusRules(model, plan));
        StringBuilder text = new StringBuilder(HEAD);
        text.append(plan.shardCount()
                .map(count -> "shard_count: %d%n".formatted(count))
                .orElse("# shard_count: 32%n".formatted()));
        text.append("tables:").append(plan.tables().isEmpty() ? " {}" : "").append('\n');
        for (TablePlan table : plan.tables()) {
            SourceTable source = model.table(table.table())
                    .orElseThrow(() -> new AssertionError("a plan has tables of its model only: " + table.table()));
            comment(text, "", "about %s rows, %s".formatted(count(source.rows()), Sizes.of(source.bytes())));
            table.reasons().forEach(reason -> comment(text, "- ", reason));
            warnings.of(source).forEach(warning -> comment(text, "! ", warning));
            text.append("  ").append(scalar(table.table().toString())).append(":\n");
            text.append("    kind: ").append(table.kind().word()).append('\n');
            table.column()
                    .ifPresent(column ->
                            text.append("    column: ").append(scalar(column)).append('\n'));
            table.colocation().ifPresent(group -> text.append("    colocation: ")
                    .append(scalar(group))
                    .append('\n'));
        }
        return text.toString();
    }

    private static String count(long rows) {
        return String.format(Locale.ROOT, "%,d", rows).replace(',', ' ');
    }

    private static void comment(StringBuilder text, String mark, String comment) {
        String prefix = "  # " + mark;
        StringBuilder line = new StringBuilder(prefix);
        for (String word : comment.split("\\s+", -1)) {
            if (line.length() > prefix.length() && line.length() + word.length() > WIDTH) {
                text.append(line).append('\n');
                line = new StringBuilder("  # ").append(" ".repeat(mark.length()));
                line.append(word);
            } else {
                line.append(line.length() == prefix.length() ? "" : " ").append(word);
            }
        }
        text.append(line).append('\n');
    }

    private static String scalar(String value) {
        boolean word =
                PLAIN.matcher(value).matches() && !value.matches("(?i)true|false|null|yes|no|on|off|y|n|[0-9_.]+|_+");
        return word ? value : "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
