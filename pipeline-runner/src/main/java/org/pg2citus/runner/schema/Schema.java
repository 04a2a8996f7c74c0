package org.pg2citus.runner.schema;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.state.Phase;

/** The schema of one migration: proposes a plan, makes the script of the target by one, and runs it. */
public final class Schema {

    /**
     * A plan that was proposed.
     *
     * @param yaml as a file to be edited
     * @param warnings of each table, in the order of the plan
     */
    public record Proposal(SchemaPlan plan, String yaml, List<List<String>> warnings) {

        public Proposal {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * A script for the target.
     *
     * @param findings what is left out or changed, and on what the target has already; an error stops an apply
     */
    public record Generated(SchemaScript script, String text, List<Finding> findings) {

        public Generated {
            findings = List.copyOf(findings);
        }
    }

    private final MigrationSettings settings;
    private final Server sourceServer;
    private final Server targetServer;

    public Schema(MigrationSettings settings) {
        this.settings = settings;
        this.sourceServer = new Server(Side.SOURCE, settings.source(), settings.name());
        this.targetServer = new Server(Side.TARGET, settings.target(), settings.name());
    }

    /** Proposes a plan. Reads the source only. */
    public Proposal plan() {
        try (Connection source = sourceServer.connect("schema")) {
            SourceModel model = SourceCatalog.read(source, settings.tables());
            SchemaPlan plan = SchemaPlanner.plan(model);
            PlanWarnings warnings = new PlanWarnings(new CitusRules(model, plan));
            return new Proposal(
                    plan,
                    PlanFile.write(model, plan),
                    model.tables().stream().map(warnings::of).toList());
        } catch (SQLException e) {
            throw sourceServer.failure(e, "reading the catalog");
        }
    }

    /**
     * Makes the script. Reads both sides and changes nothing.
     *
     * @param plan the plan's text
     * @param file the plan's name, for messages
     * @param pgDump the program, if one is named
     */
    public Generated generate(String plan, String file, Optional<Path> pgDump) {
        try (Connection source = sourceServer.connect("schema");
                Statement statement = source.createStatement()) {
            // One snapshot for the catalog and for pg_dump, so that both tell of the same tables.
            statement.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            String snapshot = text(statement, "SELECT pg_export_snapshot()");
            int major = Integer.parseInt(text(statement, "SELECT current_setting('server_version_num')")) / 10_000;
            SourceModel model = SourceCatalog.read(source, settings.tables());
            SchemaPlan planned = PlanReader.read(file, plan, model);
            PgDump program = PgDump.find(pgDump, major);
            TargetSchema target = target(model);
            SchemaPlan fitting = fitting(planned, target);
            List<DumpEntry> dump = dump(program.schema(settings.source(), snapshot, model.leftOut()));
            ScriptBuilder.Built built = ScriptBuilder.build(dump, model, fitting, target.facts());
            List<Finding> findings = new ArrayList<>(ExistingTables.conflicts(model, fitting, target));
            if (planned.usesCitus() && !fitting.usesCitus()) {
                findings.add(Finding.warning(
                        "SM013",
                        settings.target().toString(),
                        "it is plain PostgreSQL: the tables are made as they are on the source, and not distributed",
                        "nothing, if that is what you want; else name a Citus coordinator as the target"));
            }
            findings.addAll(built.findings());
            return new Generated(
                    built.script(),
                    built.script()
                            .text(List.of(
                                    "Made by pg2citus schema generate from %s by %s."
                                            .formatted(settings.source(), file),
                                    "To be run by: pg2citus schema apply --sql FILE; before-copy before 'pg2citus"
                                            + " migrate', after-copy when its copy is done.",
                                    "The lines '-- pg2citus section:' say which is which.")),
                    findings);
        } catch (SQLException e) {
            throw sourceServer.failure(e, "reading the catalog");
        }
    }

    private static List<DumpEntry> dump(String text) {
        try {
            return DumpText.entries(text);
        } catch (IllegalArgumentException e) {
            throw new MigrationException(
                    ExitCode.SOURCE, "SM004", "pg_dump's output is not complete: " + e.getMessage(), "run it again", e);
        }
    }

    private TargetSchema target(SourceModel model) {
        try (Connection target = targetServer.connect("schema")) {
            return TargetSchema.read(target, model);
        } catch (SQLException e) {
            throw targetServer.failure(e, "reading the catalog");
        }
    }

    private SchemaPlan fitting(SchemaPlan plan, TargetSchema target) {
        if (target.facts().citus() && !target.coordinator()) {
            throw new MigrationException(
                    ExitCode.TARGET,
                    "SM005",
                    "%s is a Citus worker; tables are distributed from the coordinator".formatted(settings.target()),
                    "name the coordinator in target.uri");
        }
        if (target.citusMissing() && plan.usesCitus()) {
            throw new MigrationException(
                    ExitCode.TARGET,
                    "SM006",
                    "the server of %s has Citus, but its database lacks the extension: nothing could be distributed"
                            .formatted(settings.target()),
                    "in that database: CREATE EXTENSION citus; the same on each worker, then add them with"
                            + " citus_add_node(host, port)");
        }
        return target.facts().citus() ? plan : plan.allLocal();
    }

    /**
     * Runs sections of a script on the target; run again, it goes on where it was.
     *
     * @throws MigrationException ST010 (exit code 3) for the part after the copy when the copy is not done
     */
    public SchemaApply.Result apply(SchemaScript script, List<Section> sections, SchemaApply.Listener listener) {
        try (Connection target = targetServer.connect("schema")) {
            if (sections.contains(Section.AFTER_COPY)) {
                requireCopied(target);
            }
            boolean citus = CitusTables.read(target).isCitus();
            List<SchemaStatement> statements = sections.stream()
                    .flatMap(section -> script.of(section).stream())
                    .toList();
            return new SchemaApply(targetServer, target, citus).run(script.session(), statements, listener);
        } catch (SQLException e) {
            throw targetServer.failure(e, "making the schema");
        }
    }

    /** Reads a script that may have been edited. */
    public static SchemaScript script(String file, String text) {
        return SchemaScript.read(file, text);
    }

    private void requireCopied(Connection target) throws SQLException {
        Optional<Phase> phase = new MigrationStore(settings.name()).load(target).map(MigrationState::phase);
        if (phase.isPresent() && phase.get() != Phase.STREAMING) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "ST010",
                    "migration %s is still copying: foreign keys would not hold yet, and indexes would slow it down"
                            .formatted(settings.name()),
                    "wait until every table is copied (pg2citus status), then run the command again");
        }
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Kinds as the plan's file writes them, with the number of tables of each; for a summary. */
    public static Map<String, Integer> kinds(SchemaPlan plan) {
        Map<String, Integer> kinds = new LinkedHashMap<>();
        for (TableKind kind : TableKind.values()) {
            int count = (int)
                    plan.tables().stream().filter(table -> table.kind() == kind).count();
            if (count > 0) {
                kinds.put(kind.word(), count);
            }
        }
        return kinds;
    }
}
