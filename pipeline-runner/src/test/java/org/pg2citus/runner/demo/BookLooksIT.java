package org.pg2citus.runner.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pg2citus.deploy.local.CitusInstallation;

class BookLooksIT {

    private static final int COMPANIES = 10;

    @ParameterizedTest
    @EnumSource(names = {"CITUS", "PLAIN"})
    void looks_wholeAndSplitTransactions_seeOnlyTheSplitOnes(TargetChoice wanted) throws Exception {
        if (wanted == TargetChoice.CITUS
                && System.getenv("PG2CITUS_CITUS_URL") == null
                && CitusInstallation.find().isEmpty()) {
            System.out.println("SKIPPED, no Citus found");
            Assumptions.abort("no Citus found");
        }
        try (DemoTarget target = DemoTarget.start(
                        wanted, "looks_" + ProcessHandle.current().pid());
                Connection connection = target.connect();
                Statement statement = connection.createStatement()) {
            assertThat(target.description()).startsWith(wanted == TargetChoice.CITUS ? "Citus 1" : "plain Post");
            DemoSchema.createTarget(connection, target.citus());
            statement.execute("ALTER TABLE accounts DROP CONSTRAINT accounts_company_id_fkey");
            statement.execute("INSERT INTO accounts SELECT company, 1, 0, 0 FROM generate_series(1, %d) AS company"
                    .formatted(COMPANIES));

            LookCounts whole = lookWhile(target, () -> {
                for (int turn = 0; turn < 30; turn++) {
                    statement.execute("BEGIN");
                    statement.execute(entry());
                    statement.execute(balance());
                    statement.execute("COMMIT");
                }
            });
            assertThat(whole.looks()).isPositive();
            assertThat(whole.unbalanced()).isZero();

            LookCounts split = lookWhile(target, () -> {
                for (int turn = 0; turn < 5; turn++) {
                    statement.execute(entry());
                    Thread.sleep(100);
                    statement.execute(balance());
                }
            });
            assertThat(split.unbalanced()).isPositive();
        }
    }

    private static String entry() {
        return "INSERT INTO entries (company_id, number, transfer, amount)"
                + " SELECT company, 1, '00000000-0000-0000-0000-000000000000', 1 FROM generate_series(1, %d) AS company"
                        .formatted(COMPANIES);
    }

    private static String balance() {
        return "UPDATE accounts SET balance = balance + 1";
    }

    private static LookCounts lookWhile(DemoTarget target, Work work) throws Exception {
        try (BookLooks looks = BookLooks.start(target.connect(), COMPANIES)) {
            work.run();
            return looks.stop();
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws SQLException, InterruptedException;
    }
}
