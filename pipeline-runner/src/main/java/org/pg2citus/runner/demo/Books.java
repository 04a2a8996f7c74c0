package org.pg2citus.runner.demo;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What must be true of the application's accounts at every moment between two transactions, whatever was written.
 *
 * @param wrongAccounts accounts whose balance is not their opening plus their entries
 * @param wrongTransfers transfers whose entries do not cancel out
 * @param entries how many entries there are; without any, the rest proves nothing
 */
public record Books(long wrongAccounts, long wrongTransfers, long entries) {

    private static final String ACCOUNTS =
            """
            SELECT count(*) FROM accounts a
            LEFT JOIN (SELECT company_id, number, sum(amount) AS booked FROM entries GROUP BY 1, 2) e
              ON e.company_id = a.company_id AND e.number = a.number
            WHERE a.balance <> a.opening + coalesce(e.booked, 0)""";

    private static final String TRANSFERS =
            """
            SELECT count(*) FROM (SELECT transfer FROM entries GROUP BY transfer
                                  HAVING sum(amount) <> 0 OR count(*) <> 2) t""";

    /** One company's books: on Citus one server answers, from one snapshot. */
    private static final String COMPANY =
            """
            SELECT coalesce(sum(a.balance - a.opening), 0)
                   - (SELECT coalesce(sum(amount), 0) FROM entries WHERE company_id = ?)
            FROM accounts a WHERE a.company_id = ?""";

    public boolean balanced() {
        return wrongAccounts == 0 && wrongTransfers == 0;
    }

    /** Reads all books; on Citus exact only while nothing is written, for its servers have a snapshot each. */
    static Books read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return new Books(
                    number(statement, ACCOUNTS),
                    number(statement, TRANSFERS),
                    number(statement, "SELECT count(*) FROM entries"));
        }
    }

    /** True when one company's accounts and entries agree, also while others write. */
    static boolean balanced(Connection connection, long company) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COMPANY)) {
            statement.setLong(1, company);
            statement.setLong(2, company);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getBigDecimal(1).compareTo(BigDecimal.ZERO) == 0;
            }
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
