package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.sink.change.TableId;

/**
 * Both sides as the checks see them, read once.
 *
 * @param source an open session on the source
 * @param target an open session on the target
 * @param sourceTables every table of the source that could take part
 * @param included those that do, by the configuration's patterns
 * @param targetTables every table of the target
 */
record Inspection(
        MigrationSettings settings,
        Connection source,
        Connection target,
        Map<TableId, Table> sourceTables,
        List<Table> included,
        Map<TableId, Table> targetTables,
        CitusTables citus) {

    static Inspection read(MigrationSettings settings, Connection source, Connection target) {
        Map<TableId, Table> sourceTables = readTables(settings, Side.SOURCE, source);
        List<Table> included = sourceTables.values().stream()
                .filter(table -> settings.tables().includes(table.id()))
                .toList();
        Map<TableId, Table> targetTables = readTables(settings, Side.TARGET, target);
        try {
            return new Inspection(
                    settings, source, target, sourceTables, included, targetTables, CitusTables.read(target));
        } catch (SQLException e) {
            throw server(settings, Side.TARGET).failure(e, "reading the Citus catalog");
        }
    }

    Server server(Side side) {
        return server(settings, side);
    }

    private static Map<TableId, Table> readTables(MigrationSettings settings, Side side, Connection connection) {
        try {
            return Tables.read(connection);
        } catch (SQLException e) {
            throw server(settings, side).failure(e, "reading the catalog");
        }
    }

    private static Server server(MigrationSettings settings, Side side) {
        return new Server(side, side == Side.SOURCE ? settings.source() : settings.target(), settings.name());
    }
}
