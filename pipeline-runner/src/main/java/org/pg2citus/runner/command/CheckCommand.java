package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.pg2citus.runner.check.Checks;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pg2citus check}. */
@Command(
        name = "check",
        header = "Tell what has to be mended before a migration, and how.",
        description = {
            "",
            "Reads both sides and changes nothing. 'pg2citus migrate' runs the same checks first and refuses on errors;"
                    + " here they can be worked through before. Each finding has a stable code, and says what to do, with"
                    + " the SQL where there is one.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus check --source postgresql://app@old/shop --target postgresql://app@citus/shop",
            "  pg2citus check -c migration.yaml --output json",
            "",
            "Exit codes: 0 no errors, 4 tables, names or grants have to be mended, 6 the source's, 7 the target's"
                    + " settings."
        })
final class CheckCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Mixin
    private TableOptions tables;

    @Override
    public Integer call() {
        Map<ConfigKey, List<String>> flags = config.flags();
        tables.addTo(flags);
        MigrationSettings settings = config.read(flags);
        try {
            Checks checks = run(settings);
            if (output.isJson()) {
                System.out.println(json(checks));
            } else {
                System.out.print(text(checks));
            }
            return checks.refusal().orElse(ExitCode.OK).code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private static Checks run(MigrationSettings settings) {
        Server sourceServer = new Server(Side.SOURCE, settings.source(), settings.name());
        Server targetServer = new Server(Side.TARGET, settings.target(), settings.name());
        try (Connection source = sourceServer.connect("check");
                Connection target = targetServer.connect("check")) {
            return Checks.run(settings, source, target);
        } catch (SQLException e) {
            throw targetServer.failure(e, "checking");
        }
    }

    private static String text(Checks checks) {
        long errors = count(checks, Finding.Severity.ERROR);
        long warnings = count(checks, Finding.Severity.WARNING);
        return FindingText.of(checks.findings())
                + "%d table%s, %d error%s, %d warning%s%s%n"
                        .formatted(
                                checks.included().size(),
                                checks.included().size() == 1 ? "" : "s",
                                errors,
                                errors == 1 ? "" : "s",
                                warnings,
                                warnings == 1 ? "" : "s",
                                errors == 0 ? ": ready to migrate" : "");
    }

    private static ObjectNode json(Checks checks) {
        ObjectNode root = new ObjectMapper()
                .createObjectNode()
                .put("event", "checks")
                .put("tables", checks.included().size())
                .put("errors", count(checks, Finding.Severity.ERROR))
                .put("warnings", count(checks, Finding.Severity.WARNING));
        ArrayNode findings = root.putArray("findings");
        checks.findings().forEach(finding -> findings.add(JsonReport.json(finding)));
        return root;
    }

    private static long count(Checks checks, Finding.Severity severity) {
        return checks.findings().stream()
                .filter(finding -> finding.severity() == severity)
                .count();
    }
}
