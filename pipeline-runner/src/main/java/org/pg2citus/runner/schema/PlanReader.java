package org.pg2citus.runner.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pg2citus.runner.config.Nearest;
import org.pg2citus.runner.config.Problems;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.sink.change.TableId;

/** Reads a plan that may have been edited, and holds it against the source. Reports everything that is wrong at once. */
final class PlanReader {

    private static final YAMLFactory YAML = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final int MOST_SHARDS = 64_000;

    /**
     * A value of the file.
     *
     * @param text empty when it has fields
     */
    private record Node(int line, Optional<String> text, Map<String, Node> fields) {}

    private final String file;
    private final SourceModel model;
    private final Problems problems;

    private PlanReader(String file, SourceModel model) {
        this.file = file;
        this.model = model;
        this.problems = new Problems(
                "SM001", "the plan", "mend each line above, or propose a new one: pg2citus schema plan --force");
    }

    /**
     * Reads a plan.
     *
     * @param file its name, for messages
     * @throws MigrationException SM001 (exit code 2) with every problem
     */
    static SchemaPlan read(String file, String text, SourceModel model) {
        PlanReader reader = new PlanReader(file, model);
        SchemaPlan plan = reader.plan(text);
        reader.problems.throwIfAny();
        return plan;
    }

    private SchemaPlan plan(String text) {
        Node root;
        try (JsonParser parser = YAML.createParser(text)) {
            root = parser.nextToken() == null ? new Node(1, Optional.of(""), Map.of()) : node(parser);
        } catch (JsonProcessingException e) {
            problems.add("%s: not readable as YAML at line %d: %s"
                    .formatted(
                            file,
                            e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                            e.getOriginalMessage().lines().findFirst().orElse("")));
            return new SchemaPlan(Optional.empty(), List.of());
        } catch (IOException e) {
            throw new AssertionError("a text in memory can be read", e);
        }
        names(root, List.of("version", "shard_count", "tables"));
        if (!text(root, "version").equals(Optional.of("1"))) {
            problems.add("%s: the first key is: version: 1".formatted(file));
        }
        Optional<Integer> shards = text(root, "shard_count").flatMap(count -> number(root, count));
        List<TablePlan> plans = new ArrayList<>();
        Node tables = root.fields().get("tables");
        if (tables == null
                || (tables.fields().isEmpty() && !tables.text().orElse("").isEmpty())) {
            problems.add("%s: tables is missing: under it is one key for each table".formatted(file));
        } else {
            tables.fields().forEach((name, node) -> table(name, node).ifPresent(plans::add));
            missing(tables, plans);
            colocation(tables, plans);
        }
        return new SchemaPlan(shards, plans);
    }

    private static Node node(JsonParser parser) throws IOException {
        int line = parser.currentTokenLocation().getLineNr();
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            Map<String, Node> fields = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                int nameLine = parser.currentTokenLocation().getLineNr();
                parser.nextToken();
                Node value = node(parser);
                fields.put(name, new Node(nameLine, value.text(), value.fields()));
            }
            return new Node(line, Optional.empty(), fields);
        }
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            parser.skipChildren();
            return new Node(line, Optional.of("a list"), Map.of());
        }
        return new Node(
                line, Optional.of(parser.currentToken() == JsonToken.VALUE_NULL ? "" : parser.getText()), Map.of());
    }

    private Optional<TablePlan> table(String name, Node node) {
        Optional<SourceTable> table = model.tables().stream()
                .filter(candidate -> candidate.id().toString().equals(name))
                .findFirst();
        if (table.isEmpty()) {
            problem(
                    node,
                    "the source has no table %s%s that is moved"
                            .formatted(
                                    name,
                                    Nearest.hint(
                                            name,
                                            model.tables().stream()
                                                    .map(candidate ->
                                                            candidate.id().toString())
                                                    .toList())));
            return Optional.empty();
        }
        names(node, List.of("kind", "column", "colocation"));
        Optional<String> word = text(node, "kind");
        Optional<TableKind> kind = word.flatMap(TableKind::of);
        if (kind.isEmpty()) {
            problem(
                    node,
                    word.map(given -> "%s: kind '%s' is none of %s%s"
                                    .formatted(
                                            name,
                                            given,
                                            String.join(", ", TableKind.words()),
                                            Nearest.hint(given, TableKind.words())))
                            .orElse("%s: kind is missing, one of %s"
                                    .formatted(name, String.join(", ", TableKind.words()))));
            return Optional.empty();
        }
        return planned(node, table.get(), kind.get());
    }

    private Optional<TablePlan> planned(Node node, SourceTable table, TableKind kind) {
        Optional<String> column = text(node, "column");
        Optional<String> group = text(node, "colocation");
        if (kind != TableKind.DISTRIBUTED && column.isPresent()) {
            problem(node, "%s: only a distributed table has a column".formatted(table.id()));
            return Optional.empty();
        }
        if ((kind == TableKind.REFERENCE || kind == TableKind.LOCAL) && group.isPresent()) {
            problem(node, "%s: a %s table is in no colocation group".formatted(table.id(), kind.word()));
            return Optional.empty();
        }
        if (kind != TableKind.LOCAL && table.inherits()) {
            problem(node, "%s takes part in an inheritance: Citus has it as a local table only".formatted(table.id()));
            return Optional.empty();
        }
        if ((kind == TableKind.REFERENCE || kind == TableKind.SINGLE) && table.partitioned()) {
            problem(
                    node,
                    "%s is partitioned: Citus has it as a distributed or a local table only".formatted(table.id()));
            return Optional.empty();
        }
        if (kind == TableKind.DISTRIBUTED && !isColumn(node, table, column)) {
            return Optional.empty();
        }
        boolean grouped = kind == TableKind.DISTRIBUTED || kind == TableKind.SINGLE;
        return Optional.of(new TablePlan(
                table.id(),
                kind,
                column,
                grouped ? group.or(() -> Optional.of(table.id().toString())) : Optional.empty(),
                List.of()));
    }

    private boolean isColumn(Node node, SourceTable table, Optional<String> name) {
        if (name.isEmpty()) {
            problem(node, "%s: a distributed table needs a column".formatted(table.id()));
            return false;
        }
        Optional<SourceColumn> column = table.column(name.get());
        if (column.isEmpty()) {
            problem(
                    node.fields().get("column"),
                    "%s has no column %s%s"
                            .formatted(
                                    table.id(),
                                    name.get(),
                                    Nearest.hint(
                                            name.get(),
                                            table.columns().stream()
                                                    .map(SourceColumn::name)
                                                    .toList())));
            return false;
        }
        if (column.get().generated()) {
            problem(
                    node.fields().get("column"),
                    "%s.%s is generated: Citus refuses it as a distribution column".formatted(table.id(), name.get()));
        } else if (column.get().domain()) {
            problem(
                    node.fields().get("column"),
                    "%s.%s is of a domain: Citus would look for its values on the wrong shard"
                            .formatted(table.id(), name.get()));
        }
        return true;
    }

    private void missing(Node tables, List<TablePlan> plans) {
        List<String> missing = model.tables().stream()
                .map(SourceTable::id)
                .filter(table -> plans.stream().noneMatch(plan -> plan.table().equals(table)))
                .map(TableId::toString)
                .filter(table -> !tables.fields().containsKey(table))
                .toList();
        if (!missing.isEmpty()) {
            problems.add(
                    "%s: these tables are moved and not in the plan: %s; add them, or leave them out with tables.exclude"
                            .formatted(file, String.join(", ", missing)));
        }
    }

    private void colocation(Node tables, List<TablePlan> plans) {
        Map<String, List<TablePlan>> groups = plans.stream()
                .filter(plan -> plan.colocation().isPresent())
                .collect(Collectors.groupingBy(
                        plan -> plan.colocation().orElseThrow(), TreeMap::new, Collectors.toList()));
        groups.forEach((group, members) -> {
            TablePlan first = members.get(0);
            for (TablePlan member : members) {
                if (!type(member).equals(type(first))) {
                    problem(
                            tables.fields().get(member.table().toString()),
                            "%s is distributed by %s, %s by %s: tables of one colocation group (%s) need the same type"
                                    .formatted(member.table(), type(member), first.table(), type(first), group));
                }
            }
        });
    }

    private String type(TablePlan plan) {
        return plan.column()
                .flatMap(column -> model.table(plan.table()).flatMap(table -> table.column(column)))
                .map(SourceColumn::baseType)
                .orElse("no column");
    }

    private Optional<Integer> number(Node root, String count) {
        if (!count.matches("\\d{1,5}") || Integer.parseInt(count) < 1 || Integer.parseInt(count) > MOST_SHARDS) {
            problem(
                    root.fields().get("shard_count"),
                    "shard_count '%s' is not a number from 1 to %d".formatted(count, MOST_SHARDS));
            return Optional.empty();
        }
        return Optional.of(Integer.valueOf(count));
    }

    private void names(Node node, List<String> known) {
        node.fields().forEach((name, field) -> {
            if (!known.contains(name)) {
                problem(
                        field,
                        "unknown key %s%s; known: %s"
                                .formatted(name, Nearest.hint(name, known), String.join(", ", known)));
            }
        });
    }

    private static Optional<String> text(Node node, String name) {
        return Optional.ofNullable(node.fields().get(name))
                .flatMap(Node::text)
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    private void problem(Node node, String problem) {
        problems.add("%s, line %d: %s".formatted(file, node.line(), problem));
    }
}
