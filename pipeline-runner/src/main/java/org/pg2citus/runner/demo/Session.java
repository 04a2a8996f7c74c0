package org.pg2citus.runner.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Optional;

/** A writer's session: short forms, and a count of the rows it has changed. */
final class Session implements AutoCloseable {

    private final Connection connection;
    private long changedRows;

    Session(Connection connection) throws SQLException {
        this.connection = connection;
        connection.setAutoCommit(false);
    }

    /** Rows changed by statements since the last call. */
    long takeChangedRows() {
        long taken = changedRows;
        changedRows = 0;
        return taken;
    }

    int change(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            int rows = statement.executeUpdate();
            changedRows += rows;
            return rows;
        }
    }

    /** The first column of the first row; empty when there is no row. */
    <T> Optional<T> find(Class<T> type, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(rows.getObject(1, type)) : Optional.empty();
        }
    }

    /** Runs writes and undoes them, inside of the transaction. */
    void undone(Writes writes) throws SQLException {
        long before = changedRows;
        Savepoint savepoint = connection.setSavepoint();
        writes.run();
        connection.rollback(savepoint);
        changedRows = before;
    }

    /** Statements on this session. */
    @FunctionalInterface
    interface Writes {
        void run() throws SQLException;
    }

    void commit() throws SQLException {
        connection.commit();
    }

    /** Undoes everything since the last commit; the rows were not changed after all. */
    void rollback() throws SQLException {
        changedRows = 0;
        connection.rollback();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
