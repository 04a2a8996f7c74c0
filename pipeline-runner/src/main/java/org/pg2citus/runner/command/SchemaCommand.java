package org.pg2citus.runner.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.schema.Schema;
import org.pg2citus.runner.schema.SchemaApply;
import org.pg2citus.runner.schema.SchemaScript;
import org.pg2citus.runner.schema.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pg2citus schema}. */
@Command(
        name = "schema",
        header = "Plan how tables are spread over Citus, and make them on the target.",
        description = {
            "",
            "plan      proposes what becomes of each table: distributed, by which column and together with which others,"
                    + " reference, or local; from foreign keys, names, sizes and statistics, with reasons and warnings, as a"
                    + " file to be edited. Reads the source only.",
            "generate  shows the SQL that makes the source's schema on the target by that plan, with keys widened by the"
                    + " distribution column. Changes nothing; the script can be edited.",
            "apply     runs it, announcing every statement. What is there is left as it is, so run again it goes on where"
                    + " it was. By default the part before the copy; indexes, foreign keys and triggers are cheaper when the"
                    + " rows are there: --section after-copy.",
            "",
            "generate and apply need the program pg_dump, as new as the source's server.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus schema plan     -c migration.yaml",
            "  pg2citus schema generate -c migration.yaml --out schema.sql",
            "  pg2citus schema apply    -c migration.yaml",
            "  pg2citus schema apply    -c migration.yaml --section after-copy",
            "",
            "Exit codes: 0 done, 2 the plan or the script is wrong, or there is no pg_dump, 3 a file is there already or"
                    + " another apply runs or the copy is not done, 4 tables of the target are others, 6 source, 7 target."
        })
final class SchemaCommand implements Callable<Integer> {

    /** What to do. */
    enum Action {
        plan,
        generate,
        apply
    }

    private static final String STANDARD_OUT = "-";

    @Parameters(paramLabel = "plan|generate|apply", description = "What to do.")
    private Action action;

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Mixin
    private TableOptions tables;

    @Option(
            names = "--plan",
            paramLabel = "FILE",
            defaultValue = "schema-plan.yaml",
            description = "The plan: plan writes it, generate and apply read it (default: ${DEFAULT-VALUE}).")
    private Path plan;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            defaultValue = STANDARD_OUT,
            description = "Where generate writes the script; - for standard output (default: ${DEFAULT-VALUE}).")
    private String out;

    @Option(
            names = "--sql",
            paramLabel = "FILE",
            description = "apply runs this script, as generate wrote it or as you edited it, and looks at no plan.")
    private Path sql;

    @Option(
            names = "--section",
            paramLabel = "before-copy|after-copy|all",
            defaultValue = "before-copy",
            description = "What apply runs: before-copy, after-copy or all (default: ${DEFAULT-VALUE}).")
    private String section;

    @Option(names = "--pg-dump", paramLabel = "PATH", description = "The program pg_dump (default: looked for).")
    private Path pgDump;

    @Option(names = "--force", description = "Write over a file that is there.")
    private boolean force;

    @Override
    public Integer call() {
        Map<ConfigKey, List<String>> flags = config.flags();
        tables.addTo(flags);
        MigrationSettings settings = config.read(flags);
        try {
            List<Section> sections = sections();
            Schema schema = new Schema(settings);
            return switch (action) {
                case plan -> plan(schema);
                case generate -> generate(schema);
                case apply -> apply(schema, sections);
            };
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private int plan(Schema schema) {
        requireFree(plan.toString());
        Schema.Proposal proposal = schema.plan();
        write(plan.toString(), proposal.yaml());
        if (output.isJson()) {
            System.out.println(SchemaReport.json(proposal, plan.toString()));
        } else if (!output.isQuiet()) {
            System.out.print(SchemaReport.text(proposal, plan.toString()));
        }
        return ExitCode.OK.code();
    }

    private int generate(Schema schema) {
        boolean toFile = !out.equals(STANDARD_OUT);
        if (toFile) {
            requireFree(out);
        }
        Schema.Generated generated = schema.generate(read(plan), plan.toString(), Optional.ofNullable(pgDump));
        if (toFile) {
            write(out, generated.text());
        }
        if (output.isJson()) {
            System.out.println(SchemaReport.json(generated, toFile ? Optional.of(out) : Optional.empty()));
        } else {
            if (!toFile) {
                System.out.print(generated.text());
                System.out.flush();
            }
            // The script may go into a file or another program.
            if (!output.isQuiet()) {
                System.err.print(FindingText.of(generated.findings()));
                System.err.print(SchemaReport.counts(generated.script(), toFile ? Optional.of(out) : Optional.empty()));
            }
        }
        return hasErrors(generated.findings()) ? ExitCode.FINDINGS.code() : ExitCode.OK.code();
    }

    private int apply(Schema schema, List<Section> sections) {
        SchemaScript script;
        if (sql != null) {
            script = Schema.script(sql.toString(), read(sql));
        } else {
            Schema.Generated generated = schema.generate(read(plan), plan.toString(), Optional.ofNullable(pgDump));
            if (output.isJson()) {
                System.out.println(SchemaReport.json(generated.findings()));
            } else if (!output.isQuiet() || hasErrors(generated.findings())) {
                System.out.print(FindingText.of(generated.findings()));
            }
            if (hasErrors(generated.findings())) {
                return ExitCode.FINDINGS.code();
            }
            script = generated.script();
        }
        SchemaApply.Result result = schema.apply(script, sections, SchemaReport.listener(output));
        if (output.isJson()) {
            System.out.println(SchemaReport.json(result, section));
        } else if (!output.isQuiet()) {
            System.out.print(SchemaReport.text(result, section));
        }
        return ExitCode.OK.code();
    }

    private List<Section> sections() {
        return section.equals("all")
                ? List.of(Section.values())
                : Section.of(section)
                        .map(List::of)
                        .orElseThrow(() -> new MigrationException(
                                ExitCode.USAGE,
                                "SM007",
                                "--section '%s' is none of before-copy, after-copy, all".formatted(section),
                                "see: pg2citus help schema"));
    }

    private static boolean hasErrors(List<Finding> findings) {
        return findings.stream().anyMatch(Finding::isError);
    }

    private void requireFree(String file) {
        if (!force && Files.exists(Path.of(file))) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SM008",
                    "%s is there already; it may have been edited".formatted(file),
                    "name another file, or write over it with --force");
        }
    }

    private static void write(String file, String text) {
        try {
            Files.writeString(Path.of(file), text);
        } catch (IOException e) {
            throw new MigrationException(
                    ExitCode.CONFIG,
                    "SM009",
                    "%s cannot be written (%s)".formatted(file, e.getClass().getSimpleName()),
                    "name a file in a folder that is there and can be written to",
                    e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new MigrationException(
                    ExitCode.CONFIG,
                    "SM009",
                    "%s cannot be read (%s)".formatted(file, e.getClass().getSimpleName()),
                    e instanceof NoSuchFileException
                            ? "propose a plan first: pg2citus schema plan; or name the file"
                            : "name a file that can be read",
                    e);
        }
    }
}
