package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.schema.CitusRules.Outcome;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;
import org.pg2citus.sink.change.TableId;

/**
 * Makes the script of the target from a dump of the source, by a plan.
 *
 * <p>Everything that a table has is made before it is distributed, since Citus then takes it along and refuses much of it
 * later. Foreign keys come last: tables that hang together by them cannot be distributed one by one when they have
 * identity columns.
 */
final class ScriptBuilder {

    // Objects of these types need nothing of Citus, and come in the order of the dump, which is that of what needs
    // what.
    private static final Set<String> PLAIN = Set.of(
            "SCHEMA",
            "TYPE",
            "SHELL TYPE",
            "DOMAIN",
            "FUNCTION",
            "PROCEDURE",
            "AGGREGATE",
            "OPERATOR",
            "OPERATOR CLASS",
            "OPERATOR FAMILY",
            "CAST",
            "COLLATION",
            "TEXT SEARCH CONFIGURATION",
            "TEXT SEARCH DICTIONARY",
            "TEXT SEARCH PARSER",
            "TEXT SEARCH TEMPLATE",
            "PROCEDURAL LANGUAGE",
            "SEQUENCE",
            "SEQUENCE OWNED BY",
            "TABLE",
            "TABLE ATTACH",
            "DEFAULT",
            "CHECK CONSTRAINT",
            "STATISTICS");

    /** These are sent to the workers when their tables are known there. */
    private static final Set<String> OVER_TABLES =
            Set.of("VIEW", "MATERIALIZED VIEW", "RULE", "POLICY", "ROW SECURITY");

    /** Where a statement goes; tables are distributed behind the first. */
    private enum Place {
        TABLES,
        OVER_TABLES,
        AFTER_COPY;

        Section section() {
            return this == AFTER_COPY ? Section.AFTER_COPY : Section.BEFORE_COPY;
        }
    }

    private final SourceModel model;
    private final SchemaPlan plan;
    private final CitusRules rules;
    private final TargetFacts target;
    private final Map<Place, List<SchemaStatement>> places = new EnumMap<>(Place.class);
    private final List<Finding> findings = new ArrayList<>();
    private final Set<TableId> leftOut;
    private final Set<TableId> views = new HashSet<>();
    private final Set<TableId> madeNotNull = new HashSet<>();
    private final Set<TableId> laterIndexes = new HashSet<>();
    private final Set<TableId> leftOutIndexes = new HashSet<>();

    /**
     * A script and what is not as it is on the source.
     *
     * @param findings warnings
     */
    record Built(SchemaScript script, List<Finding> findings) {

        Built {
            findings = List.copyOf(findings);
        }
    }

    private ScriptBuilder(SourceModel model, SchemaPlan plan, TargetFacts target) {
        this.model = model;
        this.plan = plan;
        this.rules = new CitusRules(model, plan);
        this.target = target;
        this.leftOut = new HashSet<>(model.leftOut());
    }

    static Built build(List<DumpEntry> dump, SourceModel model, SchemaPlan plan, TargetFacts target) {
        ScriptBuilder builder = new ScriptBuilder(model, plan, target);
        builder.entries(dump);
        List<SchemaStatement> statements = new ArrayList<>(builder.at(Place.TABLES));
        statements.addAll(builder.distribution());
        statements.addAll(builder.at(Place.OVER_TABLES));
        statements.addAll(builder.at(Place.AFTER_COPY));
        return new Built(new SchemaScript(SchemaScript.SESSION, statements), builder.findings);
    }

    private void entries(List<DumpEntry> dump) {
        // A comment follows its object, to where that goes.
        Optional<Place> commented = Optional.empty();
        for (DumpEntry entry : dump) {
            if (entry.statements().isEmpty()) {
                continue;
            }
            if (entry.type().equals("COMMENT")) {
                comment(entry, commented);
            } else {
                commented = place(entry);
            }
        }
    }

    private void comment(DumpEntry entry, Optional<Place> place) {
        // Comments on extensions are those of the extension; comments on the database are not ours to set.
        boolean ours = !entry.name().startsWith("EXTENSION ") && !entry.name().startsWith("DATABASE ");
        if (ours) {
            place.ifPresent(found -> add(found, entry.statements()));
        }
    }

    /** Where it went; nothing when it is left out. */
    private Optional<Place> place(DumpEntry entry) {
        Optional<TableId> missing = mentioned(entry, leftOut);
        if (missing.isPresent()) {
            leaveOut(entry, "it needs %s, which is not moved".formatted(missing.get()));
            return Optional.empty();
        }
        if (entry.type().equals("EXTENSION")) {
            return extension(entry);
        }
        if (PLAIN.contains(entry.type())) {
            // A function that takes or gives rows of a view comes behind it.
            boolean ofView = mentioned(entry, views).isPresent();
            return added(ofView ? Place.OVER_TABLES : Place.TABLES, entry.statements());
        }
        if (OVER_TABLES.contains(entry.type())) {
            if (entry.type().endsWith("VIEW")) {
                created(entry).ifPresent(views::add);
            }
            if (entry.type().equals("MATERIALIZED VIEW")) {
                warn(entry.toString(), "it is made without rows", "after the copy: REFRESH MATERIALIZED VIEW");
            }
            return added(Place.OVER_TABLES, entry.statements());
        }
        return switch (entry.type()) {
            case "CONSTRAINT", "INDEX" -> index(entry);
            case "INDEX ATTACH" -> attach(entry);
            case "FK CONSTRAINT" -> reference(entry);
            case "TRIGGER" -> trigger(entry);
            default -> {
                leaveOut(entry, "objects of this kind are not made on the target");
                yield Optional.empty();
            }
        };
    }

    private Optional<Place> extension(DumpEntry entry) {
        if (target.extensions().contains(entry.name())) {
            return added(Place.TABLES, entry.statements());
        }
        findings.add(Finding.warning(
                "SM011",
                "extension " + entry.name(),
                "the target's server does not have it: what uses it cannot be made",
                "install it on all nodes of the target, then run the command again; or edit the script"));
        return Optional.empty();
    }

    private Optional<Place> index(DumpEntry entry) {
        if (mentioned(entry, views).isPresent()) {
            // Of a materialized view, which comes later itself.
            return added(Place.OVER_TABLES, entry.statements());
        }
        Optional<KeyStatement> key = KeyStatement.of(entry.statements().get(0));
        if (key.isEmpty()) {
            if (entry.type().equals("CONSTRAINT")) {
                return added(Place.TABLES, entry.statements());
            }
            return plainIndex(entry);
        }
        CitusRules.Key decision = rules.key(key.get().table(), key.get().key());
        TableId name = new TableId(entry.schema(), key.get().key().name());
        if (decision.outcome() == Outcome.LEAVE_OUT) {
            leftOutIndexes.add(name);
            leaveOut(entry, decision.why());
            return Optional.empty();
        }
        List<String> rest = entry.statements().subList(1, entry.statements().size());
        if (decision.outcome() == Outcome.KEEP) {
            return added(Place.TABLES, entry.statements());
        }
        String column = decision.added().orElseThrow();
        TableId root = model.root(key.get().table());
        boolean nullable = model.table(root)
                .flatMap(table -> table.column(column))
                .filter(found -> !found.notNull())
                .isPresent();
        if (nullable && key.get().key().kind() == SourceKey.Kind.PRIMARY && madeNotNull.add(root)) {
            at(Place.TABLES)
                    .add(new SchemaStatement(
                            Section.BEFORE_COPY,
                            "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL"
                                    .formatted(root.toSql(), TableId.quote(column)),
                            List.of("the primary key takes it in")));
        }
        at(Place.TABLES).add(new SchemaStatement(Section.BEFORE_COPY, key.get().with(column), List.of(decision.why())));
        for (String statement : rest) {
            if (nullable && !madeNotNull.contains(root) && isReplicaIdentity(statement)) {
                warn(
                        entry.toString(),
                        "it is no replica identity of the target, as %s may be null".formatted(column),
                        "none is needed for the migration; for moving shards the table needs a primary key");
            } else {
                add(Place.TABLES, List.of(statement));
            }
        }
        return Optional.of(Place.TABLES);
    }

    private static boolean isReplicaIdentity(String statement) {
        return new SqlCursor(statement).skipBehind("replica", "identity");
    }

    private Optional<Place> plainIndex(DumpEntry entry) {
        SqlCursor cursor = new SqlCursor(entry.statements().get(0));
        cursor.skipBehind("index");
        TableId name = new TableId(entry.schema(), cursor.name().orElse(entry.name()));
        cursor.skipBehind("on");
        cursor.accept("only");
        Optional<TableId> table = cursor.qualifiedName();
        laterIndexes.add(name);
        boolean onWorkers = isOnWorkers(table);
        for (String statement : entry.statements()) {
            if (onWorkers && new SqlCursor(statement).skipBehind("cluster", "on")) {
                warn(
                        entry.toString(),
                        "the table is not marked to be clustered by it: Citus refuses that",
                        "nothing; CLUSTER would not be possible either");
            } else {
                at(Place.AFTER_COPY).add(new SchemaStatement(Section.AFTER_COPY, statement));
            }
        }
        return Optional.of(Place.AFTER_COPY);
    }

    private Optional<Place> attach(DumpEntry entry) {
        SqlCursor cursor = new SqlCursor(entry.statements().get(0));
        cursor.accept("alter", "index");
        Optional<TableId> parent = cursor.qualifiedName();
        if (parent.filter(leftOutIndexes::contains).isPresent()) {
            return Optional.empty();
        }
        boolean later = parent.filter(laterIndexes::contains).isPresent();
        return added(later ? Place.AFTER_COPY : Place.TABLES, entry.statements());
    }

    private Optional<Place> reference(DumpEntry entry) {
        Optional<ReferenceStatement> reference =
                ReferenceStatement.of(entry.statements().get(0));
        if (reference.isEmpty()) {
            leaveOut(
                    entry,
                    "its statement is not understood: " + entry.statements().get(0));
            return Optional.empty();
        }
        CitusRules.Reference decision =
                rules.reference(reference.get().table(), reference.get().reference());
        if (decision.outcome() == Outcome.LEAVE_OUT) {
            leaveOut(entry, decision.why());
            return Optional.empty();
        }
        if (decision.outcome() == Outcome.CHANGE) {
            at(Place.AFTER_COPY)
                    .add(new SchemaStatement(
                            Section.AFTER_COPY, reference.get().as(decision), List.of(decision.why())));
            return Optional.of(Place.AFTER_COPY);
        }
        return added(Place.AFTER_COPY, entry.statements());
    }

    private Optional<Place> trigger(DumpEntry entry) {
        SqlCursor cursor = new SqlCursor(entry.statements().get(0));
        cursor.skipBehind("on");
        Optional<TableId> table = cursor.qualifiedName();
        if (isOnWorkers(table)) {
            leaveOut(entry, "Citus has no triggers on distributed and reference tables");
            return Optional.empty();
        }
        return added(Place.AFTER_COPY, entry.statements());
    }

    private boolean isOnWorkers(Optional<TableId> table) {
        return table.flatMap(rules::plan)
                .filter(found -> found.kind().isOnWorkers())
                .isPresent();
    }

    private List<SchemaStatement> distribution() {
        List<SchemaStatement> statements = new ArrayList<>();
        Map<String, List<TablePlan>> groups = new LinkedHashMap<>();
        for (TablePlan table : plan.tables()) {
            if (table.kind() == TableKind.REFERENCE) {
                statements.add(new SchemaStatement(
                        Section.BEFORE_COPY,
                        "SELECT create_reference_table(%s)"
                                .formatted(literal(table.table().toSql()))));
            }
            table.colocation().ifPresent(group -> groups.computeIfAbsent(group, name -> new ArrayList<>())
                    .add(table));
        }
        groups.forEach((group, members) -> {
            // The group is best known by the table that gave it its name.
            members.sort((one, other) -> Boolean.compare(!names(group, one), !names(group, other)));
            TablePlan first = members.get(0);
            for (TablePlan member : members) {
                statements.add(new SchemaStatement(
                        Section.BEFORE_COPY,
                        "SELECT create_distributed_table(%s, %s, colocate_with => %s%s)"
                                .formatted(
                                        literal(member.table().toSql()),
                                        member.column()
                                                .map(ScriptBuilder::literal)
                                                .orElse("NULL"),
                                        literal(
                                                member.equals(first)
                                                        ? "none"
                                                        : first.table().toSql()),
                                        member.equals(first) && member.kind() == TableKind.DISTRIBUTED
                                                ? plan.shardCount()
                                                        .map(count -> ", shard_count => %d".formatted(count))
                                                        .orElse("")
                                                : "")));
            }
        });
        return statements;
    }

    private static boolean names(String group, TablePlan table) {
        return table.table().name().equals(group) || table.table().toString().equals(group);
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** The first of these relations that the entry names. Bodies of functions are strings, and are not looked at. */
    private static Optional<TableId> mentioned(DumpEntry entry, Set<TableId> relations) {
        if (relations.isEmpty()) {
            return Optional.empty();
        }
        for (String statement : entry.statements()) {
            Optional<TableId> found =
                    names(statement).stream().filter(relations::contains).findFirst();
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Set<TableId> names(String statement) {
        Set<TableId> names = new LinkedHashSet<>();
        List<SqlToken> tokens = SqlTokens.of(statement);
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (tokens.get(i).isName()
                    && tokens.get(i + 1).is(".")
                    && tokens.get(i + 2).isName()) {
                names.add(new TableId(tokens.get(i).text(), tokens.get(i + 2).text()));
            }
        }
        return names;
    }

    private static Optional<TableId> created(DumpEntry entry) {
        return names(entry.statements().get(0)).stream().findFirst();
    }

    private void leaveOut(DumpEntry entry, String why) {
        if (entry.type().endsWith("VIEW")) {
            created(entry).ifPresent(leftOut::add);
        }
        findings.add(Finding.warning(
                "SM010", entry.toString(), "left out: " + why, "if the target needs it, make it by hand"));
    }

    private void warn(String object, String message, String remedy) {
        findings.add(Finding.warning("SM012", object, message, remedy));
    }

    private Optional<Place> added(Place place, List<String> statements) {
        add(place, statements);
        return Optional.of(place);
    }

    private void add(Place place, List<String> statements) {
        statements.forEach(sql -> at(place).add(new SchemaStatement(place.section(), sql)));
    }

    private List<SchemaStatement> at(Place place) {
        return places.computeIfAbsent(place, key -> new ArrayList<>());
    }
}
