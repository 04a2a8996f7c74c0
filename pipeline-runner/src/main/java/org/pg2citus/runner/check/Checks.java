package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;

/**
 * Runs every check before a migration creates anything.
 *
 * @param findings errors first
 * @param included the tables that take part
 */
public record Checks(List<Finding> findings, List<Table> included) {

    private record Placed(Side side, Check check) {}

    private static final Duration LONG_TIME = Duration.ofMinutes(5);

    private static final List<Placed> ALL = List.of(
            new Placed(Side.SOURCE, new SourceServerCheck()),
            new Placed(Side.SOURCE, new SourcePrivilegesCheck()),
            new Placed(Side.SOURCE, new NamesFreeCheck()),
            new Placed(Side.SOURCE, new SourceTablesCheck()),
            new Placed(Side.SOURCE, new ConnectionRoomCheck(Side.SOURCE)),
            new Placed(Side.SOURCE, new SourceActivityCheck(LONG_TIME)),
            new Placed(Side.SOURCE, new SourceWalCheck()),
            new Placed(Side.SOURCE, new LargeObjectsCheck()),
            new Placed(Side.SOURCE, new RowSizeCheck()),
            new Placed(Side.TARGET, new TargetServerCheck()),
            new Placed(Side.TARGET, new SameDatabaseCheck()),
            new Placed(Side.TARGET, new TargetTablesCheck()),
            new Placed(Side.TARGET, new TargetKeysCheck()),
            new Placed(Side.TARGET, new ReplicaRoleCheck()),
            new Placed(Side.TARGET, new ConnectionRoomCheck(Side.TARGET)),
            new Placed(Side.TARGET, new CitusNodesCheck()),
            new Placed(Side.TARGET, new CitusTablesCheck()),
            new Placed(Side.TARGET, new NetworkCheck()));

    public Checks {
        findings = List.copyOf(findings);
        included = List.copyOf(included);
    }

    /**
     * Runs all of them.
     *
     * @throws org.pg2citus.runner.failure.MigrationException when a check itself cannot run
     */
    public static Checks run(MigrationSettings settings, Connection source, Connection target) {
        Inspection inspection = Inspection.read(settings, source, target);
        List<Finding> findings = new ArrayList<>();
        for (Placed placed : ALL) {
            try {
                placed.check().run(inspection, findings::add);
            } catch (SQLException e) {
                Server server = inspection.server(placed.side());
                throw server.failure(e, "running " + placed.check().getClass().getSimpleName());
            }
        }
        findings.sort(Comparator.comparing(Finding::severity));
        return new Checks(findings, inspection.included());
    }

    /** How to end when there are errors: a badly set up server weighs more than tables. */
    public Optional<ExitCode> refusal() {
        return findings.stream()
                .filter(finding -> finding.severity() == Finding.Severity.ERROR)
                .map(Finding::exitCode)
                .max(Comparator.comparing((ExitCode exit) -> exit == ExitCode.FINDINGS ? 0 : -exit.code() + 100));
    }
}
